//! What a validator of JSON Schema says of rows that are as they should be, and of others.

use jsonschema::Validator;
use pubsub_core::Publish;
use pubsub_core::schema::json_schema;
use serde_json::{Value, json};

use crate::models::{Leaves, Order, Row, Sets};
use crate::{Odd, Reading, odds, readings, rows, samples};

/// For the rows of one node.
fn validator<M: Publish>() -> Validator {
    let mut schema: Value = serde_json::from_str(&json_schema()).unwrap();
    let rows = schema["properties"][M::NODE].take();
    let document = json!({
        "$schema": schema["$schema"],
        "$defs": schema["$defs"],
        "$ref": rows["$ref"],
    });
    let mut options = jsonschema::options();
    options = options.should_validate_formats(true);
    options.build(&document).unwrap()
}

fn check<M: Publish>(values: &[M]) {
    let validator = validator::<M>();
    for row in rows(values) {
        let row: Value = serde_json::from_str(&row).unwrap();
        if let Err(error) = validator.validate(&row) {
            panic!("{error}: {row:#}");
        }
        // Every member that is required is required by name.
        for name in row.as_object().unwrap().keys() {
            let mut less = row.clone();
            less.as_object_mut().unwrap().remove(name);
            let may_be_missing = name == "usually_zero" || M::NODE == Reading::NODE;
            assert_eq!(validator.is_valid(&less), may_be_missing, "{name}");
        }
    }
}

#[test]
fn every_row_is_valid() {
    check(&samples(Leaves::any()));
    check(&samples(Order::any()));
    check(&samples(Sets::any()));
    check(&samples(Row::any()));
    check(&odds());
    check(&readings());
}

#[test]
fn the_whole_is_a_schema_of_rows_by_node() {
    let schema: Value = serde_json::from_str(&json_schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let row: Value = serde_json::from_str(&rows(&odds())[0]).unwrap();
    assert!(validator.is_valid(&json!({ Odd::NODE: row })));
    assert!(!validator.is_valid(&json!({ Odd::NODE: 5 })));
    assert!(!validator.is_valid(&json!({ Order::NODE: row })));
}

#[test]
fn what_no_row_can_be_is_not_valid() {
    let validator = validator::<Odd>();
    let row: Value = serde_json::from_str(&rows(&odds())[0]).unwrap();
    assert!(validator.is_valid(&row));
    for (member, wrong) in [
        ("the_id", json!(256)),
        ("the_id", json!(-1)),
        ("the_id", json!("0")),
        ("type", json!("Bad")),
        ("at", json!("yesterday")),
        ("moods", json!([null])),
        ("moods", json!("Good")),
        ("by_number", json!([])),
        ("by_number", json!({ "1": 1 })),
        ("ids", json!({ "a": "not a uuid" })),
        ("what", json!({ "Word": "a", "Many": { "of": [] } })),
        ("what", json!({ "Many": {} })),
        ("what", json!("Word")),
        ("inner_the_id", json!(9_007_199_254_740_993_u64)),
        ("inner_the_id", json!("1")),
        ("inner_the_id", json!(1.5)),
        ("wrapped", json!(null)),
        ("models", json!({ "name": "Main" })),
    ] {
        let mut other = row.clone();
        other[member] = wrong.clone();
        assert!(!validator.is_valid(&other), "{member}: {wrong}");
    }
}
