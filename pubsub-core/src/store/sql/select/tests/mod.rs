//! Queries carried out by SQLite, against a plain filter over the same rows.

#![cfg(feature = "sqlite")]

mod refusal;

use std::cmp::Ordering;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select as one_of;
use sqlx::{AssertSqlSafe, Connection as _, Row as _, SqliteConnection};

use super::{Selection, select};
use crate::change::Actions;
use crate::node_config::NodeConfig;
use crate::registry::{Descriptor, Format};
use crate::schema::{FieldSchema, Kind, Schema, Shape};
use crate::store::split::read;
use crate::store::sql::dialect::Dialect;
use crate::store::sql::kept::{column_type, kept, push_name, push_placeholder};
use crate::store::{Column, ColumnKind, Condition, Direction, Query, Value, columns};

static SCHEMA: Schema = Schema {
    name: "Thing",
    namespace: "urn:example",
    shape: Shape::Fields(&[
        FieldSchema::new("flag", Kind::Bool),
        FieldSchema::new(
            "number",
            Kind::Integer {
                bits: 64,
                signed: true,
            },
        ),
        FieldSchema::new(
            "big",
            Kind::Integer {
                bits: 128,
                signed: false,
            },
        ),
        FieldSchema::new(
            "wide",
            Kind::Integer {
                bits: 128,
                signed: true,
            },
        ),
        FieldSchema::new("real", Kind::Float { bits: 64 }),
        FieldSchema::new("time", Kind::Timestamp),
        FieldSchema::new("quo\"ted", Kind::Text),
        FieldSchema::new("tags", Kind::Text).many(),
    ]),
};

static MODEL: Descriptor = Descriptor {
    type_name: "example::Thing",
    node: "/example/Thing",
    schema: &SCHEMA,
    format: Format::Entry,
    actions: Actions::ALL,
    config: NodeConfig::new(),
    id: None,
    channels: &[],
    is_stored: true,
};

/// Texts that values of a kind are spelled as.
fn spellings(kind: ColumnKind) -> Vec<&'static str> {
    match kind {
        ColumnKind::Bool => vec!["true", "false"],
        ColumnKind::Integer => vec![
            "0",
            "1",
            "-1",
            "9007199254740993",
            "9007199254740992",
            "9223372036854775807",
            "-9223372036854775808",
        ],
        ColumnKind::BigInteger => vec![
            "0",
            "1",
            "9",
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551615",
            "340282366920938463463374607431768211455",
        ],
        ColumnKind::WideInteger => vec![
            "0",
            "-1",
            "10",
            "9",
            "-9223372036854775809",
            "9223372036854775808",
            "-170141183460469231731687303715884105728",
            "-170141183460469231731687303715884105727",
            "170141183460469231731687303715884105727",
        ],
        ColumnKind::Real => vec![
            "0.0", "-0.0", "0.1", "1.0", "-1.5", "1e300", "5e-324", "INF", "-INF", "NaN",
        ],
        ColumnKind::Time => vec![
            "2024-02-29T12:30:00Z",
            "2024-02-29T12:30:00.5Z",
            "2024-02-29T13:30:00.500000001+01:00",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59.999999999Z",
        ],
        ColumnKind::Text => vec![
            "", "a", "A", "ab", "Ab", "b", "ä", "Ä", "äb", "%", "_", "a%b", "a_b", "\\", "'", "\"",
            "🦀", "\u{FFFD}", "aab", "ba", "1", "$1", "?1", "\n", "a ", " a",
        ],
    }
}

fn value(kind: ColumnKind) -> impl Strategy<Value = Value> {
    one_of(spellings(kind)).prop_map(move |text| read(kind, text.into()))
}

/// What a field of a kind may be compared with, whether it can be that or not.
fn operand(kind: ColumnKind) -> BoxedStrategy<Value> {
    match kind {
        ColumnKind::Integer | ColumnKind::BigInteger | ColumnKind::WideInteger => prop_oneof![
            value(ColumnKind::Integer),
            value(ColumnKind::BigInteger),
            value(ColumnKind::WideInteger),
            one_of(vec![0.0, -1.0, 1e300, -1e300]).prop_map(Value::Real),
            Just(Value::Null),
        ]
        .boxed(),
        ColumnKind::Real => prop_oneof![
            3 => value(kind),
            1 => one_of(vec![0, 1, -2]).prop_map(Value::Integer),
            1 => Just(Value::Null),
        ]
        .boxed(),
        ColumnKind::Time => one_of(spellings(kind))
            .prop_map(|text| Value::Text(text.into()))
            .boxed(),
        _ => prop_oneof![5 => value(kind), 1 => Just(Value::Null)].boxed(),
    }
}

fn condition(kind: ColumnKind) -> BoxedStrategy<Condition> {
    let operands = || operand(kind);
    let text = (one_of(spellings(ColumnKind::Text)), any::<bool>());
    let on_text = text.prop_flat_map(|(text, ignore_case)| {
        let text = text.to_owned();
        one_of(vec![
            Condition::EqualIgnoreCase(text.clone()),
            Condition::Contains {
                text: text.clone(),
                ignore_case,
            },
            Condition::StartsWith {
                text: text.clone(),
                ignore_case,
            },
            Condition::EndsWith { text, ignore_case },
        ])
    });
    let on_all = prop_oneof![
        operands().prop_map(Condition::Equal),
        operands().prop_map(Condition::NotEqual),
        operands().prop_map(Condition::Less),
        operands().prop_map(Condition::AtMost),
        operands().prop_map(Condition::Greater),
        operands().prop_map(Condition::AtLeast),
        vec(operands(), 0..5).prop_map(Condition::In),
        any::<bool>().prop_map(Condition::Null),
    ];
    if kind == ColumnKind::Text {
        prop_oneof![on_all, on_text].boxed()
    } else {
        on_all.boxed()
    }
}

fn queries() -> impl Strategy<Value = Query> {
    let all = columns(&MODEL);
    let conditions = vec(
        one_of(all.clone()).prop_flat_map(|column| (Just(column.field), condition(column.kind))),
        0..3,
    );
    let direction = one_of(vec![Direction::Ascending, Direction::Descending]);
    let order = vec(
        (one_of(all).prop_map(|column| column.field), direction),
        0..3,
    );
    let limit = option::of(one_of(vec![0, 1, 3, 1_000, u64::MAX]));
    let offset = one_of(vec![0, 0, 0, 1, 4, u64::MAX]);
    (conditions, order, limit, offset).prop_map(|(conditions, order, limit, offset)| Query {
        conditions,
        order,
        limit,
        offset,
        with_total: true,
        channels: Vec::new(),
    })
}

fn tables() -> impl Strategy<Value = Vec<Vec<Value>>> {
    let row: Vec<_> = columns(&MODEL)
        .into_iter()
        .map(|column| {
            option::weighted(0.8, value(column.kind)).prop_map(|v| v.unwrap_or(Value::Null))
        })
        .map(Strategy::boxed)
        .collect();
    vec(row, 0..12)
}

/// Whether a whole number of any width is negative, how many digits it has, and those.
fn whole(value: &Value) -> (bool, usize, String) {
    let text = match value {
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => format!("{number:.0}"),
        Value::Text(text) => text.to_string(),
        other => panic!("{other:?}"),
    };
    let digits = text.trim_start_matches('-');
    let is_negative = text.starts_with('-') && digits != "0";
    (is_negative, digits.len(), digits.to_owned())
}

fn compare_whole(one: &Value, other: &Value) -> Ordering {
    let (one, other) = (whole(one), whole(other));
    match (one.0, other.0) {
        (false, false) => one.cmp(&other),
        (true, true) => other.cmp(&one),
        (is_negative, _) => false.cmp(&is_negative).then(Ordering::Greater),
    }
}

fn real(value: &Value) -> f64 {
    match value {
        Value::Real(number) => *number,
        Value::Integer(number) => f64::from(i32::try_from(*number).expect("small")),
        other => panic!("{other:?}"),
    }
}

/// `None` when one of them is missing.
fn compare(kind: ColumnKind, one: &Value, other: &Value) -> Option<Ordering> {
    if matches!(one, Value::Null) || matches!(other, Value::Null) {
        return None;
    }
    Some(match kind {
        ColumnKind::Bool => format!("{one:?}").cmp(&format!("{other:?}")),
        ColumnKind::Integer | ColumnKind::BigInteger | ColumnKind::WideInteger => {
            compare_whole(one, other)
        }
        ColumnKind::Real => {
            let (one, other) = (real(one), real(other));
            one.partial_cmp(&other)
                .unwrap_or_else(|| one.is_nan().cmp(&other.is_nan()))
        }
        ColumnKind::Time | ColumnKind::Text => {
            let (Value::Text(one), Value::Text(other)) = (one, other) else {
                panic!("{one:?} {other:?}");
            };
            let normal = |text: &str| read(kind, text.to_owned().into());
            let (Value::Text(one), Value::Text(other)) = (normal(one), normal(other)) else {
                panic!("{one:?} {other:?}");
            };
            one.as_bytes().cmp(other.as_bytes())
        }
    })
}

fn holds(column: &Column, value: &Value, condition: &Condition) -> bool {
    let is_null = matches!(value, Value::Null);
    let against = |operand: &Value| compare(column.kind, value, operand);
    let equal = |operand: &Value| match operand {
        Value::Null => is_null,
        operand => against(operand) == Some(Ordering::Equal),
    };
    let Value::Text(text) = value else {
        return match condition {
            Condition::Equal(operand) => equal(operand),
            Condition::NotEqual(operand) => !is_null && !equal(operand),
            Condition::Less(operand) => against(operand).is_some_and(Ordering::is_lt),
            Condition::AtMost(operand) => against(operand).is_some_and(Ordering::is_le),
            Condition::Greater(operand) => against(operand).is_some_and(Ordering::is_gt),
            Condition::AtLeast(operand) => against(operand).is_some_and(Ordering::is_ge),
            Condition::In(operands) => operands.iter().any(equal),
            Condition::Null(wanted) => is_null == *wanted,
            _ => false,
        };
    };
    let cased = |ignore_case: bool, text: &str| {
        if ignore_case {
            text.to_ascii_lowercase()
        } else {
            text.to_owned()
        }
    };
    match condition {
        Condition::EqualIgnoreCase(sought) => text.eq_ignore_ascii_case(sought),
        Condition::Contains {
            text: sought,
            ignore_case,
        } => cased(*ignore_case, text).contains(&cased(*ignore_case, sought)),
        Condition::StartsWith {
            text: sought,
            ignore_case,
        } => cased(*ignore_case, text).starts_with(&cased(*ignore_case, sought)),
        Condition::EndsWith {
            text: sought,
            ignore_case,
        } => cased(*ignore_case, text).ends_with(&cased(*ignore_case, sought)),
        Condition::Equal(operand) => equal(operand),
        Condition::NotEqual(operand) => !equal(operand),
        Condition::Less(operand) => against(operand).is_some_and(Ordering::is_lt),
        Condition::AtMost(operand) => against(operand).is_some_and(Ordering::is_le),
        Condition::Greater(operand) => against(operand).is_some_and(Ordering::is_gt),
        Condition::AtLeast(operand) => against(operand).is_some_and(Ordering::is_ge),
        Condition::In(operands) => operands.iter().any(equal),
        Condition::Null(wanted) => !*wanted,
    }
}

/// The numbers of the rows that a query is to find, and how many there are without limit and offset.
fn expected(rows: &[Vec<Value>], query: &Query) -> (Vec<i64>, i64) {
    let all = columns(&MODEL);
    let cell = |row: usize, field: &str| {
        let place = all.iter().position(|column| column.field == field);
        let place = place.expect("a field");
        (&all[place], &rows[row][place])
    };
    let mut found: Vec<usize> = (0..rows.len())
        .filter(|row| {
            query.conditions.iter().all(|(field, condition)| {
                let (column, value) = cell(*row, field);
                holds(column, value, condition)
            })
        })
        .collect();
    found.sort_by(|one, other| {
        let orders = query.order.iter().map(|(field, direction)| {
            let ((column, one), (_, other)) = (cell(*one, field), cell(*other, field));
            let missing = |value: &Value| matches!(value, Value::Null);
            let order = compare(column.kind, one, other)
                .unwrap_or_else(|| missing(other).cmp(&missing(one)));
            match direction {
                Direction::Ascending => order,
                Direction::Descending => order.reverse(),
            }
        });
        orders.fold(Ordering::Equal, Ordering::then)
    });
    let total = i64::try_from(found.len()).expect("few");
    let page = found
        .into_iter()
        .skip(usize::try_from(query.offset).expect("64 bits"))
        .take(usize::try_from(query.limit.unwrap_or(u64::MAX)).expect("64 bits"));
    (
        page.map(|row| i64::try_from(row).expect("few")).collect(),
        total,
    )
}

macro_rules! bound {
    ($query:expr, $values:expr) => {{
        let mut query = $query;
        for value in $values {
            query = match value {
                Value::Null => query.bind(None::<i64>),
                Value::Bool(value) => query.bind(value),
                Value::Integer(value) => query.bind(value),
                Value::Real(value) => query.bind(value),
                Value::Text(text) => query.bind(text.into_owned()),
            };
        }
        query
    }};
}

async fn fill(connection: &mut SqliteConnection, rows: &[Vec<Value>]) {
    let all = columns(&MODEL);
    let mut create = String::from(
        "CREATE TABLE \"thing\" (pubsub_row INTEGER PRIMARY KEY, pubsub_item TEXT, pubsub_payload TEXT",
    );
    let mut insert = String::from("INSERT INTO \"thing\" VALUES ($1, $2, $3");
    for (position, column) in all.iter().enumerate() {
        create.push_str(", ");
        push_name(&mut create, &column.name);
        create.push(' ');
        create.push_str(column_type(Dialect::Sqlite, column.kind));
        insert.push_str(", ");
        push_placeholder(&mut insert, Dialect::Sqlite, column.kind, position + 4);
    }
    create.push(')');
    insert.push(')');
    let run = sqlx::query(AssertSqlSafe(create));
    run.execute(&mut *connection).await.expect("a table");
    for (number, row) in rows.iter().enumerate() {
        let head = [
            Value::Integer(i64::try_from(number).expect("few")),
            number.to_string().into(),
            "<entry/>".into(),
        ];
        let cells = all.iter().zip(row.clone());
        let cells = cells.map(|(column, value)| kept(Dialect::Sqlite, column.kind, value));
        let run = bound!(
            sqlx::query(AssertSqlSafe(insert.clone())),
            head.into_iter().chain(cells)
        );
        run.execute(&mut *connection).await.expect("a row");
    }
}

async fn found(connection: &mut SqliteConnection, selection: Selection) -> (Vec<i64>, i64) {
    let rows = selection.rows;
    let run = bound!(sqlx::query(AssertSqlSafe(rows.sql)), rows.arguments);
    let rows = run.fetch_all(&mut *connection).await.expect("rows");
    let rows = rows.iter().map(|row| {
        let item: String = row.get(0);
        item.parse().expect("a number")
    });
    let rows = rows.collect();
    let total = selection.total.expect("asked for");
    let run = bound!(sqlx::query(AssertSqlSafe(total.sql)), total.arguments);
    let total = run.fetch_one(&mut *connection).await.expect("a count");
    (rows, total.get(0))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_database_finds_what_a_filter_finds(
        rows in tables(),
        queries in vec(queries(), 8),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let differing = runtime.block_on(async {
            let mut connection = SqliteConnection::connect("sqlite::memory:").await.expect("a database");
            fill(&mut connection, &rows).await;
            let mut differing = Vec::new();
            for query in queries {
                let selection = select(Dialect::Sqlite, "thing", &MODEL, &columns(&MODEL), &query).expect("a query");
                let found = found(&mut connection, selection.clone()).await;
                if found != expected(&rows, &query) {
                    differing.push((found, expected(&rows, &query), selection));
                }
            }
            differing
        });
        prop_assert!(differing.is_empty(), "{differing:#?}");
    }
}
