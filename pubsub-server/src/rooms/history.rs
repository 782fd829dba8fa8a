//! What was said in a room, bounded in messages and in bytes; and which of it somebody who enters wants to hear.

use std::collections::VecDeque;
use std::sync::Arc;

use super::vocabulary::{Past, Spoken};

/// The last messages.
#[derive(Debug, Default)]
pub(crate) struct History {
    messages: VecDeque<Arc<Spoken>>,
    bytes: usize,
}

impl History {
    /// Adds a message and drops the oldest that are too many.
    pub(crate) fn push(&mut self, message: Arc<Spoken>, most: usize, most_bytes: usize) {
        self.bytes += message.content.len();
        self.messages.push_back(message);
        self.trim(most, most_bytes);
    }

    /// Drops the oldest that are too many.
    pub(crate) fn trim(&mut self, most: usize, most_bytes: usize) {
        while self.messages.len() > most || self.bytes > most_bytes {
            match self.messages.pop_front() {
                Some(message) => self.bytes -= message.content.len(),
                None => break,
            }
        }
    }

    #[cfg(any(test, feature = "durable"))]
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<Spoken>> {
        self.messages.iter()
    }

    /// The newest messages that fit what is asked for, oldest first.
    pub(crate) fn select(&self, past: &Past, now: u64) -> Vec<Arc<Spoken>> {
        let earliest = past
            .since
            .max(past.seconds.map(|seconds| now.saturating_sub(seconds)));
        let mut characters = past.max_chars;
        let mut chosen: Vec<_> = self
            .messages
            .iter()
            .rev()
            .take(past.max_stanzas.unwrap_or(usize::MAX))
            .take_while(|message| earliest.is_none_or(|earliest| message.at >= earliest))
            .take_while(|message| match &mut characters {
                None => true,
                Some(left) => match left.checked_sub(message.content.chars().count()) {
                    Some(rest) => {
                        *left = rest;
                        true
                    }
                    None => false,
                },
            })
            .cloned()
            .collect();
        chosen.reverse();
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoken(at: u64) -> Arc<Spoken> {
        Arc::new(Spoken {
            nick: "ann".into(),
            id: None,
            number: at.to_string().into(),
            content: "0123456789".into(),
            at,
        })
    }

    fn times(history: &History, past: Past) -> Vec<u64> {
        let chosen = history.select(&past, 10);
        chosen.iter().map(|message| message.at).collect()
    }

    #[test]
    fn the_newest_that_fit_are_chosen_in_their_order() {
        let mut history = History::default();
        for at in 1..=5 {
            history.push(spoken(at), 4, 1000);
        }
        assert_eq!(times(&history, Past::default()), [2, 3, 4, 5]);
        for (past, expected) in [
            (
                Past {
                    max_stanzas: Some(2),
                    ..Past::default()
                },
                &[4, 5][..],
            ),
            (
                Past {
                    max_stanzas: Some(0),
                    ..Past::default()
                },
                &[],
            ),
            (
                Past {
                    max_chars: Some(29),
                    ..Past::default()
                },
                &[4, 5],
            ),
            (
                Past {
                    max_chars: Some(0),
                    ..Past::default()
                },
                &[],
            ),
            (
                Past {
                    seconds: Some(7),
                    ..Past::default()
                },
                &[3, 4, 5],
            ),
            (
                Past {
                    since: Some(5),
                    ..Past::default()
                },
                &[5],
            ),
            (
                Past {
                    since: Some(5),
                    seconds: Some(100),
                    ..Past::default()
                },
                &[5],
            ),
        ] {
            assert_eq!(times(&history, past), expected, "{past:?}");
        }
    }

    #[test]
    fn bytes_are_bounded_too() {
        let mut history = History::default();
        for at in 1..=5 {
            history.push(spoken(at), 100, 30);
        }
        assert_eq!(times(&history, Past::default()), [3, 4, 5]);
        history.trim(1, 30);
        assert_eq!(times(&history, Past::default()), [5]);
    }
}
