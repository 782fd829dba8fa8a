//! One publisher: a connection that is kept, and one request after the other on it.

use std::io::{self, Read as _, Write as _};

use mio::net::TcpStream;

use super::contestant::Contestant;
use super::message::Mark;

pub(crate) struct Sender {
    pub(crate) socket: TcpStream,
    publisher: usize,
    /// How many it has published.
    count: u32,
    head: String,
    answer: Vec<u8>,
    pub(crate) is_waiting: bool,
}

impl Sender {
    pub(crate) fn connect(to: &Contestant, channel: &str, publisher: usize) -> io::Result<Self> {
        let stream = to.connect()?;
        stream.set_nonblocking(true)?;
        let head = format!(
            "POST {}/pub?id={channel} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ",
            to.base
        );
        Ok(Self {
            socket: TcpStream::from_std(stream),
            publisher,
            count: 0,
            head,
            answer: Vec::new(),
            is_waiting: false,
        })
    }

    /// Publishes a message.
    pub(crate) fn send(&mut self, micros: u64) {
        let mark = Mark {
            publisher: self.publisher,
            number: self.count,
            micros,
        };
        let text = mark.text();
        let request = format!("{}{}\r\n\r\n{text}", self.head, text.len());
        let written = self.socket.write(request.as_bytes());
        // It waits for the answer to the one before, so there is room.
        assert_eq!(
            written.expect("a publisher can write"),
            request.len(),
            "a request is written whole"
        );
        self.count += 1;
        self.is_waiting = true;
    }

    /// Reads what there is of the answer. Whether that was all of it.
    pub(crate) fn read(&mut self) -> bool {
        let mut piece = [0; 2048];
        loop {
            match self.socket.read(&mut piece) {
                Ok(0) => panic!("a publisher was cut off"),
                Ok(length) => self.answer.extend_from_slice(&piece[..length]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => panic!("a publisher cannot read: {error}"),
            }
        }
        let is_whole = whole(&self.answer);
        if is_whole {
            self.answer.clear();
            self.is_waiting = false;
        }
        is_whole
    }
}

/// Whether these bytes are all of an answer that says that it worked.
fn whole(answer: &[u8]) -> bool {
    let Some(end) = memchr::memmem::find(answer, b"\r\n\r\n") else {
        return false;
    };
    let text = String::from_utf8_lossy(answer);
    assert!(text.starts_with("HTTP/1.1 20"), "not published: {text}");
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>().ok())?
    });
    answer.len() >= end + 4 + length.expect("an answer with a length")
}
