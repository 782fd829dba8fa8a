//! Browsers that listen before anybody has saved anything, through a gateway of another account: they hear the first row, and take nothing from its publisher.

use pubsub_core::{NodeName, PubSub, PubSubError, Publish};
use pubsub_gateway::Settings;
use serde_json::{Value, json};
use support::peer::STRANGER;
use support::{Peer, eventually, on_peers, within};
use tempfile::TempDir;

use crate::browser::Client;
use crate::gateway::{Running, SOON};

on_peers! {
    { ours: support::OurServer, prosody: support::Prosody, ejabberd: support::Ejabberd }
    {
        the_first_row_is_heard_and_nothing_is_parked,
        a_node_that_turns_out_to_be_closed_is_refused_from_then_on,
        what_is_published_over_http_makes_the_node,
    }
}

on_peers! {
    { only_ours: support::OurServer }
    { a_thousand_channels_wait_without_a_node, a_gateway_awaits_no_more_than_it_may }
}

/// What is saved, and told on two channels.
#[derive(Debug, Publish)]
#[publish(node = "/awaiting/Note", channels("of-{author}", "notes"))]
struct Note {
    #[publish(id)]
    id: i64,
    author: String,
    is_pinned: bool,
}

/// A model whose node is not for everybody.
#[derive(Debug, Publish)]
#[publish(node = "/awaiting/Secret", access = "whitelist")]
struct Secret {
    #[publish(id)]
    id: i64,
}

/// Over the connection of an account.
async fn gateway(peer: &Peer, user: &str) -> Running {
    let builder = PubSub::builder().without_models();
    let pubsub = builder.url(&peer.url(user)).unwrap().connect();
    Running::over(within(SOON, pubsub).await.unwrap(), Settings::default()).await
}

/// The program of somebody else, with a store of its own.
async fn publisher(peer: &Peer) -> (PubSub, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", directory.path().join("ann.db").display());
    let builder = PubSub::builder().url(&peer.url("ann")).unwrap();
    let pubsub = builder.store(&store).unwrap().connect();
    (within(SOON, pubsub).await.unwrap(), directory)
}

fn note(id: i64) -> Note {
    Note {
        id,
        author: "5".to_owned(),
        is_pinned: id == 1,
    }
}

/// The row in the next message.
async fn row(socket: &mut Client) -> Value {
    let message = socket.json().await;
    let text = message["text"]
        .as_str()
        .unwrap_or_else(|| panic!("{message}"));
    serde_json::from_str(text).unwrap_or_else(|_| panic!("no JSON: {text}"))
}

async fn the_first_row_is_heard_and_nothing_is_parked(peer: Peer) {
    let gateway = gateway(&peer, STRANGER).await;
    let mut sockets = Vec::new();
    for channel in ["awaiting.Note", "of-5", "notes"] {
        sockets.push(gateway.websocket(&format!("/ws/{channel}")).await);
    }
    let (ann, _directory) = publisher(&peer).await;
    for id in 1..=3 {
        note(id).save_with(&ann).await.unwrap();
    }
    assert!(ann.flush(SOON).await);
    for socket in &mut sockets {
        for id in 1..=3 {
            let expected = json!({"author": "5", "id": id, "is_pinned": id == 1});
            let mut row = row(socket).await;
            row.as_object_mut().unwrap().remove("resource_uri");
            assert_eq!(row, expected);
        }
    }
    note(4).save_with(&ann).await.unwrap();
    for socket in &mut sockets {
        assert_eq!(row(socket).await["id"], 4, "nothing is heard twice");
    }
    assert_eq!(ann.store().unwrap().depth().await.unwrap().parked, 0);
    let node = NodeName::new("of-5").unwrap();
    ann.session().unwrap().configuration(&node).await.unwrap();
    let refused = gateway.pubsub.session().unwrap().configuration(&node).await;
    assert!(
        matches!(refused, Err(PubSubError::Forbidden { .. })),
        "{refused:?}"
    );
}

async fn a_node_that_turns_out_to_be_closed_is_refused_from_then_on(peer: Peer) {
    let gateway = gateway(&peer, STRANGER).await;
    // Nobody knows yet.
    let _socket = gateway.websocket("/ws/awaiting.Secret").await;
    let (ann, _directory) = publisher(&peer).await;
    Secret { id: 1 }.save_with(&ann).await.unwrap();
    assert!(ann.flush(SOON).await);
    let refused = eventually(SOON, async || {
        let mut client = Client::connect(gateway.address).await;
        client.send("GET", "/ev/awaiting.Secret", &[], "").await;
        let answer = client.head().await;
        (answer.status == 403).then(|| answer.explain().to_owned())
    });
    let refused = refused.await;
    assert!(!refused.is_empty());
}

async fn what_is_published_over_http_makes_the_node(peer: Peer) {
    let gateway = gateway(&peer, "bob").await;
    let mut socket = gateway.websocket("/ws/news").await;
    gateway.publish("news", "hello").await;
    assert_eq!(socket.json().await["text"], "hello");
    let nodes = gateway.pubsub.nodes().await.unwrap();
    assert!(nodes.iter().any(|node| node == "news"), "{nodes:?}");
}

async fn a_thousand_channels_wait_without_a_node(peer: Peer) {
    let gateway = gateway(&peer, "bob").await;
    let mut sockets = Vec::new();
    for socket in 0..10 {
        let channels: Vec<_> = (0..100).map(|n| format!("of-{socket}{n:02}")).collect();
        let path = format!("/ws/{}", channels.join("/"));
        sockets.push(gateway.websocket(&path).await);
    }
    assert!(gateway.pubsub.nodes().await.unwrap().is_empty());
    let (ann, _directory) = publisher(&peer).await;
    for (number, socket) in sockets.iter_mut().enumerate() {
        let node = NodeName::new(format!("of-{number}42")).unwrap();
        ann.publish(&node, "there").await.unwrap();
        assert_eq!(socket.json().await["text"], "there");
    }
    assert_eq!(ann.nodes().await.unwrap().len(), 10);
}

async fn a_gateway_awaits_no_more_than_it_may(_: Peer) {
    let config = pubsub_server::Config {
        listen: ([127, 0, 0, 1], 0).into(),
        accounts: vec![("bob".to_owned(), "secret".to_owned())],
        limits: pubsub_server::Limits {
            awaited_per_account: 2,
            ..pubsub_server::Limits::default()
        },
        ..pubsub_server::Config::default()
    };
    let server = pubsub_server::Server::spawn(config).await.unwrap();
    let url = format!(
        "xmpp://bob:secret@localhost?connect={}&tls=off",
        server.addr()
    );
    let builder = PubSub::builder().without_models().url(&url).unwrap();
    let pubsub = within(SOON, builder.connect()).await.unwrap();
    let gateway = Running::over(pubsub, Settings::default()).await;
    let _first = gateway.websocket("/ws/one/two").await;
    let mut client = Client::connect(gateway.address).await;
    client.send("GET", "/ev/three", &[], "").await;
    let answer = client.head().await;
    assert_eq!(answer.status, 503, "{answer:?}");
    // A node that exists is not awaited.
    let ann = NodeName::new("four").unwrap();
    gateway.pubsub.publish(&ann, "x").await.unwrap();
    let _fourth = gateway.websocket("/ws/four").await;
    server.shutdown().await;
}
