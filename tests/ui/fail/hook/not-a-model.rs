//! A hook is for a model.

use pubsub_core::after_save;

#[after_save]
fn hook(_: &String) {}

fn main() {}
