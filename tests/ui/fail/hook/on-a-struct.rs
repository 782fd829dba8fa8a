//! It is for functions.

use pubsub_core::after_save;

#[after_save]
struct Tweet;

fn main() {}
