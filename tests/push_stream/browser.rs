//! A client that writes and reads every byte itself, so that nothing between it and the gateway is kind to either.

use std::fmt::Write as _;
use std::net::SocketAddr;

use support::within;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::gateway::SOON;

/// An answer, or the head of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        let found = self
            .headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }

    pub fn has(&self, name: &str) -> bool {
        self.headers
            .iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(name))
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn explain(&self) -> &str {
        self.header("X-Nginx-PushStream-Explain")
    }
}

/// What a WebSocket is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    Text(String),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, String),
}

/// A connection.
pub struct Client {
    pub stream: TcpStream,
    read: Vec<u8>,
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Self {
        let stream = within(SOON, TcpStream::connect(address)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            read: Vec::new(),
        }
    }

    pub async fn write(&mut self, bytes: &[u8]) {
        within(SOON, self.stream.write_all(bytes)).await.unwrap();
    }

    pub async fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) {
        let mut request = format!("{method} {path} HTTP/1.1\r\n");
        if !headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("host"))
        {
            write!(request, "Host: {}\r\n", self.stream.peer_addr().unwrap()).unwrap();
        }
        for (name, value) in headers {
            write!(request, "{name}: {value}\r\n").unwrap();
        }
        if !body.is_empty() || ["POST", "PUT"].contains(&method) {
            write!(request, "Content-Length: {}\r\n", body.len()).unwrap();
        }
        request += "\r\n";
        request += body;
        self.write(request.as_bytes()).await;
    }

    /// The head of an answer.
    pub async fn head(&mut self) -> Answer {
        let head = self.until(b"\r\n\r\n").await;
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.lines();
        let status = lines
            .next()
            .unwrap()
            .split(' ')
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
        let headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Answer {
            status,
            headers,
            body: Vec::new(),
        }
    }

    /// A whole answer.
    pub async fn answer(&mut self) -> Answer {
        let mut answer = self.head().await;
        if answer.header("transfer-encoding") == "chunked" {
            while let Some(chunk) = self.chunk().await {
                answer.body.extend(chunk);
            }
        } else if let Ok(length) = answer.header("content-length").parse() {
            answer.body = self.exactly(length).await;
        }
        answer
    }

    /// The next chunk of a body; `None` for the last.
    pub async fn chunk(&mut self) -> Option<Vec<u8>> {
        let size = self.until(b"\r\n").await;
        let size = std::str::from_utf8(&size).unwrap().trim();
        let size = usize::from_str_radix(size, 16).unwrap();
        let chunk = self.exactly(size).await;
        assert_eq!(self.exactly(2).await, b"\r\n");
        (size > 0).then_some(chunk)
    }

    /// Chunks until their text ends so; all of it.
    pub async fn text_until(&mut self, end: &str) -> String {
        let mut text = String::new();
        while !text.ends_with(end) {
            let chunk = self.chunk().await;
            let chunk = chunk.unwrap_or_else(|| panic!("the body ended after {text:?}"));
            text += std::str::from_utf8(&chunk).unwrap();
        }
        text
    }

    /// The next event of an event stream that has data, with comments and what has none before it.
    pub async fn event(&mut self) -> String {
        let mut text = String::new();
        while !(text.ends_with("\n\n") && text.contains("data: ")) {
            let chunk = self.chunk().await;
            let chunk = chunk.unwrap_or_else(|| panic!("the body ended after {text:?}"));
            text += std::str::from_utf8(&chunk).unwrap();
        }
        text
    }

    pub async fn frame(&mut self) -> Frame {
        let head = self.exactly(2).await;
        assert_eq!(head[1] & 0x80, 0, "a server must not mask");
        let length = match head[1] {
            126 => u16::from_be_bytes(self.exactly(2).await.try_into().unwrap()).into(),
            127 => u64::from_be_bytes(self.exactly(8).await.try_into().unwrap()),
            length => length.into(),
        };
        let payload = self.exactly(usize::try_from(length).unwrap()).await;
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        match head[0] {
            0x81 => Frame::Text(text(&payload)),
            0x89 => Frame::Ping(payload),
            0x8a => Frame::Pong(payload),
            0x88 => match payload.split_first_chunk() {
                Some((code, reason)) => Frame::Close(Some(u16::from_be_bytes(*code)), text(reason)),
                None => Frame::Close(None, String::new()),
            },
            other => panic!("an unexpected frame: {other:x}"),
        }
    }

    /// The next text of a WebSocket, as JSON.
    pub async fn json(&mut self) -> serde_json::Value {
        loop {
            match self.frame().await {
                Frame::Text(text) => return serde_json::from_str(&text).unwrap(),
                Frame::Ping(_) => {}
                other => panic!("not a text: {other:?}"),
            }
        }
    }

    /// Sends a frame, masked as a client must.
    pub async fn say(&mut self, first: u8, payload: &[u8]) {
        self.write(&masked(first, payload)).await;
    }

    /// Says that nothing more will be sent.
    pub async fn finish(&mut self) {
        // Whoever has closed already does not mind.
        let _ = self.stream.shutdown().await;
    }

    /// Everything that comes until the other side closes.
    pub async fn rest(&mut self) -> String {
        let mut rest = std::mem::take(&mut self.read);
        // A reset closes as well.
        let _ = within(SOON, self.stream.read_to_end(&mut rest)).await;
        String::from_utf8_lossy(&rest).into_owned()
    }

    /// Waits until the other side closes, and expects that it says nothing more.
    pub async fn closed(&mut self) {
        assert_eq!(self.read, b"", "something was not expected");
        let mut rest = Vec::new();
        // A reset closes as well.
        let _ = within(SOON, self.stream.read_to_end(&mut rest)).await;
        assert_eq!(String::from_utf8_lossy(&rest), "", "it was to be closed");
    }

    /// Waits for the last chunk, and until the other side closes.
    pub async fn closed_after_body(&mut self) {
        assert_eq!(self.chunk().await, None);
        self.closed().await;
    }

    async fn more(&mut self) {
        let read = within(SOON, self.stream.read_buf(&mut self.read))
            .await
            .unwrap();
        assert!(
            read > 0,
            "closed after {:?}",
            String::from_utf8_lossy(&self.read)
        );
    }

    pub async fn exactly(&mut self, length: usize) -> Vec<u8> {
        while self.read.len() < length {
            self.more().await;
        }
        self.read.drain(..length).collect()
    }

    async fn until(&mut self, end: &[u8]) -> Vec<u8> {
        loop {
            let found = self
                .read
                .windows(end.len())
                .position(|window| window == end);
            if let Some(found) = found {
                return self.read.drain(..found + end.len()).collect();
            }
            self.more().await;
        }
    }
}

pub fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [7, 99, 200, 31];
    let mut frame = vec![first];
    match payload.len() {
        length @ 0..=125 => frame.push(0x80 | u8::try_from(length).unwrap()),
        length @ 126..=0xffff => {
            frame.push(0xfe);
            frame.extend_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
        }
        length => {
            frame.push(0xff);
            frame.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(&mask);
    frame.extend(
        payload
            .iter()
            .zip(mask.iter().cycle())
            .map(|(byte, key)| byte ^ key),
    );
    frame
}
