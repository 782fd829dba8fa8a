//! No prelude at all.

#![no_implicit_prelude]

use ::pubsub_core::{Payload, Publish, after_save};

#[derive(Publish)]
#[publish(channels("user-{name}"), format = "entry")]
struct Model {
    #[publish(id)]
    id: i64,
    name: ::std::string::String,
    maybe: ::std::option::Option<i32>,
    #[publish(child)]
    data: Data,
}

#[derive(Payload)]
enum Data {
    Value(i32),
    Fields { number: i32 },
}

#[derive(Publish)]
#[publish(format = "django")]
struct Row {
    flag: bool,
    note: ::std::option::Option<i32>,
}

#[after_save]
fn hook(_: &Model) {}

#[test]
fn works() {
    let _ = (Data::Value(1), Data::Fields { number: 1 });
}
