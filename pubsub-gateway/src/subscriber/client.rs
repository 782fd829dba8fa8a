//! A subscriber as its channels see it: something to hand news to.
//!
//! The channel that has news and the task of the connection both come here, one at a time. Who finds everything sent so far writes what is new
//! right to the socket, where there is one; otherwise the task is woken and goes on by itself.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use tokio::net::TcpStream;

use super::source::{Source, Step};
use crate::channel::{Batch, Channel};
use crate::frame::Framed;

#[derive(Debug)]
pub(crate) struct Client {
    state: Mutex<State>,
    /// The socket, if it is ours alone.
    socket: Option<TcpStream>,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) source: Source,
    /// What was taken from the source, and is not written yet.
    pub(crate) unsent: Bytes,
    waker: Option<Waker>,
    /// The connection is of no use any more.
    pub(crate) is_broken: bool,
}

impl Client {
    pub(crate) fn new(source: Source, socket: Option<TcpStream>) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                source,
                unsent: Bytes::new(),
                waker: None,
                is_broken: false,
            }),
            socket,
        })
    }

    pub(crate) fn socket(&self) -> Option<&TcpStream> {
        self.socket.as_ref()
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands over news of a channel.
    pub(crate) fn offer(&self, channel: &Arc<Channel>, batch: &mut Batch) {
        let mut state = self.lock();
        if !state.unsent.is_empty() {
            // It waits for its socket.
            return;
        }
        let written = match &self.socket {
            Some(socket) => state
                .source
                .accept(channel, batch)
                .map(|bytes| (bytes, socket.try_write(bytes))),
            None => None,
        };
        match written {
            None => {}
            Some((bytes, Ok(length))) if length == bytes.len() => return,
            Some((bytes, Ok(length))) => state.unsent = bytes.slice(length..),
            Some((bytes, Err(error))) if is_temporary(&error) => state.unsent = bytes.clone(),
            Some((_, Err(_))) => state.is_broken = true,
        }
        state.wake();
    }
}

impl State {
    /// Has this task woken when there is news.
    pub(crate) fn register(&mut self, context: &Context<'_>) {
        match &mut self.waker {
            Some(waker) => waker.clone_from(context.waker()),
            waker => *waker = Some(context.waker().clone()),
        }
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Has something sent before anything else that is not under way yet.
    pub(crate) fn say(&mut self, bytes: &[u8]) {
        self.unsent = [&self.unsent, bytes].concat().into();
    }

    /// Ends in good order, after what is under way.
    pub(crate) fn finish(&mut self) {
        let last = self.source.finish();
        self.say(&last);
    }

    /// Ends a WebSocket, with a code and a reason where there are any.
    pub(crate) fn close(&mut self, reason: Option<(u16, &str)>) {
        let last = match reason {
            Some((code, reason)) => self.source.dismiss(code, reason),
            None => self.source.close(),
        };
        self.say(&last);
    }

    /// What is to be written now.
    pub(crate) fn next(&mut self) -> Step {
        if !self.unsent.is_empty() {
            return Step::Send(std::mem::take(&mut self.unsent));
        }
        self.source.next()
    }
}

pub(crate) fn is_temporary(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

/// Waits until there is something for a poll.
///
/// The entries are taken only when the future ends.
pub(crate) async fn entries(client: &Client) -> Vec<Arc<Framed>> {
    std::future::poll_fn(|context| {
        let mut state = client.lock();
        state.register(context);
        match state.source.entries() {
            Ok(entries) if entries.is_empty() => Poll::Pending,
            Ok(entries) => Poll::Ready(entries),
            // It has just begun to wait: whatever is there it has a place for.
            Err(_) => Poll::Ready(Vec::new()),
        }
    })
    .await
}

/// Takes a subscriber out of its channels when its connection ends, however that is.
#[derive(Debug)]
pub(crate) struct Guard(pub(crate) Arc<Client>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.lock().source.leave();
    }
}
