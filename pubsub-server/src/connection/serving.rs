//! The loop of a bound client: read what has come, answer it, write what waits, all of it at once.
//!
//! One wake-up costs at most one read and as few writes as the socket takes. The loop is written as a `poll` so that it holds no buffer and
//! no lock while it waits. It reads no further while much of its own answers is unsent, which is how a client that asks faster than it reads
//! is slowed down; what others send to it is bounded by the outbox. The same holds while much of what it asked for is on its way to the disk.
//!
//! When the server goes down nothing more is read, and the loop ends when what was read is handled, kept and answered.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use super::binding::Bound;
use super::carrier::{Carrier, Incoming};
use super::channel::Channel;
use super::dialogue::Dialogue;
use super::end::End;
use super::pace::Pace;
use crate::committing::WINDOW;
use crate::host::Host;
use crate::router::{FULL, Outgoing, Turn, Wakes};
use crate::wire::stream::StreamError;

/// After so many bytes were sent at once, it is looked again what waits.
const MUCH: usize = 64 * 1024;

/// An answer that takes time; empty: none. Nothing else is read until it is there.
pub(super) type Deferred = Pin<Box<dyn Future<Output = String> + Send>>;

/// A bound client and what carries the dialogue with it.
pub(super) struct Serving<C> {
    pub(super) carrier: C,
    pub(super) dialogue: Dialogue,
    pub(super) outgoing: Outgoing,
    pub(super) attachment: u64,
    pub(super) deferred: Option<Deferred>,
    timer: Pin<Box<Sleep>>,
    heard: Instant,
    is_pinged: bool,
    has_yielded: bool,
    /// How fast it may send, if that is limited.
    pace: Option<Box<Pace>>,
    /// Whether stanzas that have come wait until more answers are sent.
    is_held: bool,
    settling: Option<Box<Settling>>,
    idle: Duration,
    ping: Duration,
}

/// A connection that ends with the server.
struct Settling {
    since: Instant,
    /// The last decision that its requests can have led to, once all of them are handled.
    decision: Option<u64>,
}

impl<C: Carrier> Serving<C> {
    pub(super) fn new(channel: Channel<C>, host: Arc<Host>, bound: Bound) -> Self {
        let (idle, ping) = (host.limits.idle, host.limits.ping);
        let scope = channel.carrier.scope();
        let pace = Pace::of(&host.limits);
        let mut dialogue =
            Dialogue::new(host, bound.peer, scope, bound.handled, bound.is_resumable);
        dialogue.is_managed = C::IS_MANAGED;
        Self {
            carrier: channel.carrier,
            attachment: bound.attachment,
            outgoing: bound.outgoing,
            dialogue,
            deferred: None,
            timer: Box::pin(tokio::time::sleep(idle)),
            heard: Instant::now(),
            is_pinged: false,
            has_yielded: false,
            pace,
            is_held: false,
            settling: None,
            idle,
            ping,
        }
    }

    /// Serves until there is a reason to stop. Cancel safe: all state is in `self`.
    pub(super) async fn run(&mut self) -> End {
        // What came together with the last step of the way in is not read again.
        if let Err(end) = self.handle_input() {
            return end;
        }
        std::future::poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<End> {
        loop {
            let is_settling = match self.take(context) {
                Turn::Serve => false,
                Turn::Replaced => return Poll::Ready(End::Replaced),
                Turn::End(StreamError::Shutdown) if !self.is_settled() => true,
                Turn::End(error) => {
                    // What was answered since.
                    let _ = self.take(context);
                    return Poll::Ready(End::Failed(error));
                }
            };
            if let Err(end) = self.poll_deferred(context) {
                return Poll::Ready(end);
            }
            self.outgoing.ask_if_due();
            let unsent = self.outgoing.unsent().len();
            if let Err(end) = self.poll_write(context) {
                return Poll::Ready(end);
            }
            if self.outgoing.unsent().len() + MUCH <= unsent {
                // There is room for what waits, and the outbox learns how little is left.
                continue;
            }
            if self.deferred.is_some() || self.outgoing.unsent().len() > FULL || self.is_waiting() {
                return self.poll_timer(context);
            }
            if let Some(pace) = &mut self.pace
                && pace.poll(context).is_pending()
            {
                return self.poll_timer(context);
            }
            if self.outgoing.unacknowledged() > self.dialogue.host.limits.queue {
                return Poll::Ready(End::Failed(StreamError::SlowReader));
            }
            if !self.is_held {
                if is_settling {
                    return self.poll_timer(context);
                }
                match self.carrier.poll_read(context) {
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(end)) => return Poll::Ready(end),
                    Poll::Pending => return self.poll_timer(context),
                }
            }
            match self.handle_input() {
                Err(end) => return Poll::Ready(end),
                Ok(has_delivered) if has_delivered && !self.has_yielded => {
                    // Those who were woken get their turn before more is read from a fast publisher.
                    self.has_yielded = true;
                    if let Err(end) = self.poll_write(context) {
                        return Poll::Ready(end);
                    }
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Ok(_) => self.has_yielded = false,
            }
        }
    }

    fn take(&mut self, context: &Context<'_>) -> Turn {
        let outbox = &self.dialogue.peer.outbox;
        outbox.take(context, self.attachment, &mut self.outgoing)
    }

    /// Whether all that was read of the client is done with, or takes longer than there is time. Is asked again and again, by who ends the server.
    fn is_settled(&mut self) -> bool {
        let host = &self.dialogue.host;
        let settling = self.settling.get_or_insert_with(|| {
            Box::new(Settling {
                since: Instant::now(),
                decision: None,
            })
        });
        // The rest of the time is for the last words.
        if settling.since.elapsed() > host.limits.shutdown / 2 {
            return true;
        }
        if self.deferred.is_some() || self.is_held {
            return false;
        }
        let decision = *settling.decision.get_or_insert_with(|| host.broker.last());
        host.broker.has_kept(decision)
    }

    /// Whether so much of what the client asked for waits to be kept that no more is read. The answers wake the connection.
    fn is_waiting(&self) -> bool {
        self.dialogue.peer.undecided.load(Ordering::Relaxed) > WINDOW
    }

    /// Writes until the carrier takes no more.
    fn poll_write(&mut self, context: &mut Context<'_>) -> Result<(), End> {
        let stanzas = self.outgoing.take_count();
        if stanzas > 0 {
            let measure = &self.dialogue.host.measure;
            measure.stanzas_out.add(stanzas.into());
        }
        match self.carrier.poll_write(context, &mut self.outgoing) {
            Poll::Ready(result) => result,
            Poll::Pending => Ok(()),
        }
    }

    fn poll_deferred(&mut self, context: &mut Context<'_>) -> Result<(), End> {
        // What is read next may take time as well, and has to be polled to be heard of.
        while let Some(deferred) = &mut self.deferred
            && let Poll::Ready(answer) = deferred.as_mut().poll(context)
        {
            self.deferred = None;
            if !answer.is_empty() {
                self.outgoing.push_stanza(&answer);
            }
            self.handle_input()?;
        }
        Ok(())
    }

    /// Pings a silent client, and gives up on one that stays silent.
    fn poll_timer(&mut self, context: &mut Context<'_>) -> Poll<End> {
        while C::IS_PINGED && self.timer.as_mut().poll(context).is_ready() {
            let silence = self.heard.elapsed();
            if silence < self.idle {
                self.timer.as_mut().reset(self.heard + self.idle);
            } else if self.is_pinged && silence >= self.idle + self.ping {
                return Poll::Ready(End::Failed(StreamError::TimedOut));
            } else {
                if !self.is_pinged {
                    self.is_pinged = true;
                    self.outgoing.push_stanza(&self.dialogue.ping());
                    if let Err(end) = self.poll_write(context) {
                        return Poll::Ready(end);
                    }
                }
                self.timer
                    .as_mut()
                    .reset(self.heard + self.idle + self.ping);
            }
        }
        Poll::Pending
    }

    /// Handles all whole elements that have come. Returns whether somebody was woken by it.
    fn handle_input(&mut self) -> Result<bool, End> {
        self.heard = Instant::now();
        self.is_pinged = false;
        let mut wakes = Wakes::default();
        let mut has_delivered = false;
        let mut stanzas = 0;
        self.is_held = false;
        let result = loop {
            if self.deferred.is_some() {
                break Ok(());
            }
            let is_used_up = self.pace.as_mut().is_some_and(|pace| pace.is_used_up());
            if self.outgoing.unsent().len() > FULL || self.is_waiting() || is_used_up {
                self.is_held = true;
                break Ok(());
            }
            let text = match self.carrier.next() {
                Ok(Some(Incoming::Element(text))) => text,
                Ok(Some(Incoming::Closing)) => break Err(End::Closed),
                Ok(Some(Incoming::Opening(_))) => {
                    break Err(End::Failed(StreamError::BadFormat));
                }
                Ok(None) => break Ok(()),
                Err(end) => break Err(end),
            };
            stanzas += 1;
            if let Some(pace) = &mut self.pace {
                pace.take(text.len());
            }
            match self.dialogue.handle(text, &mut self.outgoing, &mut wakes) {
                Ok(deferred) => self.deferred = deferred,
                Err(error) => break Err(End::Failed(error)),
            }
            if wakes.are_many() {
                has_delivered = true;
                wakes.wake_all();
            }
        };
        if stanzas > 0 {
            self.dialogue.host.measure.stanzas_in.add(stanzas);
        }
        has_delivered |= wakes.deliveries() > 0;
        result.map(|()| has_delivered)
    }
}
