//! The arguments of a request: the pairs of its query, and the page that they ask for.
//!
//! Pure. Does not know resources and fields.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

use super::refusal::Refusal;

/// More than this is no question of a page.
const MOST: usize = 200;

/// What may stand in a query as it is; a space becomes `+`.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b' ');

/// The pairs of a query, decoded, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Arguments(Vec<(String, String)>);

impl Arguments {
    /// Reads a query.
    pub(super) fn read(query: &str) -> Result<Self, Refusal> {
        let pairs: Vec<_> = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decoded(name), decoded(value))
            })
            .take(MOST + 1)
            .collect();
        if pairs.len() > MOST {
            return Err(Refusal::bad(format!("At most {MOST} arguments are read.")));
        }
        Ok(Self(pairs))
    }

    /// The value of an argument, the last one if it is given several times.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut pairs = self.0.iter().rev();
        let found = pairs.find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// All the values of an argument.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let pairs = self.0.iter().filter(move |(known, _)| known == name);
        pairs.map(|(_, value)| value.as_str())
    }

    /// The name of each argument, once, in the order of their first values.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in &self.0 {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }

    /// The values of one argument alone, under another name.
    pub(super) fn under(&self, name: &str, other: &str) -> Self {
        let values = self.all(name);
        Self(
            values
                .map(|value| (other.to_owned(), value.to_owned()))
                .collect(),
        )
    }

    /// The same arguments for another page, as a query.
    pub(super) fn with_page(&self, limit: u64, offset: u64) -> String {
        let others = self
            .0
            .iter()
            .filter(|(name, _)| name != "limit" && name != "offset");
        let mut query = String::new();
        for (name, value) in others {
            push(&mut query, name);
            query.push('=');
            push(&mut query, value);
            query.push('&');
        }
        let _ = write!(query, "limit={limit}&offset={offset}");
        query
    }
}

/// Which part of the rows is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// How many; `None` for all.
    pub(super) limit: Option<u64>,
    /// How many are left out before.
    pub(super) offset: u64,
}

impl Span {
    /// Reads `limit` and `offset`.
    pub(super) fn read(
        arguments: &Arguments,
        limit: u64,
        most: Option<u64>,
    ) -> Result<Self, Refusal> {
        let limit = match arguments.get("limit") {
            None => limit,
            Some(text) => number(text, "limit", "a positive integer")?,
        };
        let limit = match most {
            Some(most) if limit == 0 || limit > most => Some(most),
            _ => Some(limit).filter(|limit| *limit > 0),
        };
        let offset = match arguments.get("offset") {
            None => 0,
            Some(text) => number(text, "offset", "an integer")?,
        };
        Ok(Self { limit, offset })
    }
}

/// A number as Python reads one. One that is larger than any page is as good as that.
fn number(text: &str, name: &str, wanted: &str) -> Result<u64, Refusal> {
    let refuse = |wanted: &str| {
        Refusal::bad(format!(
            "Invalid {name} '{text}' provided. Please provide {wanted}."
        ))
    };
    let trimmed = text.trim_ascii();
    let digits = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refuse(wanted));
    }
    let is_zero = digits.bytes().all(|byte| byte == b'0');
    if trimmed.starts_with('-') && !is_zero {
        return Err(refuse("a positive integer >= 0"));
    }
    Ok(digits.parse().unwrap_or(u64::MAX))
}

fn decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode(spaced.as_bytes())
        .decode_utf8_lossy()
        .into_owned()
}

fn push(query: &mut String, text: &str) {
    for piece in utf8_percent_encode(text, PLAIN) {
        query.push_str(&piece.replace(' ', "+"));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Arguments, Span};

    fn span(query: &str, most: Option<u64>) -> Result<(Option<u64>, u64), String> {
        let arguments = Arguments::read(query).map_err(|refusal| refusal.body)?;
        match Span::read(&arguments, 20, most) {
            Ok(span) => Ok((span.limit, span.offset)),
            Err(refusal) => Err(refusal.body),
        }
    }

    #[test]
    fn limits_are_those_of_tastypie() {
        let most = Some(1000);
        for (query, expected) in [
            ("", (Some(20), 0)),
            ("limit=5&offset=7", (Some(5), 7)),
            ("limit=5&limit=6", (Some(6), 0)),
            ("limit=0", (Some(1000), 0)),
            ("limit=1000", (Some(1000), 0)),
            ("limit=1001", (Some(1000), 0)),
            ("limit=99999999999999999999999", (Some(1000), 0)),
            ("limit=+5&offset=%207%20", (Some(5), 7)),
            ("limit=-0&offset=-00", (Some(1000), 0)),
            ("offset=99999999999999999999999", (Some(20), u64::MAX)),
        ] {
            assert_eq!(span(query, most), Ok(expected), "{query}");
        }
        assert_eq!(span("limit=0", None), Ok((None, 0)));
        assert_eq!(span("limit=5000", None), Ok((Some(5000), 0)));
        for (query, text, wanted) in [
            (
                "limit=x",
                "Invalid limit 'x' provided.",
                "a positive integer.",
            ),
            (
                "limit=",
                "Invalid limit '' provided.",
                "a positive integer.",
            ),
            (
                "limit=1.5",
                "Invalid limit '1.5' provided.",
                "a positive integer.",
            ),
            (
                "limit=-1",
                "Invalid limit '-1' provided.",
                "a positive integer >= 0.",
            ),
            ("offset=x", "Invalid offset 'x' provided.", "an integer."),
            (
                "offset=-1",
                "Invalid offset '-1' provided.",
                "a positive integer >= 0.",
            ),
        ] {
            let expected = format!("{{\"error\":\"{text} Please provide {wanted}\"}}");
            assert_eq!(span(query, most), Err(expected), "{query}");
        }
    }

    #[test]
    fn another_page_carries_every_other_argument() {
        let arguments =
            Arguments::read("limit=3&languages=Ruby%3BPython&a=1+2&offset=9&a=%26&b").unwrap();
        assert_eq!(
            arguments.with_page(3, 12),
            "languages=Ruby%3BPython&a=1+2&a=%26&b=&limit=3&offset=12"
        );
        assert_eq!(
            arguments.names(),
            ["limit", "languages", "a", "offset", "b"]
        );
        assert_eq!(arguments.get("a"), Some("&"));
        assert_eq!(arguments.all("a").collect::<Vec<_>>(), ["1 2", "&"]);
        assert!(Arguments::read(&"a=1&".repeat(201)).is_err());
    }

    proptest! {
        #[test]
        fn what_is_carried_is_read_as_it_was(pairs in prop::collection::vec(("\\PC{0,6}", "\\PC{0,6}"), 0..6)) {
            let pairs: Vec<_> = pairs.into_iter().filter(|(name, _)| name != "limit" && name != "offset").collect();
            let query = Arguments(pairs.clone()).with_page(1, 2);
            let mut read = Arguments::read(&query).unwrap().0;
            prop_assert_eq!(read.split_off(pairs.len()), [("limit".to_owned(), "1".to_owned()), ("offset".to_owned(), "2".to_owned())]);
            prop_assert_eq!(read, pairs);
        }

        #[test]
        fn any_query_is_read_or_refused(query in "\\PC*|([a-z_=&%0-9+;-]{0,40})") {
            if let Ok(arguments) = Arguments::read(&query) {
                let _ = Span::read(&arguments, 20, Some(1000));
            }
        }
    }
}
