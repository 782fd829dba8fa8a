//! The test support itself: the servers start, serve, and survive a kill.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use sqlx::{Connection as _, Executor as _, PgConnection};
use support::peer::{MAKERS, PASSWORD, STRANGER};
use support::{
    Ejabberd, Link, OurServer, Peer, PostgresServer, Prosody, Proxy, RawClient, Slixmpp,
    eventually, within,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const PUBSUB: &str = "http://jabber.org/protocol/pubsub";

#[tokio::test]
async fn our_server_serves() {
    serves(OurServer::start().await).await;
}

#[tokio::test]
async fn prosody_serves() {
    serves(Prosody::start().await).await;
}

#[tokio::test]
async fn ejabberd_serves() {
    serves(Ejabberd::start().await).await;
}

#[tokio::test]
async fn prosody_keeps_items_over_a_kill() {
    keeps_items_over_a_kill(Prosody::start().await).await;
}

#[tokio::test]
async fn ejabberd_keeps_items_over_a_kill() {
    keeps_items_over_a_kill(Ejabberd::start().await).await;
}

async fn serves(peer: Peer) {
    let [maker, _] = MAKERS;
    let mut ann = RawClient::login(peer.address(), maker, PASSWORD)
        .await
        .unwrap();
    assert!(
        publish(&peer, &mut ann, "a")
            .await
            .contains("type='result'")
    );
    let mut eve = RawClient::login(peer.address(), STRANGER, PASSWORD)
        .await
        .unwrap();
    assert!(publish(&peer, &mut eve, "b").await.contains("<forbidden"));
    let refused = RawClient::login(peer.address(), STRANGER, "wrong").await;
    assert!(refused.unwrap_err().contains("not-authorized"));
}

async fn keeps_items_over_a_kill(mut peer: Peer) {
    let [maker, _] = MAKERS;
    let mut ann = RawClient::login(peer.address(), maker, PASSWORD)
        .await
        .unwrap();
    publish(&peer, &mut ann, "a").await;
    peer.settle().await;
    peer.kill();
    let closed = within(Duration::from_secs(5), ann.until_any(&["never"])).await;
    assert!(closed.is_err());
    peer.restart().await;
    let mut ann = RawClient::login(peer.address(), maker, PASSWORD)
        .await
        .unwrap();
    let content = format!("<pubsub xmlns='{PUBSUB}'><items node='/harness'/></pubsub>");
    let items = ann
        .request("get", peer.pubsub_service(), &content)
        .await
        .unwrap();
    assert!(items.contains("<entry"), "{items}");
}

async fn publish(peer: &Peer, client: &mut RawClient, id: &str) -> String {
    let content = format!(
        "<pubsub xmlns='{PUBSUB}'><publish node='/harness'><item id='{id}'><entry xmlns='urn:x'/></item></publish></pubsub>"
    );
    client
        .request("set", peer.pubsub_service(), &content)
        .await
        .unwrap()
}

#[tokio::test]
async fn proxy_cuts_stalls_refuses_and_counts() {
    let deadline = Duration::from_secs(5);
    let echo = Echo::start().await;
    let proxy = Proxy::before(echo.address).await;
    let mut line = TcpStream::connect(proxy.address()).await.unwrap();
    within(deadline, asks(&mut line, b"<auth x")).await.unwrap();
    assert_eq!((proxy.connections(), proxy.logins()), (1, 1));

    proxy.set(Link::AnswersStalled);
    let heard = echo.heard.load(Ordering::SeqCst);
    line.write_all(b"unanswered").await.unwrap();
    let heard_more = async || (echo.heard.load(Ordering::SeqCst) == heard + 10).then_some(());
    eventually(deadline, heard_more).await;
    let mut buffer = [0; 10];
    let answer =
        tokio::time::timeout(Duration::from_millis(50), line.read_exact(&mut buffer)).await;
    assert!(answer.is_err(), "an answer came though answers are stalled");
    proxy.set(Link::Up);
    within(deadline, line.read_exact(&mut buffer))
        .await
        .unwrap();

    proxy.cut();
    assert!(within(deadline, asks(&mut line, b"gone")).await.is_err());
    proxy.set(Link::Refusing);
    let mut line = TcpStream::connect(proxy.address()).await.unwrap();
    assert!(within(deadline, asks(&mut line, b"refused")).await.is_err());
    proxy.set(Link::Up);
    let mut line = TcpStream::connect(proxy.address()).await.unwrap();
    within(deadline, asks(&mut line, b"back")).await.unwrap();
    assert_eq!(proxy.connections(), 3);
}

/// A server that sends everything back.
struct Echo {
    address: SocketAddr,
    heard: Arc<AtomicUsize>,
}

impl Echo {
    async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(AtomicUsize::new(0));
        let ear = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let ear = Arc::clone(&ear);
                tokio::spawn(async move {
                    let mut buffer = [0; 1024];
                    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                        ear.fetch_add(read, Ordering::SeqCst);
                        drop(stream.write_all(&buffer[..read]).await);
                    }
                });
            }
        });
        Self { address, heard }
    }
}

async fn asks(line: &mut TcpStream, question: &[u8]) -> std::io::Result<()> {
    line.write_all(question).await?;
    let mut answer = vec![0; question.len()];
    line.read_exact(&mut answer).await.map(drop)
}

#[tokio::test]
async fn slixmpp_talks_to_prosody() {
    slixmpp_talks_to(Prosody::start().await).await;
}

#[tokio::test]
async fn slixmpp_talks_to_ejabberd() {
    slixmpp_talks_to(Ejabberd::start().await).await;
}

async fn slixmpp_talks_to(peer: Peer) {
    let mut ann = Slixmpp::login(peer.address(), "ann", PASSWORD).await;
    let mut bob = Slixmpp::login(peer.address(), "bob", PASSWORD).await;
    let config = json!({"pubsub#title": "Here", "pubsub#notify_retract": "1"});
    ann.tell("create", json!({"node": "/n", "config": config}))
        .await
        .unwrap();
    assert_eq!(
        ann.tell("configuration", json!({"node": "/n"}))
            .await
            .unwrap()["pubsub#title"],
        "Here"
    );
    assert_eq!(
        bob.tell("subscribe", json!({"node": "/n"})).await.unwrap(),
        "subscribed"
    );
    let item = json!({"node": "/n", "item": "1", "payload": "<a xmlns='urn:a'>&lt;</a>"});
    assert_eq!(ann.tell("publish", item).await.unwrap(), "1");
    let event = bob.event().await;
    assert_eq!(
        (&event["event"], &event["item"]),
        (&json!("published"), &json!("1")),
        "{event}"
    );
    assert_eq!(
        bob.tell("items", json!({"node": "/n"})).await.unwrap()[0]["item"],
        "1"
    );
    ann.tell(
        "retract",
        json!({"node": "/n", "item": "1", "notify": true}),
    )
    .await
    .unwrap();
    assert_eq!(bob.event().await["event"], "retracted");
    let missing = bob.tell("items", json!({"node": "/missing"})).await;
    assert_eq!(missing.unwrap_err().condition, "item-not-found");
}

#[tokio::test]
async fn postgresql_keeps_rows_over_a_kill() {
    let mut server = PostgresServer::start().await;
    let url = server.database().await;
    let mut connection = PgConnection::connect(&url).await.unwrap();
    // Sorted by a language, as the store must not rely on the order of bytes.
    let text = "CREATE TABLE t AS SELECT * FROM (VALUES ('b'), ('B'), ('a')) AS v (text)";
    connection.execute(text).await.unwrap();
    server.kill();
    // A process that serves a connection may outlive its parent by a moment.
    within(Duration::from_secs(30), async {
        while connection.execute("SELECT 1").await.is_ok() {}
    })
    .await;
    server.restart().await;
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let sorted = "SELECT string_agg(text, '' ORDER BY text) FROM t";
    let sorted: String = sqlx::query_scalar(sorted)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(sorted, "abB");
}
