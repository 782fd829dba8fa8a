//! serde renames them.

use pubsub_core::Publish;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Publish)]
#[publish(format = "json")]
struct Tweet {
    #[publish(rename = "body")]
    text: String,
}

fn main() {}
