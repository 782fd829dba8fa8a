//! What our server keeps on disk: over restarts, under `kill -9`, while the disk is slow, and when it fails.

#[path = "durable/disk.rs"]
mod disk;
#[path = "durable/kill.rs"]
mod kill;
#[path = "durable/lost.rs"]
mod lost;
#[path = "durable/ordeal.rs"]
mod ordeal;
#[path = "durable/people.rs"]
mod people;
#[path = "durable/program.rs"]
mod program;
#[path = "durable/restart.rs"]
mod restart;
#[path = "durable/rooms.rs"]
mod rooms;
#[path = "durable/waiting.rs"]
mod waiting;

use std::sync::Arc;
use std::time::Duration;

use pubsub_server::{Config, RunningServer, Server, Storage};
use support::RawClient;

const PATIENCE: Duration = Duration::from_secs(20);

const PUBSUB: &str = "http://jabber.org/protocol/pubsub";

async fn server(storage: impl Storage) -> RunningServer {
    let config = Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        accounts: ["ann", "bob"]
            .map(|name| (name.to_owned(), "secret".to_owned()))
            .to_vec(),
        anonymous: true,
        scram_iterations: 16,
        storage: Arc::new(storage),
        ..Config::default()
    };
    Server::spawn(config).await.unwrap()
}

async fn login(server: &RunningServer, user: &str) -> RawClient {
    RawClient::login(server.addr(), user, "secret")
        .await
        .unwrap()
}

async fn ask(client: &mut RawClient, kind: &str, content: &str) -> String {
    let content = format!("<pubsub xmlns='{PUBSUB}'>{content}</pubsub>");
    client
        .request(kind, "pubsub.localhost", &content)
        .await
        .unwrap()
}

/// The same as the owner of the node.
async fn manage(client: &mut RawClient, kind: &str, content: &str) -> String {
    let content = format!("<pubsub xmlns='{PUBSUB}#owner'>{content}</pubsub>");
    client
        .request(kind, "pubsub.localhost", &content)
        .await
        .unwrap()
}

/// A form with these options, for a node's configuration.
fn form(options: &[(&str, &str)]) -> String {
    let fields: String = options
        .iter()
        .map(|(name, value)| format!("<field var='pubsub#{name}'><value>{value}</value></field>"))
        .collect();
    format!("<x xmlns='jabber:x:data' type='submit'>{fields}</x>")
}

fn create(node: &str, options: &[(&str, &str)]) -> String {
    format!(
        "<create node='{node}'/><configure>{}</configure>",
        form(options)
    )
}

fn item(id: &str, text: &str) -> String {
    format!("<item id='{id}'><x xmlns='urn:x'>{text}</x></item>")
}

fn publish(node: &str, id: &str, text: &str) -> String {
    format!("<publish node='{node}'>{}</publish>", item(id, text))
}

fn subscribe(node: &str, user: &str) -> String {
    format!("<subscribe node='{node}' jid='{user}@localhost'/>")
}

/// The ids of the items that an answer holds, in its order.
fn ids(answer: &str) -> Vec<String> {
    answer
        .split("<item id='")
        .skip(1)
        .map(|rest| rest.split('\'').next().unwrap_or_default().to_owned())
        .collect()
}

async fn items(client: &mut RawClient, node: &str) -> Vec<String> {
    let answer = ask(client, "get", &format!("<items node='{node}'/>")).await;
    assert!(answer.contains("type='result'"), "{answer}");
    ids(&answer)
}

#[track_caller]
fn assert_done(answer: &str) {
    assert!(answer.contains("type='result'"), "{answer}");
}
