//! Three clients that publish as fast as the service acknowledges, with a bounded number of requests unanswered.

mod raw;
mod save;
mod tokio_xmpp;

pub(crate) use self::raw::raw;
pub(crate) use self::save::save;
pub(crate) use self::tokio_xmpp::tokio_xmpp;

use pubsub_core::{Publish, Stamp};

/// Item ids repeat after this many, so that a node does not grow during a run.
const ITEMS: i64 = 1000;

/// What is saved. Its entry has about 500 bytes, 320 of them in the text.
#[derive(Debug, Publish)]
#[publish(node = "/bench/Tweet", max_items = 1000)]
struct Tweet {
    #[publish(id)]
    id: i64,
    author: String,
    text: String,
}

impl Tweet {
    fn number(number: i64) -> Self {
        Self {
            id: number % ITEMS,
            author: "ann".to_owned(),
            text: "saved and heard ".repeat(20),
        }
    }

    /// The stanza that publishes it, as the two foreign clients send it.
    fn publish_element(number: i64) -> String {
        let tweet = Self::number(number);
        let mut entry = String::new();
        tweet
            .encode_entry(&Stamp::default(), &mut entry)
            .expect("plain text");
        format!(
            "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='{}'><item id='{}'>{entry}</item></publish></pubsub>",
            Self::NODE,
            tweet.id
        )
    }
}
