//! Many clients at once: who wait, who log in together, who come back together, and who do not read. Also input that is wrong in ways nobody
//! thought of. What our server promises then is what it promises one client.

#[path = "storms/crowd.rs"]
mod crowd;
#[path = "storms/mangled.rs"]
mod mangled;
#[path = "storms/returning.rs"]
mod returning;

use std::time::Duration;

use pubsub_server::{Config, Http, Limits, RunningServer, Server};
use support::RawClient;

const PATIENCE: Duration = Duration::from_mins(1);

const HEADER: &str = "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' \
    xmlns:stream='http://etherx.jabber.org/streams'>";

async fn server(limits: Limits) -> RunningServer {
    let config = Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        accounts: ["ann", "bob"]
            .map(|name| (name.to_owned(), "secret".to_owned()))
            .to_vec(),
        scram_iterations: 16,
        anonymous: true,
        http: Http {
            listen: Some("127.0.0.1:0".parse().unwrap()),
            ..Http::default()
        },
        limits,
        ..Config::default()
    };
    Server::spawn(config).await.unwrap()
}

async fn login(server: &RunningServer, user: &str) -> RawClient {
    RawClient::login(server.addr(), user, "secret")
        .await
        .unwrap()
}

async fn ask(client: &mut RawClient, content: &str) {
    let content = format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{content}</pubsub>");
    let answer = client
        .request("set", "pubsub.localhost", &content)
        .await
        .unwrap();
    assert!(answer.contains("type='result'"), "{answer}");
}

/// A client that owns a node, which keeps nothing.
async fn publisher(server: &RunningServer, node: &str) -> RawClient {
    let mut ann = login(server, "ann").await;
    let transient = "<x xmlns='jabber:x:data' type='submit'><field var='pubsub#persist_items'><value>0</value></field></x>";
    ask(
        &mut ann,
        &format!("<create node='{node}'/><configure>{transient}</configure>"),
    )
    .await;
    ann
}

async fn publish(client: &mut RawClient, node: &str, item: usize, text: &str) {
    let payload = format!("<x xmlns='urn:x'>{text}</x>");
    ask(
        client,
        &format!("<publish node='{node}'><item id='{item}'>{payload}</item></publish>"),
    )
    .await;
}

/// A guest that listens to `/n`.
async fn listener(server: &RunningServer) -> RawClient {
    listens(RawClient::anonymous(server.addr()).await.unwrap(), "/n")
        .await
        .0
}

/// The same, of somebody who is a guest already.
async fn listens((mut client, jid): (RawClient, String), node: &str) -> (RawClient, String) {
    ask(
        &mut client,
        &format!("<subscribe node='{node}' jid='{jid}'/>"),
    )
    .await;
    (client, jid)
}

/// Reads notifications up to the item `last`, and checks that they are all there, once and in order, from `first` on.
async fn hear(client: &mut RawClient, first: usize, last: usize) {
    for item in first..=last {
        let message = client.message().await.unwrap();
        assert!(
            message.contains(&format!("<item id='{item}'")),
            "{item} was awaited: {message}"
        );
    }
}
