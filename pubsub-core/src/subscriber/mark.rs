//! What one state of an item is told from another by: the number of its change, or a hash of its words.
//!
//! Knows stamps. Does not know what was told: that is the `journal`.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::change::Stamp;

/// Tells one state of an item from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mark {
    /// A store numbers the changes of each node without gaps.
    Logged { log: Arc<str>, sequence: u64 },
    /// Our senders number their changes even without a store, which makes the mark exact.
    Stamped {
        origin: Option<Arc<str>>,
        sequence: u64,
    },
    /// Of foreign senders we know only what they wrote.
    Hashed(u64),
}

impl Mark {
    pub(super) fn of(stamp: &Stamp, payload: &str) -> Self {
        match (stamp.sequence, &stamp.log) {
            (Some(sequence), Some(log)) => Self::Logged {
                log: Arc::clone(log),
                sequence,
            },
            (Some(sequence), None) => Self::Stamped {
                origin: stamp.origin.clone(),
                sequence,
            },
            (None, _) => {
                let mut hasher = DefaultHasher::new();
                payload.hash(&mut hasher);
                Self::Hashed(hasher.finish())
            }
        }
    }

    /// Whether it is of this log.
    pub(super) fn is_of(&self, of: &str) -> bool {
        matches!(self, Self::Logged { log, .. } if **log == *of)
    }

    /// Whether nothing else can have this mark.
    pub(super) fn is_exact(&self) -> bool {
        !matches!(self, Self::Hashed(_))
    }

    /// Whether it is this state of an item, or an earlier one.
    pub(super) fn is_within(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Logged { log, sequence },
                Self::Logged {
                    log: other_log,
                    sequence: other,
                },
            ) => log == other_log && sequence <= other,
            _ => self == other,
        }
    }
}
