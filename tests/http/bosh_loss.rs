//! What BOSH says must arrive: an answer that was lost with its connection is said to the next request.

use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::body::Bytes;
use pubsub_server::{HttpClient, RunningServer};
use support::{BoshClient, RawClient, eventually, within};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::{PATIENCE, door, publish, publisher, server, subscribe};

async fn subscribed(server: &RunningServer) -> (BoshClient, RawClient) {
    let ann = publisher(server).await;
    let mut bob = BoshClient::login(door(server), "bob", "secret")
        .await
        .unwrap();
    let jid = bob.jid.clone();
    bob.ask("", &subscribe(&jid)).await.unwrap();
    (bob, ann)
}

/// Sends the next request on a connection that stays open, byte by byte as a browser would.
async fn send(client: &mut BoshClient, attributes: &str, content: &str) -> TcpStream {
    let body = client.body(client.rid, attributes, content);
    client.rid += 1;
    let mut stream = TcpStream::connect(client.address).await.unwrap();
    let request = format!(
        "POST /xmpp-httpbind HTTP/1.1\r\nHost: {}\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n{body}",
        client.address,
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Reads until `needle` has come.
async fn read_until(stream: &mut TcpStream, needle: &str) -> String {
    let mut all = Vec::new();
    within(PATIENCE, async {
        while !String::from_utf8_lossy(&all).contains(needle) {
            assert!(stream.read_buf(&mut all).await.unwrap() > 0);
        }
    })
    .await;
    String::from_utf8_lossy(&all).into_owned()
}

#[tokio::test]
async fn nothing_is_said_to_a_request_whose_client_is_gone() {
    let server = server().await;
    let (mut bob, mut ann) = subscribed(&server).await;
    for round in 0..2 {
        // What the server says to whom is decided by what it has noticed: that the request is there, and later that its client is not.
        let held = send(&mut bob, "", "").await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        drop(held);
        tokio::time::sleep(Duration::from_millis(200)).await;
        let id = format!("round-{round}");
        publish(&mut ann, &id, "").await;
        let next = bob.ask("", "").await.unwrap();
        assert_eq!(next.matches("<item id='").count(), 1, "{next}");
        assert!(next.contains(&id), "{next}");
    }
}

#[tokio::test]
async fn what_was_written_to_a_connection_that_is_torn_down_is_said_again() {
    let server = server().await;
    let (mut bob, mut ann) = subscribed(&server).await;
    let held = send(&mut bob, "", "").await;
    publish(&mut ann, "a", "").await;
    // The answer is there, and nobody reads it: closing now resets the connection.
    within(PATIENCE, held.readable()).await.unwrap();
    drop(held);
    let next = bob.ask("", "").await.unwrap();
    assert_eq!(next.matches("<item id='a'").count(), 1, "{next}");
    // Once is enough.
    publish(&mut ann, "b", "").await;
    let next = bob.ask("", "").await.unwrap();
    assert!(!next.contains("<item id='a'"), "{next}");
}

#[tokio::test]
async fn what_was_read_is_not_said_again() {
    let server = server().await;
    let (mut bob, mut ann) = subscribed(&server).await;
    for (round, is_closed) in [false, true].into_iter().enumerate() {
        let mut held = send(&mut bob, "", "").await;
        let id = format!("round-{round}");
        publish(&mut ann, &id, "").await;
        let event = read_until(&mut held, "</body>").await;
        assert!(event.contains(&id), "{event}");
        let kept = (!is_closed).then_some(held);
        publish(&mut ann, "then", "").await;
        let next = bob.ask("", "").await.unwrap();
        assert!(
            !next.contains(&id) && next.contains("<item id='then'"),
            "{next}"
        );
        drop(kept);
    }
}

#[tokio::test]
async fn a_page_that_announces_itself_again_hears_what_nothing_has_followed() {
    let server = server().await;
    let (mut bob, mut ann) = subscribed(&server).await;
    let presence = "<presence xmlns='jabber:client'/>";
    let mut first = send(&mut bob, "", presence).await;
    publish(&mut ann, "a", "").await;
    read_until(&mut first, "<item id='a'").await;
    // The page that has read it is gone, and another takes the session over.
    let next = bob.ask("", presence).await.unwrap();
    assert_eq!(next.matches("<item id='a'").count(), 1, "{next}");
    // This one goes on: it has asked since, and is told nothing twice.
    let mut held = send(&mut bob, "", "").await;
    publish(&mut ann, "b", "").await;
    read_until(&mut held, "<item id='b'").await;
    let mut held = send(&mut bob, "", "").await;
    publish(&mut ann, "c", "").await;
    read_until(&mut held, "<item id='c'").await;
    publish(&mut ann, "d", "").await;
    let next = bob.ask("", presence).await.unwrap();
    for (id, times) in [("a", 0), ("b", 0), ("c", 1), ("d", 1)] {
        assert_eq!(
            next.matches(&format!("<item id='{id}'")).count(),
            times,
            "{id} in {next}"
        );
    }
}

/// Hands a request in without a connection, as another HTTP server does.
async fn handle(server: &RunningServer, body: String) -> hyper::Response<pubsub_server::HttpBody> {
    let request = Request::post("/xmpp-httpbind")
        .body(Full::new(Bytes::from(body)))
        .unwrap();
    let client = HttpClient {
        address: "127.0.0.1:1".parse().unwrap(),
        is_encrypted: false,
    };
    server.http_service().handle(request, client).await
}

#[tokio::test]
async fn an_answer_that_another_server_does_not_take_is_said_again() {
    let server = server().await;
    let (mut bob, mut ann) = subscribed(&server).await;
    let next_body = |bob: &mut BoshClient| {
        bob.rid += 1;
        bob.body(bob.rid - 1, "", "")
    };
    let text = async |response: hyper::Response<pubsub_server::HttpBody>| {
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    // The response is dropped unread.
    publish(&mut ann, "a", "").await;
    drop(handle(&server, next_body(&mut bob)).await);
    let next = text(handle(&server, next_body(&mut bob)).await).await;
    assert!(next.contains("<item id='a'"), "{next}");
    // The future is dropped while it waits.
    let body = next_body(&mut bob);
    assert!(
        tokio::time::timeout(Duration::from_millis(100), handle(&server, body))
            .await
            .is_err()
    );
    publish(&mut ann, "b", "").await;
    let next = text(handle(&server, next_body(&mut bob)).await).await;
    assert!(
        next.contains("<item id='b'") && !next.contains("<item id='a'"),
        "{next}"
    );
}

#[tokio::test]
async fn a_client_that_is_gone_without_a_word_leaves_its_subscriptions_when_it_was_anonymous() {
    let mut config = crate::config();
    config.http.bosh.inactivity = Duration::from_millis(200);
    let server = pubsub_server::Server::spawn(config).await.unwrap();
    let mut ann = publisher(&server).await;
    let mut nobody = BoshClient::anonymous(door(&server)).await.unwrap();
    let jid = nobody.jid.clone();
    nobody.ask("", &subscribe(&jid)).await.unwrap();
    let count = "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><subscriptions node='/n'/></pubsub>";
    let answer = ann.request("get", "pubsub.localhost", count).await.unwrap();
    assert!(answer.contains(&jid), "{answer}");
    drop(nobody);
    let ann = std::sync::Arc::new(tokio::sync::Mutex::new(ann));
    eventually(PATIENCE, || {
        let (ann, jid) = (ann.clone(), jid.clone());
        async move {
            let answer = ann
                .lock()
                .await
                .request("get", "pubsub.localhost", count)
                .await
                .unwrap();
            (!answer.contains(&jid)).then_some(())
        }
    })
    .await;
}
