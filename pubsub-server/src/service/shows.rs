//! In what moods of its presence a client wants to be notified (`pubsub#show-values`, XEP-0060 §16.4.3).

use std::borrow::Cow;

/// What a client says of its availability (RFC 6121 §4.7.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Show {
    /// Available, and nothing in particular.
    #[default]
    Online,
    /// `chat`
    Chat,
    /// `away`
    Away,
    /// `xa`
    ExtendedAway,
    /// `dnd`
    DoNotDisturb,
}

/// All words that a form may hold.
pub(crate) const WORDS: &[&str] = &["chat", "online", "away", "xa", "dnd"];

impl Show {
    /// The word of a form.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Chat => "chat",
            Self::Away => "away",
            Self::ExtendedAway => "xa",
            Self::DoNotDisturb => "dnd",
        }
    }

    /// The one with that word. What a client says in `<show/>` is one of the others.
    pub(crate) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|show| show.as_str() == word)
    }

    const ALL: [Self; 5] = [
        Self::Chat,
        Self::Online,
        Self::Away,
        Self::ExtendedAway,
        Self::DoNotDisturb,
    ];

    /// As a number, and back.
    pub(crate) fn number(self) -> u8 {
        self as u8
    }

    pub(crate) fn numbered(number: u8) -> Self {
        let mut all = Self::ALL.into_iter();
        all.find(|show| show.number() == number).unwrap_or_default()
    }
}

/// A set of them. Whoever names none does not care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shows(u8);

impl Default for Shows {
    fn default() -> Self {
        Self::ALL
    }
}

impl Shows {
    /// Whatever is shown.
    pub const ALL: Self = Self(0b1_1111);

    /// Whether that one is among them.
    #[must_use]
    pub fn has(self, show: Show) -> bool {
        self.0 & (1 << show.number()) != 0
    }

    /// A line for each word; all of them where there is none.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut shows = 0;
        for word in text.lines().filter(|word| !word.is_empty()) {
            shows |= 1 << Show::of(word)?.number();
        }
        Some(if shows == 0 { Self::ALL } else { Self(shows) })
    }

    pub(crate) fn write(self) -> Cow<'static, str> {
        let among = Show::ALL.into_iter().filter(|show| self.has(*show));
        let words: Vec<&str> = among.map(Show::as_str).collect();
        Cow::Owned(words.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_none_is_all() {
        assert_eq!(Shows::read(""), Some(Shows::ALL));
        assert_eq!(Shows::ALL.write().lines().collect::<Vec<_>>(), WORDS);
        let some = Shows::read("online\nxa").expect("two of them");
        assert!(some.has(Show::Online) && some.has(Show::ExtendedAway) && !some.has(Show::Away));
        assert_eq!(some.write(), "online\nxa");
        assert_eq!(Shows::read("asleep"), None);
        for show in Show::ALL {
            assert_eq!(Show::numbered(show.number()), show);
        }
    }
}
