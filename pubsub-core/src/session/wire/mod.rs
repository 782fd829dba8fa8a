//! One XML stream over one socket: bytes out, frames in. Knows framing, not what a stanza says.
//!
//! What is to be sent is appended to [`Wire::out`] and goes out when the owner polls, so that everything that was
//! appended in one turn leaves in one write. What has come in is cut into frames in place, without copying.

mod transport;

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::str;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf, BytesMut};
use pubsub_xml::{FrameKind, Framer, Limits, Reader, Scope};
use tokio::io::{AsyncReadExt, AsyncWrite};

pub(in crate::session) use self::transport::Transport;
use super::ConnectError;

/// What one read asks the socket for.
const READ: usize = 64 * 1024;
/// An idle outgoing buffer larger than this gives its memory back.
const SPARE: usize = 1024 * 1024;
/// Nested deeper than this, no stanza is read; the reader follows no further either.
const DEPTH: usize = 200;

/// The stream, seen from its owner.
#[derive(Debug)]
pub(in crate::session) struct Wire {
    transport: Transport,
    host: String,
    received: BytesMut,
    framer: Framer,
    scope: Arc<Scope>,
    outgoing: String,
    written: usize,
    is_flushed: bool,
}

impl Wire {
    /// A wire at the start of a stream. `received` are bytes of it that were read already.
    pub(in crate::session) fn new(
        transport: Transport,
        host: &str,
        received: &[u8],
        largest: usize,
    ) -> Self {
        Self {
            transport,
            host: host.to_owned(),
            received: BytesMut::from(received),
            framer: Framer::new(Limits {
                max_bytes: largest,
                max_depth: DEPTH,
            }),
            scope: Arc::default(),
            outgoing: String::new(),
            written: 0,
            is_flushed: true,
        }
    }

    pub(in crate::session) fn into_transport(self) -> Transport {
        self.transport
    }

    pub(in crate::session) fn host(&self) -> &str {
        &self.host
    }

    /// The namespaces that the server's stream header declares.
    pub(in crate::session) fn scope(&self) -> Arc<Scope> {
        Arc::clone(&self.scope)
    }

    /// What is to be sent next.
    pub(in crate::session) fn out(&mut self) -> &mut String {
        &mut self.outgoing
    }

    /// How many bytes have not been handed to the socket.
    pub(in crate::session) fn unsent(&self) -> usize {
        self.outgoing.len() - self.written
    }

    /// Sends what can be sent; ready once everything is on its way.
    pub(in crate::session) fn poll_send(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while let Some(rest) = self.outgoing.as_bytes().get(self.written..)
            && !rest.is_empty()
        {
            match Pin::new(&mut self.transport).poll_write(context, rest) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(length)) => {
                    self.written += length;
                    self.is_flushed = false;
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    self.forget_written();
                    return Poll::Pending;
                }
            }
        }
        self.outgoing.clear();
        self.outgoing.shrink_to(SPARE);
        self.written = 0;
        if self.is_flushed {
            return Poll::Ready(Ok(()));
        }
        let flushed = Pin::new(&mut self.transport).poll_flush(context);
        self.is_flushed = flushed.is_ready();
        flushed
    }

    /// Keeps a buffer that never empties from growing for ever.
    fn forget_written(&mut self) {
        if self.written > self.outgoing.len() / 2 && self.outgoing.is_char_boundary(self.written) {
            self.outgoing.drain(..self.written);
            self.written = 0;
        }
    }

    /// Receives what is there; 0 means that the server has closed the connection.
    pub(in crate::session) fn poll_receive(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        self.received.reserve(READ);
        let read = pin!(self.transport.read_buf(&mut self.received));
        read.poll(context)
    }

    /// Hands every whole frame that has come to `handle`, until it is done or breaks off with an error.
    pub(in crate::session) fn frames<Handler>(
        &mut self,
        mut handle: Handler,
    ) -> Result<(), ConnectError>
    where
        Handler: FnMut(&mut String, FrameKind, &str) -> Result<(), ConnectError>,
    {
        loop {
            let frame = match self.framer.next(&self.received) {
                Ok(Some(frame)) => frame,
                Ok(None) => return Ok(()),
                Err(error) => return Err(ConnectError::protocol(&self.host, error.to_string())),
            };
            let bytes = self.received.get(..frame.len).unwrap_or_default();
            let text = str::from_utf8(bytes).map_err(|_| {
                ConnectError::protocol(&self.host, "it sends text that is not UTF-8")
            })?;
            handle(&mut self.outgoing, frame.kind, text)?;
            self.received.advance(frame.len);
        }
    }

    /// Sends everything that was appended, waiting for the socket.
    pub(in crate::session) async fn send(&mut self) -> Result<(), ConnectError> {
        poll_fn(|context| self.poll_send(context))
            .await
            .map_err(|error| ConnectError::broken(&self.host, error))
    }

    /// Waits for the next frame that is not white space.
    pub(in crate::session) async fn next(&mut self) -> Result<(FrameKind, String), ConnectError> {
        loop {
            let frame = self
                .framer
                .next(&self.received)
                .map_err(|error| ConnectError::protocol(&self.host, error.to_string()))?;
            if let Some(frame) = frame {
                let bytes = self.received.split_to(frame.len);
                if frame.kind == FrameKind::White {
                    continue;
                }
                let text = str::from_utf8(&bytes).map_err(|_| {
                    ConnectError::protocol(&self.host, "it sends text that is not UTF-8")
                })?;
                return Ok((frame.kind, text.to_owned()));
            }
            match poll_fn(|context| self.poll_receive(context)).await {
                Ok(0) => {
                    let error = io::Error::from(io::ErrorKind::UnexpectedEof);
                    return Err(ConnectError::broken(&self.host, error));
                }
                Ok(_) => {}
                Err(error) => return Err(ConnectError::broken(&self.host, error)),
            }
        }
    }

    /// Sends what was appended, which begins a stream, and reads the server's header: its `id`.
    pub(in crate::session) async fn open(&mut self) -> Result<Option<String>, ConnectError> {
        self.send().await?;
        let header = loop {
            match self.next().await? {
                (FrameKind::Declaration, _) => {}
                (FrameKind::Header, header) => break header,
                _ => {
                    return Err(ConnectError::protocol(
                        &self.host,
                        "it does not begin with a stream header",
                    ));
                }
            }
        };
        let malformed = |error: pubsub_xml::XmlError| {
            ConnectError::protocol(&self.host, format!("its stream header is broken ({error})"))
        };
        self.scope = Arc::new(Scope::of_header(&header).map_err(malformed)?);
        let mut reader = Reader::new(&header);
        let root = reader.root().map_err(malformed)?;
        if !root.is("stream", "http://etherx.jabber.org/streams") {
            return Err(ConnectError::protocol(
                &self.host,
                "it does not begin with a stream header",
            ));
        }
        Ok(reader.attribute("id").map(std::borrow::Cow::into_owned))
    }
}
