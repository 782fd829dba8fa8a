//! What a subscriber is sent, as the body of an answer that hyper writes.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame};

use super::client::{Client, Guard};
use super::clock::{Clock, Due, Times};
use super::dismissal::Dismissal;
use super::source::Step;

#[derive(Debug)]
pub(crate) struct StreamBody {
    client: Guard,
    clock: Clock,
}

impl StreamBody {
    pub(crate) fn new(client: Arc<Client>, times: Times) -> Self {
        Self {
            client: Guard(client),
            clock: Clock::new(times),
        }
    }
}

impl Body for StreamBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = &mut *self;
        loop {
            let due = this.clock.poll(context);
            let mut state = this.client.0.lock();
            match due {
                Poll::Ready(Due::Ping) => {
                    let ping = state.source.format().ping();
                    return Poll::Ready(Some(Ok(Frame::data(ping))));
                }
                Poll::Ready(Due::End) => state.finish(),
                Poll::Ready(Due::Expired) => state.dismiss(Dismissal::Expired),
                Poll::Ready(Due::Stalled) | Poll::Pending => {}
            }
            state.register(context);
            match state.next() {
                Step::Send(bytes) if bytes.is_empty() => {}
                Step::Send(bytes) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
                Step::End => return Poll::Ready(None),
                Step::Wait if due.is_pending() => return Poll::Pending,
                Step::Wait => {}
            }
        }
    }
}
