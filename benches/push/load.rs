//! One thread that publishes and hears everything, and counts.

use std::io;
use std::time::{Duration, Instant};

use bench_support::{Usage, usage};
use mio::{Events, Interest, Poll, Token};

use super::contestant::Contestant;
use super::hearer::{Account, Hearer};
use super::message::ROOM;
use super::road::Road;
use super::sender::Sender;
use super::way::Way;

/// What is read at once.
const READ: usize = 256 << 10;
/// What is no event of a socket is looked for so often.
const SOON: Duration = Duration::from_millis(5);
/// What has not arrived when nothing at all has arrived for so long is lost.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Subscribers of one channel, and those who publish to it.
pub(crate) struct Load {
    poll: Poll,
    events: Events,
    hearers: Vec<Hearer>,
    senders: Vec<Sender>,
    /// Publishes instead of those.
    road: Option<Road>,
    buffer: Vec<u8>,
    start: Instant,
    /// When something happened last.
    moved: Instant,
    tally: Tally,
}

#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    sent: u64,
    answered: u64,
    heard: u64,
    lost: u64,
}

/// When the next message is published.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pace {
    /// As soon as not more than so many are under way to anybody.
    Window(u64),
    /// One after each of these times, whatever became of the ones before.
    Every(Duration),
}

/// What came of a turn.
#[derive(Debug)]
pub(crate) struct Turn {
    pub(crate) published: u64,
    pub(crate) heard: u64,
    /// What should have been heard as well.
    pub(crate) lost: u64,
    pub(crate) took: Duration,
    /// Processor time of the contestant.
    pub(crate) cpu: Duration,
    /// Processor time of the load itself.
    pub(crate) own_cpu: Duration,
    /// From when a message was due to when it was heard, in microseconds.
    pub(crate) delays: Vec<u32>,
}

impl Load {
    /// Connects everybody.
    pub(crate) fn connect(
        to: &Contestant,
        way: Way,
        channel: &str,
        subscribers: usize,
        publishers: usize,
    ) -> io::Result<Self> {
        let poll = Poll::new()?;
        let registry = poll.registry();
        let mut hearers = Vec::with_capacity(subscribers);
        for index in 0..subscribers {
            let mut hearer = Hearer::subscribe(to, way, channel)?;
            registry.register(&mut hearer.socket, Token(index), Interest::READABLE)?;
            hearers.push(hearer);
        }
        let mut senders = Vec::with_capacity(publishers);
        for index in 0..publishers {
            let mut sender = Sender::connect(to, channel, index)?;
            let token = Token(subscribers + index);
            registry.register(&mut sender.socket, token, Interest::READABLE)?;
            senders.push(sender);
        }
        Ok(Self {
            poll,
            events: Events::with_capacity(1024),
            hearers,
            senders,
            road: None,
            buffer: vec![0; ROOM + READ],
            start: Instant::now(),
            moved: Instant::now(),
            tally: Tally::default(),
        })
    }

    /// Has everything published over XMPP.
    pub(crate) fn over_xmpp(&mut self, to: &Contestant, channel: &str) {
        self.road = Some(Road::open(to, channel, self.start));
    }

    /// Publishes for so long, and waits until everything has arrived.
    pub(crate) fn run(&mut self, to: &Contestant, pace: Pace, length: Duration) -> Turn {
        let own = || usage("self").expect("this process");
        let (before, own_before): (Usage, Usage) = (to.usage(), own());
        let (begin, tally) = (Instant::now(), self.tally);
        self.moved = begin;
        let mut delays = Vec::new();
        let mut due = begin;
        while begin.elapsed() < length {
            self.give_up();
            let wait = self.publish(pace, &mut due);
            self.step(wait, &mut delays, matches!(pace, Pace::Every(_)));
        }
        while !self.is_done() {
            self.step(SOON, &mut delays, matches!(pace, Pace::Every(_)));
            self.give_up();
        }
        let took = begin.elapsed();
        let (after, own_after) = (to.usage(), own());
        Turn {
            published: self.tally.sent - tally.sent,
            heard: self.tally.heard - tally.heard,
            lost: self.tally.lost - tally.lost,
            took,
            cpu: after.cpu.saturating_sub(before.cpu),
            own_cpu: own_after.cpu.saturating_sub(own_before.cpu),
            delays,
        }
    }

    /// Publishes what may be published now. How long there is nothing more to publish, unless something arrives.
    fn publish(&mut self, pace: Pace, due: &mut Instant) -> Duration {
        let listeners = self.hearers.len() as u64;
        if let (Some(road), Pace::Window(most)) = (&self.road, pace) {
            self.tally.sent = self.tally.sent.max(self.tally.heard / listeners + most);
            road.allow(self.tally.sent);
        }
        for sender in self.senders.iter_mut().filter(|sender| !sender.is_waiting) {
            let now = Instant::now();
            let moment = match pace {
                Pace::Window(most) => {
                    if self.tally.sent * listeners
                        >= self.tally.heard + self.tally.lost + most * listeners.max(1)
                    {
                        break;
                    }
                    now
                }
                Pace::Every(_) if now < *due => break,
                Pace::Every(interval) => {
                    let moment = *due;
                    *due += interval;
                    moment
                }
            };
            let micros = moment.duration_since(self.start).as_micros();
            sender.send(u64::try_from(micros).unwrap_or(u64::MAX));
            self.tally.sent += 1;
        }
        match pace {
            Pace::Window(_) => Duration::from_millis(100),
            // The system waits in whole milliseconds; the rest is waited for here.
            Pace::Every(_) => whole_millis(due.saturating_duration_since(Instant::now())),
        }
    }

    fn step(&mut self, wait: Duration, delays: &mut Vec<u32>, is_timed: bool) {
        match self.poll.poll(&mut self.events, Some(wait)) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return,
            Err(error) => panic!("cannot wait: {error}"),
        }
        if !self.events.is_empty() {
            self.moved = Instant::now();
        }
        for event in &self.events {
            let Token(index) = event.token();
            if let Some(hearer) = self.hearers.get_mut(index) {
                let start = self.start;
                let heard = hearer.read(&mut self.buffer, |mark| {
                    if is_timed {
                        let now = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
                        delays.push(u32::try_from(now - mark.micros).unwrap_or(u32::MAX));
                    }
                });
                self.tally.heard += heard;
            } else if self.senders[index - self.hearers.len()].read() {
                self.tally.answered += 1;
            }
        }
    }

    fn is_done(&self) -> bool {
        let Tally {
            sent,
            answered,
            heard,
            lost,
        } = self.tally;
        let answered = self.road.as_ref().map_or(answered, Road::answered);
        sent == answered && sent * self.hearers.len() as u64 == heard + lost
    }

    /// Waits no longer for what does not come.
    fn give_up(&mut self) {
        let due = self.tally.sent * self.hearers.len() as u64;
        if due > 0 && self.moved.elapsed() > PATIENCE {
            self.tally.lost = due - self.tally.heard;
            self.moved = Instant::now();
        }
    }

    /// Whether everybody has heard everything, once and in the same order.
    pub(crate) fn is_whole(&self) -> bool {
        let accounts: Vec<&Account> = self.hearers.iter().map(Hearer::account).collect();
        self.tally.lost == 0
            && accounts.iter().all(|account| account.faults == 0)
            && accounts.windows(2).all(|two| two[0].agrees(two[1]))
    }
}

fn whole_millis(time: Duration) -> Duration {
    Duration::from_millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}
