//! Functions that run after a save.

use pubsub_core::{Action, Publish, after_save};

#[derive(Publish)]
struct Tweet {
    text: String,
}

#[after_save]
fn not_empty(tweet: &Tweet) -> Result<(), String> {
    if tweet.text.is_empty() {
        Err("say something".to_owned())
    } else {
        Ok(())
    }
}

#[after_save(order = 10, on(create, delete))]
fn count(_: &Tweet, action: Action) {
    println!("{action}");
}

fn main() {}
