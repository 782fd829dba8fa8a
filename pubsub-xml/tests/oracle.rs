//! The reader against rxml, an independent implementation of the same restricted XML: for any input both accept
//! and see the same, or both refuse.
//!
//! Left out: rxml lets a declaration be given twice in one tag and an empty CDATA section stand outside the
//! root, and refuses white space before the root.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use proptest::prelude::*;
use pubsub_xml::{Event, Reader};
use rxml::Parse as _;

/// Start with its name and sorted attributes, text with neighbours joined, or end.
#[derive(Debug, PartialEq)]
enum Seen {
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

fn ours(source: &str) -> Option<Vec<Seen>> {
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

fn check(source: &str) {
    let source = source.trim_start_matches([' ', '\t', '\r', '\n']);
    assert_eq!(ours(source), theirs(source), "{source:?}");
}

/// Pieces that make and break well-formedness when strung together.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(vec![
            "<a>", "</a>", "<b/>", "<b x='1'>", "</b>", "<p:c xmlns:p='urn:p'>", "</p:c>", "<a xmlns='urn:d'>",
            "<b xmlns='' y=\"&lt;\"/>", "<c x='1' x='2'/>", "<c p:x='1' q:x='2' xmlns:p='u' xmlns:q='u'/>",
            "<c p:x='1' q:x='2' xmlns:p='u' xmlns:q='v'/>", "<![CDATA[<x>]]>",  "<!-- -->", "<?pi?>",
            "&amp;", "&#65;", "&#0;", "&nope;", "]]>", "text", " ", "\n", "\r\n", "\t", "é", "\u{FFFF}", "\u{1}",
            "<xml:a/>", "<a xml:lang='en'/>", "<a xmlns:xml='urn:x'/>", "<a xmlns:p=''/>", "<q:a/>", "<a q:x=''/>",
            "<a x='a\nb\tc'/>", "<1/>", "<a", "<a x", "<a x=", "<a x='", "'", "\"", ">", "/>", "<", "&", "=", "<:a/>", "<a:/>",
            "<a:b:c/>", "<a xmlns:xmlns='u'/>", "<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>", "<a x='<'/>", "<a x='>'/>",
            "<a x='1'y='2'/>", "<é/>", "</ a>", "</a >", "< a/>", "<a / >",
        ]).prop_map(str::to_owned),
        1 => "[a-z<>&;'\"/= \n]{0,4}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_see_the_same_in_arbitrary_pieces(pieces in prop::collection::vec(piece(), 0..12)) {
        check(&pieces.concat());
        check(&format!("<a>{}</a>", pieces.concat()));
    }

    #[test]
    fn both_see_the_same_in_arbitrary_text(text in any::<String>()) {
        check(&text);
        check(&format!("<a>{text}</a>"));
        check(&format!("<a x='{text}'/>"));
    }

    #[test]
    fn what_is_escaped_reads_back(text in any::<String>()) {
        let mut element = String::from("<a x=\"");
        let fits = pubsub_xml::escape_attribute(&mut element, &text).is_ok();
        element.push_str("\">");
        prop_assert_eq!(pubsub_xml::escape_text(&mut element, &text).is_ok(), fits);
        element.push_str("</a>");
        if fits {
            let mut reader = Reader::new(&element);
            reader.root().unwrap();
            let value = reader.attribute("x").unwrap();
            prop_assert_eq!(value, text.as_str());
            prop_assert_eq!(reader.text().unwrap(), text);
            reader.finish().unwrap();
        }
        check(&element);
    }
}
