//! The session against a server that does exactly what each test says.
//!
//! What real servers do is in `interop`; here is what they hardly ever do, and what an attacker would.

#[path = "session/flow.rs"]
mod flow;
#[path = "session/login.rs"]
mod login;
#[path = "session/node.rs"]
mod node;
#[path = "session/outage.rs"]
mod outage;
#[path = "session/peer.rs"]
mod peer;
#[path = "session/stranger.rs"]
mod stranger;
#[path = "session/tls.rs"]
mod tls;

use std::time::Duration;

use peer::{Connection, Offer, PATIENCE, Peer};
use pubsub_core::session::{Publishing, Session, SessionConfig};
use pubsub_core::{Change, ChangeKind, ItemId, NodeName};
use support::within;

fn config(url: &str) -> SessionConfig {
    let config: SessionConfig = url.parse().unwrap();
    config
        .back_off(Duration::ZERO, Duration::from_millis(10))
        .request_deadline(PATIENCE)
}

/// A session that is logged in, with the connection that its server sees.
async fn online(peer: &Peer, config: SessionConfig, offer: Offer) -> (Session, Connection) {
    let (session, connection) = tokio::join!(
        within(PATIENCE, Session::connect(config)),
        peer.admit(offer)
    );
    (session.unwrap(), connection)
}

fn change(node: &str, item: &str) -> Change {
    Change {
        node: NodeName::new(node).unwrap(),
        item: ItemId::new(item).unwrap(),
        kind: ChangeKind::Put {
            payload: format!("<e xmlns='urn:e'>{item}</e>").into(),
        },
    }
}

fn publish(session: &Session, node: &str, items: &[&str]) -> Vec<Publishing> {
    items
        .iter()
        .map(|item| session.publish(change(node, item)))
        .collect()
}

async fn all_arrive(publishing: Vec<Publishing>) {
    for publish in publishing {
        within(PATIENCE, publish).await.unwrap();
    }
}
