//! Type parameters get the bounds their places need; lifetimes are kept.

use std::borrow::Cow;

use pubsub_core::{Payload, Publish};

#[derive(Payload)]
struct Page<'a, T, U> {
    heading: Cow<'a, str>,
    note: T,
    #[publish(child)]
    rows: Vec<U>,
}

#[derive(Publish)]
struct Headline<'a> {
    text: Cow<'a, str>,
}

fn main() {}
