//! A derive cannot see through an alias.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    text: Maybe,
}

type Maybe = Option<String>;

fn main() {}
