//! The library and slixmpp, each hearing what the other publishes.

use std::time::Duration;

use pubsub_core::{Event, PubSub, Publish};
use serde_json::json;
use support::peer::PASSWORD;
use support::{Peer, Slixmpp, within};

support::on_peers! {
    {
        ours: support::OurServer,
        prosody: support::Prosody,
        ejabberd: support::Ejabberd,
    }
    {
        slixmpp_hears_a_save_and_a_delete,
        a_typed_subscriber_hears_slixmpp,
    }
}

const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, PartialEq, Publish)]
#[publish(node = "/tests/Reading", notify_retract = true)]
struct Reading {
    #[publish(id)]
    sensor: String,
    value: f64,
}

async fn connect(peer: &Peer, user: &str) -> PubSub {
    within(
        PATIENCE,
        PubSub::builder().url(&peer.url(user)).unwrap().connect(),
    )
    .await
    .unwrap()
}

async fn slixmpp_hears_a_save_and_a_delete(peer: Peer) {
    let ann = connect(&peer, "ann").await;
    let reading = Reading {
        sensor: "<attic> & cellar".to_owned(),
        value: -1.5,
    };
    reading.save_with(&ann).await.unwrap();
    let mut bob = Slixmpp::login(peer.address(), "bob", PASSWORD).await;
    bob.tell("subscribe", json!({"node": Reading::NODE}))
        .await
        .unwrap();
    let second = Reading {
        sensor: "garden".to_owned(),
        value: 21.5,
    };
    second.save_with(&ann).await.unwrap();
    // A service may send the last item to a new subscriber first.
    let mut event = bob.event().await;
    if event["item"] == reading.sensor {
        event = bob.event().await;
    }
    assert_eq!(
        (&event["event"], &event["item"]),
        (&json!("published"), &json!("garden")),
        "{event}"
    );
    let payload = event["payload"].as_str().unwrap();
    assert!(
        payload.contains("http://www.w3.org/2005/Atom") && payload.contains(">21.5<"),
        "{payload}"
    );
    let items = bob
        .tell(
            "items",
            json!({"node": Reading::NODE, "ids": [reading.sensor]}),
        )
        .await
        .unwrap();
    assert!(
        items[0]["payload"].as_str().unwrap().contains(">-1.5<"),
        "{items}"
    );
    second.delete_with(&ann).await.unwrap();
    let event = bob.event().await;
    let payload = event["payload"].as_str().unwrap();
    assert!(
        payload.contains("action=\"delete\"") && payload.contains(">21.5<"),
        "the last row is told first: {event}"
    );
    let event = bob.event().await;
    assert_eq!(
        (&event["event"], &event["item"]),
        (&json!("retracted"), &json!("garden")),
        "{event}"
    );
}

async fn a_typed_subscriber_hears_slixmpp(peer: Peer) {
    let bob = PubSub::builder().url(&peer.url("bob")).unwrap();
    let bob = within(PATIENCE, bob.make_nodes().connect()).await.unwrap();
    let mut events = bob.subscribe::<Reading>().await.unwrap();
    let mut ann = Slixmpp::login(peer.address(), "ann", PASSWORD).await;
    // The node is bob's, whose program has made it.
    let mut owner = Slixmpp::login(peer.address(), "bob", PASSWORD).await;
    let affiliation =
        json!({"node": Reading::NODE, "jid": "ann@localhost", "affiliation": "publisher"});
    owner.tell("affiliate", affiliation).await.unwrap();
    let reading = Reading {
        sensor: "garden".to_owned(),
        value: 3.25,
    };
    let mut entry = String::new();
    reading
        .encode_entry(&pubsub_core::Stamp::default(), &mut entry)
        .unwrap();
    ann.tell(
        "publish",
        json!({"node": Reading::NODE, "item": "garden", "payload": entry}),
    )
    .await
    .unwrap();
    match within(PATIENCE, events.next()).await.unwrap().unwrap() {
        Event::Published { id, item, .. } => {
            assert_eq!((id.to_string(), item), ("garden".to_owned(), reading));
        }
        other => panic!("{other:?}"),
    }
    let retract = json!({"node": Reading::NODE, "item": "garden", "notify": true});
    ann.tell("retract", retract).await.unwrap();
    match within(PATIENCE, events.next()).await.unwrap().unwrap() {
        Event::Retracted { id, .. } => assert_eq!(id.to_string(), "garden"),
        other => panic!("{other:?}"),
    }
    owner
        .tell("purge", json!({"node": Reading::NODE}))
        .await
        .unwrap();
    owner
        .tell("delete", json!({"node": Reading::NODE}))
        .await
        .unwrap();
}
