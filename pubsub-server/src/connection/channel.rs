//! Frames in, text out, over one socket, while a client is on its way in. The serving loop later takes the parts over.

use std::sync::Arc;

use bytes::{Buf, BytesMut};
use pubsub_xml::{FrameError, FrameKind, Framer, Reader, Scope, XmlError};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::address;
use crate::config::Limits;
use crate::host::Host;
use crate::wire::namespace;
use crate::wire::stream::{self, StreamError};

/// How much is read at once.
pub(super) const READ: usize = 16 * 1024;

/// Why a connection is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum End {
    #[error("the connection was lost")]
    Lost,
    #[error("the client closed the stream")]
    Closed,
    #[error("{}", .0.words().1)]
    Failed(StreamError),
    #[error("another connection has resumed the session")]
    Replaced,
}

impl From<StreamError> for End {
    fn from(error: StreamError) -> Self {
        Self::Failed(error)
    }
}

impl From<FrameError> for StreamError {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::Restricted => Self::RestrictedXml,
            FrameError::TooLong(_) => Self::TooBig,
            FrameError::TooDeep(_) => Self::TooDeep,
            _ => Self::NotWellFormed,
        }
    }
}

impl From<XmlError> for StreamError {
    fn from(error: XmlError) -> Self {
        match error {
            XmlError::Restricted(_) | XmlError::Entity(_) => Self::RestrictedXml,
            XmlError::UnexpectedText(_) | XmlError::UnexpectedElement(_) => Self::BadFormat,
            XmlError::TooComplex(_) => Self::TooDeep,
            _ => Self::NotWellFormed,
        }
    }
}

impl From<XmlError> for End {
    fn from(error: XmlError) -> Self {
        Self::Failed(error.into())
    }
}

/// A socket with what was read from it and not yet used.
#[derive(Debug)]
pub(super) struct Channel<S> {
    pub(super) socket: S,
    pub(super) framer: Framer,
    pub(super) input: BytesMut,
    /// The namespaces that the client's stream header declares.
    pub(super) scope: Arc<Scope>,
    /// Whether the server's own header has been sent.
    pub(super) is_open: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Channel<S> {
    pub(super) fn new(socket: S, limits: &Limits) -> Self {
        let framer = Framer::new(pubsub_xml::Limits {
            max_bytes: limits.stanza_before_login,
            max_depth: limits.depth,
        });
        Self {
            socket,
            framer,
            input: BytesMut::new(),
            scope: Arc::default(),
            is_open: false,
        }
    }

    /// Lets the client send as much as one that is logged in may.
    pub(super) fn trust(&mut self, limits: &Limits) {
        self.framer.set_limits(pubsub_xml::Limits {
            max_bytes: limits.stanza,
            max_depth: limits.depth,
        });
    }

    pub(super) async fn send(&mut self, text: &str) -> Result<(), End> {
        self.socket
            .write_all(text.as_bytes())
            .await
            .map_err(|_| End::Lost)
    }

    /// Reads the client's stream header and answers with the server's and the features.
    pub(super) async fn open(&mut self, host: &Host, features: &str) -> Result<(), End> {
        self.framer.reset();
        let header = loop {
            let (kind, text) = self.frame().await?;
            match kind {
                FrameKind::Header => break text,
                FrameKind::Declaration | FrameKind::White => {}
                FrameKind::Element | FrameKind::Footer => return Err(StreamError::BadFormat.into()),
            }
        };
        let checked = self.check_header(host, &header);
        let mut answer = String::new();
        let id = format!("{:016x}", rand::random::<u64>());
        stream::write_header(&mut answer, &host.domain, &id);
        self.is_open = true;
        if checked.is_ok() {
            answer.push_str(features);
        }
        self.send(&answer).await?;
        checked.map_err(End::Failed)
    }

    fn check_header(&mut self, host: &Host, header: &str) -> Result<(), StreamError> {
        let mut reader = Reader::new(header);
        let name = reader.root()?;
        if !name.is("stream", namespace::STREAM) {
            return Err(StreamError::InvalidNamespace);
        }
        if reader.namespace_of("").as_deref() != Some(namespace::CLIENT) {
            return Err(StreamError::InvalidNamespace);
        }
        self.scope = Arc::new(reader.scope());
        // Some clients do not say where they want to go; there is only one domain.
        if let Some(to) = reader.attribute("to")
            && *to != *host.domain
            && address::normalize(&to).as_deref() != Some(&*host.domain)
        {
            return Err(StreamError::HostUnknown);
        }
        match reader
            .attribute("version")
            .as_deref()
            .and_then(|version| version.split_once('.'))
        {
            Some((major, _)) if major.parse() == Ok(1) => Ok(()),
            _ => Err(StreamError::UnsupportedVersion),
        }
    }

    /// The next element.
    pub(super) async fn element(&mut self) -> Result<String, End> {
        loop {
            match self.frame().await? {
                (FrameKind::Element, text) => return Ok(text),
                (FrameKind::White, _) => {}
                (FrameKind::Footer, _) => return Err(End::Closed),
                (FrameKind::Header | FrameKind::Declaration, _) => {
                    return Err(StreamError::BadFormat.into());
                }
            }
        }
    }

    async fn frame(&mut self) -> Result<(FrameKind, String), End> {
        loop {
            if let Some(frame) = self.framer.next(&self.input).map_err(StreamError::from)? {
                let bytes = self.input.get(..frame.len).unwrap_or_default();
                let text = std::str::from_utf8(bytes)
                    .map_err(|_| StreamError::NotWellFormed)?
                    .to_owned();
                self.input.advance(frame.len);
                return Ok((frame.kind, text));
            }
            self.input.reserve(READ);
            match self.socket.read_buf(&mut self.input).await {
                Ok(0) | Err(_) => return Err(End::Lost),
                Ok(_) => {}
            }
        }
    }
}
