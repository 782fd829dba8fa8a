//! Our reader and rxml on one text. Used by the property tests beside it and by the fuzzing of the workspace.

use pubsub_xml::{Event, Reader};
use rxml::Parse as _;

/// Start with its name and sorted attributes, text with neighbours joined, or end.
#[derive(Debug, PartialEq)]
pub(crate) enum Seen {
    Start(String, String, Vec<(String, String, String)>),
    Text(String),
    End,
}

fn push_text(seen: &mut Vec<Seen>, more: &str) {
    match seen.last_mut() {
        Some(Seen::Text(text)) => text.push_str(more),
        _ => seen.push(Seen::Text(more.to_owned())),
    }
}

/// What our reader sees, if it accepts the text.
pub(crate) fn ours(source: &str) -> Option<Vec<Seen>> {
    let mut reader = Reader::new(source);
    let mut seen = Vec::new();
    loop {
        match reader.event().ok()? {
            Event::Start(name) => {
                let mut attributes: Vec<_> = reader
                    .attributes()
                    .map(|attribute| {
                        let namespace = attribute
                            .prefix
                            .map(|prefix| reader.namespace_of(prefix).unwrap());
                        (
                            namespace.unwrap_or_default().into_owned(),
                            attribute.local.to_owned(),
                            attribute.value.into_owned(),
                        )
                    })
                    .collect();
                attributes.sort();
                seen.push(Seen::Start(
                    name.namespace.into(),
                    name.local.into(),
                    attributes,
                ));
            }
            Event::Text(text) => push_text(&mut seen, &text),
            Event::End => seen.push(Seen::End),
            Event::Eof => return Some(seen),
        }
    }
}

fn theirs(source: &str) -> Option<Vec<Seen>> {
    let mut parser = rxml::Parser::new();
    let mut rest = source.as_bytes();
    let mut seen = Vec::new();
    let mut depth = 0;
    loop {
        match parser.parse(&mut rest, true).ok()? {
            Some(rxml::Event::StartElement(_, (namespace, name), attributes)) => {
                depth += 1;
                let mut attributes: Vec<_> = attributes
                    .into_iter()
                    .map(|((namespace, name), value)| {
                        (namespace.to_string(), name.to_string(), value)
                    })
                    .collect();
                attributes.sort();
                seen.push(Seen::Start(
                    namespace.to_string(),
                    name.to_string(),
                    attributes,
                ));
            }
            Some(rxml::Event::Text(_, text)) => push_text(&mut seen, &text),
            Some(rxml::Event::EndElement(_)) => {
                depth -= 1;
                seen.push(Seen::End);
            }
            Some(rxml::Event::XmlDeclaration(..)) => return None,
            None => return (depth == 0 && !seen.is_empty()).then_some(seen),
        }
    }
}

/// Both accept and see the same, or both refuse.
pub(crate) fn check(source: &str) {
    let source = source.trim_start_matches([' ', '\t', '\r', '\n']);
    assert_eq!(ours(source), theirs(source), "{source:?}");
}
