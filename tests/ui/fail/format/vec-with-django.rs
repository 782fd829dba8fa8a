//! A row has one value a field.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(format = "django")]
struct Tweet {
    tags: Vec<String>,
}

fn main() {}
