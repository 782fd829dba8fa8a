//! Names and schema are constants.

use pubsub_core::Publish;
use pubsub_core::schema::{Kind, Occurs, Place, Shape};

#[derive(Publish)]
struct Tweet {
    #[publish(attribute)]
    id: u16,
    tags: Vec<String>,
}

const NODE: &str = Tweet::NODE;
const _: () = assert!(NODE.as_bytes()[0] == b'/');
const _: () = match <Tweet as pubsub_core::Payload>::SHAPE {
    Shape::Fields([id, tags]) => {
        assert!(matches!(
            id.kind,
            Kind::Integer {
                bits: 16,
                signed: false
            }
        ));
        assert!(matches!(id.place, Place::Attribute));
        assert!(matches!(tags.occurs, Occurs::Many));
    }
    _ => panic!(),
};
