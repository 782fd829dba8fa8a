//! slixmpp as a component (XEP-0114): a program that speaks for a domain, and a client that talks to it.

use serde_json::json;
use support::peer::{COMPONENT, PASSWORD};
use support::{Peer, Slixmpp};

/// The others have no rosters and no carbons here, without which the client does not begin.
mod with_people {
    use super::a_component_hears_its_users_and_answers;

    support::on_peers! {
        { ours: support::OurServer }
        { a_component_hears_its_users_and_answers }
    }
}

support::on_peers! {
    {
        ours: support::OurServer,
        prosody: support::Prosody,
        ejabberd: support::Ejabberd,
    }
    {
        a_component_with_a_wrong_secret_is_refused,
    }
}

async fn a_component_hears_its_users_and_answers(peer: Peer) {
    let mut echo = Slixmpp::component(peer.component_address(), COMPONENT, PASSWORD).await;
    let mut ann = Slixmpp::person(peer.address(), "ann@localhost/home", PASSWORD).await;
    let services = ann.tell("services", json!({})).await.unwrap();
    assert!(
        services.as_array().unwrap().contains(&json!(COMPONENT)),
        "{services}"
    );
    // Anybody at its domain, and it says itself what it is.
    let robot = format!("robot@{COMPONENT}/x");
    let message = json!({"to": robot, "body": "1 < 2 & \u{e9}"});
    ann.tell("message", message).await.unwrap();
    let heard = echo.event().await;
    assert_eq!(
        (
            &heard["event"],
            &heard["sender"],
            &heard["to"],
            &heard["body"]
        ),
        (
            &json!("message"),
            &json!("ann@localhost/home"),
            &json!(robot),
            &json!("1 < 2 & \u{e9}")
        )
    );
    let answer = loop {
        let event = ann.event().await;
        if event["event"] == "message" {
            break event;
        }
    };
    assert_eq!(
        (&answer["sender"], &answer["body"]),
        (&json!(robot), &json!("echo: 1 < 2 & \u{e9}"))
    );
    let identities = ann.tell("account", json!({"jid": COMPONENT})).await;
    assert!(
        identities
            .unwrap()
            .as_array()
            .unwrap()
            .contains(&json!(["automation", "command-list"]))
    );
}

async fn a_component_with_a_wrong_secret_is_refused(peer: Peer) {
    let refused = Slixmpp::refused_component(peer.component_address(), COMPONENT, "guessed").await;
    assert_eq!(
        (&refused["event"], &refused["condition"]),
        (&json!("stream_error"), &json!("not-authorized"))
    );
    // The right one is let in still.
    Slixmpp::component(peer.component_address(), COMPONENT, PASSWORD).await;
}
