//! The configurations of docs/nginx.md, run by nginx.

use std::time::Duration;

use pubsub_core::{NodeName, PubSub};
use pubsub_gateway::Gateway;
use support::bosh::{PATH, post};
use support::nginx::documented;
use support::{Ejabberd, Nginx, OurServer, Peer, Prosody, WebSocketClient, http, on_peers, within};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::PATIENCE;
use crate::proxy::{hear, talk};

on_peers! {
    { ours: crate::nginx::OurServer, prosody: crate::nginx::Prosody, ejabberd: crate::nginx::Ejabberd }
    { a_client_talks_over_both, what_happens_reaches_a_held_request, other_peoples_pages_can_be_kept_out }
}

/// What is documented for this server, with its address.
fn site(peer: &Peer) -> String {
    let site = documented(peer.name());
    let behind = "server 127.0.0.1:5280;";
    assert!(site.contains(behind), "{site}");
    site.replace(behind, &format!("server {};", peer.http_address()))
}

async fn a_client_talks_over_both(peer: Peer) {
    let nginx = Nginx::start(&site(&peer)).await;
    talk(nginx.address()).await;
}

async fn what_happens_reaches_a_held_request(peer: Peer) {
    let nginx = Nginx::start(&site(&peer)).await;
    hear(&peer, nginx.address()).await;
}

async fn other_peoples_pages_can_be_kept_out(peer: Peer) {
    let check = "if ($is_welcome = 0) { return 403; }";
    let site = site(&peer).replace(
        "        proxy_pass",
        &format!("        {check}\n        proxy_pass"),
    );
    let nginx = Nginx::start(&format!("{}{site}", documented("origin"))).await;
    let address = nginx.address();
    for (origin, is_welcome) in [
        (None, true),
        (Some("https://example.org"), true),
        (Some("https://evil.example"), false),
        (Some("https://example.org.evil.example"), false),
        (Some("null"), false),
    ] {
        let mut headers: Vec<(&str, &str)> =
            origin.iter().map(|origin| ("Origin", *origin)).collect();
        // Our server judges for itself, by the name of the site.
        headers.push(("Host", "example.org"));
        let answer = post(address, &headers, "<body/>").await.unwrap();
        assert_eq!(answer.status == 403, !is_welcome, "{origin:?}: {answer:?}");
        if let Err(refused) = WebSocketClient::connect(address, &headers[..headers.len() - 1]).await
        {
            let is_403 = refused.starts_with("HTTP/1.1 403");
            // The host of a WebSocket is where it was connected to, which is not example.org.
            assert!(is_403, "{refused}");
            assert!(!is_welcome || peer.name() == "ours", "{origin:?}");
        } else {
            assert!(is_welcome, "{origin:?}");
        }
    }
}

#[tokio::test]
async fn nginx_closes_behind_what_a_client_leaves() {
    let peer = OurServer::start().await;
    let nginx = Nginx::start(&site(&peer)).await;
    let mut ann = support::BoshClient::login(nginx.address(), "ann", "secret")
        .await
        .unwrap();
    let body = ann.body(ann.rid, "", "");
    ann.rid += 1;
    let mut held = TcpStream::connect(nginx.address()).await.unwrap();
    let request = format!(
        "POST {PATH} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    held.write_all(request.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    drop(held);
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut bob = support::RawClient::login(peer.address(), "bob", "secret")
        .await
        .unwrap();
    let jid = ann.jid.clone();
    bob.send(&format!(
        "<message to='{jid}' type='chat'><body>hello</body></message>"
    ))
    .await
    .unwrap();
    let next = ann.ask("", "").await.unwrap();
    assert!(next.contains("hello"), "{next}");
}

#[tokio::test]
async fn nginx_passes_streams_of_the_gateway_on() {
    let pubsub = PubSub::builder().without_models().connect().await.unwrap();
    let gateway = Gateway::builder(pubsub.clone()).build().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let site = documented("gateway").replace(
        "127.0.0.1:8080",
        &listener.local_addr().unwrap().to_string(),
    );
    let serving =
        tokio::spawn(async move { gateway.serve(listener, std::future::pending()).await });
    let nginx = Nginx::start(&site).await;
    let mut stream = TcpStream::connect(nginx.address()).await.unwrap();
    stream
        .write_all(b"GET /events/ev/greetings HTTP/1.1\r\nHost: example.org\r\nAccept: text/event-stream\r\n\r\n")
        .await
        .unwrap();
    let mut text = Vec::new();
    let mut read_until = async |stream: &mut TcpStream, needle: &str| {
        within(PATIENCE, async {
            while !String::from_utf8_lossy(&text).contains(needle) {
                assert!(stream.read_buf(&mut text).await.unwrap() > 0);
            }
        })
        .await;
    };
    read_until(&mut stream, "text/event-stream").await;
    // What is said comes at once, although the stream goes on.
    let node = NodeName::new("greetings").unwrap();
    pubsub.publish(&node, "hello").await.unwrap();
    read_until(&mut stream, "hello").await;
    let refused = http::request(
        nginx.address(),
        "POST",
        "/events/pub?id=greetings",
        &[],
        "no",
    )
    .await
    .unwrap();
    assert_eq!(refused.status, 403);
    serving.abort();
}
