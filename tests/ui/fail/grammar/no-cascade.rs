//! A mistake in the type is one message, however much the type is used.

use pubsub_core::Publish;

#[derive(Publish)]
#[publish(nod)]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

fn published<M: Publish>(_: &M) {}

fn use_it(tweet: &Tweet) {
    published(tweet);
    let _ = (Tweet::NODE, tweet.item_id(), tweet.channels());
}

fn main() {}
