//! A WebSocket client that can also break the rules: it writes frames byte by byte, and reads what a server sends (RFC 6455).

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::raw_client::plain;
use crate::within;

const PATIENCE: Duration = Duration::from_secs(20);

/// Opcodes (RFC 6455 §5.2).
pub mod opcode {
    /// The rest of a fragmented message.
    pub const CONTINUATION: u8 = 0;
    /// A message of text.
    pub const TEXT: u8 = 1;
    /// A message of bytes.
    pub const BINARY: u8 = 2;
    /// The closing handshake.
    pub const CLOSE: u8 = 8;
    /// Asks for a pong.
    pub const PING: u8 = 9;
    /// The answer to a ping.
    pub const PONG: u8 = 10;
}

/// What the server sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebSocketFrame {
    /// One of [`opcode`].
    pub opcode: u8,
    /// Its payload.
    pub payload: Vec<u8>,
}

impl WebSocketFrame {
    /// The payload as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.payload).into_owned()
    }

    /// The code of a close frame.
    #[must_use]
    pub fn code(&self) -> Option<u16> {
        let code = self.payload.first_chunk::<2>()?;
        (self.opcode == opcode::CLOSE).then(|| u16::from_be_bytes(*code))
    }
}

/// A connection after the handshake.
#[derive(Debug)]
pub struct WebSocketClient {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// The path that our server, Prosody and ejabberd are set up with.
const PATH: &str = "/xmpp-websocket";

impl WebSocketClient {
    /// Connects with the subprotocol `xmpp` and these further headers.
    ///
    /// # Errors
    ///
    /// The head of the answer if it is not 101, or what the connection failed with.
    pub async fn connect(address: SocketAddr, headers: &[(&str, &str)]) -> Result<Self, String> {
        Self::connect_at(address, PATH, "xmpp", headers).await
    }

    /// Connects to any path, with any subprotocol.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub async fn connect_at(
        address: SocketAddr,
        path: &str,
        protocol: &str,
        headers: &[(&str, &str)],
    ) -> Result<Self, String> {
        let stream = TcpStream::connect(address)
            .await
            .map_err(|error| error.to_string())?;
        let mut client = Self {
            stream,
            buffer: Vec::new(),
        };
        let mut head = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: {protocol}\r\n"
        );
        for (name, value) in headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        head.push_str("\r\n");
        client.write(head.as_bytes()).await?;
        let end = loop {
            if let Some(end) = client
                .buffer
                .windows(4)
                .position(|four| four == b"\r\n\r\n")
            {
                break end + 4;
            }
            client.read().await?;
        };
        let rest = client.buffer.split_off(end);
        let answer = std::mem::replace(&mut client.buffer, rest);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let is_accepted = answer.starts_with("HTTP/1.1 101")
            && answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
            && answer
                .to_lowercase()
                .contains(&format!("sec-websocket-protocol: {protocol}"));
        if is_accepted { Ok(client) } else { Err(answer) }
    }

    /// Connects, logs in as `user` of `localhost` with SASL PLAIN and binds; tells the full address too.
    ///
    /// # Errors
    ///
    /// What the server said instead.
    pub async fn login(
        address: SocketAddr,
        user: &str,
        password: &str,
    ) -> Result<(Self, String), String> {
        let mut client = Self::authenticated(address, user, password).await?;
        client
            .send("<iq xmlns='jabber:client' type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")
            .await?;
        let bound = client.until("id='bind'").await?;
        let jid = crate::bosh::between(&bound, "<jid>", "</jid>").ok_or(bound)?;
        Ok((client, jid))
    }

    /// Connects and logs in, up to the features of the second stream.
    ///
    /// # Errors
    ///
    /// What the server said instead.
    pub async fn authenticated(
        address: SocketAddr,
        user: &str,
        password: &str,
    ) -> Result<Self, String> {
        let mut client = Self::connect(address, &[]).await?;
        client.open().await?;
        client
            .send(&format!(
                "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{}</auth>",
                plain(user, password)
            ))
            .await?;
        client.until("<success").await?;
        client.open().await?;
        Ok(client)
    }

    /// Opens a stream and waits for the features.
    ///
    /// # Errors
    ///
    /// What the server said instead.
    pub async fn open(&mut self) -> Result<String, String> {
        self.send(
            "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>",
        )
        .await?;
        self.until("<stream:features").await
    }

    /// Sends one text message.
    ///
    /// # Errors
    ///
    /// What the connection failed with.
    pub async fn send(&mut self, text: &str) -> Result<(), String> {
        let frame = frame(0x80 | opcode::TEXT, true, text.as_bytes());
        self.write(&frame).await
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    ///
    /// What the connection failed with.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        let written = within(PATIENCE, self.stream.write_all(bytes)).await;
        written.map_err(|error| error.to_string())
    }

    /// The next frame.
    ///
    /// # Errors
    ///
    /// What the connection ended with.
    pub async fn frame(&mut self) -> Result<WebSocketFrame, String> {
        loop {
            if let Some((frame, length)) = parse(&self.buffer) {
                self.buffer.drain(..length);
                return Ok(frame);
            }
            self.read().await?;
        }
    }

    /// The next text message.
    ///
    /// # Errors
    ///
    /// What came instead.
    pub async fn message(&mut self) -> Result<String, String> {
        let frame = self.frame().await?;
        match frame.opcode {
            opcode::TEXT => Ok(frame.text()),
            _ => Err(format!("{frame:?}")),
        }
    }

    /// The next text message that contains `needle`; others are passed over.
    ///
    /// # Errors
    ///
    /// What came instead, after all that was passed over.
    pub async fn until(&mut self, needle: &str) -> Result<String, String> {
        let mut before = Vec::new();
        loop {
            match self.message().await {
                Ok(message) if message.contains(needle) => return Ok(message),
                Ok(message) => before.push(message),
                Err(end) => return Err(format!("{end} after {before:?}")),
            }
        }
    }

    /// Everything up to the close frame, which is answered, and its code.
    ///
    /// # Errors
    ///
    /// What the connection ended with instead.
    pub async fn closed(&mut self) -> Result<(Vec<String>, u16), String> {
        let mut messages = Vec::new();
        loop {
            let frame = self
                .frame()
                .await
                .map_err(|end| format!("{end} after {messages:?}"))?;
            if let Some(code) = frame.code() {
                let answer = self::frame(0x80 | opcode::CLOSE, true, &code.to_be_bytes());
                drop(self.write(&answer).await);
                return Ok((messages, code));
            }
            messages.push(frame.text());
        }
    }

    /// Waits for the server to close the connection itself.
    ///
    /// # Panics
    ///
    /// When it does not.
    pub async fn hung_up(&mut self) {
        while self.read().await.is_ok() {}
    }

    /// The connection itself, from the next unread byte on.
    #[must_use]
    pub fn into_stream(self) -> TcpStream {
        self.stream
    }

    async fn read(&mut self) -> Result<(), String> {
        match within(PATIENCE, self.stream.read_buf(&mut self.buffer)).await {
            Ok(0) => Err("the connection was closed".to_owned()),
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// A frame: its first byte (FIN, reserved bits and opcode), whether it is masked, as a client's has to be, and its payload.
#[must_use]
pub fn frame(first: u8, is_masked: bool, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    let mask = if is_masked { 0x80 } else { 0 };
    match payload.len() {
        short @ 0..=125 => frame.push(mask | u8::try_from(short).unwrap_or_default()),
        middle @ 126..=0xFFFF => {
            frame.push(mask | 0x7E);
            frame.extend(u16::try_from(middle).unwrap_or_default().to_be_bytes());
        }
        long => {
            frame.push(mask | 0x7F);
            frame.extend((long as u64).to_be_bytes());
        }
    }
    if is_masked {
        let key = [0x12, 0x34, 0x56, 0x78];
        frame.extend(key);
        frame.extend(
            payload
                .iter()
                .zip(key.iter().cycle())
                .map(|(byte, key)| byte ^ key),
        );
    } else {
        frame.extend(payload);
    }
    frame
}

/// The first whole frame of a server, which does not mask, and how long it is.
fn parse(bytes: &[u8]) -> Option<(WebSocketFrame, usize)> {
    let (first, length) = (*bytes.first()?, *bytes.get(1)?);
    let (length, start) = match length {
        126 => (
            u64::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?)),
            4,
        ),
        127 => (u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?), 10),
        short => (u64::from(short), 2),
    };
    let end = start + usize::try_from(length).ok()?;
    let frame = WebSocketFrame {
        opcode: first & 0x0F,
        payload: bytes.get(start..end)?.to_vec(),
    };
    Some((frame, end))
}
