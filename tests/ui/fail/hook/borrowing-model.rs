//! A hook's model must be known at run time.

use std::borrow::Cow;

use pubsub_core::{Publish, after_save};

#[derive(Publish)]
struct Tweet<'a> {
    text: Cow<'a, str>,
}

#[after_save]
fn hook(_: &Tweet<'_>) {}

fn main() {}
