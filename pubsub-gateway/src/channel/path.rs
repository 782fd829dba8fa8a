//! The channels that a request names: `a.b2/b` in its path or in an argument of its query.
//!
//! Pure: text in, names out. Does not know which channels exist, nor who may have them.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::name::{ChannelName, ChannelNameError};

/// A channel that a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) name: ChannelName,
    /// How many messages of the past are wanted, by `.bN`; zero asks for none.
    pub(crate) backtrack: usize,
}

/// What a list of channels may be like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// The longest name, in bytes.
    pub(crate) longest: usize,
    /// How many channels.
    pub(crate) most: usize,
}

/// Why a list of channels is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PathError {
    #[error("No channel id provided.")]
    Empty,
    #[error("Channel id is too large.")]
    TooLarge,
    #[error("Too many channels in one request.")]
    TooMany,
    #[error("Channel id is not valid: it is not UTF-8.")]
    NotText,
    #[error(transparent)]
    Name(#[from] ChannelNameError),
}

/// Reads the channels of a subscriber, each of which may end in `.bN`.
pub(crate) fn subscribed(raw: &str, bounds: Bounds) -> Result<Vec<Wanted>, PathError> {
    read(raw, bounds, backtrack)
}

/// Reads channels as they stand.
pub(crate) fn named(raw: &str, bounds: Bounds) -> Result<Vec<ChannelName>, PathError> {
    let wanted = read(raw, bounds, |segment| (segment, 0))?;
    Ok(wanted.into_iter().map(|wanted| wanted.name).collect())
}

/// The decoded segments of a list, empty ones left out. One that begins with an escaped slash is a node, slashes and all; elsewhere an
/// escaped slash separates as a plain one does.
pub(crate) fn segments(raw: &str) -> Result<Vec<String>, PathError> {
    let mut found = Vec::new();
    for segment in raw.split('/') {
        let decoded = decode(segment)?;
        if decoded.starts_with('/') {
            found.push(decoded.into_owned());
        } else {
            let pieces = decoded.split('/').filter(|piece| !piece.is_empty());
            found.extend(pieces.map(str::to_owned));
        }
    }
    Ok(found)
}

/// Undoes percent-encoding.
pub(crate) fn decode(text: &str) -> Result<Cow<'_, str>, PathError> {
    percent_decode_str(text)
        .decode_utf8()
        .map_err(|_| PathError::NotText)
}

fn read(
    raw: &str,
    bounds: Bounds,
    split: fn(&str) -> (&str, usize),
) -> Result<Vec<Wanted>, PathError> {
    let mut wanted: Vec<Wanted> = Vec::new();
    for segment in segments(raw)? {
        let (name, backtrack) = split(&segment);
        // Reserved words are refused before the length is looked at.
        let name = match ChannelName::new(name) {
            Err(error @ ChannelNameError::Reserved) => return Err(error.into()),
            _ if name.len() > bounds.longest => return Err(PathError::TooLarge),
            name => name?,
        };
        if let Some(twice) = wanted.iter_mut().find(|wanted| wanted.name == name) {
            twice.backtrack = twice.backtrack.max(backtrack);
        } else if wanted.len() == bounds.most {
            return Err(PathError::TooMany);
        } else {
            wanted.push(Wanted { name, backtrack });
        }
    }
    if wanted.is_empty() {
        Err(PathError::Empty)
    } else {
        Ok(wanted)
    }
}

/// Splits `.bN` off; a number that is too large asks for everything.
fn backtrack(segment: &str) -> (&str, usize) {
    let Some((name, digits)) = segment.rsplit_once(".b") else {
        return (segment, 0);
    };
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || name.is_empty() {
        return (segment, 0);
    }
    (name, digits.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Bounds, ChannelName, PathError, named, subscribed};

    const BOUNDS: Bounds = Bounds {
        longest: 1023,
        most: 64,
    };

    fn check(raw: &str, expected: &[(&str, usize)]) {
        let wanted = subscribed(raw, BOUNDS).unwrap();
        let found: Vec<_> = wanted
            .iter()
            .map(|wanted| (wanted.name.as_str(), wanted.backtrack))
            .collect();
        assert_eq!(found, expected, "{raw}");
    }

    #[test]
    fn channels_and_their_backtracks_are_read() {
        check("a", &[("a", 0)]);
        check("a/b", &[("a", 0), ("b", 0)]);
        check("a.b2/b", &[("a", 2), ("b", 0)]);
        check("a.b2/", &[("a", 2)]);
        check("ch.b2x", &[("ch.b2x", 0)]);
        check("ch.b2x.b3", &[("ch.b2x", 3)]);
        check("ch.b", &[("ch.b", 0)]);
        check(".b2", &[(".b2", 0)]);
        check("a.b0", &[("a", 0)]);
        check("a.b99999999999999999999999", &[("a", usize::MAX)]);
        check("a%2Fb", &[("a", 0), ("b", 0)]);
        check("a%2Fb.b1", &[("a", 0), ("b", 1)]);
        check("a%20b", &[("a b", 0)]);
        check("a+b", &[("a+b", 0)]);
        check("/ch1/ch2", &[("ch1", 0), ("ch2", 0)]);
        check("//a///b", &[("a", 0), ("b", 0)]);
        check("a/a.b3/a.b1", &[("a", 3)]);
        check("%2Ftwitter%2FTweet.b5", &[("twitter.Tweet", 5)]);
        check(
            "twitter.Tweet/user-5",
            &[("twitter.Tweet", 0), ("user-5", 0)],
        );
        check("%2Fhome%2Fann", &[("/home/ann", 0)]);
    }

    #[test]
    fn publishers_name_channels_as_they_stand() {
        let names = named("/a.b2/c", BOUNDS).unwrap();
        let names: Vec<_> = names.iter().map(ChannelName::as_str).collect();
        assert_eq!(names, ["a.b2", "c"]);
    }

    #[test]
    fn what_is_no_list_of_channels_is_refused() {
        let small = Bounds {
            longest: 3,
            most: 2,
        };
        for (raw, explain) in [
            ("", "No channel id provided."),
            ("///", "No channel id provided."),
            ("ALL", "Channel id not authorized for this method."),
            ("a/b*", "Channel id not authorized for this method."),
            ("a%2A", "Channel id not authorized for this method."),
            ("abcd", "Channel id is too large."),
            ("abcd*", "Channel id not authorized for this method."),
            ("a/b/c", "Too many channels in one request."),
            ("%ff", "Channel id is not valid: it is not UTF-8."),
        ] {
            let refused = subscribed(raw, small).unwrap_err();
            assert_eq!(refused.to_string(), explain, "{raw}");
        }
        assert!(matches!(subscribed("a%00", small), Err(PathError::Name(_))));
        assert!(subscribed("abc.b12345", small).is_ok());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(raw in "(\\PC|[/%.b0-9*]){0,40}") {
            if let Ok(wanted) = subscribed(&raw, BOUNDS) {
                prop_assert!(!wanted.is_empty());
                for one in wanted {
                    prop_assert!(!one.name.as_str().is_empty());
                    prop_assert!(!one.name.as_str().contains('*'));
                }
            }
        }

        #[test]
        fn an_encoded_name_is_read_as_it_was(name in "\\PC{1,20}", count in 1_usize..1000) {
            prop_assume!(!name.contains(['*', '/']) && name != "ALL");
            let encoded = percent_encoding::utf8_percent_encode(&name, percent_encoding::NON_ALPHANUMERIC);
            let raw = format!("{encoded}.b{count}");
            let wanted = subscribed(&raw, BOUNDS).unwrap();
            prop_assert_eq!(wanted[0].name.as_str(), name.as_str());
            prop_assert_eq!(wanted[0].backtrack, count);
        }
    }
}
