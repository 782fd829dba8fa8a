//! The bound is on the type of the value.

use pubsub_core::Payload;

#[derive(Payload)]
struct Page<T> {
    #[publish(child)]
    rows: Vec<T>,
}

fn payload<P: Payload>() {}

fn use_it() {
    payload::<Page<std::fs::File>>();
}

fn main() {}
