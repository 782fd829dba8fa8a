//! What is sent: some bytes at once, and for an answer of BOSH the knowledge whether they were taken.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use crate::bosh::Reply;

/// The body of an answer of [`HttpService`](crate::HttpService).
#[derive(Debug, Default)]
pub struct HttpBody {
    content: Content,
}

#[derive(Debug, Default)]
enum Content {
    #[default]
    Nothing,
    Bytes(Bytes),
    Reply(Reply),
}

impl HttpBody {
    pub(super) fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self {
            content: Content::Bytes(bytes.into()),
        }
    }

    pub(super) fn reply(reply: Reply) -> Self {
        Self {
            content: Content::Reply(reply),
        }
    }

    fn len(&self) -> usize {
        match &self.content {
            Content::Nothing => 0,
            Content::Bytes(bytes) => bytes.len(),
            Content::Reply(reply) => reply.len(),
        }
    }
}

impl Body for HttpBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = match std::mem::take(&mut self.get_mut().content) {
            Content::Nothing => return Poll::Ready(None),
            Content::Bytes(bytes) => bytes,
            Content::Reply(reply) => reply.write(),
        };
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.len() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.len() as u64)
    }
}
