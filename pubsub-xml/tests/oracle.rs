//! The reader against rxml, an independent implementation of the same restricted XML: for any input both accept
//! and see the same, or both refuse.
//!
//! Left out: rxml lets a declaration be given twice in one tag and an empty CDATA section stand outside the
//! root, and refuses white space before the root.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "oracle/compare.rs"]
mod compare;

use proptest::prelude::*;
use pubsub_xml::Reader;

use crate::compare::check;

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
