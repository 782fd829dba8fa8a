//! Whatever is asked, both databases find the same rows in the same order.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select as one_of;
use pubsub_core::Publish as _;
use pubsub_core::store::{Condition, Direction, Query, Value};

use super::model::{Database, Note, save, sqlite, unit};

const TEXTS: [&str; 18] = [
    "", "a", "A", "ab", "Ab", "b", "B", "ä", "Ä", "e\u{301}", "é", "%", "_", "a%b", "\\", "'",
    "🦀", "a b",
];

fn texts() -> impl Strategy<Value = String> {
    one_of(TEXTS.to_vec()).prop_map(str::to_owned)
}

fn times() -> impl Strategy<Value = SystemTime> {
    one_of(vec![
        0,
        1,
        1_500_000_000,
        1_000_000_000,
        123_456_789_000_000_000,
    ])
    .prop_map(|nanoseconds| UNIX_EPOCH + Duration::from_nanos(nanoseconds))
}

fn bigs() -> impl Strategy<Value = u64> {
    one_of(vec![
        0,
        1,
        9,
        i64::MAX.unsigned_abs(),
        i64::MAX.unsigned_abs() + 1,
        u64::MAX,
    ])
}

fn wides() -> impl Strategy<Value = i128> {
    one_of(vec![
        0,
        -1,
        10,
        9,
        i64::MIN.into(),
        i128::from(i64::MIN) - 1,
        i128::MIN,
        i128::MAX,
    ])
}

fn reals() -> impl Strategy<Value = f64> {
    one_of(vec![
        0.0,
        -0.0,
        0.1,
        1.0,
        -1.5,
        1e300,
        5e-324,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
    ])
}

fn notes() -> impl Strategy<Value = Note> {
    (
        (texts(), option::of(texts()), any::<Option<bool>>(), bigs()),
        (
            option::of(wides()),
            option::of(reals()),
            option::of(times()),
            -2_i16..3,
        ),
    )
        .prop_map(|((author, text, flag, big), (wide, real, at, xmin))| Note {
            id: 0,
            author: format!("x{author}"),
            text,
            flag,
            big,
            wide,
            real,
            at,
            xmin,
        })
}

fn fields() -> impl Strategy<Value = (&'static str, Value)> {
    prop_oneof![
        texts().prop_map(|text| ("author", format!("x{text}").into())),
        option::of(texts()).prop_map(|text| ("text", text.into())),
        any::<Option<bool>>().prop_map(|flag| ("flag", flag.into())),
        bigs().prop_map(|big| ("big", big.into())),
        wides().prop_map(|wide| ("big", wide.into())),
        option::of(wides()).prop_map(|wide| ("wide", wide.into())),
        bigs().prop_map(|big| ("xmin", big.into())),
        option::of(reals()).prop_map(|real| ("real", real.into())),
        bigs().prop_map(|big| ("real", big.into())),
        option::of(times()).prop_map(|at| ("at", at.into())),
        (-2_i16..3).prop_map(|number| ("xmin", number.into())),
        (0_i64..30).prop_map(|id| ("id", id.into())),
    ]
}

fn conditions() -> impl Strategy<Value = (String, Condition)> {
    let text = (texts(), any::<bool>(), 0..4).prop_map(|(text, ignore_case, which)| match which {
        0 => Condition::EqualIgnoreCase(text),
        1 => Condition::Contains { text, ignore_case },
        2 => Condition::StartsWith { text, ignore_case },
        _ => Condition::EndsWith { text, ignore_case },
    });
    prop_oneof![
        6 => (fields(), 0..8).prop_map(|((field, value), which)| {
            let condition = match which {
                0 => Condition::Equal(value),
                1 => Condition::NotEqual(value),
                2 => Condition::Less(value),
                3 => Condition::AtMost(value),
                4 => Condition::Greater(value),
                5 => Condition::AtLeast(value),
                6 => Condition::In(vec![value.clone(), Value::Null, value]),
                _ => Condition::In(Vec::new()),
            };
            (field.to_owned(), condition)
        }),
        1 => (fields(), any::<bool>()).prop_map(|((field, _), is_null)| (field.to_owned(), Condition::Null(is_null))),
        3 => text.prop_map(|condition| ("text".to_owned(), condition)),
    ]
}

fn queries() -> impl Strategy<Value = Query> {
    let direction = one_of(vec![Direction::Ascending, Direction::Descending]);
    let order =
        (fields(), direction).prop_map(|((field, _), direction)| (field.to_owned(), direction));
    (
        vec(conditions(), 0..3),
        vec(order, 0..3),
        option::of(one_of(vec![0, 1, 5, u64::MAX])),
        one_of(vec![0, 0, 0, 2, u64::MAX]),
    )
        .prop_map(|(conditions, order, limit, offset)| Query {
            conditions,
            order,
            limit,
            offset,
            with_total: true,
            channels: Vec::new(),
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_databases_find_the_same(notes in vec(notes(), 0..30), queries in vec(queries(), 60)) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let difference = runtime.block_on(async {
            let (sqlite, _directory) = sqlite().await;
            let database = Database::new().await;
            let postgres = database.open().await;
            let pieces = || (0..).zip(&notes).map(|(id, note)| save(&Note { id, ..note.clone() }));
            sqlite.write(unit(pieces())).await.unwrap();
            postgres.write(unit(pieces())).await.unwrap();
            for query in queries {
                let found = |rows: pubsub_core::store::Rows| {
                    let items: Vec<_> = rows.rows.iter().map(|row| row.item.to_string()).collect();
                    (items, rows.total, rows.sequence)
                };
                let one = found(sqlite.rows(Note::DESCRIPTOR, &query).await.unwrap());
                let other = found(postgres.rows(Note::DESCRIPTOR, &query).await.unwrap());
                if one != other {
                    return Some((query, one, other));
                }
            }
            sqlite.close().await;
            postgres.close().await;
            None
        });
        prop_assert!(difference.is_none(), "{difference:#?}");
    }
}

#[tokio::test]
async fn the_order_is_that_of_bytes_whatever_the_language_of_the_database() {
    let database = Database::new().await;
    let store = database.open().await;
    let pieces = ["b", "B", "a", "ä", "A"]
        .iter()
        .zip(0..)
        .map(|(author, id)| save(&super::model::note(id, author, "")));
    store.write(unit(pieces)).await.unwrap();
    let query = Query::new().sort("author", Direction::Ascending);
    let rows = store.rows(Note::DESCRIPTOR, &query).await.unwrap();
    let order: Vec<_> = rows.rows.iter().map(|row| row.item.as_str()).collect();
    assert_eq!(order, ["4", "1", "2", "0", "3"]);
}

#[tokio::test]
async fn rows_stand_in_the_order_in_which_they_were_first_saved() {
    let database = Database::new().await;
    let store = database.open().await;
    let notes: Vec<_> = (0..12)
        .rev()
        .map(|id| super::model::note(id, "ann", ""))
        .collect();
    store.write(unit(notes.iter().map(save))).await.unwrap();
    let rows = store.rows(Note::DESCRIPTOR, &Query::new()).await.unwrap();
    let order: Vec<_> = rows.rows.iter().map(|row| row.item.to_string()).collect();
    let saved: Vec<_> = notes.iter().map(|note| note.id.to_string()).collect();
    assert_eq!(order, saved);
}
