//! What the derive wrote, split into what was in the fields.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::option;
use proptest::prelude::*;

use super::{read, split};
use crate::payload::encode;
use crate::store::{Column, ColumnKind, Value, columns};
use crate::{Payload, Publish, Stamp};

fn cells<T: Publish>(value: &T) -> Vec<(String, Value)> {
    let model = T::DESCRIPTOR;
    let columns = columns(model);
    let mut payload = String::new();
    encode(value, &Stamp::default(), &mut payload).expect("a payload");
    let values = split(model, &columns, &payload).expect("values");
    let fields = columns.into_iter().map(|column| column.field);
    fields.zip(values).collect()
}

fn cell(field: &str, value: impl Into<Value>) -> (String, Value) {
    (field.to_owned(), value.into())
}

/// Text that XML can carry, with what has to be escaped in it.
fn text() -> impl Strategy<Value = String> {
    "[ -~\n\t<>&\"'é🦀]{0,12}"
}

fn time() -> impl Strategy<Value = SystemTime> {
    (
        0_u64..253_402_300_799,
        prop_oneof![Just(0), Just(500_000_000), 0_u32..1_000_000_000],
    )
        .prop_map(|(seconds, nanoseconds)| UNIX_EPOCH + Duration::new(seconds, nanoseconds))
}

/// As it is kept: with all nine digits.
fn kept(time: SystemTime) -> Value {
    let Value::Text(spelled) = Value::from(time) else {
        panic!("a time is text");
    };
    let (seconds, rest) = spelled.split_at(19);
    let digits = rest.trim_matches(['.', 'Z']);
    Value::Text(format!("{seconds}.{digits:0<9}Z").into())
}

#[derive(Debug, Clone, Publish)]
struct Leaves {
    #[publish(id)]
    id: u64,
    #[publish(attribute, rename = "in-attribute")]
    attribute: String,
    #[publish(attribute)]
    maybe: Option<i32>,
    #[publish(title)]
    text: String,
    #[publish(rename = "other-name")]
    renamed: Option<String>,
    number: i64,
    huge: u128,
    wide: Option<i128>,
    float: f64,
    single: f32,
    flag: bool,
    #[publish(updated)]
    at: SystemTime,
    uuid: uuid::Uuid,
    word: Word,
    tags: Vec<String>,
    #[publish(child)]
    place: Place,
    #[publish(flatten)]
    audit: Audit,
    audit_by: String,
    xmin: i8,
    pubsub_item: u8,
}

#[derive(Debug, Clone, Copy, Payload)]
#[publish(rename_all = "kebab-case")]
enum Word {
    Yes,
    NotYet,
}

#[derive(Debug, Clone, Payload)]
struct Place {
    number: f64,
}

#[derive(Debug, Clone, Payload)]
struct Audit {
    #[publish(rename = "audited-by")]
    by: String,
    #[publish(attribute)]
    revision: u32,
}

fn leaves() -> impl Strategy<Value = Leaves> {
    let texts = (text(), text(), option::of(text()), text(), text());
    let numbers = (
        any::<u64>(),
        any::<Option<i32>>(),
        any::<i64>(),
        any::<u128>(),
        any::<Option<i128>>(),
        any::<f64>(),
        any::<f32>(),
        any::<u32>(),
    );
    let others = (any::<bool>(), time(), any::<u128>(), any::<bool>());
    (texts, numbers, others).prop_map(|(texts, numbers, others)| {
        let (attribute, text, renamed, by, audit_by) = texts;
        let (id, maybe, number, huge, wide, float, single, revision) = numbers;
        let (flag, at, uuid, is_yes) = others;
        Leaves {
            id,
            attribute,
            maybe,
            text,
            renamed,
            number,
            huge,
            wide,
            float,
            single,
            flag,
            at,
            uuid: uuid::Uuid::from_u128(uuid),
            word: if is_yes { Word::Yes } else { Word::NotYet },
            tags: vec!["number".to_owned()],
            place: Place { number: 1.0 },
            audit: Audit { by, revision },
            audit_by,
            xmin: -1,
            pubsub_item: 5,
        }
    })
}

#[derive(Debug, Clone, Publish)]
#[publish(format = "django")]
struct Row {
    #[publish(id)]
    id: u32,
    message: String,
    is_public: bool,
    rank: Option<i32>,
    mood: Option<String>,
    at: SystemTime,
}

proptest! {
    #[test]
    fn an_entry_is_split_into_its_fields(value in leaves()) {
        let word = match value.word {
            Word::Yes => "yes",
            Word::NotYet => "not-yet",
        };
        // White space in attributes is that of XML.
        let attribute = value.attribute.clone();
        prop_assert_eq!(cells(&value), vec![
            cell("id", value.id),
            cell("attribute", attribute),
            cell("maybe", value.maybe),
            cell("text", &value.text),
            cell("renamed", value.renamed.clone()),
            cell("number", value.number),
            cell("huge", value.huge),
            cell("wide", value.wide),
            cell("float", value.float),
            cell("single", value.single),
            cell("flag", value.flag),
            cell("at", kept(value.at)),
            cell("uuid", value.uuid),
            cell("word", word),
            cell("audit_by", &value.audit.by),
            cell("audit_revision", value.audit.revision),
            cell("audit_by_2", &value.audit_by),
            cell("xmin", value.xmin),
            cell("pubsub_item", value.pubsub_item),
        ]);
    }

    #[test]
    fn a_row_of_django_is_split_into_its_fields(
        id in any::<u32>(), message in text(), is_public in any::<bool>(), rank in any::<Option<i32>>(),
        mood in option::of(text()), at in time(),
    ) {
        let row = Row { id, message, is_public, rank, mood, at };
        prop_assert_eq!(cells(&row), vec![
            cell("id", row.id),
            cell("message", &row.message),
            cell("is_public", row.is_public),
            cell("rank", row.rank),
            cell("mood", row.mood.clone()),
            cell("at", kept(row.at)),
        ]);
    }
}

#[test]
fn names_that_a_database_uses_itself_are_changed() {
    let names: Vec<_> = columns(Leaves::DESCRIPTOR)
        .into_iter()
        .filter(|column| column.field != column.name)
        .map(|Column { field, name, .. }| (field, name))
        .collect();
    assert_eq!(
        names,
        [
            ("xmin".to_owned(), "xmin_".to_owned()),
            ("pubsub_item".to_owned(), "_pubsub_item".to_owned()),
        ]
    );
}

#[derive(Debug, Clone, Publish)]
#[allow(non_snake_case, reason = "databases do not tell the cases apart")]
struct Long {
    a_name_that_is_longer_than_any_database_would_take_for_a_column_of_a_table_one: i64,
    a_name_that_is_longer_than_any_database_would_take_for_a_column_of_a_table_two: i64,
    Short: i64,
    short: i64,
}

#[test]
fn names_are_unique_to_a_database() {
    let columns = columns(Long::DESCRIPTOR);
    let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "a_name_that_is_longer_than_any_database_would_take_for_a_column",
            "a_name_that_is_longer_than_any_database_would_take_for_a_colu_2",
            "Short",
            "short_2",
        ]
    );
    assert_eq!(columns.last().map(|column| &*column.field), Some("short"));
}

#[test]
fn text_that_a_column_cannot_hold_is_missing() {
    for kind in [
        ColumnKind::Bool,
        ColumnKind::Integer,
        ColumnKind::BigInteger,
        ColumnKind::WideInteger,
        ColumnKind::Real,
        ColumnKind::Time,
    ] {
        for text in ["", "five", "1 2", "2024-13-01", "0x10"] {
            assert_eq!(read(kind, text.into()), Value::Null, "{kind:?} {text}");
        }
    }
}

#[test]
fn times_are_kept_in_utc_at_one_width() {
    for (given, kept) in [
        ("2024-02-29T12:30:00Z", "2024-02-29T12:30:00.000000000Z"),
        ("2024-02-29T12:30:00.25Z", "2024-02-29T12:30:00.250000000Z"),
        (
            "2024-02-29T12:30:00+02:00",
            "2024-02-29T10:30:00.000000000Z",
        ),
        ("2024-02-29 12:30:00z", "2024-02-29T12:30:00.000000000Z"),
    ] {
        assert_eq!(read(ColumnKind::Time, given.into()), Value::from(kept));
    }
}

#[test]
fn what_is_no_payload_of_the_model_is_refused() {
    let columns = columns(Row::DESCRIPTOR);
    for payload in [
        "",
        "<entry>",
        "<a/>",
        "<entry/>",
        "<entry><django-objects/></entry>",
    ] {
        split(Row::DESCRIPTOR, &columns, payload).expect_err(payload);
    }
}

#[cfg(feature = "json")]
mod json {
    use serde::{Deserialize, Serialize};

    use super::{cell, cells};
    use crate::Publish;
    use crate::store::Value;

    #[derive(Debug, Clone, Publish, Serialize, Deserialize)]
    #[serde(rename_all = "camelCase")]
    #[publish(format = "json")]
    struct Reading {
        #[publish(id)]
        sensor_name: String,
        celsius: f64,
        total_count: u128,
        offset: Option<i128>,
        note: Option<String>,
        is_valid: bool,
        small: u8,
        values: Vec<u8>,
        #[serde(rename = "renamed")]
        other: i32,
    }

    #[test]
    fn an_object_is_split_into_its_members() {
        let reading = Reading {
            sensor_name: "<a> & \"b\"".into(),
            celsius: 21.5,
            total_count: u128::MAX,
            offset: Some(i128::MIN),
            note: None,
            is_valid: true,
            small: 7,
            values: vec![1, 2],
            other: 3,
        };
        assert_eq!(
            cells(&reading),
            [
                cell("sensor_name", &reading.sensor_name),
                cell("celsius", reading.celsius),
                cell("total_count", reading.total_count),
                cell("offset", reading.offset),
                cell("note", Value::Null),
                cell("is_valid", true),
                cell("small", 7),
                cell("other", Value::Null),
            ]
        );
    }
}
