//! A model without fields is an event that carries nothing.

use pubsub_core::{Payload, Publish};

#[derive(Debug, PartialEq, Publish)]
struct Ping;

#[derive(Debug, PartialEq, Publish)]
struct Pong {}

#[derive(Debug, PartialEq, Payload)]
struct Only {
    #[publish(attribute)]
    attribute: String,
}

#[test]
fn works() {
    let mut xml = String::new();
    Ping.encode_entry(&Default::default(), &mut xml).unwrap();
    assert_eq!(Ping::decode_entry(&xml).unwrap().0, Ping);
    assert_eq!(Ping.item_id(), Ok(None));
    let _ = (
        Pong {},
        Only {
            attribute: String::new(),
        },
    );
}
