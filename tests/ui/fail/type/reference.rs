//! A reference cannot be read back; Cow can.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet<'a> {
    text: &'a str,
}

fn main() {}
