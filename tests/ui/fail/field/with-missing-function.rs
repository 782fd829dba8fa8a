//! The module must have both functions.

use pubsub_core::Publish;

#[derive(Publish)]
struct Tweet {
    #[publish(with = hex)]
    colour: u32,
}

mod hex {
    pub fn to_text(colour: &u32) -> String {
        format!("{colour:x}")
    }
}

fn main() {}
