//! And this.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(send_last = "always")]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn main() {}
