//! Requests of BOSH that overtake each other, each on a connection of its own, and clients that have few connections (XEP-0124 §11, §14).
//!
//! Whoever waits here waits for 60 seconds unless the order itself has the request answered, which is longer than the patience of a test.

use support::bosh::{BoshClient, between};
use support::{base64, within};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::{PATIENCE, door, ping, server};

const RESTART: &str = "to='localhost' xmpp:restart='true' xmlns:xmpp='urn:xmpp:xbosh'";
const BIND: &str = "<iq xmlns='jabber:client' type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";
/// What nobody answers.
const PRESENCE: &str = "<presence xmlns='jabber:client'/>";

/// What becomes of a request that has overtaken the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It waits for its turn.
    Waiting,
    /// Its connection is closed before it is its turn, and it comes once more.
    Closed,
}

fn auth() -> String {
    format!(
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{}</auth>",
        base64(b"\0bob\0secret")
    )
}

async fn open(client: &BoshClient) -> TcpStream {
    TcpStream::connect(client.address).await.unwrap()
}

async fn send(stream: &mut TcpStream, body: &str) {
    let head = format!(
        "POST /xmpp-httpbind HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let request = [head.as_bytes(), body.as_bytes()].concat();
    stream.write_all(&request).await.unwrap();
}

/// The body of the answer.
async fn answer(mut stream: TcpStream) -> String {
    let mut whole = String::new();
    within(PATIENCE, stream.read_to_string(&mut whole))
        .await
        .unwrap();
    let (head, body) = whole.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 "), "{whole}");
    body.to_owned()
}

/// Sends the next two requests, the later one first, though its connection is the newer one; the server has it before the other is sent.
async fn overtake(
    client: &mut BoshClient,
    [first, second]: [(&str, &str); 2],
    fate: Fate,
) -> [TcpStream; 2] {
    let later = client.body(client.rid + 1, second.0, second.1);
    let earlier = client.body(client.rid, first.0, first.1);
    client.rid += 2;
    let mut early = open(client).await;
    let mut late = arrive(client, &later).await;
    if fate == Fate::Closed {
        drop(late);
        late = arrive(client, &later).await;
    }
    send(&mut early, &earlier).await;
    [early, late]
}

/// Sends a request that is not yet to be answered, and returns when the server has it: of two copies it answers the older one with nothing as
/// soon as it has both.
async fn arrive(client: &BoshClient, body: &str) -> TcpStream {
    let mut copies = [open(client).await, open(client).await];
    for copy in &mut copies {
        send(copy, body).await;
    }
    let [one, other] = &copies;
    let is_one = within(PATIENCE, async {
        tokio::select! {
            ready = one.readable() => ready.map(|()| true),
            ready = other.readable() => ready.map(|()| false),
        }
    });
    let is_one = is_one.await.unwrap();
    let [one, other] = copies;
    let (older, newer) = if is_one { (one, other) } else { (other, one) };
    assert_eq!(answer(older).await, "");
    newer
}

#[tokio::test]
async fn every_step_may_be_overtaken_by_the_next() {
    let server = server().await;
    for fate in [Fate::Waiting, Fate::Closed] {
        for hold in [1, 2] {
            let terms = format!("wait='60' hold='{hold}' ver='1.6'");
            let mut client = BoshClient::begin(door(&server), &terms).await.unwrap();
            let (auth, pings) = (auth(), ["a", "b", "c"].map(ping));
            let mut whole = String::new();
            let mut held = None;
            for pair in [
                [("", &*auth), (RESTART, "")],
                [("", BIND), ("", &*pings[0])],
                [("", &*pings[1]), ("", &*pings[2])],
                [("", PRESENCE), ("type='terminate'", "")],
            ] {
                let [early, late] = overtake(&mut client, pair, fate).await;
                if let Some(held) = held.replace(late) {
                    whole += &answer(held).await;
                }
                // No more than one is held, so this one is answered, be there something to say or not.
                whole += &answer(early).await;
            }
            whole += &answer(held.unwrap()).await;
            let places = [
                "<success ",
                "<stream:features ",
                "<jid>",
                "id='a'",
                "id='b'",
                "id='c'",
                "type='terminate'",
            ]
            .map(|words| {
                assert_eq!(
                    whole.matches(words).count(),
                    1,
                    "{fate:?}, hold {hold}: {words} in {whole}"
                );
                whole.find(words).unwrap()
            });
            assert!(places.is_sorted(), "{fate:?}, hold {hold}: {whole}");
        }
    }
    server.shutdown().await;
}

/// stanza.js has two connections, and wants two requests held. If that were granted, a request that asks nothing and one that nothing answers
/// would take both, and what it has to say next would wait for 30 seconds.
#[tokio::test]
async fn two_connections_are_enough_to_go_on_speaking() {
    let server = server().await;
    let mut client = BoshClient::begin(door(&server), "wait='60' hold='2' ver='1.6'")
        .await
        .unwrap();
    client.ask("", &auth()).await.unwrap();
    client.ask(RESTART, "").await.unwrap();
    let bound = client.ask("", BIND).await.unwrap();
    assert!(between(&bound, "<jid>", "</jid>").is_some(), "{bound}");
    let next = async |client: &mut BoshClient, content: &str| {
        let mut stream = open(client).await;
        send(&mut stream, &client.body(client.rid, "", content)).await;
        client.rid += 1;
        stream
    };
    let mut held = next(&mut client, "").await;
    for round in 0..5 {
        let newer = next(&mut client, PRESENCE).await;
        assert!(!answer(held).await.contains("terminate"), "{round}");
        held = newer;
    }
    let last = next(&mut client, &ping("p")).await;
    let pong = answer(held).await;
    assert!(pong.contains("id='p'"), "{pong}");
    drop(last);
    server.shutdown().await;
}
