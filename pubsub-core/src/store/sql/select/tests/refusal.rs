//! What a query cannot ask, and that no value is ever part of the text.

use super::MODEL;
use crate::store::sql::dialect::Dialect;
use crate::store::sql::select::select;
use crate::store::{Condition, Direction, Query, StoreErrorKind, Value, columns};

fn refusal(query: &Query) -> String {
    let error = select(Dialect::Sqlite, "thing", &MODEL, &columns(&MODEL), query)
        .expect_err("a query that makes no sense");
    assert_eq!(error.kind(), StoreErrorKind::Query);
    error.to_string()
}

#[test]
fn what_makes_no_sense_is_refused_with_advice() {
    let ask = |field: &str, condition| refusal(&Query::new().filter(field, condition));
    assert_eq!(
        ask("colour\n", Condition::Null(true)),
        "`Thing` has no field `colour\\n` with a single value; it can be asked for flag, number, big, wide, real, time, quo\"ted"
    );
    assert_eq!(
        ask("number", Condition::Less("many".into())),
        "`Thing.number` can be compared with a whole number, not with the text \"many\""
    );
    assert_eq!(
        ask("number", Condition::Equal(2.5.into())),
        "`Thing.number` can be compared with a whole number, not with the number 2.5"
    );
    assert_eq!(
        ask("flag", Condition::Equal(1.into())),
        "`Thing.flag` can be compared with true or false, not with the number 1"
    );
    assert_eq!(
        ask(
            "number",
            Condition::Contains {
                text: "1".into(),
                ignore_case: false
            }
        ),
        "`Thing.number` is no text to search in; it can be compared with a whole number"
    );
    assert_eq!(
        ask("quo\"ted", Condition::Equal("a\0b".into())),
        "`Thing.quo\"ted` cannot be compared with a text that holds U+0000"
    );
    assert_eq!(
        refusal(&Query::new().sort("tags", Direction::Ascending)),
        "`Thing` has no field `tags` with a single value; it can be asked for flag, number, big, wide, real, time, quo\"ted"
    );
    let long_before_1970 = std::time::UNIX_EPOCH - std::time::Duration::from_secs(1 << 40);
    assert!(
        ask("time", Condition::Less(long_before_1970.into())).contains("the years 1 to 9999"),
        "a time that cannot be spelled"
    );
    let many = vec![Value::Integer(1); 30_001];
    assert_eq!(
        ask("number", Condition::In(many)),
        "a query takes at most 30000 values; ask for fewer at a time"
    );
}

#[test]
fn values_are_bound_and_never_written() {
    let query = Query::new()
        .filter("quo\"ted", Condition::Equal("' OR 1=1 --".into()))
        .limit(5);
    let selection = select(Dialect::Sqlite, "thi\"ng", &MODEL, &columns(&MODEL), &query);
    let rows = selection.expect("a query").rows;
    assert_eq!(
        rows.sql,
        "SELECT pubsub_item, pubsub_payload FROM \"thi\"\"ng\" WHERE \"quo\"\"ted\" = $1 ORDER BY pubsub_row LIMIT $2"
    );
    assert_eq!(rows.arguments, ["' OR 1=1 --".into(), Value::Integer(5)]);
}
