//! Whatever the user calls by the names of the prelude, generated code means the real ones.

#![allow(dead_code, non_camel_case_types, unused_macros)]

use pubsub_core::{Payload, Publish, after_save};

struct Option;
struct Some;
struct None;
struct Result;
struct Ok;
struct Err;
struct String;
struct Vec;
struct Box;
struct Default;
struct Cow;
struct str;
struct bool;
struct u8;
trait Iterator {}
trait From {}
trait Into {}
mod core {}
mod std {}
mod alloc {}
macro_rules! concat {
    () => {};
}
macro_rules! module_path {
    () => {};
}

#[derive(Publish)]
#[publish(channels("user-{name}"), title = "x")]
struct Model {
    #[publish(id)]
    id: i64,
    #[publish(title)]
    name: ::std::string::String,
    maybe: ::std::option::Option<i32>,
    many: ::std::vec::Vec<i32>,
    map: ::std::collections::BTreeMap<i32, i32>,
    #[publish(child)]
    kind: Kind,
    #[publish(child)]
    data: Data,
    #[publish(default)]
    size: i64,
    #[publish(skip)]
    skipped: i64,
}

#[derive(Payload)]
enum Kind {
    Some,
    None,
}

#[derive(Payload)]
enum Data {
    Ok { value: i32 },
    Err(i32),
}

#[derive(Payload)]
struct Id(i64);

#[after_save]
fn hook(_: &Model) {}
