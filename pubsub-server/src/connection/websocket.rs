//! The carrier for browsers: each element a text message of a WebSocket, the stream opened by `<open/>` and closed by `<close/>` (RFC 7395).
//!
//! Frames, masks, fragments, pings and the closing handshake are tungstenite's. Before login a message may be as long as a stanza before
//! login, afterwards as long as a stanza; a longer one is refused before it is read.

use std::collections::VecDeque;
use std::io::{Error as IoError, ErrorKind, Read as _};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::BytesMut;
use pubsub_xml::{FrameKind, Framer, Reader, Scope};
use tokio::io::{AsyncRead, AsyncWrite};
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, Role, WebSocketConfig, WebSocketContext};
use tungstenite::{Error, Message, Utf8Bytes};

use super::carrier::{Carrier, Incoming, Opening};
use super::end::End;
use super::polled::Polled;
use crate::config::Limits;
use crate::router::Outgoing;
use crate::wire::standalone;
use crate::wire::stream::StreamError;
use crate::wire::{attribute, namespace};

/// How much is read at once, and what an idle client's buffer costs.
const READ: usize = 4 * 1024;

/// How much is written at once.
const WRITE: usize = 16 * 1024;

/// So many messages are read before they are handled.
const BATCH: usize = 64;

/// As Strophe.js compares it, letter by letter.
const CLOSE: &str = r#"<close xmlns="urn:ietf:params:xml:ns:xmpp-framing" />"#;

/// The two ends of one WebSocket.
#[derive(Debug)]
pub(crate) struct WebSocket<S> {
    socket: S,
    protocol: WebSocketContext,
    framer_limits: pubsub_xml::Limits,
    scope: Arc<Scope>,
    inbox: VecDeque<Utf8Bytes>,
    /// What was handed out last.
    current: Utf8Bytes,
    scratch: BytesMut,
    /// Whether the socket took no more the last time.
    is_blocked: bool,
    code: CloseCode,
    /// Why nothing more can be read.
    failed: Option<End>,
    closing: Closing,
}

/// How far the closing has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closing {
    Open,
    /// The close frame is queued.
    Said,
    /// After it nothing more will be written.
    Shut,
}

impl<S> WebSocket<S> {
    /// Takes over a connection after the handshake.
    pub(crate) fn new(socket: S, limits: &Limits) -> Self {
        let most = limits.stanza_before_login;
        let config = WebSocketConfig::default()
            .read_buffer_size(READ)
            .write_buffer_size(WRITE)
            .max_message_size(Some(most))
            .max_frame_size(Some(most));
        Self {
            socket,
            protocol: WebSocketContext::new(Role::Server, Some(config)),
            framer_limits: pubsub_xml::Limits {
                max_bytes: most,
                max_depth: limits.depth,
            },
            scope: Arc::new(Scope::default().with_default(namespace::CLIENT)),
            inbox: VecDeque::new(),
            current: Utf8Bytes::default(),
            scratch: BytesMut::new(),
            is_blocked: false,
            code: CloseCode::Normal,
            failed: None,
            closing: Closing::Open,
        }
    }

    /// What a failure of the protocol means for the stream, and the code with which the connection is then closed (RFC 6455 §7.4.1).
    fn judge(&mut self, error: &Error) -> End {
        let (code, reason) = match error {
            Error::Capacity(_) => (CloseCode::Size, StreamError::TooBig),
            Error::Utf8(_) => (CloseCode::Invalid, StreamError::NotWellFormed),
            Error::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake) => {
                return End::Lost;
            }
            Error::Protocol(_) => (CloseCode::Protocol, StreamError::BadFormat),
            _ => return End::Lost,
        };
        self.code = code;
        reason.into()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocket<S> {
    fn read(&mut self, context: &mut Context<'_>) -> Result<Message, Error> {
        self.protocol
            .read(&mut Polled::new(&mut self.socket, context))
    }

    fn write(&mut self, context: &mut Context<'_>, message: Message) -> Result<(), Error> {
        self.protocol
            .write(&mut Polled::new(&mut self.socket, context), message)
    }

    fn flush(&mut self, context: &mut Context<'_>) -> Result<(), Error> {
        self.protocol
            .flush(&mut Polled::new(&mut self.socket, context))
    }

    /// Waits for the client's close frame.
    fn poll_answer(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            match self.read(context) {
                Ok(_) => {}
                Err(error) if is_blocked(&error) => break,
                Err(_) => return Poll::Ready(()),
            }
        }
        match self.flush(context) {
            Err(error) if !is_blocked(&error) => Poll::Ready(()),
            _ => Poll::Pending,
        }
    }

    /// Reads what a client that broke the protocol still sends: a socket that is closed with unread input would take the last words with it.
    fn poll_drained(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut rest = [0; 1024];
        loop {
            match Polled::new(&mut self.socket, context).read(&mut rest) {
                Ok(0) => return Poll::Ready(()),
                Ok(_) => {}
                Err(error) if would_block(&error) => return Poll::Pending,
                Err(_) => return Poll::Ready(()),
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Carrier for WebSocket<S> {
    const IS_FRAMED: bool = true;
    const IS_MANAGED: bool = true;
    const IS_PINGED: bool = true;

    fn scope(&self) -> Arc<Scope> {
        self.scope.clone()
    }

    fn restart(&mut self) {}

    fn trust(&mut self, limits: &Limits) {
        self.framer_limits.max_bytes = limits.stanza;
        self.protocol.set_config(|config| {
            config.max_message_size = Some(limits.stanza);
            config.max_frame_size = Some(limits.stanza);
        });
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Result<(), End>> {
        while self.failed.is_none() && self.inbox.len() < BATCH {
            match self.read(context) {
                Ok(Message::Text(text)) => self.inbox.push_back(text),
                Ok(Message::Binary(_)) => {
                    self.code = CloseCode::Unsupported;
                    self.failed = Some(StreamError::BadFormat.into());
                }
                // Pongs are sent by the protocol itself, and so is the answer to a close.
                Ok(_) => {}
                Err(error) if is_blocked(&error) => break,
                Err(error) => self.failed = Some(self.judge(&error)),
            }
        }
        match self.failed {
            // What came before the failure is handled first.
            _ if !self.inbox.is_empty() => Poll::Ready(Ok(())),
            Some(end) => Poll::Ready(Err(end)),
            None => Poll::Pending,
        }
    }

    fn next(&mut self) -> Result<Option<Incoming<'_>>, End> {
        let Some(message) = self.inbox.pop_front() else {
            self.current = Utf8Bytes::default();
            return Ok(None);
        };
        self.current = message;
        let text = self.current.as_str().trim_ascii();
        let frame = Framer::after_header(self.framer_limits).next(text.as_bytes())?;
        match frame {
            Some(frame) if frame.kind == FrameKind::Element && frame.len == text.len() => {}
            // More than one element, less than one, or none.
            _ => return Err(StreamError::BadFormat.into()),
        }
        if !text.starts_with("<open") && !text.starts_with("<close") {
            return Ok(Some(Incoming::Element(text)));
        }
        let mut reader = Reader::with_scope(text, &self.scope);
        let name = reader.root()?;
        Ok(Some(match name.local {
            "open" if name.namespace == namespace::FRAMING => Incoming::Opening(Opening {
                to: reader.attribute("to").map(Into::into),
                from: reader.attribute("from").map(Into::into),
                version: reader.attribute("version").map(Into::into),
            }),
            "close" if name.namespace == namespace::FRAMING => Incoming::Closing,
            _ => Incoming::Element(text),
        }))
    }

    fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        outgoing: &mut Outgoing,
    ) -> Poll<Result<(), End>> {
        if self.is_blocked && outgoing.next_piece().is_some() {
            match self.flush(context) {
                Ok(()) => self.is_blocked = false,
                Err(error) if is_blocked(&error) => return Poll::Pending,
                Err(_) => return Poll::Ready(Err(End::Lost)),
            }
        }
        while let Some(piece) = outgoing.next_piece() {
            standalone::write(&mut self.scratch, piece);
            let Ok(text) = Utf8Bytes::try_from(self.scratch.split()) else {
                return Poll::Ready(Err(End::Lost));
            };
            outgoing.take_piece();
            match self.write(context, Message::Text(text)) {
                Ok(()) => {}
                // It is queued, and nothing more is until it is written.
                Err(error) if is_blocked(&error) => {
                    self.is_blocked = true;
                    return Poll::Pending;
                }
                Err(_) => return Poll::Ready(Err(End::Lost)),
            }
        }
        match self.flush(context) {
            Ok(()) => {
                self.is_blocked = false;
                Poll::Ready(Ok(()))
            }
            Err(error) if is_blocked(&error) => Poll::Pending,
            Err(_) => Poll::Ready(Err(End::Lost)),
        }
    }

    fn open(&mut self, outgoing: &mut Outgoing, domain: &str, id: &str) {
        let mut words = String::from("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing'");
        attribute(&mut words, "from", domain);
        attribute(&mut words, "id", id);
        words.push_str(" version='1.0' xml:lang='en'/>");
        outgoing.push_other(&words);
    }

    fn close(&mut self, outgoing: &mut Outgoing, error: Option<StreamError>) {
        if let Some(error) = error {
            let mut words = String::new();
            error.write(&mut words);
            outgoing.push_other(&words);
            if self.code == CloseCode::Normal {
                self.code = code_of(error);
            }
        }
        outgoing.push_other(CLOSE);
    }

    fn poll_closed(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.closing == Closing::Open {
            self.closing = Closing::Said;
            let frame = CloseFrame {
                code: self.code,
                reason: Utf8Bytes::default(),
            };
            let mut socket = Polled::new(&mut self.socket, context);
            let closed = self.protocol.close(&mut socket, Some(frame));
            if closed.is_err_and(|error| !is_blocked(&error)) {
                return Poll::Ready(());
            }
        }
        if self.failed.is_none() {
            return self.poll_answer(context);
        }
        if self.closing == Closing::Said {
            match self.flush(context) {
                Ok(()) => {}
                Err(error) if is_blocked(&error) => return Poll::Pending,
                Err(_) => return Poll::Ready(()),
            }
            if Pin::new(&mut self.socket)
                .poll_shutdown(context)
                .is_pending()
            {
                return Poll::Pending;
            }
            self.closing = Closing::Shut;
        }
        self.poll_drained(context)
    }
}

fn is_blocked(error: &Error) -> bool {
    matches!(error, Error::Io(error) if would_block(error))
}

fn would_block(error: &IoError) -> bool {
    error.kind() == ErrorKind::WouldBlock
}

/// The code that says the same as a stream error, where there is one (RFC 6455 §7.4.1).
fn code_of(error: StreamError) -> CloseCode {
    match error {
        StreamError::Shutdown => CloseCode::Away,
        StreamError::TooBig => CloseCode::Size,
        StreamError::NotWellFormed => CloseCode::Invalid,
        StreamError::TooManyConnections => CloseCode::Again,
        StreamError::SlowReader
        | StreamError::TooDeep
        | StreamError::TooManyAttempts
        | StreamError::NotAuthorized
        | StreamError::AccountRemoved => CloseCode::Policy,
        _ => CloseCode::Normal,
    }
}
