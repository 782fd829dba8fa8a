//! A publisher that keeps its connection: one small request after another, each answered right on the socket.
//!
//! Takes what a publisher usually sends, which is a `POST` or `PUT` to `pub` with a length. Whatever else comes on the connection is for hyper,
//! which gets the bytes of it as if nobody had read them.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, TRANSFER_ENCODING, UPGRADE};
use http::{Method, Response, Version};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::watch;
use tokio::time::timeout;

use super::Stage;
use super::head::{self, Head, Read};
use crate::inner::Inner;
use crate::route::{Asked, Door, Refusal, publish, refused};

const METHODS: [Method; 2] = [Method::POST, Method::PUT];

/// One connection of a publisher.
pub(super) struct Publisher<'v, S> {
    pub(super) inner: &'v Arc<Inner>,
    pub(super) stream: &'v mut S,
    pub(super) peer: SocketAddr,
    pub(super) stage: watch::Receiver<Stage>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Publisher<'_, S> {
    /// Answers requests as long as they are of the usual kind. The head of one that is not; `None` when the connection is over.
    pub(super) async fn serve(mut self, mut head: Head) -> Option<Head> {
        loop {
            let prefixes = &self.inner.settings().prefixes;
            // Before anybody has asked whether it may publish, no more of a request is kept than of a head.
            let limits = &self.inner.settings().limits;
            let most = limits.message.min(limits.head);
            let plain = head.request.as_ref().and_then(|request| {
                Some((request, length(request, most)?, rest(prefixes, request)?))
            });
            let Some((request, length, rest)) = plain else {
                return Some(head);
            };
            let arrived = self.body(&mut head.bytes, request.length, length);
            let within = limits.body_within;
            let Ok(body) = timeout(within, arrived).await else {
                self.say(&refused(&Refusal::late()), true).await?;
                return None;
            };
            let body = body.ok()?;
            let asked = Asked {
                parts: &request.parts,
                peer: Some(self.peer),
                rest,
            };
            let response = publish(self.inner, &asked, body).await;
            let is_last = *self.stage.borrow() != Stage::Open;
            self.say(&response, is_last).await?;
            if is_last {
                return None;
            }
            head = self.next(head.bytes).await?;
        }
    }

    /// Takes a request out of what was read, with the body, of which more may have to come.
    async fn body(&mut self, bytes: &mut BytesMut, head: usize, length: usize) -> io::Result<Body> {
        self.fill(bytes, head + length).await?;
        let request = bytes.split_to(head + length).freeze();
        Ok(Body::from(request.slice(head..)))
    }

    /// Writes an answer, after the last of which nothing more is said. `None` when the connection is over.
    async fn say(&mut self, response: &Response<Bytes>, is_last: bool) -> Option<()> {
        let status = response.status();
        if status.is_client_error() || status.is_server_error() {
            self.inner.hub().measure().refused(status);
        }
        let answer = head::answer(response, is_last);
        let written = timeout(self.inner.settings().limits.stalled, async {
            self.stream.write_all(&answer).await?;
            // TLS sends only when it is asked to.
            self.stream.flush().await?;
            if is_last {
                self.stream.shutdown().await?;
            }
            io::Result::Ok(())
        });
        written.await.ok()?.ok()
    }

    async fn fill(&mut self, bytes: &mut BytesMut, length: usize) -> io::Result<()> {
        while bytes.len() < length {
            bytes.reserve(length - bytes.len());
            if self.stream.read_buf(bytes).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }

    /// The head of the next request.
    async fn next(&mut self, bytes: BytesMut) -> Option<Head> {
        let limits = &self.inner.settings().limits;
        let read = timeout(
            limits.head_within,
            head::read_on(self.stream, bytes, limits.head),
        );
        tokio::select! {
            read = read => read.ok()?.ok(),
            _ = self.stage.wait_for(|stage| *stage != Stage::Open) => None,
        }
    }
}

/// Whether the method is one with which messages are published.
pub(super) fn publishes(head: &Head) -> bool {
    let request = head.request.as_ref();
    request.is_some_and(|request| METHODS.contains(&request.parts.method))
}

/// How long the body is of a request that can be answered here.
fn length(request: &Read, most: usize) -> Option<usize> {
    let parts = &request.parts;
    let is_usual = METHODS.contains(&parts.method)
        && parts.version == Version::HTTP_11
        && [TRANSFER_ENCODING, EXPECT, UPGRADE]
            .iter()
            .all(|name| !parts.headers.contains_key(name));
    let mut connection = parts.headers.get_all(CONNECTION).iter();
    let stays = connection.all(|value| value.as_bytes().eq_ignore_ascii_case(b"keep-alive"));
    let mut lengths = parts.headers.get_all(CONTENT_LENGTH).iter();
    let (Some(length), None) = (lengths.next(), lengths.next()) else {
        return None;
    };
    let is_number = !length.is_empty() && length.as_bytes().iter().all(u8::is_ascii_digit);
    let length = length.to_str().ok()?.parse().ok()?;
    (is_usual && stays && is_number && length <= most).then_some(length)
}

/// What the path of a request to `pub` has after its name.
fn rest<'r>(prefixes: &[String], request: &'r Read) -> Option<&'r str> {
    let path = request.parts.uri.path();
    prefixes.iter().find_map(|prefix| {
        let (door, rest) = Door::at(path.strip_prefix(prefix.trim_end_matches('/'))?)?;
        (door == Door::Publish).then_some(rest)
    })
}
