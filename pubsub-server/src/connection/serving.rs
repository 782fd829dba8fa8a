//! The loop of a bound client: read what has come, answer it, write what waits, all of it at once.
//!
//! One wake-up costs at most one read and as few writes as the socket takes. The loop is written as a `poll` so that it holds no buffer and
//! no lock while it waits. It reads no further while much of its own answers is unsent, which is how a client that asks faster than it reads
//! is slowed down; what others send to it is bounded by the outbox.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use pubsub_xml::{FrameKind, Framer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::time::{Instant, Sleep};

use super::binding::Bound;
use super::channel::{Channel, End, READ};
use super::dialogue::Dialogue;
use crate::host::Host;
use crate::router::{Outgoing, Turn, Wakes};
use crate::wire::stream::StreamError;

/// With so much unsent, nothing more is read.
const FULL: usize = 256 * 1024;

/// After so many deliveries of one batch their recipients are woken, before the rest of the batch.
const MANY_DELIVERIES: usize = 4096;

/// An answer that takes time. Nothing else is read until it is there.
pub(super) type Deferred = Pin<Box<dyn Future<Output = String> + Send>>;

/// A bound client and its socket.
pub(super) struct Serving<S> {
    pub(super) socket: S,
    pub(super) dialogue: Dialogue,
    pub(super) outgoing: Outgoing,
    pub(super) attachment: u64,
    framer: Framer,
    input: BytesMut,
    deferred: Option<Deferred>,
    timer: Pin<Box<Sleep>>,
    heard: Instant,
    is_pinged: bool,
    has_yielded: bool,
    /// Whether stanzas that have come wait until more answers are sent.
    is_held: bool,
    idle: Duration,
    ping: Duration,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Serving<S> {
    pub(super) fn new(channel: Channel<S>, host: Arc<Host>, bound: Bound) -> Self {
        let (idle, ping) = (host.limits.idle, host.limits.ping);
        Self {
            socket: channel.socket,
            framer: channel.framer,
            input: channel.input,
            attachment: bound.attachment,
            outgoing: bound.outgoing,
            dialogue: Dialogue::new(host, bound.peer, channel.scope, bound.handled),
            deferred: None,
            timer: Box::pin(tokio::time::sleep(idle)),
            heard: Instant::now(),
            is_pinged: false,
            has_yielded: false,
            is_held: false,
            idle,
            ping,
        }
    }

    /// Serves until there is a reason to stop. Cancel safe: all state is in `self`.
    pub(super) async fn run(&mut self) -> End {
        // What came together with the last step of the way in is not read again.
        if !self.input.is_empty()
            && let Err(end) = self.handle_input()
        {
            return end;
        }
        std::future::poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<End> {
        loop {
            match self
                .dialogue
                .peer
                .outbox
                .take(context, self.attachment, &mut self.outgoing)
            {
                Turn::Serve => {}
                Turn::Replaced => return Poll::Ready(End::Replaced),
                Turn::End(error) => return Poll::Ready(End::Failed(error)),
            }
            if let Err(end) = self.poll_deferred(context) {
                return Poll::Ready(end);
            }
            self.outgoing.ask_if_due();
            if !self.poll_write(context) {
                return Poll::Ready(End::Lost);
            }
            if self.deferred.is_some() || self.outgoing.unsent().len() > FULL {
                return self.poll_timer(context);
            }
            if self.outgoing.unacknowledged() > self.dialogue.host.limits.queue {
                return Poll::Ready(End::Failed(StreamError::SlowReader));
            }
            if !self.is_held {
                match self.poll_read(context) {
                    Poll::Ready(Ok(true)) => {}
                    Poll::Ready(Ok(false) | Err(_)) => return Poll::Ready(End::Lost),
                    Poll::Pending => return self.poll_timer(context),
                }
            }
            match self.handle_input() {
                Err(end) => return Poll::Ready(end),
                Ok(has_delivered) if has_delivered && !self.has_yielded => {
                    // Those who were woken get their turn before more is read from a fast publisher.
                    self.has_yielded = true;
                    if !self.poll_write(context) {
                        return Poll::Ready(End::Lost);
                    }
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Ok(_) => self.has_yielded = false,
            }
        }
    }

    /// Writes until the socket takes no more. Returns false if it is broken.
    fn poll_write(&mut self, context: &mut Context<'_>) -> bool {
        while !self.outgoing.unsent().is_empty() {
            match Pin::new(&mut self.socket).poll_write(context, self.outgoing.unsent()) {
                Poll::Ready(Ok(0) | Err(_)) => return false,
                Poll::Ready(Ok(bytes)) => self.outgoing.advance(bytes),
                Poll::Pending => break,
            }
        }
        true
    }

    /// Reads once. Ready with false at the end of the stream.
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<std::io::Result<bool>> {
        self.input.reserve(READ);
        let read = std::pin::pin!(self.socket.read_buf(&mut self.input)).poll(context);
        if read.is_pending() && self.input.is_empty() {
            // An idle client holds no buffer.
            self.input = BytesMut::new();
        }
        read.map_ok(|bytes| bytes > 0)
    }

    fn poll_deferred(&mut self, context: &mut Context<'_>) -> Result<(), End> {
        if let Some(deferred) = &mut self.deferred
            && let Poll::Ready(answer) = deferred.as_mut().poll(context)
        {
            self.deferred = None;
            self.outgoing.push_stanza(&answer);
            self.handle_input()?;
        }
        Ok(())
    }

    /// Pings a silent client, and gives up on one that stays silent.
    fn poll_timer(&mut self, context: &mut Context<'_>) -> Poll<End> {
        while self.timer.as_mut().poll(context).is_ready() {
            let silence = self.heard.elapsed();
            if silence < self.idle {
                self.timer.as_mut().reset(self.heard + self.idle);
            } else if self.is_pinged && silence >= self.idle + self.ping {
                return Poll::Ready(End::Failed(StreamError::TimedOut));
            } else {
                if !self.is_pinged {
                    self.is_pinged = true;
                    self.outgoing.push_stanza(&self.dialogue.ping());
                    if !self.poll_write(context) {
                        return Poll::Ready(End::Lost);
                    }
                }
                self.timer
                    .as_mut()
                    .reset(self.heard + self.idle + self.ping);
            }
        }
        Poll::Pending
    }

    /// Handles all whole frames that have come. Returns whether somebody was woken by it.
    fn handle_input(&mut self) -> Result<bool, End> {
        self.heard = Instant::now();
        self.is_pinged = false;
        let mut wakes = Wakes::default();
        let mut has_delivered = false;
        let mut used = 0;
        self.is_held = false;
        let result = loop {
            if self.deferred.is_some() {
                break Ok(());
            }
            if self.outgoing.unsent().len() > FULL {
                self.is_held = true;
                break Ok(());
            }
            let rest = self.input.get(used..).unwrap_or_default();
            let frame = match self.framer.next(rest) {
                Ok(Some(frame)) => frame,
                Ok(None) => break Ok(()),
                Err(error) => break Err(End::Failed(error.into())),
            };
            let bytes = rest.get(..frame.len).unwrap_or_default();
            used += frame.len;
            match frame.kind {
                FrameKind::White => continue,
                FrameKind::Footer => break Err(End::Closed),
                FrameKind::Header | FrameKind::Declaration => {
                    break Err(End::Failed(StreamError::BadFormat));
                }
                FrameKind::Element => {}
            }
            let Ok(text) = std::str::from_utf8(bytes) else {
                break Err(End::Failed(StreamError::NotWellFormed));
            };
            match self.dialogue.handle(text, &mut self.outgoing, &mut wakes) {
                Ok(deferred) => self.deferred = deferred,
                Err(error) => break Err(End::Failed(error)),
            }
            if wakes.deliveries() >= MANY_DELIVERIES {
                has_delivered = true;
                wakes.wake_all();
            }
        };
        self.input.advance(used);
        has_delivered |= wakes.deliveries() > 0;
        result.map(|()| has_delivered)
    }
}
