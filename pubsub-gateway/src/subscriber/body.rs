//! What a subscriber is sent, as the body of an answer that hyper writes.
//!
//! One piece at a time: the next one, with everything that is new by then, is made when the last one is written. So nothing piles up for a client
//! that reads slowly, and one that reads nothing is noticed.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame};

use super::client::{Client, Guard};
use super::clock::{Clock, Due, Times};
use super::dismissal::Dismissal;
use super::held::{Gauge, Stalled, show};
use super::source::Step;

#[derive(Debug)]
pub(crate) struct StreamBody {
    client: Guard,
    clock: Clock,
    gauge: Gauge,
}

impl StreamBody {
    pub(crate) fn new(client: Arc<Client>, times: Times) -> Self {
        let gauge = Gauge::default();
        show(&gauge);
        Self {
            client: Guard(client),
            clock: Clock::new(times),
            gauge,
        }
    }

    fn give(&mut self, bytes: Bytes) -> Poll<Option<Result<Frame<Bytes>, Stalled>>> {
        // How long it takes is counted anew.
        self.clock.waits(true, true);
        Poll::Ready(Some(Ok(Frame::data(self.gauge.hold(bytes)))))
    }
}

impl Body for StreamBody {
    type Data = Bytes;
    type Error = Stalled;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Stalled>>> {
        let this = &mut *self;
        loop {
            let is_holding = this.gauge.is_holding(context);
            if !is_holding {
                this.clock.waits(false, false);
            }
            let due = this.clock.poll(context);
            let mut state = this.client.0.lock();
            match due {
                Poll::Ready(Due::Stalled) => return Poll::Ready(Some(Err(Stalled))),
                // What is under way does as well.
                Poll::Ready(Due::Ping) if is_holding => {}
                Poll::Ready(Due::Ping) => {
                    let ping = state.source.format().ping();
                    drop(state);
                    return this.give(ping);
                }
                Poll::Ready(Due::End) => state.finish(),
                Poll::Ready(Due::Expired) => state.dismiss(Dismissal::Expired),
                Poll::Pending => {}
            }
            if is_holding {
                if due.is_pending() {
                    return Poll::Pending;
                }
                continue;
            }
            state.register(context);
            match state.next() {
                Step::Send(bytes) if bytes.is_empty() => {}
                Step::Send(bytes) => {
                    drop(state);
                    return this.give(bytes);
                }
                Step::End => return Poll::Ready(None),
                Step::Wait if due.is_pending() => return Poll::Pending,
                Step::Wait => {}
            }
        }
    }
}
