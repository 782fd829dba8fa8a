//! The two names every change carries: the node it goes to and the item it is.
//!
//! Knows which strings may serve as names. Does not know which models exist, nor what a service answers to a name.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The longest name accepted, in bytes: the limit of RFC 7622 for the part of an address that can hold one.
pub const MAX_NAME_BYTES: usize = 1023;

/// Why a string cannot be the name of a node or the id of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// Nothing was given.
    #[error("a name cannot be empty")]
    Empty,
    /// More than [`MAX_NAME_BYTES`].
    #[error("a name has at most {MAX_NAME_BYTES} bytes, this one has {bytes}")]
    TooLong {
        /// How many bytes were given.
        bytes: usize,
    },
    /// A character that XML forbids, or a control character.
    #[error("a name cannot hold U+{:04X} (byte {offset})", u32::from(*character))]
    Forbidden {
        /// The offending character.
        character: char,
        /// Where it stands, in bytes from the start.
        offset: usize,
    },
}

/// Says what is wrong with a name; usable in constants.
///
/// # Errors
///
/// When the name is empty, too long, or holds a control character or one that XML forbids.
pub const fn check_name(name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if name.len() > MAX_NAME_BYTES {
        return Err(NameError::TooLong { bytes: name.len() });
    }
    let mut rest = name.as_bytes();
    let mut offset = 0;
    while let [first, tail @ ..] = rest {
        let character = match (*first, tail) {
            // The control characters of ASCII, one byte each.
            (0..0x20 | 0x7f, _) => Some(*first as char),
            // U+0080 to U+009F, the other control characters.
            (0xc2, [second @ 0x80..=0x9f, ..]) => Some(*second as char),
            // U+FFFE and U+FFFF, which XML has no place for.
            (0xef, [0xbf, 0xbe, ..]) => Some('\u{FFFE}'),
            (0xef, [0xbf, 0xbf, ..]) => Some('\u{FFFF}'),
            _ => None,
        };
        if let Some(character) = character {
            return Err(NameError::Forbidden { character, offset });
        }
        rest = tail;
        offset += 1;
    }
    Ok(())
}

/// The text without what a name cannot hold.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
fn resembling(text: &str) -> String {
    let is_bad =
        |character: &char| character.is_control() || matches!(character, '\u{FFFE}' | '\u{FFFF}');
    let mut name = String::new();
    for character in text.chars() {
        let character = if is_bad(&character) {
            char::REPLACEMENT_CHARACTER
        } else {
            character
        };
        if name.len() + character.len_utf8() > MAX_NAME_BYTES {
            break;
        }
        name.push(character);
    }
    if name.is_empty() {
        name.push(char::REPLACEMENT_CHARACTER);
    }
    name
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes a name after checking it.
            ///
            /// # Errors
            ///
            /// See [`NameError`].
            pub fn new(name: impl Into<Arc<str>>) -> Result<Self, NameError> {
                let name = name.into();
                check_name(&name)?;
                Ok(Self(name))
            }

            /// The name as it goes over the wire, before escaping.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// A name as like the text as may be, to show what cannot be a name.
            #[cfg(any(feature = "sqlite", feature = "postgres"))]
            pub(crate) fn resembling(text: &str) -> Self {
                Self(resembling(text).into())
            }

            #[cfg(any(feature = "sqlite", feature = "postgres"))]
            pub(crate) fn shared(&self) -> Arc<str> {
                self.0.clone()
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(name: &str) -> Result<Self, NameError> {
                Self::new(name)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = NameError;

            fn try_from(name: &str) -> Result<Self, NameError> {
                Self::new(name)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(name: String) -> Result<Self, NameError> {
                Self::new(name)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                &*self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                &*self.0 == *other
            }
        }
    };
}

name! {
    /// The name of a node, such as `/tweets/Tweet` or `user-ann`.
    NodeName
}

name! {
    /// The id of an item within its node: saving the same id again replaces the item.
    ItemId
}

impl ItemId {
    /// A new id that sorts by the time it was made (`UUIDv7`).
    #[must_use]
    pub fn unique() -> Self {
        let mut buffer = uuid::Uuid::encode_buffer();
        let text: &str = uuid::Uuid::now_v7().hyphenated().encode_lower(&mut buffer);
        Self(Arc::from(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_are_taken() {
        for name in [
            "/demo/Status",
            "user-5",
            "ünï çødé 🦀",
            "a\u{FFFD}b",
            &"x".repeat(1023),
        ] {
            assert_eq!(
                NodeName::new(name).map(|n| n.to_string()),
                Ok(name.to_owned())
            );
        }
    }

    #[test]
    fn what_cannot_be_a_name_is_said() {
        assert_eq!(ItemId::new(""), Err(NameError::Empty));
        assert_eq!(
            ItemId::new("é".repeat(512)),
            Err(NameError::TooLong { bytes: 1024 })
        );
        for (name, character, offset) in [
            ("a\0", '\0', 1),
            ("é\n", '\n', 2),
            ("\u{7f}", '\u{7f}', 0),
            ("a\u{9f}", '\u{9f}', 1),
            ("\u{FFFE}", '\u{FFFE}', 0),
            ("é\u{FFFF}", '\u{FFFF}', 2),
        ] {
            assert_eq!(
                NodeName::new(name),
                Err(NameError::Forbidden { character, offset })
            );
        }
    }

    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    #[test]
    fn what_cannot_be_a_name_is_shown_as_one() {
        let long = "é".repeat(600);
        for text in ["", "a\nb", "\u{7f}\u{9f}\u{FFFE}\u{FFFF}", &long, "good"] {
            let shown = ItemId::resembling(text);
            assert_eq!(check_name(shown.as_str()), Ok(()), "{text:?}");
        }
        assert_eq!(ItemId::resembling("a\nb"), "a\u{FFFD}b");
        assert_eq!(ItemId::resembling(&long), "é".repeat(511).as_str());
        assert_eq!(ItemId::resembling("good"), "good");
    }

    #[test]
    fn unique_ids_differ_and_sort_by_time() {
        let first = ItemId::unique();
        let second = ItemId::unique();
        assert!(first < second, "{first} {second}");
    }
}
