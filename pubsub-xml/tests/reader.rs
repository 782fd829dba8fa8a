//! Moving through a fragment, and taking parts of it elsewhere.

use pubsub_xml::{Reader, Scope, XmlError};

#[test]
fn children_text_and_attributes_are_found_by_name() {
    let mut reader = Reader::new(
        "<a xmlns='urn:a' n='&quot;'> <b>1</b> <c><d/>x</c> <e><![CDATA[<]]>&gt;</e> </a> ",
    );
    assert!(reader.root().unwrap().is("a", "urn:a"));
    assert_eq!(reader.attribute("n").unwrap(), "\"");
    assert_eq!(reader.child().unwrap().unwrap().local, "b");
    assert_eq!(reader.attribute("n"), None);
    assert_eq!(reader.text().unwrap(), "1");
    assert_eq!(reader.child().unwrap().unwrap().local, "c");
    reader.skip().unwrap();
    assert_eq!(reader.child().unwrap().unwrap().local, "e");
    assert_eq!(reader.text().unwrap(), "<>");
    assert_eq!(reader.child().unwrap(), None);
    reader.finish().unwrap();
}

#[test]
fn an_excerpt_for_a_place_of_that_namespace_does_not_declare_it() {
    for (source, excerpt) in [
        ("<r xmlns='urn:r'><a/></r>", "<a/>"),
        (
            "<r xmlns='urn:r'><a xmlns='u'><b/></a></r>",
            "<a xmlns='u'><b/></a>",
        ),
        ("<r xmlns='urn:other'><a/></r>", "<a xmlns=\"urn:other\"/>"),
        (
            "<r xmlns='urn:r' xmlns:p='urn:r'><a><p:b/></a></r>",
            "<a xmlns:p=\"urn:r\"><p:b/></a>",
        ),
    ] {
        let mut reader = Reader::new(source);
        reader.root().unwrap();
        assert_eq!(reader.inner_in("urn:r").unwrap(), excerpt);
    }
}

#[test]
fn an_excerpt_declares_what_it_inherits_and_nothing_else() {
    for (source, excerpt) in [
        (
            "<r xmlns='urn:r'><a xmlns='urn:a'><b/></a></r>",
            "<a xmlns='urn:a'><b/></a>",
        ),
        ("<r xmlns='urn:r'><a/></r>", "<a xmlns=\"urn:r\"/>"),
        (
            "<r xmlns='urn:r'><a x='1'>t</a></r>",
            "<a xmlns=\"urn:r\" x='1'>t</a>",
        ),
        ("<r><a/></r>", "<a xmlns=\"\"/>"),
        (
            "<r xmlns:p='urn:&amp;'><p:a/></r>",
            "<p:a xmlns:p=\"urn:&amp;\"/>",
        ),
        (
            "<r xmlns:p='urn:p'><a xmlns='' p:x='1' xml:lang='en'/></r>",
            "<a xmlns:p=\"urn:p\" xmlns='' p:x='1' xml:lang='en'/>",
        ),
        (
            "<r xmlns:p='urn:p'><a xmlns='u'><b xmlns:p='urn:q'><p:c/></b></a></r>",
            "<a xmlns='u'><b xmlns:p='urn:q'><p:c/></b></a>",
        ),
        (
            "<r xmlns='urn:r'><a xmlns='u'><b xmlns=''/><p:c xmlns:p='v'/></a></r>",
            "<a xmlns='u'><b xmlns=''/><p:c xmlns:p='v'/></a>",
        ),
    ] {
        let mut reader = Reader::new(source);
        reader.root().unwrap();
        reader.child().unwrap().unwrap();
        assert_eq!(reader.raw().unwrap(), excerpt);
        assert_eq!(reader.child().unwrap(), None);
    }
}

#[test]
fn a_scope_carries_the_header_into_its_stanzas() {
    let scope = Scope::of_header("<s:stream xmlns:s='urn:s' xmlns='urn:d' to='x'>").unwrap();
    let mut reader = Reader::with_scope("<a><s:b/></a>", &scope);
    assert!(reader.root().unwrap().is("a", "urn:d"));
    assert_eq!(reader.inner().unwrap(), "<s:b xmlns:s=\"urn:s\"/>");
    assert_eq!(Reader::new("<s:a/>").root(), Err(XmlError::Namespace(0)));
}

#[test]
fn nesting_and_attributes_are_bounded() {
    let deep = "<a>".repeat(1000);
    let mut reader = Reader::new(&deep);
    reader.root().unwrap();
    assert!(matches!(reader.skip(), Err(XmlError::TooComplex(_))));
    let wide: String = (0..100).map(|n| format!(" a{n}=''")).collect();
    assert!(matches!(
        Reader::new(&format!("<a{wide}/>")).root(),
        Err(XmlError::TooComplex(_))
    ));
}

#[test]
fn other_shapes_than_expected_are_told_apart_from_broken_xml() {
    let mut reader = Reader::new("<a>text<b/></a>");
    reader.root().unwrap();
    assert_eq!(reader.child(), Err(XmlError::UnexpectedText(3)));
    let mut reader = Reader::new("<a>text<b/></a>");
    reader.root().unwrap();
    assert_eq!(reader.text(), Err(XmlError::UnexpectedElement(7)));
}

#[test]
fn a_namespace_is_declared_once_in_a_tag() {
    for source in ["<a xmlns='u' xmlns='u'/>", "<a xmlns:p='u' xmlns:p='v'/>"] {
        assert!(matches!(
            Reader::new(source).root(),
            Err(XmlError::DuplicateAttribute(_))
        ));
    }
}

#[test]
fn sections_stand_inside_the_root_and_may_be_empty() {
    let mut reader = Reader::new("<a>1<![CDATA[]]>2</a>");
    reader.root().unwrap();
    assert_eq!(reader.text().unwrap(), "12");
    assert_eq!(
        Reader::new("<![CDATA[]]><a/>").root(),
        Err(XmlError::Malformed(0))
    );
}
