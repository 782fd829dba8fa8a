//! A subscriber as its channels see it: something to hand news to.
//!
//! The channel that has news and the task of the connection both come here, one at a time. Who finds everything sent so far writes what is new
//! right to the socket, where there is one; otherwise the task is woken and goes on by itself.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use tokio::net::TcpStream;

use super::dismissal::Dismissal;
use super::source::{Source, Step};
use crate::access::Identity;
use crate::channel::{Batch, Channel};
use crate::frame::{Farewell, Framed};

#[derive(Debug)]
pub(crate) struct Client {
    state: Mutex<State>,
    /// The socket, if it is ours alone.
    socket: Option<TcpStream>,
    /// Who it is, if that is known.
    identity: Option<Arc<Identity>>,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) source: Source,
    /// What was taken from the source, and is not written yet.
    pub(crate) unsent: Bytes,
    waker: Option<Waker>,
    /// The connection is of no use any more.
    pub(crate) is_broken: bool,
    /// Somebody wants it to end.
    dismissal: Option<Dismissal>,
}

impl Client {
    pub(crate) fn new(
        source: Source,
        socket: Option<TcpStream>,
        identity: Option<Arc<Identity>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                source,
                unsent: Bytes::new(),
                waker: None,
                is_broken: false,
                dismissal: None,
            }),
            socket,
            identity,
        })
    }

    pub(crate) fn socket(&self) -> Option<&TcpStream> {
        self.socket.as_ref()
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn identity(&self) -> Option<&Arc<Identity>> {
        self.identity.as_ref()
    }

    /// Ends the connection as soon as its task has come to it.
    pub(crate) fn dismiss(&self, dismissal: Dismissal) {
        let mut state = self.lock();
        state.dismissal.get_or_insert(dismissal);
        state.wake();
    }

    /// Why it is to end, if somebody wants that.
    pub(crate) fn dismissal(&self) -> Option<Dismissal> {
        self.lock().dismissal.clone()
    }

    /// Hands over news of a channel.
    pub(crate) fn offer(&self, channel: &Arc<Channel>, batch: &mut Batch) {
        let mut state = self.lock();
        if !state.unsent.is_empty() {
            // It waits for its socket.
            return;
        }
        let is_whole = match &self.socket {
            Some(socket) => state.write_through(socket, channel, batch),
            None => false,
        };
        if is_whole {
            batch.delivered(state.source.format());
        } else {
            state.wake();
        }
    }
}

impl State {
    /// Writes a batch, if that is what comes next. Whether all of it was taken; what was not waits for the socket.
    fn write_through(
        &mut self,
        socket: &TcpStream,
        channel: &Arc<Channel>,
        batch: &mut Batch,
    ) -> bool {
        let Some(bytes) = self.source.accept(channel, batch) else {
            return false;
        };
        match socket.try_write(bytes) {
            Ok(length) if length == bytes.len() => return true,
            Ok(length) => self.unsent = bytes.slice(length..),
            Err(error) if is_temporary(&error) => self.unsent = bytes.clone(),
            Err(_) => self.is_broken = true,
        }
        false
    }

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
            Some((code, reason)) => self.source.dismiss(&Farewell {
                code,
                reason: reason.to_owned(),
                event: None,
            }),
            None => self.source.close(),
        };
        self.say(&last);
    }

    /// What is to be written now.
    pub(crate) fn next(&mut self) -> Step {
        if !self.unsent.is_empty() {
            return Step::Send(std::mem::take(&mut self.unsent));
        }
        if let Some(dismissal) = self.dismissal.take() {
            let last = self.source.dismiss(&dismissal.farewell());
            if !last.is_empty() {
                return Step::Send(last);
            }
        }
        self.source.next()
    }

    /// Sends the client away.
    pub(crate) fn dismiss(&mut self, dismissal: Dismissal) {
        self.dismissal.get_or_insert(dismissal);
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
pub(crate) async fn entries(client: &Client) -> Result<Vec<Arc<Framed>>, Dismissal> {
    std::future::poll_fn(|context| {
        let mut state = client.lock();
        state.register(context);
        if let Some(dismissal) = state.dismissal.take() {
            return Poll::Ready(Err(dismissal));
        }
        match state.source.entries() {
            Ok(entries) if entries.is_empty() => Poll::Pending,
            Ok(entries) => Poll::Ready(Ok(entries)),
            Err(_) => Poll::Ready(Err(Dismissal::TooSlow)),
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
