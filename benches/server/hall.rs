//! One publisher and those who hear it, on one thread that publishes, hears everything and counts.

use std::io::{self, Read as _, Write as _};
use std::time::{Duration, Instant};

use bench_support::usage;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use super::contestant::Contestant;
use super::entrance::Client;
use super::stanza::{Answers, Carry, ROOM, Writer};

/// What is read at once.
const READ: usize = 256 << 10;
/// What is no event of a socket is looked for so often.
const SOON: Duration = Duration::from_millis(20);
/// What has not arrived when nothing at all has arrived for so long is lost.
const PATIENCE: Duration = Duration::from_secs(5);

/// When more is published.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pace {
    /// As soon as fewer than so many are unanswered.
    Window(u32),
    /// So many at once, as soon as those before are answered and heard by everybody.
    Burst(u32),
}

/// What came of a turn.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    pub(crate) published: u32,
    pub(crate) heard: u64,
    /// What should have been heard as well.
    pub(crate) lost: u64,
    /// What was heard twice, too late or after a gap.
    pub(crate) faults: u64,
    pub(crate) took: Duration,
    /// Processor time of the contestant.
    pub(crate) cpu: Duration,
    /// Processor time of the load itself.
    pub(crate) own_cpu: Duration,
    /// How long each burst took until everything was answered and heard, in microseconds.
    pub(crate) delays: Vec<f64>,
}

/// A publisher and its audience.
pub(crate) struct Hall {
    poll: Poll,
    events: Events,
    hearers: Vec<Hearer>,
    publisher: Publisher,
    buffer: Vec<u8>,
    sent: u32,
    answered: u32,
    heard: u64,
    lost: u64,
    faults: u64,
}

struct Hearer {
    socket: TcpStream,
    carry: Carry,
    next: u32,
}

struct Publisher {
    socket: TcpStream,
    writer: Writer,
    unwritten: Vec<u8>,
    answers: Answers,
    /// Which of the requests have been answered.
    is_answered: Vec<bool>,
}

impl Hall {
    /// Takes connections that are ready.
    pub(crate) fn new(publisher: Client, writer: Writer, audience: Vec<Client>) -> Self {
        let poll = Poll::new().expect("a selector");
        let registry = poll.registry();
        let mut hearers = Vec::with_capacity(audience.len());
        for (index, client) in audience.into_iter().enumerate() {
            let mut socket = client.into_stream().expect("nothing was published yet");
            registry
                .register(&mut socket, Token(index), Interest::READABLE)
                .expect("a socket that can be waited for");
            hearers.push(Hearer {
                socket,
                carry: Carry::default(),
                next: 0,
            });
        }
        let mut socket = publisher.into_stream().expect("nothing was published yet");
        registry
            .register(
                &mut socket,
                Token(hearers.len()),
                Interest::READABLE | Interest::WRITABLE,
            )
            .expect("a socket that can be waited for");
        Self {
            poll,
            events: Events::with_capacity(1024),
            hearers,
            publisher: Publisher {
                socket,
                writer,
                unwritten: Vec::new(),
                answers: Answers::default(),
                is_answered: Vec::new(),
            },
            buffer: vec![0; ROOM + READ],
            sent: 0,
            answered: 0,
            heard: 0,
            lost: 0,
            faults: 0,
        }
    }

    /// Publishes for so long, and waits until everything has been answered and heard.
    pub(crate) fn run(&mut self, at: &Contestant, pace: Pace, length: Duration) -> Turn {
        self.run_until(at, pace, |begin, _| begin.elapsed() >= length)
    }

    /// Publishes so many, and waits until everything has been answered and heard.
    pub(crate) fn publish(&mut self, at: &Contestant, pace: Pace, count: u32) -> Turn {
        let last = self.sent + count;
        self.run_until(at, pace, |_, sent| sent >= last)
    }

    fn run_until(
        &mut self,
        at: &Contestant,
        pace: Pace,
        is_over: impl Fn(Instant, u32) -> bool,
    ) -> Turn {
        let own = || usage("self").expect("this process");
        let (before, own_before) = (at.usage(), own());
        let (sent, heard, lost, faults) = (self.sent, self.heard, self.lost, self.faults);
        let begin = Instant::now();
        let (mut moved, mut burst) = (begin, begin);
        let mut delays = Vec::new();
        let mut is_first = true;
        loop {
            let is_done = self.is_done();
            if is_done && matches!(pace, Pace::Burst(_)) && !is_first {
                delays.push(burst.elapsed().as_secs_f64() * 1e6);
            }
            let more = if is_over(begin, self.sent) {
                if is_done {
                    break;
                }
                0
            } else {
                match pace {
                    Pace::Window(most) => most.saturating_sub(self.sent - self.answered),
                    Pace::Burst(size) if is_done => size,
                    Pace::Burst(_) => 0,
                }
            };
            if more > 0 {
                (burst, is_first) = (Instant::now(), false);
                self.send(more);
            }
            if self.step() {
                moved = Instant::now();
            } else if moved.elapsed() > PATIENCE {
                self.give_up(at);
                moved = Instant::now();
            }
        }
        let took = begin.elapsed();
        let (after, own_after) = (at.usage(), own());
        Turn {
            published: self.sent - sent,
            heard: self.heard - heard,
            lost: self.lost - lost,
            faults: self.faults - faults,
            took,
            cpu: after.cpu.saturating_sub(before.cpu),
            own_cpu: own_after.cpu.saturating_sub(own_before.cpu),
            delays,
        }
    }

    fn send(&mut self, count: u32) {
        for number in self.sent..self.sent + count {
            let Publisher {
                writer, unwritten, ..
            } = &mut self.publisher;
            writer.write(unwritten, number);
        }
        self.sent += count;
        self.publisher.is_answered.resize(self.sent as usize, false);
        self.publisher.write();
    }

    /// Waits for something to happen, and takes it in. Whether anything did.
    fn step(&mut self) -> bool {
        match self.poll.poll(&mut self.events, Some(SOON)) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return true,
            Err(error) => panic!("cannot wait: {error}"),
        }
        for event in &self.events {
            let Token(index) = event.token();
            if let Some(hearer) = self.hearers.get_mut(index) {
                hearer.read(&mut self.buffer, &mut self.heard, &mut self.faults);
                continue;
            }
            if event.is_writable() {
                self.publisher.write();
            }
            if event.is_readable() {
                self.answered += self.publisher.read(&mut self.buffer);
            }
        }
        !self.events.is_empty()
    }

    fn is_done(&self) -> bool {
        self.sent == self.answered
            && u64::from(self.sent) * self.hearers.len() as u64 == self.heard + self.lost
    }

    /// Waits no longer for what does not come.
    fn give_up(&mut self, at: &Contestant) {
        assert!(
            self.sent == self.answered,
            "{} has answered {} of {} requests and says nothing more",
            at.kind.name(),
            self.answered,
            self.sent
        );
        self.lost = u64::from(self.sent) * self.hearers.len() as u64 - self.heard;
    }
}

impl Hearer {
    fn read(&mut self, buffer: &mut [u8], heard: &mut u64, faults: &mut u64) {
        loop {
            let length = match self.socket.read(&mut buffer[ROOM..]) {
                Ok(0) => panic!("a subscriber was cut off"),
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => panic!("a subscriber cannot read: {error}"),
            };
            let next = &mut self.next;
            self.carry.scan(buffer, length, |number| {
                *heard += 1;
                *faults += u64::from(number != *next);
                *next = number + 1;
            });
            if length < buffer.len() - ROOM {
                return;
            }
        }
    }
}

impl Publisher {
    fn write(&mut self) {
        let mut written = 0;
        while written < self.unwritten.len() {
            match self.socket.write(&self.unwritten[written..]) {
                Ok(length) => written += length,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => panic!("the publisher cannot write: {error}"),
            }
        }
        self.unwritten.drain(..written);
    }

    /// Reads what there is. How many requests were answered by it.
    fn read(&mut self, buffer: &mut [u8]) -> u32 {
        let mut count = 0;
        loop {
            let length = match self.socket.read(buffer) {
                Ok(0) => panic!("the publisher was cut off"),
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return count,
                Err(error) => panic!("the publisher cannot read: {error}"),
            };
            let is_answered = &mut self.is_answered;
            self.answers.scan(&buffer[..length], |number| {
                let known = is_answered.get_mut(number as usize);
                let is_new = known.is_some_and(|known| !std::mem::replace(known, true));
                assert!(is_new, "request {number} was answered without or twice");
                count += 1;
            });
            if length < buffer.len() {
                return count;
            }
        }
    }
}
