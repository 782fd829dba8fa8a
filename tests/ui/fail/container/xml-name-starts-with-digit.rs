//! XML names start with a letter.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(xml(name = "1st"))]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
