//! The carrier that XMPP was made for: one long XML document each way over a byte stream (RFC 6120 §4).

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf, BytesMut};
use pubsub_xml::{FrameKind, Framer, Reader, Scope};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};

use super::carrier::{Carrier, Incoming, Opening};
use super::component::is_of_component;
use super::end::End;
use crate::config::Limits;
use crate::router::Outgoing;
use crate::wire::namespace;
use crate::wire::stream::{self, StreamError};

/// How much is read at once.
const READ: usize = 16 * 1024;

/// A socket with what was read from it and not yet used.
#[derive(Debug)]
pub(crate) struct XmlStream<S> {
    socket: S,
    framer: Framer,
    input: BytesMut,
    /// How much of `input` was handed out.
    used: usize,
    /// The namespaces that the client's stream header declares.
    scope: Arc<Scope>,
    /// Whether the client expects no more.
    is_shut: bool,
    /// Whether a component speaks here: its stanzas have a default namespace of their own.
    is_component: bool,
}

impl<S> XmlStream<S> {
    pub(crate) fn new(socket: S, limits: &Limits) -> Self {
        let framer = Framer::new(pubsub_xml::Limits {
            max_bytes: limits.stanza_before_login,
            max_depth: limits.depth,
        });
        Self {
            socket,
            framer,
            input: BytesMut::new(),
            used: 0,
            scope: Arc::default(),
            is_shut: false,
            is_component: false,
        }
    }

    /// For a component (XEP-0114).
    pub(crate) fn for_component(socket: S, limits: &Limits) -> Self {
        Self {
            is_component: true,
            ..Self::new(socket, limits)
        }
    }

    /// The socket, if the client has sent no more than was handed out.
    pub(crate) fn into_socket(self) -> Option<S> {
        (self.used >= self.input.len()).then_some(self.socket)
    }

    /// Forgets what was handed out.
    fn tidy(&mut self) {
        self.input.advance(self.used);
        self.used = 0;
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Carrier for XmlStream<S> {
    const IS_FRAMED: bool = false;
    const IS_MANAGED: bool = true;
    const IS_PINGED: bool = true;

    fn scope(&self) -> Arc<Scope> {
        self.scope.clone()
    }

    fn restart(&mut self) {
        self.framer.reset();
    }

    fn trust(&mut self, limits: &Limits) {
        self.framer.set_limits(pubsub_xml::Limits {
            max_bytes: limits.stanza,
            max_depth: limits.depth,
        });
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Result<(), End>> {
        self.tidy();
        self.input.reserve(READ);
        let read = std::pin::pin!(self.socket.read_buf(&mut self.input)).poll(context);
        if read.is_pending() && self.input.is_empty() {
            // An idle client holds no buffer.
            self.input = BytesMut::new();
        }
        read.map(|read| match read {
            Ok(0) | Err(_) => Err(End::Lost),
            Ok(_) => Ok(()),
        })
    }

    fn next(&mut self) -> Result<Option<Incoming<'_>>, End> {
        loop {
            let rest = self.input.get(self.used..).unwrap_or_default();
            let Some(frame) = self.framer.next(rest)? else {
                self.tidy();
                return Ok(None);
            };
            let start = self.used;
            self.used += frame.len;
            match frame.kind {
                FrameKind::White | FrameKind::Declaration => continue,
                FrameKind::Footer => return Ok(Some(Incoming::Closing)),
                FrameKind::Element | FrameKind::Header => {}
            }
            let bytes = self.input.get(start..self.used).unwrap_or_default();
            let Ok(text) = std::str::from_utf8(bytes) else {
                return Err(StreamError::NotWellFormed.into());
            };
            if frame.kind == FrameKind::Header {
                let (opening, scope) = read_header(text, self.is_component)?;
                self.scope = Arc::new(scope);
                return Ok(Some(Incoming::Opening(opening)));
            }
            return Ok(Some(Incoming::Element(text)));
        }
    }

    #[inline]
    fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        outgoing: &mut Outgoing,
    ) -> Poll<Result<(), End>> {
        while !outgoing.unsent().is_empty() {
            match Pin::new(&mut self.socket).poll_write(context, outgoing.unsent()) {
                Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(Err(End::Lost)),
                Poll::Ready(Ok(bytes)) => outgoing.advance(bytes),
                Poll::Pending => return Poll::Pending,
            }
        }
        // An encrypted stream may have taken more than its socket did.
        Pin::new(&mut self.socket)
            .poll_flush(context)
            .map_err(|_| End::Lost)
    }

    fn open(&mut self, outgoing: &mut Outgoing, domain: &str, id: &str) {
        let mut header = String::new();
        if self.is_component {
            stream::write_component_header(&mut header, domain, id);
        } else {
            stream::write_header(&mut header, domain, id);
        }
        outgoing.push_other(&header);
    }

    fn close(&mut self, outgoing: &mut Outgoing, error: Option<StreamError>) {
        let mut words = String::new();
        if let Some(error) = error {
            error.write(&mut words);
        }
        words.push_str("</stream:stream>");
        outgoing.push_other(&words);
    }

    fn poll_closed(&mut self, context: &mut Context<'_>) -> Poll<()> {
        // A socket that is closed with unread input resets the connection, and the last words would be lost with it.
        if !self.is_shut {
            match Pin::new(&mut self.socket).poll_shutdown(context) {
                Poll::Ready(Ok(())) => self.is_shut = true,
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
        loop {
            self.used = 0;
            self.input.clear();
            match self.poll_read(context) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

fn read_header(header: &str, is_component: bool) -> Result<(Opening, Scope), StreamError> {
    let mut reader = Reader::new(header);
    let name = reader.root()?;
    let default = reader.namespace_of("");
    let is_right = if is_component {
        is_of_component(default.as_deref())
    } else {
        default.as_deref() == Some(namespace::CLIENT)
    };
    if !name.is("stream", namespace::STREAM) || !is_right {
        return Err(StreamError::InvalidNamespace);
    }
    let opening = Opening {
        to: reader.attribute("to").map(Into::into),
        from: reader.attribute("from").map(Into::into),
        version: reader.attribute("version").map(Into::into),
    };
    let scope = reader.scope();
    // Below, the stanzas of a component are like those of a client.
    let scope = if is_component {
        scope.with_default(namespace::CLIENT)
    } else {
        scope
    };
    Ok((opening, scope))
}
