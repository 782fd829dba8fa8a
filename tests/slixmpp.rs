//! slixmpp as the other side: the same conversations with our server, Prosody and ejabberd, so that a
//! client cannot tell which one it speaks to.

#[path = "slixmpp/component.rs"]
mod component;
#[path = "slixmpp/library.rs"]
mod library;
#[path = "slixmpp/people.rs"]
mod people;

use serde_json::{Value, json};
use support::peer::{PASSWORD, STRANGER};
use support::{Peer, Slixmpp};

support::on_peers! {
    {
        ours: support::OurServer,
        prosody: support::Prosody,
        ejabberd: support::Ejabberd,
    }
    {
        a_node_is_created_and_configured,
        a_node_is_created_once,
        a_publish_to_a_missing_node_creates_it,
        the_service_names_an_item_without_an_id,
        a_subscriber_hears_every_kind_of_event,
        every_subscriber_hears,
        who_unsubscribes_hears_no_more,
        items_are_retrieved_all_by_count_and_by_id,
        a_purge_leaves_the_node_empty,
        a_deleted_node_is_gone,
        a_stranger_may_neither_publish_nor_delete,
        a_whitelist_admits_members,
        subscriptions_are_listed,
        nodes_are_listed,
        the_features_are_announced,
        hostile_text_passes_unchanged,
    }
}

const NODE: &str = "/tests/Slixmpp";

async fn log_in(peer: &Peer, user: &str) -> Slixmpp {
    Slixmpp::login(peer.address(), user, PASSWORD).await
}

/// Creates the node as its owner and subscribes another account to it.
async fn owner_and_subscriber(peer: &Peer, config: Value) -> (Slixmpp, Slixmpp) {
    let mut owner = log_in(peer, "ann").await;
    let mut subscriber = log_in(peer, "bob").await;
    owner
        .tell("create", json!({"node": NODE, "config": config}))
        .await
        .unwrap();
    assert_eq!(
        subscriber
            .tell("subscribe", json!({"node": NODE}))
            .await
            .unwrap(),
        "subscribed"
    );
    (owner, subscriber)
}

async fn publish(client: &mut Slixmpp, item: &str, text: &str) -> Value {
    let payload = format!("<note xmlns='urn:tests:note'>{text}</note>");
    client
        .tell(
            "publish",
            json!({"node": NODE, "item": item, "payload": payload}),
        )
        .await
        .unwrap()
}

fn ids(items: &Value) -> Vec<&str> {
    items
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["item"].as_str().unwrap())
        .collect()
}

async fn a_node_is_created_and_configured(peer: Peer) {
    let mut ann = log_in(&peer, "ann").await;
    let config = json!({"pubsub#title": "Notes", "pubsub#max_items": "3"});
    assert_eq!(
        ann.tell("create", json!({"node": NODE, "config": config}))
            .await
            .unwrap(),
        NODE
    );
    let read = ann
        .tell("configuration", json!({"node": NODE}))
        .await
        .unwrap();
    assert_eq!(
        (&read["pubsub#title"], &read["pubsub#max_items"]),
        (&json!("Notes"), &json!("3"))
    );
    let config = json!({"pubsub#title": "Other notes"});
    ann.tell("configure", json!({"node": NODE, "config": config}))
        .await
        .unwrap();
    let read = ann
        .tell("configuration", json!({"node": NODE}))
        .await
        .unwrap();
    assert_eq!(read["pubsub#title"], "Other notes");
    assert_eq!(
        read["pubsub#max_items"], "3",
        "a field that was not sent keeps its value"
    );
}

async fn a_node_is_created_once(peer: Peer) {
    let mut ann = log_in(&peer, "ann").await;
    ann.tell("create", json!({"node": NODE})).await.unwrap();
    let again = ann.tell("create", json!({"node": NODE})).await;
    assert_eq!(again.unwrap_err().condition, "conflict");
}

async fn a_publish_to_a_missing_node_creates_it(peer: Peer) {
    let mut ann = log_in(&peer, "ann").await;
    assert_eq!(publish(&mut ann, "1", "first").await, "1");
    let items = ann.tell("items", json!({"node": NODE})).await.unwrap();
    assert_eq!(ids(&items), ["1"]);
}

async fn the_service_names_an_item_without_an_id(peer: Peer) {
    let mut ann = log_in(&peer, "ann").await;
    let item = json!({"node": NODE, "payload": "<note xmlns='urn:tests:note'/>"});
    let first = ann.tell("publish", item.clone()).await.unwrap();
    let second = ann.tell("publish", item).await.unwrap();
    assert!(first.as_str().is_some_and(|id| !id.is_empty()));
    assert_ne!(first, second);
}

async fn a_subscriber_hears_every_kind_of_event(peer: Peer) {
    let config = json!({"pubsub#notify_retract": "1", "pubsub#notify_delete": "1"});
    let (mut ann, mut bob) = owner_and_subscriber(&peer, config).await;
    publish(&mut ann, "1", "first").await;
    let event = bob.event().await;
    assert_eq!(event["event"], "published", "{event}");
    assert_eq!(
        (&event["node"], &event["item"]),
        (&json!(NODE), &json!("1"))
    );
    assert!(
        event["payload"].as_str().unwrap().contains(">first<"),
        "{event}"
    );
    publish(&mut ann, "1", "second").await;
    assert!(
        bob.event().await["payload"]
            .as_str()
            .unwrap()
            .contains(">second<")
    );
    ann.tell(
        "retract",
        json!({"node": NODE, "item": "1", "notify": true}),
    )
    .await
    .unwrap();
    let event = bob.event().await;
    assert_eq!(
        (&event["event"], &event["item"]),
        (&json!("retracted"), &json!("1")),
        "{event}"
    );
    ann.tell("delete", json!({"node": NODE})).await.unwrap();
    let event = bob.event().await;
    assert_eq!(
        (&event["event"], &event["node"]),
        (&json!("deleted"), &json!(NODE)),
        "{event}"
    );
}

async fn every_subscriber_hears(peer: Peer) {
    let (mut ann, mut bob) = owner_and_subscriber(&peer, json!({"pubsub#title": "x"})).await;
    let mut eve = log_in(&peer, STRANGER).await;
    eve.tell("subscribe", json!({"node": NODE})).await.unwrap();
    for item in ["1", "2", "3"] {
        publish(&mut ann, item, "to all").await;
    }
    for item in ["1", "2", "3"] {
        assert_eq!(bob.event().await["item"], item);
        assert_eq!(eve.event().await["item"], item);
    }
}

async fn who_unsubscribes_hears_no_more(peer: Peer) {
    // ejabberd would send item 1 again to the new subscription.
    let config = json!({"pubsub#send_last_published_item": "never"});
    let (mut ann, mut bob) = owner_and_subscriber(&peer, config).await;
    bob.tell("unsubscribe", json!({"node": NODE}))
        .await
        .unwrap();
    publish(&mut ann, "1", "unheard").await;
    bob.tell("subscribe", json!({"node": NODE})).await.unwrap();
    publish(&mut ann, "2", "heard").await;
    assert_eq!(bob.event().await["item"], "2");
}

async fn items_are_retrieved_all_by_count_and_by_id(peer: Peer) {
    let mut ann = log_in(&peer, "ann").await;
    ann.tell(
        "create",
        json!({"node": NODE, "config": {"pubsub#max_items": "10"}}),
    )
    .await
    .unwrap();
    for item in ["1", "2", "3"] {
        publish(&mut ann, item, item).await;
    }
    let all = ann.tell("items", json!({"node": NODE})).await.unwrap();
    let mut all = ids(&all);
    all.sort_unstable(); // XEP-0060 leaves the order to the service
    assert_eq!(all, ["1", "2", "3"]);
    let last = ann
        .tell("items", json!({"node": NODE, "max_items": 1}))
        .await
        .unwrap();
    assert_eq!(ids(&last), ["3"]);
    let one = ann
        .tell("items", json!({"node": NODE, "ids": ["2"]}))
        .await
        .unwrap();
    assert_eq!(ids(&one), ["2"]);
    assert!(one[0]["payload"].as_str().unwrap().contains(">2<"));
}

async fn a_purge_leaves_the_node_empty(peer: Peer) {
    let (mut ann, mut bob) =
        owner_and_subscriber(&peer, json!({"pubsub#persist_items": "1"})).await;
    publish(&mut ann, "1", "gone soon").await;
    assert_eq!(bob.event().await["event"], "published");
    ann.tell("purge", json!({"node": NODE})).await.unwrap();
    let items = ann.tell("items", json!({"node": NODE})).await.unwrap();
    assert_eq!(items, json!([]));
}

async fn a_deleted_node_is_gone(peer: Peer) {
    let mut ann = log_in(&peer, "ann").await;
    ann.tell("create", json!({"node": NODE})).await.unwrap();
    ann.tell("delete", json!({"node": NODE})).await.unwrap();
    for (verb, arguments) in [
        ("items", json!({"node": NODE})),
        ("subscribe", json!({"node": NODE})),
        ("configuration", json!({"node": NODE})),
        ("delete", json!({"node": NODE})),
    ] {
        let refusal = ann.tell(verb, arguments).await.unwrap_err();
        assert_eq!(refusal.condition, "item-not-found", "{verb}");
    }
}

async fn a_stranger_may_neither_publish_nor_delete(peer: Peer) {
    let mut ann = log_in(&peer, "ann").await;
    ann.tell("create", json!({"node": NODE})).await.unwrap();
    let mut eve = log_in(&peer, STRANGER).await;
    let item = json!({"node": NODE, "item": "1", "payload": "<note xmlns='urn:tests:note'/>"});
    assert_eq!(
        eve.tell("publish", item).await.unwrap_err().condition,
        "forbidden"
    );
    assert_eq!(
        eve.tell("delete", json!({"node": NODE}))
            .await
            .unwrap_err()
            .condition,
        "forbidden"
    );
}

async fn a_whitelist_admits_members(peer: Peer) {
    let mut ann = log_in(&peer, "ann").await;
    let mut eve = log_in(&peer, STRANGER).await;
    let config = json!({"pubsub#access_model": "whitelist"});
    ann.tell("create", json!({"node": NODE, "config": config}))
        .await
        .unwrap();
    let refusal = eve
        .tell("subscribe", json!({"node": NODE}))
        .await
        .unwrap_err();
    // XEP-0060 6.1.3.4 says not-allowed with closed-node; Prosody says forbidden.
    assert!(
        matches!(&*refusal.condition, "not-allowed" | "forbidden"),
        "{refusal:?}"
    );
    let affiliation = json!({"node": NODE, "jid": "eve@localhost", "affiliation": "member"});
    ann.tell("affiliate", affiliation).await.unwrap();
    assert_eq!(
        eve.tell("subscribe", json!({"node": NODE})).await.unwrap(),
        "subscribed"
    );
    let affiliations = ann
        .tell("affiliations", json!({"node": NODE}))
        .await
        .unwrap();
    assert_eq!(affiliations["eve@localhost"], "member");
}

async fn subscriptions_are_listed(peer: Peer) {
    let (_ann, mut bob) = owner_and_subscriber(&peer, json!({"pubsub#title": "x"})).await;
    let listed = bob.tell("subscriptions", json!({})).await.unwrap();
    assert_eq!(
        listed,
        json!([{"node": NODE, "jid": "bob@localhost", "state": "subscribed"}])
    );
}

async fn nodes_are_listed(peer: Peer) {
    let mut ann = log_in(&peer, "ann").await;
    for node in ["/tests/A", "/tests/B"] {
        ann.tell("create", json!({"node": node})).await.unwrap();
    }
    assert_eq!(
        ann.tell("nodes", json!({})).await.unwrap(),
        json!(["/tests/A", "/tests/B"])
    );
}

async fn the_features_are_announced(peer: Peer) {
    let mut ann = log_in(&peer, "ann").await;
    let features = ann.tell("features", json!({})).await.unwrap();
    let pubsub = "http://jabber.org/protocol/pubsub";
    assert!(features.as_array().unwrap().contains(&json!(pubsub)));
    for feature in [
        "publish",
        "subscribe",
        "create-nodes",
        "config-node",
        "retrieve-items",
        "delete-nodes",
    ] {
        let feature = json!(format!("{pubsub}#{feature}"));
        assert!(features.as_array().unwrap().contains(&feature), "{feature}");
    }
}

async fn hostile_text_passes_unchanged(peer: Peer) {
    let (mut ann, mut bob) = owner_and_subscriber(&peer, json!({"pubsub#title": "x"})).await;
    publish(
        &mut ann,
        "<&>\"'",
        "]]&gt; &lt;b&gt; &amp;amp; \u{1F980} &#xD;end",
    )
    .await;
    let event = bob.event().await;
    assert_eq!(event["item"], "<&>\"'");
    let payload = event["payload"].as_str().unwrap();
    assert!(
        payload.contains("]]&gt; &lt;b&gt; &amp;amp; \u{1F980}"),
        "{payload}"
    );
}
