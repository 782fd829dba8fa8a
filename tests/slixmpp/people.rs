//! Two people with slixmpp, as with any chat client: contacts, presence, capabilities, messages, carbons, moods.

use serde_json::{Value, json};
use support::peer::PASSWORD;
use support::{Peer, Slixmpp};

support::on_peers! {
    { ours: support::OurServer }
    {
        two_people_get_to_know_each_other,
    }
}

async fn log_in(peer: &Peer, jid: &str) -> Slixmpp {
    Slixmpp::person(peer.address(), jid, PASSWORD).await
}

/// The next event of that kind; others are passed over, because servers differ in what they tell besides.
async fn next(person: &mut Slixmpp, kind: &str) -> Value {
    loop {
        let event = person.event().await;
        if event["event"] == kind {
            return event;
        }
    }
}

/// Whether the roster says so of a contact by now.
async fn until_subscribed(person: &mut Slixmpp, contact: &str, subscription: &str) -> Value {
    loop {
        let roster = person.tell("roster", json!({})).await.unwrap();
        if roster[contact]["subscription"] == subscription {
            return roster[contact].clone();
        }
    }
}

async fn two_people_get_to_know_each_other(peer: Peer) {
    let mut ann = log_in(&peer, "ann@localhost/home").await;
    let mut bob = log_in(&peer, "bob@localhost/phone").await;

    // slixmpp lets everybody in who asks, and asks back.
    let contact = json!({"jid": "bob@localhost", "name": "Bob & Co"});
    ann.tell("subscribe", contact).await.unwrap();
    let contact = until_subscribed(&mut ann, "bob@localhost", "both").await;
    assert_eq!(
        (&contact["name"], &contact["groups"]),
        (&json!("Bob & Co"), &json!(["Friends"]))
    );
    until_subscribed(&mut bob, "ann@localhost", "both").await;
    assert_eq!(
        next(&mut ann, "available").await["sender"],
        "bob@localhost/phone"
    );
    let away = json!({"show": "away", "status": "Tea & cake"});
    bob.tell("presence", away).await.unwrap();
    loop {
        let event = next(&mut ann, "available").await;
        if event["show"] == "away" {
            assert_eq!(event["status"], "Tea & cake");
            break;
        }
    }

    // Capabilities: what ann's client learnt of bob's from his presence, and what the server says of an account.
    let mood = "http://jabber.org/protocol/mood+notify";
    let asked = json!({"jid": "bob@localhost/phone", "feature": mood});
    assert_eq!(ann.tell("knows", asked).await.unwrap(), true);
    let account = ann
        .tell("account", json!({"jid": "ann@localhost"}))
        .await
        .unwrap();
    assert!(
        account
            .as_array()
            .unwrap()
            .contains(&json!(["pubsub", "pep"])),
        "{account}"
    );

    // A mood reaches who may see ann and wants to know.
    ann.tell("mood", json!({"mood": "happy"})).await.unwrap();
    let event = next(&mut bob, "mood").await;
    assert_eq!(
        (&event["mood"], &event["sender"]),
        (&json!("happy"), &json!("ann@localhost"))
    );

    // A message reaches the phone, and a copy ann's other client.
    let mut desk = log_in(&peer, "ann@localhost/desk").await;
    let message = json!({"to": "bob@localhost/phone", "body": "hello <bob>"});
    ann.tell("message", message).await.unwrap();
    assert_eq!(next(&mut bob, "message").await["body"], "hello <bob>");
    let copy = next(&mut desk, "carbon_sent").await;
    assert_eq!(copy["body"], "hello <bob>");
    let reply = json!({"to": "ann@localhost/home", "body": "hello ann"});
    bob.tell("message", reply).await.unwrap();
    assert_eq!(
        next(&mut ann, "message").await["sender"],
        "bob@localhost/phone"
    );
    let copy = next(&mut desk, "carbon_received").await;
    assert_eq!(copy["body"], "hello ann");

    // Bob goes; what is said meanwhile waits for him, in order.
    drop(bob);
    assert_eq!(
        next(&mut ann, "unavailable").await["sender"],
        "bob@localhost/phone"
    );
    for body in ["first", "second"] {
        let message = json!({"to": "bob@localhost", "body": body});
        ann.tell("message", message).await.unwrap();
    }
    ann.tell("ping", json!({})).await.unwrap();
    let mut bob = log_in(&peer, "bob@localhost/phone").await;
    for body in ["first", "second"] {
        let event = next(&mut bob, "message").await;
        assert_eq!(
            (&event["body"], &event["waited"]),
            (&json!(body), &json!(true))
        );
    }
    // And the mood that he has missed is there for a new client of his.
    assert_eq!(next(&mut bob, "mood").await["mood"], "happy");
}
