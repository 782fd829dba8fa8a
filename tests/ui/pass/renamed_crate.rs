//! The core may have another name.

use pubsub_core as bus;

mod inner {
    pub mod bus {
        pub use pubsub_core as core;
    }
}

#[derive(bus::Publish)]
#[publish(crate = bus, channels("all"))]
struct Tweet {
    text: String,
}

#[derive(bus::Payload)]
#[publish(crate = self::inner::bus::core)]
struct Place {
    name: String,
}

#[bus::after_save(crate = bus)]
fn hook(_: &Tweet) {}

#[test]
fn works() {
    let _ = (
        Tweet {
            text: String::new(),
        }
        .text,
        Place {
            name: String::new(),
        }
        .name,
    );
}
