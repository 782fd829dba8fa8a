//! BOSH and WebSocket as clients see them that know the standards by heart, and as others see them that mean no good.

#[path = "http/bosh.rs"]
mod bosh;
#[path = "http/bosh_hostile.rs"]
mod bosh_hostile;
#[path = "http/bosh_loss.rs"]
mod bosh_loss;
#[path = "http/bosh_order.rs"]
mod bosh_order;
#[path = "http/doors.rs"]
mod doors;
#[path = "http/idle.rs"]
mod idle;
#[path = "http/nginx.rs"]
mod nginx;
#[path = "http/program.rs"]
mod program;
#[path = "http/proxy.rs"]
mod proxy;
#[path = "http/websocket.rs"]
mod websocket;
#[path = "http/websocket_hostile.rs"]
mod websocket_hostile;

use std::net::SocketAddr;
use std::time::Duration;

use pubsub_server::{Config, Http, Limits, NodeCreation, RunningServer, Server};
use support::RawClient;

const PATIENCE: Duration = Duration::from_secs(20);

fn config() -> Config {
    Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        accounts: ["ann", "bob"]
            .map(|name| (name.to_owned(), "secret".to_owned()))
            .to_vec(),
        scram_iterations: 16,
        anonymous: true,
        node_creation: NodeCreation::Everyone,
        http: Http {
            listen: Some("127.0.0.1:0".parse().unwrap()),
            ..Http::default()
        },
        ..Config::default()
    }
}

async fn server() -> RunningServer {
    Server::spawn(config()).await.unwrap()
}

async fn server_with(limits: Limits) -> RunningServer {
    Server::spawn(Config { limits, ..config() }).await.unwrap()
}

fn door(server: &RunningServer) -> SocketAddr {
    server.http_addr().unwrap()
}

/// A client over TCP that owns the node `/n`, which keeps nothing.
async fn publisher(server: &RunningServer) -> RawClient {
    let mut client = RawClient::login(server.addr(), "ann", "secret")
        .await
        .unwrap();
    let answer = client
        .request(
            "set",
            "pubsub.localhost",
            "<pubsub xmlns='http://jabber.org/protocol/pubsub'><create node='/n'/><configure><x xmlns='jabber:x:data' type='submit'>\
             <field var='pubsub#persist_items'><value>0</value></field></x></configure></pubsub>",
        )
        .await
        .unwrap();
    assert!(answer.contains("type='result'"), "{answer}");
    client
}

async fn publish(client: &mut RawClient, id: &str, text: &str) {
    let publish = format!(
        "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='/n'><item id='{id}'><x xmlns='urn:x'>{text}</x></item></publish></pubsub>"
    );
    let answer = client
        .request("set", "pubsub.localhost", &publish)
        .await
        .unwrap();
    assert!(answer.contains("type='result'"), "{answer}");
}

/// The IQ that subscribes `jid` to `/n`.
fn subscribe(jid: &str) -> String {
    format!(
        "<iq xmlns='jabber:client' type='set' id='subscribe' to='pubsub.localhost'>\
         <pubsub xmlns='http://jabber.org/protocol/pubsub'><subscribe node='/n' jid='{jid}'/></pubsub></iq>"
    )
}

/// A ping to the server.
fn ping(id: &str) -> String {
    format!(
        "<iq xmlns='jabber:client' type='get' id='{id}' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>"
    )
}
