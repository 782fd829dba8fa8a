//! A connection that we write ourselves, from the answer on: small, and without buffers while it is idle.
//!
//! Reads what the client sends on the stack, and writes what the source has. Everything happens in one `poll`, so that the task of an idle
//! connection is hardly more than its place in the channels.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Buf;

use super::client::{Client, Guard};
use super::clock::{Clock, Due, Times};
use super::dismissal::Dismissal;
use super::source::Step;
use super::talk::Talk;
use super::wire::Wire;

/// How long a client may take to close after everything was said.
const LINGER: Duration = Duration::from_secs(2);
/// What is read at once.
const READ: usize = 2048;
/// A client that is owed more answers than this is not listened to.
const MOST_OWED: usize = 16 << 10;
/// So many pieces are written at most before others have their turn.
const AT_ONCE: usize = 16;

/// The future of a connection.
#[derive(Debug)]
pub(crate) struct Connection<W> {
    client: Guard,
    wire: W,
    clock: Clock,
    /// What a WebSocket client says; nothing is expected of others.
    talk: Option<Box<Talk>>,
    is_closing: bool,
    /// The wire has taken what it cannot send yet.
    is_held_back: bool,
}

/// The connection is over.
struct Over;

impl<W: Wire> Connection<W> {
    pub(crate) fn new(client: Arc<Client>, wire: W, times: Times, talk: Option<Box<Talk>>) -> Self {
        Self {
            client: Guard(client),
            wire,
            clock: Clock::new(times),
            talk,
            is_closing: false,
            is_held_back: false,
        }
    }

    /// Reads what there is, and answers it. Whether it stopped because the client is owed too much.
    fn read(&mut self, context: &mut Context<'_>) -> Result<bool, Over> {
        let mut buffer = [0; READ];
        loop {
            if let Some(talk) = &mut self.talk {
                let mut state = self.client.0.lock();
                talk.answer(&mut state, context);
                if state.source.has_ended() {
                    // Whatever comes after the end is read, so that the client sees the end, and forgotten.
                    drop(state);
                    self.talk = None;
                    continue;
                }
                let owes_much = state.unsent.len() > MOST_OWED;
                if talk.is_busy() || owes_much {
                    return Ok(owes_much);
                }
            }
            match self.wire.poll_read(context, &mut buffer) {
                Poll::Pending => return Ok(false),
                Poll::Ready(Ok(length @ 1..)) => {
                    if let Some(talk) = &mut self.talk {
                        talk.feed(buffer.get(..length).unwrap_or_default());
                    }
                }
                Poll::Ready(Ok(0) | Err(_)) => return Err(Over),
            }
        }
    }

    /// Writes until there is nothing more, or the wire takes nothing more.
    fn write(&mut self, context: &mut Context<'_>) -> Result<(), Over> {
        let mut has_progressed = self.is_held_back;
        // What comes while the wire holds something back waits in its channels, and not in the wire as well.
        if self.is_held_back && !self.flush(context, false)? {
            self.client.0.lock().register(context);
            return Ok(());
        }
        let mut state = self.client.0.lock();
        state.register(context);
        for _ in 0..AT_ONCE {
            if state.is_broken {
                return Err(Over);
            }
            let mut bytes = match state.next() {
                Step::Send(bytes) => bytes,
                Step::Wait => {
                    drop(state);
                    if self.flush(context, has_progressed)? {
                        self.clock.waits(false, false);
                    }
                    return Ok(());
                }
                Step::End => {
                    drop(state);
                    return self.close(context);
                }
            };
            while !bytes.is_empty() {
                match self.wire.poll_write(context, &bytes) {
                    Poll::Ready(Ok(length)) => {
                        has_progressed = true;
                        bytes.advance(length);
                    }
                    Poll::Ready(Err(_)) => return Err(Over),
                    Poll::Pending => {
                        self.clock.waits(true, has_progressed);
                        state.unsent = bytes;
                        return Ok(());
                    }
                }
            }
        }
        context.waker().wake_by_ref();
        Ok(())
    }

    /// Has everything sent that the wire has taken, as TLS does not by itself. Whether it is.
    fn flush(&mut self, context: &mut Context<'_>, has_progressed: bool) -> Result<bool, Over> {
        match self.wire.poll_flush(context) {
            Poll::Ready(Err(_)) => return Err(Over),
            Poll::Ready(Ok(())) => self.is_held_back = false,
            Poll::Pending => {
                self.is_held_back = true;
                self.clock.waits(true, has_progressed);
            }
        }
        Ok(!self.is_held_back)
    }

    /// Says that nothing more will come, and leaves the client a while to see it.
    fn close(&mut self, context: &mut Context<'_>) -> Result<(), Over> {
        if !self.is_closing {
            self.is_closing = true;
            self.clock.end_within(LINGER);
        }
        match self.wire.poll_close(context) {
            Poll::Ready(Err(_)) => Err(Over),
            Poll::Ready(Ok(())) | Poll::Pending => Ok(()),
        }
    }

    fn keep_time(&mut self, due: Due) -> Result<(), Over> {
        let mut state = self.client.0.lock();
        match due {
            Due::Ping if state.unsent.is_empty() && !state.source.has_ended() => {
                state.unsent = state.source.format().ping();
                Ok(())
            }
            // What waits to be written does as well.
            Due::Ping => Ok(()),
            Due::End if !self.is_closing => {
                state.finish();
                Ok(())
            }
            Due::Expired => {
                state.dismiss(Dismissal::Expired);
                Ok(())
            }
            Due::End | Due::Stalled => Err(Over),
        }
    }

    fn advance(&mut self, context: &mut Context<'_>) -> Result<(), Over> {
        loop {
            let owed_much = self.read(context)?;
            self.write(context)?;
            if owed_much && self.client.0.lock().unsent.is_empty() {
                // It is listened to again.
                continue;
            }
            match self.clock.poll(context) {
                Poll::Pending => return Ok(()),
                Poll::Ready(due) => self.keep_time(due)?,
            }
        }
    }
}

impl<W: Wire + Unpin> Future for Connection<W> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match self.advance(context) {
            Ok(()) => Poll::Pending,
            Err(Over) => Poll::Ready(()),
        }
    }
}
