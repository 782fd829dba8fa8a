//! The library against our server, Prosody and ejabberd: the same cases for all of them.
//!
//! A test's name says what was tried on which server: `delivery::prosody::a_delete_retracts`.

#[path = "interop/awaiting.rs"]
mod awaiting;
#[path = "interop/delivery.rs"]
mod delivery;
#[path = "interop/login.rs"]
mod login;
#[path = "interop/node.rs"]
mod node;
#[path = "interop/opinions.rs"]
mod opinions;
#[path = "interop/outage.rs"]
mod outage;

use std::time::Duration;

use futures_util::{Stream, StreamExt as _};
use pubsub_core::session::SessionConfig;
use pubsub_core::{Event, PubSub, Publish};
use support::{Peer, within};

/// Nothing here takes longer, on the slowest of machines.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is saved.
#[derive(Debug, Clone, PartialEq, Publish)]
struct Tweet {
    #[publish(id)]
    id: i64,
    author: String,
    text: Option<String>,
}

fn tweet(id: i64, text: &str) -> Tweet {
    Tweet {
        id,
        author: "ann".to_owned(),
        text: Some(text.to_owned()),
    }
}

/// Settings that notice and mend an outage quickly.
fn impatient(url: &str) -> SessionConfig {
    let config: SessionConfig = url.parse().unwrap();
    config
        .back_off(Duration::from_millis(20), Duration::from_millis(200))
        .keep_alive(Duration::from_secs(1))
        .request_deadline(PATIENCE)
}

async fn connect(url: &str) -> PubSub {
    within(
        PATIENCE,
        PubSub::builder().session(impatient(url)).connect(),
    )
    .await
    .unwrap()
}

/// A handle that publishes, of an account that may create nodes.
async fn writer(peer: &Peer) -> PubSub {
    connect(&peer.url("ann")).await
}

/// The next event, which is expected to be one.
async fn next<T, E: std::fmt::Debug>(
    events: &mut (impl Stream<Item = Result<Event<T>, E>> + Unpin),
) -> Event<T> {
    within(PATIENCE, events.next())
        .await
        .expect("the stream goes on")
        .expect("a payload that decodes")
}

/// The ids and texts of the next `count` published tweets.
async fn published<E: std::fmt::Debug>(
    events: &mut (impl Stream<Item = Result<Event<Tweet>, E>> + Unpin),
    count: usize,
) -> Vec<Tweet> {
    let mut tweets = Vec::new();
    while tweets.len() < count {
        tweets.extend(next(events).await.into_item());
    }
    tweets
}
