//! The library: `save_with()`, into a store whose XMPP server cannot be reached, so that nothing but saving is measured.

use std::time::Duration;

use pubsub_core::{PubSub, Publish as _};

use super::Tweet;

/// Nobody listens there.
const AWAY: &str = "xmpp://ann:secret@localhost?connect=127.0.0.1:1&tls=off";

pub(crate) async fn open(database: &str) -> PubSub {
    PubSub::builder()
        .url(AWAY)
        .expect("a URL")
        .store(database)
        .expect("a store")
        .drain(Duration::ZERO)
        .connect()
        .await
        .expect("a store that opens")
}

pub(crate) async fn save(pubsub: PubSub, id: i64) {
    let saved = Tweet::number(id).save_with(&pubsub).await;
    saved.expect("a save");
}
