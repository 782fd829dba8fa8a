//! The words that stand for an item in a message body, for clients that show messages to people (`pubsub#include_body`).

use pubsub_xml::{Reader, XmlError};

use crate::service::node::Item;

const ATOM: &str = "http://www.w3.org/2005/Atom";

/// A body is cut after so many bytes.
const LONGEST: usize = 2048;

/// What an Atom entry has as summary, or else as title. Nothing else is understood, and then there is no body (XEP-0060 §12.7).
pub(crate) fn of(item: &Item) -> Option<String> {
    let mut words = entry(&item.payload).ok().flatten()?;
    if words.len() > LONGEST {
        let mut end = LONGEST;
        while !words.is_char_boundary(end) {
            end -= 1;
        }
        words.truncate(end);
        words.push('…');
    }
    Some(words)
}

fn entry(payload: &str) -> Result<Option<String>, XmlError> {
    let mut reader = Reader::new(payload);
    if !reader.root()?.is("entry", ATOM) {
        return Ok(None);
    }
    let (mut title, mut summary) = (None, None);
    while let Some(name) = reader.child()? {
        let into = if name.is("title", ATOM) {
            &mut title
        } else if name.is("summary", ATOM) {
            &mut summary
        } else {
            reader.skip()?;
            continue;
        };
        match reader.text() {
            Ok(text) => *into = Some(text.trim().to_owned()),
            // Markup inside: nothing for a body.
            Err(XmlError::UnexpectedElement(_)) => return Ok(title),
            Err(error) => return Err(error),
        }
    }
    Ok(summary.or(title).filter(|words| !words.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::service::node::Item;

    #[test]
    fn an_entry_speaks_for_itself() {
        for (payload, expected) in [
            (
                "<entry xmlns='http://www.w3.org/2005/Atom'><title>A title</title><summary>&lt;A&gt; summary</summary></entry>",
                Some("<A> summary"),
            ),
            (
                "<entry xmlns='http://www.w3.org/2005/Atom'><id>1</id><title>A title</title></entry>",
                Some("A title"),
            ),
            (
                "<entry xmlns='http://www.w3.org/2005/Atom'><x xmlns='urn:x'/></entry>",
                None,
            ),
            ("<x xmlns='urn:x'>text</x>", None),
            ("", None),
        ] {
            let item = Item {
                id: "i".into(),
                publisher: "a@x".into(),
                payload: payload.into(),
                published: 0,
            };
            assert_eq!(of(&item).as_deref(), expected, "{payload}");
        }
    }
}
