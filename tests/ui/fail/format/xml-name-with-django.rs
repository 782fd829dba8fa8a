//! Django's clients look for their own names.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(format = "django", xml(name = "x"))]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
