//! Private types in public models, public models in private modules.

mod models {
    use pubsub_core::{Payload, Publish};

    #[derive(Payload)]
    struct Secret {
        text: String,
    }

    #[derive(Publish)]
    pub struct Tweet {
        #[publish(child)]
        secret: Option<Secret>,
        pub(crate) id: i64,
    }

    pub fn tweet() -> Tweet {
        Tweet {
            secret: Some(Secret {
                text: String::new(),
            }),
            id: 1,
        }
    }
}

#[test]
fn works() {
    assert_eq!(models::tweet().id, 1);
}
