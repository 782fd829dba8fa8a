//! What our server does with clients that are hostile, slow, silent or gone, and with its own end.

#[path = "server_limits/bounds.rs"]
mod bounds;
#[path = "server_limits/end.rs"]
mod end;
#[path = "server_limits/gone.rs"]
mod gone;
#[path = "server_limits/hostile.rs"]
mod hostile;
#[path = "server_limits/slow.rs"]
mod slow;

use std::net::SocketAddr;
use std::time::Duration;

use pubsub_server::{Config, Limits, RunningServer, Server};
use support::{RawClient, within};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const PATIENCE: Duration = Duration::from_secs(20);

const HEADER: &str = "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' \
    xmlns:stream='http://etherx.jabber.org/streams'>";

/// SASL PLAIN as ann, whose password is secret.
const ANN: &str =
    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGFubgBzZWNyZXQ=</auth>";

fn config() -> Config {
    Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        accounts: ["ann", "bob", "cat"]
            .map(|name| (name.to_owned(), "secret".to_owned()))
            .to_vec(),
        scram_iterations: 16,
        ..Config::default()
    }
}

async fn server(limits: Limits) -> RunningServer {
    Server::spawn(Config { limits, ..config() }).await.unwrap()
}

async fn login(server: &RunningServer, user: &str) -> RawClient {
    RawClient::login(server.addr(), user, "secret")
        .await
        .unwrap()
}

async fn ask(client: &mut RawClient, kind: &str, content: &str) -> String {
    let content = format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{content}</pubsub>");
    client
        .request(kind, "pubsub.localhost", &content)
        .await
        .unwrap()
}

fn publish(node: &str, item: &str, text: &str) -> String {
    format!("<publish node='{node}'><item id='{item}'><x xmlns='urn:x'>{text}</x></item></publish>")
}

/// Sends everything at once and returns all that comes until the server closes.
async fn say(address: SocketAddr, words: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(words).await.unwrap();
    rest(&mut stream).await
}

async fn rest(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let _ = within(PATIENCE, stream.read_to_end(&mut all)).await;
    String::from_utf8_lossy(&all).into_owned()
}

#[track_caller]
fn assert_ended(answer: &str, condition: &str, about: &str) {
    let error = format!("<stream:error><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>");
    assert!(answer.contains(&error), "{about}: {answer}");
    assert!(answer.ends_with("</stream:stream>"), "{about}: {answer}");
    assert_eq!(
        answer.matches("<stream:stream ").count(),
        answer.matches("<?xml").count(),
        "{about}: {answer}"
    );
}
