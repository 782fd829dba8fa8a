//! A place in what a gateway has sent, from which a client goes on: `<epoch>:<number>`.
//!
//! Pure. The number counts over all channels of a gateway, so one cursor holds for any set of them. The epoch is another whenever a
//! gateway starts, so that a number is never taken for one of somebody else's.

use std::fmt;
use std::str::FromStr;

/// Which run of which gateway a number belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Epoch(u64);

impl Epoch {
    #[cfg(test)]
    pub(crate) fn of(id: u64) -> Self {
        Self(id)
    }

    pub(crate) fn random() -> Self {
        Self(rand::random())
    }
}

/// Right after an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) epoch: Epoch,
    pub(crate) number: u64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}:{}", self.epoch.0, self.number)
    }
}

/// What is not a cursor, such as an event id that a publisher gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoCursor;

impl FromStr for Cursor {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, NoCursor> {
        let (epoch, number) = text.split_once(':').ok_or(NoCursor)?;
        let is_epoch = epoch.len() == 16 && epoch.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
        if !is_epoch || !is_number {
            return Err(NoCursor);
        }
        let epoch = u64::from_str_radix(epoch, 16).map_err(|_| NoCursor)?;
        Ok(Self {
            epoch: Epoch(epoch),
            number: number.parse().map_err(|_| NoCursor)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Cursor, Epoch, NoCursor};

    #[test]
    fn what_is_no_cursor_is_told_apart() {
        for text in [
            "",
            "42",
            "a:1",
            "00000000000000ab",
            "00000000000000ab:",
            "00000000000000ab:x",
            "00000000000000ab:+1",
            "00000000000000ag:1",
            "00000000000000ab:99999999999999999999999",
        ] {
            assert_eq!(text.parse::<Cursor>(), Err(NoCursor), "{text}");
        }
    }

    proptest! {
        #[test]
        fn cursors_are_read_as_they_were_written(epoch: u64, number: u64) {
            let cursor = Cursor { epoch: Epoch(epoch), number };
            prop_assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
    }
}
