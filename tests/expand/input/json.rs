//! A model as JSON: serde writes it.

use pubsub_core::Publish;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Publish)]
#[publish(format = "json")]
struct Reading {
    #[publish(id)]
    sensor: String,
    celsius: f64,
}

fn main() {}
