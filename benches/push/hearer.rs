//! One subscriber: reads what comes, and keeps account of what it has heard.

use std::io::{self, Read as _, Write as _};

use mio::net::TcpStream;

use super::contestant::Contestant;
use super::message::{Carry, Mark, PUBLISHERS, ROOM};
use super::way::Way;

pub(crate) struct Hearer {
    pub(crate) socket: TcpStream,
    carry: Carry,
    account: Account,
}

/// What a subscriber has heard.
#[derive(Debug, Default)]
pub(crate) struct Account {
    /// Which one of each publisher comes next.
    next: [u32; PUBLISHERS],
    /// Stands for the order of everything.
    order: u64,
    /// What came twice, too late or after a gap.
    pub(crate) faults: u64,
}

impl Account {
    pub(crate) fn note(&mut self, mark: Mark) {
        let next = &mut self.next[mark.publisher];
        if mark.number != *next {
            self.faults += 1;
        }
        *next = mark.number + 1;
        let what = (mark.publisher as u64) << 32 | u64::from(mark.number);
        self.order = (self.order ^ what)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(31);
    }

    /// Whether both have heard the same in the same order.
    pub(crate) fn agrees(&self, other: &Self) -> bool {
        self.next == other.next && self.order == other.order
    }
}

impl Hearer {
    /// Subscribes, and waits for the answer.
    pub(crate) fn subscribe(to: &Contestant, way: Way, channel: &str) -> io::Result<Self> {
        let mut stream = to.connect()?;
        stream.write_all(way.request(to.base, channel).as_bytes())?;
        let mut answer = Vec::new();
        while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
            // What comes before the first message holds no mark, and may be read away.
            let mut piece = [0; 1024];
            let length = stream.read(&mut piece)?;
            answer.extend_from_slice(&piece[..length]);
            if length == 0 || !answer.starts_with(way.accepted()) {
                let answer = String::from_utf8_lossy(&answer);
                return Err(io::Error::other(format!("{}: {answer}", to.name)));
            }
        }
        stream.set_nonblocking(true)?;
        Ok(Self {
            socket: TcpStream::from_std(stream),
            carry: Carry::default(),
            account: Account::default(),
        })
    }

    /// Reads what there is. How many messages that was.
    pub(crate) fn read(&mut self, buffer: &mut [u8], mut heard: impl FnMut(Mark)) -> u64 {
        let mut count = 0;
        loop {
            let length = match self.socket.read(&mut buffer[ROOM..]) {
                Ok(0) => panic!("a subscriber was cut off"),
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return count,
                Err(error) => panic!("a subscriber cannot read: {error}"),
            };
            let account = &mut self.account;
            self.carry.scan(buffer, length, |mark| {
                account.note(mark);
                heard(mark);
                count += 1;
            });
            if length < buffer.len() - ROOM {
                return count;
            }
        }
    }

    pub(crate) fn account(&self) -> &Account {
        &self.account
    }
}
