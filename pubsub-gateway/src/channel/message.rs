//! A message of a channel: what is sent, and how it is told from all others.
//!
//! Plain values. Does not know how a message is written on any transport, nor where it came from.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pubsub_core::change::{Action, Stamp};

use super::cursor::{Cursor, Epoch};

/// What somebody has to say on a channel.
#[derive(Debug, Clone, Default)]
pub(crate) struct Content {
    pub(crate) text: Arc<str>,
    /// By which the sender calls the message; may be empty.
    pub(crate) event_id: Box<str>,
    /// What kind of event it is; may be empty.
    pub(crate) event_type: Box<str>,
    /// What happened to the row, if the message is one.
    pub(crate) action: Option<Action>,
    /// Where the change has its place, if the sender says so.
    pub(crate) stamp: Stamp,
    /// The item, and the change of it: the same for a message that comes twice.
    pub(crate) hash: u64,
}

/// What an entry of a channel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Something that was published.
    Message,
    /// The channel is deleted; the last entry there is.
    Deleted,
    /// Messages are missing before this place.
    Reset,
    /// Nothing but a place to go on from.
    Cursor,
}

/// An entry of a channel.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) kind: Kind,
    pub(crate) channel: Arc<str>,
    /// Within the channel: 1, 2, 3 and so on; for a row that has a number in a store at least that, so that a row that is told from a position on
    /// has a lower one than what comes after it. Negative for what is not a message.
    pub(crate) id: i64,
    /// Over all channels: a later entry has a higher number.
    pub(crate) number: u64,
    pub(crate) moment: Moment,
    /// Whether new subscribers may ask for it.
    pub(crate) is_stored: bool,
    /// Where to go on after it, if not by its number.
    pub(crate) position: Option<Box<str>>,
    pub(crate) content: Content,
}

impl Message {
    /// Where to go on after it.
    pub(crate) fn cursor(&self, epoch: Epoch) -> Cow<'_, str> {
        match &self.position {
            Some(position) => Cow::Borrowed(position),
            None => Cow::Owned(
                Cursor {
                    epoch,
                    number: self.number,
                }
                .to_string(),
            ),
        }
    }
}

/// When something was published: the second, and which one of that second it was, over all channels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    /// Seconds since 1970.
    pub(crate) time: u64,
    pub(crate) tag: u64,
}

impl Moment {
    /// The beginning, which stands for no moment at all.
    pub(crate) const NEVER: Self = Self { time: 0, tag: 0 };

    /// As HTTP writes dates.
    pub(crate) fn date(self) -> String {
        httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(self.time.min(LAST_DATE)))
    }
}

/// The last second of the year 9999: dates are not written beyond.
const LAST_DATE: u64 = 253_402_300_799;

/// Reads a date of HTTP as seconds since 1970.
pub(crate) fn seconds(date: &str) -> Option<u64> {
    let time = httpdate::parse_http_date(date.trim()).ok()?;
    Some(time.duration_since(UNIX_EPOCH).ok()?.as_secs())
}

/// Gives out numbers, moments and ids over all channels.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    number: u64,
    last: Moment,
}

impl Counter {
    /// The number of the last entry of all.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    /// The moment of the next message. A clock that is put back is not followed: moments never go back.
    pub(crate) fn moment(&mut self, now: SystemTime) -> Moment {
        let time = now
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs()
            .max(self.last.time);
        let tag = if time == self.last.time {
            self.last.tag + 1
        } else {
            1
        };
        self.last = Moment { time, tag };
        self.last
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::{Counter, Moment, seconds};

    #[test]
    fn tags_count_the_messages_of_a_second() {
        let mut counter = Counter::default();
        let at = |seconds| UNIX_EPOCH + Duration::from_millis(seconds);
        let moments: Vec<_> = [5_000, 5_900, 6_000, 5_500, 7_000]
            .map(|millis| counter.moment(at(millis)))
            .iter()
            .map(|moment| (moment.time, moment.tag))
            .collect();
        assert_eq!(moments, [(5, 1), (5, 2), (6, 1), (6, 2), (7, 1)]);
    }

    #[test]
    fn dates_are_written_and_read() {
        let moment = Moment {
            time: 1_795_237_738,
            tag: 3,
        };
        assert_eq!(moment.date(), "Sat, 21 Nov 2026 05:08:58 GMT");
        assert_eq!(seconds(&moment.date()), Some(moment.time));
        assert_eq!(Moment::NEVER.date(), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(seconds("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        for none in ["", "null", "garbage", "-5"] {
            assert_eq!(seconds(none), None, "{none}");
        }
        let _ = Moment {
            time: u64::MAX,
            tag: 0,
        }
        .date();
    }
}
