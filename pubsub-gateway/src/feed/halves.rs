//! Messages that were published to some of their channels only, until their publisher tries again.
//!
//! By event id and text. Only what went wrong is remembered: whoever says the same twice without a mistake in between means it twice.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::parcel::Parcel;
use crate::channel::Info;

/// How long a publisher is waited for.
const PATIENCE: Duration = Duration::from_mins(5);
/// So many messages are remembered; the oldest makes room.
const MOST: usize = 1000;

#[derive(Debug, Default)]
pub(crate) struct Halves {
    known: Mutex<HashMap<(String, String), Half>>,
}

/// Where a message has come, and since when that is known.
#[derive(Debug)]
struct Half {
    since: Instant,
    done: HashMap<String, Info>,
}

impl Halves {
    /// Where the message has come already, and what was told of these channels. It is forgotten.
    pub(crate) fn take(&self, parcel: &Parcel) -> HashMap<String, Info> {
        if parcel.event_id.is_empty() {
            return HashMap::new();
        }
        let half = self.lock().remove(&key(parcel));
        let half = half.filter(|half| half.since.elapsed() < PATIENCE);
        half.map(|half| half.done).unwrap_or_default()
    }

    /// Remembers where it has come.
    pub(crate) fn keep(&self, parcel: &Parcel, done: &[Info]) {
        if parcel.event_id.is_empty() || done.is_empty() {
            return;
        }
        let mut known = self.lock();
        if known.len() >= MOST {
            let oldest = known.iter().min_by_key(|(_, half)| half.since);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                known.remove(&oldest);
            }
        }
        let done = done.iter();
        let half = Half {
            since: Instant::now(),
            done: done
                .map(|info| (info.channel.to_string(), info.clone()))
                .collect(),
        };
        known.insert(key(parcel), half);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(String, String), Half>> {
        // No code that can panic runs while it is held.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(parcel: &Parcel) -> (String, String) {
    (parcel.event_id.clone(), parcel.text.clone())
}
