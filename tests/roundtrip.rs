//! What is written reads back as it was, whatever is in it; what XML cannot carry is refused by name, never lost and never broken XML.
//!
//! The oracle beside our own reader is minidom, which knows nothing of the code under test.

#![allow(
    clippy::pedantic,
    clippy::ptr_arg,
    reason = "the models are written as users may write them"
)]

#[path = "roundtrip/models.rs"]
mod models;

use minidom::Element;
use proptest::prelude::*;
use pubsub_core::payload::{DecodeErrorKind, EncodeErrorKind};
use pubsub_core::schema::{Outline, RowWriter};
use pubsub_core::{Action, Publish, Stamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::models::{Leaves, Media, Order, Place, Row, Sets, hostile, is_xml};

const ATOM: &str = "http://www.w3.org/2005/Atom";
const OURS: &str = "urn:pubsub:roundtrip";

fn encoded<M: Publish>(model: &M, stamp: &Stamp) -> String {
    let mut xml = String::new();
    model.encode_entry(stamp, &mut xml).unwrap();
    xml
}

fn stamps() -> impl Strategy<Value = Stamp> {
    let actions = prop::sample::select(vec![Action::Create, Action::Update, Action::Delete]);
    let origins = prop::option::of(hostile().prop_filter("XML", |text| is_xml(text)));
    let logs = prop::option::of(hostile().prop_filter("XML", |text| is_xml(text)));
    (
        any::<Option<u64>>(),
        logs,
        prop::option::of(actions),
        origins,
    )
        .prop_map(|(sequence, log, action, origin)| Stamp {
            sequence,
            log: log.map(Into::into),
            action,
            origin: origin.map(Into::into),
        })
}

/// Writes, lets minidom judge, and reads back.
fn check<M: Publish + std::fmt::Debug>(model: &M, stamp: &Stamp) -> Result<Element, TestCaseError> {
    let xml = encoded(model, stamp);
    let element: Element = match xml.parse() {
        Ok(element) => element,
        Err(error) => return Err(TestCaseError::fail(format!("{error}: {xml}"))),
    };
    prop_assert!(element.is("entry", ATOM));
    let (read, read_stamp) =
        M::decode_entry(&xml).map_err(|error| TestCaseError::fail(format!("{error}: {xml}")))?;
    // The debug text tells -0.0 from 0.0, and holds NaN for equal to itself.
    prop_assert_eq!(format!("{read:?}"), format!("{model:?}"), "{}", xml);
    prop_assert_eq!(&read_stamp, stamp);
    prop_assert_eq!(encoded(&read, &read_stamp), xml);
    Ok(element)
}

/// What a row is told as in JSON, the same through an outline that has travelled, and with the members in the order of the fields.
fn told<M: Publish>(xml: &str) -> Result<Value, TestCaseError> {
    let outline = Outline::of(M::DESCRIPTOR);
    let travelled = Outline::read(&outline.to_text().unwrap()).unwrap();
    prop_assert_eq!(&travelled, &outline);
    let json = RowWriter::new(outline).row("item", xml);
    let json = json.map_err(|error| TestCaseError::fail(format!("{error}: {xml}")))?;
    prop_assert_eq!(
        RowWriter::new(travelled).row("item", xml).unwrap(),
        json.clone()
    );
    for harm in ["</", "<!", "}{", "\u{2028}", "\u{2029}"] {
        prop_assert!(!json.contains(harm), "{}", json);
    }
    Ok(serde_json::from_str(&json).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_kind_of_value(leaves in Leaves::any(), stamp in stamps()) {
        let element = check(&leaves, &stamp)?;
        let payload = element.get_child("Leaves", OURS).unwrap();
        prop_assert_eq!(payload.attr("in-attribute"), Some(&*leaves.attribute));
        prop_assert_eq!(payload.get_child("text", OURS).unwrap().text(), &*leaves.text);
        prop_assert_eq!(element.get_child("title", ATOM).unwrap().text(), &*leaves.text);
        let mut told = told::<Leaves>(&encoded(&leaves, &stamp))?;
        let single = told.as_object_mut().unwrap().remove("single").unwrap();
        let single = single.as_f64().unwrap_or_else(|| single.as_str().unwrap().parse().unwrap());
        #[allow(clippy::cast_possible_truncation, reason = "it is of single precision")]
        let single = single as f32;
        prop_assert!(single.total_cmp(&leaves.single).is_eq() || (single.is_nan() && leaves.single.is_nan()));
        prop_assert_eq!(told, leaves.json(&|field| payload.get_child(field, OURS).unwrap().text()));
    }

    #[test]
    fn every_kind_of_nesting(order in Order::any(), stamp in stamps()) {
        let element = check(&order, &stamp)?;
        let payload = element.get_child("Order", OURS).unwrap();
        let tags: Vec<_> = payload.children().filter(|child| child.is("tags", OURS)).map(Element::text).collect();
        prop_assert_eq!(tags, order.tags.clone());
        prop_assert_eq!(told::<Order>(&encoded(&order, &stamp))?, order.json());
    }

    #[test]
    fn json_is_the_same_whatever_the_order_of_elements(order in Order::any(), seed in any::<prop::sample::Index>()) {
        let element: Element = encoded(&order, &Stamp::default()).parse().unwrap();
        let payload = element.get_child("Order", OURS).unwrap();
        let mut shuffled = payload.clone();
        while let Some(name) = shuffled.children().next().map(|child| child.name().to_owned()) {
            shuffled.remove_child(&*name, OURS);
        }
        // Elements of one name stay in their order.
        let mut names: Vec<_> = payload.children().map(Element::name).collect();
        names.sort_unstable();
        names.dedup();
        let middle = seed.index(names.len());
        names.rotate_left(middle);
        for child in names.iter().flat_map(|name| payload.children().filter(move |child| child.name() == *name)) {
            shuffled.append_child(child.clone());
        }
        prop_assert_eq!(told::<Order>(&String::from(&shuffled))?, order.json());
    }

    #[test]
    fn unordered_collections(sets in Sets::any()) {
        let (read, _) = Sets::decode_entry(&encoded(&sets, &Stamp::default())).unwrap();
        prop_assert_eq!(&read, &sets);
        let told = told::<Sets>(&encoded(&sets, &Stamp::default()))?;
        prop_assert!(sets.is_told_by(&told), "{}", told);
    }

    #[test]
    fn rows_of_django(row in Row::any(), stamp in stamps()) {
        let element = check(&row, &stamp)?;
        let object = element.get_child("django-objects", ATOM).unwrap().get_child("object", ATOM).unwrap();
        prop_assert_eq!(object.attr("model"), Some("roundtrip.row"));
        prop_assert_eq!(object.attr("pk"), Some(&*row.id));
        let field = object.children().find(|field| field.attr("name") == Some("message")).unwrap();
        prop_assert_eq!((field.attr("type"), field.text()), (Some("CharField"), row.message.clone()));
        let at = object.children().find(|field| field.attr("name") == Some("at")).unwrap().text();
        prop_assert_eq!(told::<Row>(&encoded(&row, &stamp))?, row.json(&|_| at.clone()));
    }

    #[test]
    fn json(text in hostile(), number in any::<i64>(), stamp in stamps()) {
        // JSON escapes control characters by itself; only two characters are left that XML cannot carry.
        let reading = Reading { text, number };
        if reading.text.contains(['\u{FFFE}', '\u{FFFF}']) {
            let error = reading.encode_entry(&stamp, &mut String::new()).unwrap_err();
            prop_assert_eq!(error.field(), "Reading");
        } else {
            check(&reading, &stamp)?;
            let exact = if number.unsigned_abs() < 1 << 53 { json!(number) } else { json!(number.to_string()) };
            let expected = json!({ "text": reading.text, "number": exact });
            prop_assert_eq!(told::<Reading>(&encoded(&reading, &stamp))?, expected);
        }
    }

    #[test]
    fn a_forbidden_character_is_refused_by_name_wherever_it_stands(
        text in hostile(),
        forbidden in prop::sample::select(vec!['\0', '\u{1}', '\u{8}', '\u{B}', '\u{C}', '\u{1F}', '\u{FFFE}', '\u{FFFF}']),
        place in 0_usize..9,
        order in Order::any(),
    ) {
        let bad = format!("{text}{forbidden}");
        let first = bad.chars().find(|letter| !is_xml(&letter.to_string())).unwrap();
        let mut order = order;
        let field = match place {
            0 => { order.customer = bad; "Order.customer" }
            1 => { order.note = Some(bad); "Order.note" }
            2 => { order.tags = vec![String::new(), bad]; "Order.tags" }
            3 => { order.prices = [(bad, 1)].into(); "Order.prices" }
            4 => { order.place.name = bad; "Order.place.name" }
            5 => { order.audit.changed_by = bad; "Order.audit.changed_by" }
            6 => { order.media = vec![Media::Link(bad)]; "Order.media.0" }
            7 => { order.media = vec![Media::Photo { width: 1, url: bad }]; "Order.media.url" }
            _ => { order.places = [("x".to_owned(), Place { name: bad, ..Place::default() })].into(); "Order.places.name" }
        };
        let mut out = String::from("kept");
        let error = order.encode_entry(&Stamp::default(), &mut out).unwrap_err();
        prop_assert_eq!(error.field(), field);
        let EncodeErrorKind::Forbidden(found) = error.kind() else { panic!("{error}") };
        prop_assert_eq!(found.character, first);
        let named = format!("U+{:04X}", u32::from(first));
        prop_assert!(error.to_string().contains(&named), "{}", error);
        prop_assert_eq!(out, "kept");
    }

    #[test]
    fn what_is_unknown_is_passed_over(order in Order::any(), position in 0_usize..3) {
        let xml = encoded(&order, &Stamp::default());
        let unknown = "<future since='2'><customer>x</customer>text</future><customer xmlns='urn:other'>y</customer>";
        let place = match position {
            0 => xml.find("<customer>").unwrap(),
            1 => xml.find("</place>").unwrap(),
            _ => xml.find("</Order>").unwrap(),
        };
        let (before, after) = xml.split_at(place);
        let (read, _) = Order::decode_entry(&format!("{before}{unknown}{after}")).unwrap();
        prop_assert_eq!(format!("{read:?}"), format!("{order:?}"));
    }

    #[test]
    fn nothing_that_is_read_panics(order in Order::any(), position in any::<prop::sample::Index>(), replacement in hostile()) {
        let xml = encoded(&order, &Stamp::default());
        let letters: Vec<char> = xml.chars().collect();
        let at = position.index(letters.len());
        let broken: String =
            letters.iter().take(at).copied().chain(replacement.chars()).chain(letters.iter().skip(at + 1).copied()).collect();
        if let Ok((read, stamp)) = Order::decode_entry(&broken) {
            // Whatever it was read as can be written again, or is refused; it may hold anything.
            let _ = read.encode_entry(&stamp, &mut String::new());
        }
        let _ = Row::decode_entry(&broken);
        let _ = Reading::decode_entry(&broken);
        // What the model can be read from can be told as JSON, and nothing else.
        let json = RowWriter::new(Outline::of(Order::DESCRIPTOR)).row("item", &broken);
        match (Order::decode_entry(&broken), json) {
            (Ok((read, _)), Ok(json)) => {
                let json: Value = serde_json::from_str(&json).unwrap();
                prop_assert_eq!(json, read.json(), "{}", broken);
            }
            (Err(_), Err(_)) => {}
            // The rest of the entry, behind the payload, is not looked at.
            (Err(_), Ok(_)) if at >= letters.len() - "</Order></entry>".len() => {}
            (read, json) => prop_assert!(false, "{:?} {:?}: {}", read.err(), json, broken),
        }
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Publish)]
#[publish(format = "json")]
struct Reading {
    text: String,
    number: i64,
}

#[derive(Debug, PartialEq, Publish)]
struct Small {
    #[publish(id)]
    id: u8,
    #[publish(default = seven)]
    size: u8,
}

fn seven() -> u8 {
    7
}

#[test]
fn errors_of_reading_name_the_element() {
    let entry = |content: &str| {
        format!("<entry xmlns='{ATOM}'><Small xmlns='{OURS}'>{content}</Small></entry>")
    };
    assert_eq!(
        Small::decode_entry(&entry("<id> 5 </id>")).unwrap().0,
        Small { id: 5, size: 7 }
    );
    for (xml, message) in [
        (entry(""), "`Small/id` is missing"),
        (
            entry("<id>1</id><id>1</id>"),
            "`Small/id` is given more than once",
        ),
        (
            entry("<id>256</id>"),
            "`Small/id` is not readable: number too large to fit in target type",
        ),
        (
            entry("<id>1</id><size>x</size>"),
            "`Small/size` is not readable: invalid digit found in string",
        ),
        (
            entry("<id><b/></id>"),
            "in `Small/id`: an element stands where text is expected at byte 83",
        ),
        (
            entry("<id>1</id>text"),
            "in `Small`: text stands where an element is expected at byte 89",
        ),
        (
            format!("<entry xmlns='{ATOM}'/>"),
            "the entry holds no `Small`",
        ),
        ("<other/>".to_owned(), "expected an <entry/> or `Small`"),
    ] {
        assert_eq!(
            Small::decode_entry(&xml).unwrap_err().to_string(),
            message,
            "{xml}"
        );
    }
    let broken = Small::decode_entry("<entry").unwrap_err();
    assert!(matches!(broken.kind(), DecodeErrorKind::Xml(_)), "{broken}");
}

#[test]
fn an_entry_may_be_in_any_namespace_or_absent() {
    let payload = format!("<Small xmlns='{OURS}'><id>5</id></Small>");
    for xml in [
        payload.clone(),
        format!("<entry>{payload}</entry>"),
        format!("<a:entry xmlns:a='{ATOM}'>{payload}</a:entry>"),
    ] {
        assert_eq!(
            Small::decode_entry(&xml).unwrap(),
            (Small { id: 5, size: 7 }, Stamp::default()),
            "{xml}"
        );
    }
    let prefixed =
        format!("<entry><p:Small xmlns:p='{OURS}'><p:id>5</p:id><id>6</id></p:Small></entry>");
    assert_eq!(Small::decode_entry(&prefixed).unwrap().0.id, 5);
}

#[test]
fn one_stamp_tells_repeats_creates_and_ones_own_changes() {
    let stamp = Stamp {
        sequence: Some(u64::MAX),
        action: Some(Action::Update),
        log: Some("0123".into()),
        origin: Some("a\"<b".into()),
    };
    let xml = encoded(&Small { id: 1, size: 2 }, &stamp);
    assert!(
        xml.ends_with("<change xmlns=\"urn:pubsub:change:1\" seq=\"18446744073709551615\" log=\"0123\" action=\"update\" origin=\"a&quot;&lt;b\"/></entry>"),
        "{xml}"
    );
}
