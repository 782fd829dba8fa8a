//! How much one client, and all together, may take: connections, resources, registrations.

use pubsub_server::{Config, Limits, Registration, Server};
use support::{RawClient, eventually};
use tokio::net::TcpStream;

use crate::{HEADER, PATIENCE, ask, assert_ended, config, login, publish, rest, say, server};

#[tokio::test]
async fn connections_are_limited_in_all_and_by_address() {
    for limits in [
        Limits {
            connections: 1,
            ..Limits::default()
        },
        Limits {
            connections_per_address: 1,
            ..Limits::default()
        },
    ] {
        let server = server(limits).await;
        let ann = login(&server, "ann").await;
        let mut second = TcpStream::connect(server.addr()).await.unwrap();
        assert_ended(
            &rest(&mut second).await,
            "resource-constraint",
            "the second",
        );
        drop(ann);
        eventually(PATIENCE, async || {
            RawClient::login(server.addr(), "bob", "secret").await.ok()
        })
        .await;
    }
}

#[tokio::test]
async fn resources_of_an_account_are_limited() {
    let server = server(Limits {
        resources_per_account: 1,
        ..Limits::default()
    })
    .await;
    let _first = login(&server, "ann").await;
    let refused = RawClient::login(server.addr(), "ann", "secret")
        .await
        .unwrap_err();
    assert!(refused.contains("<resource-constraint"), "{refused}");
    login(&server, "bob").await;
}

#[tokio::test]
async fn registration_makes_accounts_but_not_too_many() {
    let registration = Registration::Open {
        per_address_and_hour: 2,
        per_hour: 1_000,
    };
    let server = Server::spawn(Config {
        registration,
        ..config()
    })
    .await
    .unwrap();
    let apply = |name: &str, password: &str| {
        format!(
            "{HEADER}<iq type='set' id='1'><query xmlns='jabber:iq:register'><username>{name}</username><password>{password}</password></query></iq></stream:stream>"
        )
    };
    let form = say(
        server.addr(),
        format!(
            "{HEADER}<iq type='get' id='1'><query xmlns='jabber:iq:register'/></iq></stream:stream>"
        )
        .as_bytes(),
    )
    .await;
    assert!(form.contains("<username/><password/>"), "{form}");
    assert!(
        form.contains("<register xmlns='http://jabber.org/features/iq-register'/>"),
        "{form}"
    );
    let taken = say(server.addr(), apply("ann", "mine").as_bytes()).await;
    assert!(taken.contains("<conflict"), "{taken}");
    let made = say(server.addr(), apply("Dan", "other").as_bytes()).await;
    assert!(made.contains("<iq type='result' id='1'"), "{made}");
    RawClient::login(server.addr(), "dan", "other")
        .await
        .unwrap();
    let made = say(server.addr(), apply("eve", "other").as_bytes()).await;
    assert!(made.contains("<iq type='result' id='1'"), "{made}");
    let refused = say(server.addr(), apply("fay", "other").as_bytes()).await;
    assert!(refused.contains("<resource-constraint"), "{refused}");
    let nameless = say(server.addr(), apply("a b", "").as_bytes()).await;
    assert!(nameless.contains("<error type="), "{nameless}");
}

#[tokio::test]
async fn what_it_is_doing_can_be_told() {
    let server = server(Limits::default()).await;
    let mut ann = login(&server, "ann").await;
    let mut bob = login(&server, "bob").await;
    ask(&mut ann, "set", "<create node='/n'/>").await;
    for (client, jid) in [(&mut ann, "ann@localhost"), (&mut bob, "bob@localhost")] {
        client.send("<presence/>").await.unwrap();
        let subscribe = format!("<subscribe node='/n' jid='{jid}'/>");
        ask(client, "set", &subscribe).await;
    }
    let awaited =
        "<subscribe node='/later' jid='bob@localhost'/><await xmlns='urn:pubsub:await:1'/>";
    ask(&mut bob, "set", awaited).await;
    for (item, text) in [("a", "one"), ("a", "two"), ("b", "three")] {
        ask(&mut ann, "set", &publish("/n", item, text)).await;
    }
    let now = server.statistics();
    assert_eq!((now.tcp, now.websocket, now.bosh), (2, 0, 0));
    assert_eq!(
        (now.nodes, now.subscriptions, now.awaited, now.items),
        (1, 2, 1, 2)
    );
    assert_eq!((now.published, now.delivered), (3, 6));
    assert!(now.stored_bytes > 0);

    // What is retracted, unsubscribed and deleted is gone; what was done stays counted.
    let retract = "<retract node='/n'><item id='a'/></retract>";
    ask(&mut ann, "set", retract).await;
    let leave = "<unsubscribe node='/n' jid='bob@localhost'/>";
    ask(&mut bob, "set", leave).await;
    let now = server.statistics();
    assert_eq!((now.subscriptions, now.items), (1, 1));
    let delete =
        "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><delete node='/n'/></pubsub>";
    ann.request("set", "pubsub.localhost", delete)
        .await
        .unwrap();
    drop(bob);
    let now = eventually(PATIENCE, async || {
        let now = server.statistics();
        (now.tcp == 1 && now.awaited == 0).then_some(now)
    })
    .await;
    assert_eq!((now.nodes, now.subscriptions, now.items), (0, 0, 0));
    assert_eq!((now.stored_bytes, now.published), (0, 3));
}
