//! Schemas in other languages, judged by those who know the languages: tsc, a validator of JSON Schema, xmllint.
//!
//! The rows are arbitrary values of the models of `roundtrip`.

#![allow(
    clippy::pedantic,
    clippy::ptr_arg,
    reason = "the models are written as users may write them"
)]

#[path = "schema/json_schema.rs"]
mod json_schema;
#[allow(dead_code, reason = "not everything of the models is asked for here")]
#[path = "roundtrip/models.rs"]
mod models;
#[path = "schema/program.rs"]
mod program;
#[path = "schema/typescript.rs"]
mod typescript;
#[path = "schema/xsd.rs"]
mod xsd;

use proptest::strategy::{Strategy, ValueTree as _};
use proptest::test_runner::TestRunner;
use pubsub_core::schema::{Outline, RowWriter};
use pubsub_core::{Payload, Publish, Stamp};

/// Arbitrary values, the same every time.
fn samples<T>(strategy: impl Strategy<Value = T>) -> Vec<T> {
    let mut runner = TestRunner::deterministic();
    let trees = (0..60).map(|_| strategy.new_tree(&mut runner));
    trees.map(|tree| tree.unwrap().current()).collect()
}

fn entry<M: Publish>(model: &M) -> String {
    let mut entry = String::new();
    model.encode_entry(&Stamp::default(), &mut entry).unwrap();
    entry
}

/// The rows of these values in JSON.
fn rows<M: Publish>(values: &[M]) -> Vec<String> {
    let writer = RowWriter::new(Outline::of(M::DESCRIPTOR));
    let row = |value| writer.row("1", &entry(value)).unwrap();
    values.iter().map(row).collect()
}

/// What the other models leave out.
#[derive(Debug, Clone, Publish)]
#[publish(node = "/schema/Odd", xml(name = "odd-one"), rename_all = "kebab-case")]
struct Odd {
    #[publish(id)]
    the_id: u8,
    r#type: Option<Mood>,
    #[publish(attribute, rename = "when")]
    at: Option<std::time::SystemTime>,
    moods: Vec<Mood>,
    by_number: std::collections::BTreeMap<i64, Mood>,
    ids: std::collections::BTreeMap<String, uuid::Uuid>,
    #[publish(flatten)]
    what: What,
    #[publish(flatten)]
    inner: Inner,
    #[publish(child)]
    wrapped: Wrapped,
    #[publish(child)]
    wrappers: std::collections::BTreeMap<String, Wrapped>,
    #[publish(child)]
    models: Place,
}

#[derive(Debug, Clone, Copy, Payload)]
enum Mood {
    Good,
    #[publish(rename = "so & so \"*/\"")]
    SoSo,
}

#[derive(Debug, Clone, Payload)]
enum What {
    Word(String),
    Many { of: Vec<u32> },
    Nothing,
}

#[derive(Debug, Clone, Payload)]
struct Inner {
    /// The name of a field around it, and in XML another.
    #[publish(rename = "inner-id")]
    the_id: u64,
}

#[derive(Debug, Clone, Payload)]
struct Wrapped(i128);

/// The name of another type, elsewhere.
#[derive(Debug, Clone, Payload)]
struct Place {
    street: String,
}

fn odd(the_id: u8) -> Odd {
    Odd {
        the_id,
        r#type: the_id.is_multiple_of(2).then_some(Mood::SoSo),
        at: the_id.is_multiple_of(3).then_some(std::time::UNIX_EPOCH),
        moods: vec![Mood::Good, Mood::SoSo],
        by_number: [(i64::MIN, Mood::SoSo), (7, Mood::Good)].into(),
        ids: [("}{".to_owned(), uuid::Uuid::from_u128(the_id.into()))].into(),
        what: match the_id % 3 {
            0 => What::Word("</script>".to_owned()),
            1 => What::Many { of: vec![1, 2] },
            _ => What::Nothing,
        },
        inner: Inner { the_id: u64::MAX },
        wrapped: Wrapped(i128::MIN),
        wrappers: [("key".to_owned(), Wrapped(5))].into(),
        models: Place {
            street: "Main".to_owned(),
        },
    }
}

/// Odd ones of every kind.
fn odds() -> Vec<Odd> {
    (0..6).map(odd).collect()
}

#[derive(Debug, serde::Serialize, serde::Deserialize, Publish)]
#[publish(format = "json")]
struct Reading {
    sensor: String,
    celsius: Option<f32>,
    number: u64,
}

fn readings() -> Vec<Reading> {
    let reading = |number: u64| Reading {
        sensor: format!("s{number}"),
        celsius: number.is_multiple_of(2).then_some(0.5),
        number: number << 52,
    };
    (0..5).map(reading).collect()
}

#[test]
fn odd_ones_are_told_as_the_table_says() {
    let row = &rows(&odds())[0];
    assert_eq!(
        row,
        r#"{"the_id":0,"type":"so & so \"*/\"","at":"1970-01-01T00:00:00Z","moods":["Good","so & so \"*/\""],"by_number":{"-9223372036854775808":"so & so \"*/\"","7":"Good"},"ids":{"\u007d{":"00000000-0000-0000-0000-000000000000"},"what":{"Word":"\u003c/script>"},"inner_the_id":"18446744073709551615","wrapped":"-170141183460469231731687303715884105728","wrappers":{"key":5},"models":{"street":"Main"}}"#
    );
    assert!(rows(&odds())[1].contains(r#""what":{"Many":{"of":[1,2]}}"#));
    assert!(rows(&odds())[2].contains(r#""what":"Nothing""#));
    let readings = rows(&readings());
    assert_eq!(
        readings[2],
        r#"{"sensor":"s2","celsius":0.5,"number":"9007199254740992"}"#
    );
}
