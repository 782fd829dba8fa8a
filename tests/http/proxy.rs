//! The gateway's proxy: BOSH and WebSocket on its own origin, before our server, Prosody and ejabberd alike.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use pubsub_gateway::settings::Origins;
use pubsub_gateway::{Proxy, ProxySettings};
use support::bosh::{PATH, post};
use support::{
    BoshClient, Ejabberd, OurServer, Peer, Prosody, RawClient, Site, WebSocketClient,
    free_addresses, http, on_peers, within,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::{PATIENCE, door, ping, publish, publisher, server, subscribe};

on_peers! {
    { ours: crate::proxy::OurServer, prosody: crate::proxy::Prosody, ejabberd: crate::proxy::Ejabberd }
    { a_client_talks_over_both, what_happens_reaches_a_held_request }
}

fn settings(upstream: SocketAddr) -> ProxySettings {
    ProxySettings {
        bosh: Some(format!("http://{upstream}/xmpp-httpbind")),
        websocket: Some(format!("ws://{upstream}/xmpp-websocket")),
        ..ProxySettings::default()
    }
}

async fn before(settings: ProxySettings) -> Site {
    let proxy = Proxy::new(settings).unwrap();
    Site::start(Router::new().merge(proxy.router())).await
}

/// Prosody serves a host by its name only.
async fn before_peer(peer: &Peer) -> Site {
    let address = peer.http_address();
    before(ProxySettings {
        bosh: Some(format!("http://{address}{}", peer.bosh_path())),
        websocket: Some(format!("ws://{address}{}", peer.websocket_path())),
        host: (peer.name() == "prosody").then(|| "localhost".to_owned()),
        ..ProxySettings::default()
    })
    .await
}

async fn a_client_talks_over_both(peer: Peer) {
    let site = before_peer(&peer).await;
    talk(site.address()).await;
}

/// Logs in over both, asks, and leaves.
pub(crate) async fn talk(address: SocketAddr) {
    let mut ann = BoshClient::login(address, "ann", "secret").await.unwrap();
    let pong = ann.ask("", &ping("p")).await.unwrap();
    assert!(pong.contains("id='p'"), "{pong}");
    let gone = ann.ask("type='terminate'", "").await.unwrap();
    assert!(gone.contains("type='terminate'"), "{gone}");

    let (mut bob, jid) = WebSocketClient::login(address, "bob", "secret")
        .await
        .unwrap();
    assert!(jid.starts_with("bob@localhost/"), "{jid}");
    bob.send(&ping("q")).await.unwrap();
    bob.until("id='q'").await.unwrap();
    bob.send("<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>")
        .await
        .unwrap();
    bob.until("<close ").await.unwrap();
}

async fn what_happens_reaches_a_held_request(peer: Peer) {
    let site = before_peer(&peer).await;
    hear(&peer, site.address()).await;
}

/// Holds a request there, and is told what another client says.
pub(crate) async fn hear(peer: &Peer, address: SocketAddr) {
    let mut ann = BoshClient::login(address, "ann", "secret").await.unwrap();
    let presence = "<presence xmlns='jabber:client'/>";
    let there = ann
        .ask("", &format!("{presence}{}", ping("there")))
        .await
        .unwrap();
    let there = if there.contains("there") {
        there
    } else {
        ann.ask("", "").await.unwrap()
    };
    assert!(there.contains("there"), "{there}");
    let mut bob = RawClient::login(peer.address(), "bob", "secret")
        .await
        .unwrap();
    let jid = ann.jid.clone();
    let held = tokio::spawn(async move {
        let mut all = String::new();
        while !all.contains("hello") {
            all += &ann.ask("", "").await.unwrap();
        }
        all
    });
    bob.send(&format!(
        "<message to='{jid}' type='chat'><body>hello</body></message>"
    ))
    .await
    .unwrap();
    within(PATIENCE, held).await.unwrap();
}

#[tokio::test]
async fn a_client_that_goes_away_takes_its_request_along() {
    let server = server().await;
    let site = before(settings(door(&server))).await;
    let mut ann = publisher(&server).await;
    let mut bob = BoshClient::login(site.address(), "bob", "secret")
        .await
        .unwrap();
    let jid = bob.jid.clone();
    bob.ask("", &subscribe(&jid)).await.unwrap();
    let body = bob.body(bob.rid, "", "");
    bob.rid += 1;
    let mut held = TcpStream::connect(site.address()).await.unwrap();
    let request = format!(
        "POST {PATH} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    held.write_all(request.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    drop(held);
    tokio::time::sleep(Duration::from_millis(200)).await;
    publish(&mut ann, "a", "").await;
    let next = bob.ask("", "").await.unwrap();
    assert!(next.contains("<item id='a'"), "{next}");
}

#[tokio::test]
async fn pages_of_other_origins_are_judged_at_the_door() {
    let server = server().await;
    let site = before(ProxySettings {
        origins: Origins::Listed(vec!["https://friend.example".to_owned()]),
        ..settings(door(&server))
    })
    .await;
    let own = format!("http://{}", site.address());
    for (origin, status, allowed) in [
        (own.as_str(), 200, ""),
        ("https://friend.example", 200, "https://friend.example"),
        ("https://evil.example", 403, ""),
        ("null", 403, ""),
    ] {
        let answer = post(site.address(), &[("Origin", origin)], "<body/>")
            .await
            .unwrap();
        assert_eq!(answer.status, status, "{origin}");
        assert_eq!(
            answer.header("access-control-allow-origin"),
            allowed,
            "{origin}"
        );
        let headers = [
            ("Origin", origin),
            ("Access-Control-Request-Method", "POST"),
        ];
        let preflight = http::request(site.address(), "OPTIONS", PATH, &headers, "")
            .await
            .unwrap();
        let expected = if status == 200 { 204 } else { 403 };
        assert_eq!(preflight.status, expected, "{origin}");
        assert_eq!(
            preflight.header("access-control-allow-origin"),
            allowed,
            "{origin}"
        );
        let socket = WebSocketClient::connect(site.address(), &[("Origin", origin)]).await;
        assert_eq!(socket.is_ok(), status == 200, "{origin}");
    }
}

#[tokio::test]
async fn the_server_is_told_for_whom_it_is_asked_and_nothing_that_is_not_its_business() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = listener.local_addr().unwrap();
    let site = before(ProxySettings {
        host: Some("chat.example".to_owned()),
        ..settings(upstream)
    })
    .await;
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"hello") {
            stream.read_buf(&mut head).await.unwrap();
        }
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nAccess-Control-Allow-Origin: *\r\nConnection: keep-alive, X-Inner\r\nX-Inner: 1\r\n\r\nhi";
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(head).unwrap().to_lowercase()
    });
    let headers = [
        ("Origin", &*site.url("")),
        ("X-Forwarded-Proto", "https"),
        ("Proxy-Authorization", "Basic c2VjcmV0"),
        ("Connection", "X-Hop"),
        ("X-Hop", "1"),
    ];
    let answer = post(site.address(), &headers, "hello").await.unwrap();
    assert_eq!((answer.status, answer.text().as_str()), (200, "hi"));
    assert_eq!(answer.header("access-control-allow-origin"), "");
    assert_eq!(answer.header("x-inner"), "");
    let head = asked.await.unwrap();
    assert!(
        head.starts_with("post /xmpp-httpbind http/1.1\r\n"),
        "{head}"
    );
    for expected in [
        "host: chat.example\r\n",
        "x-forwarded-for: 127.0.0.1\r\n",
        "via: 1.1 pubsub-gateway\r\n",
    ] {
        assert!(head.contains(expected), "{expected} is not in {head}");
    }
    for unexpected in [
        "origin",
        "x-forwarded-proto",
        "proxy-authorization",
        "x-hop",
    ] {
        assert!(!head.contains(unexpected), "{unexpected} is in {head}");
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_told_apart_from_one_that_refuses() {
    let [nobody] = free_addresses();
    let site = before(settings(nobody)).await;
    let answer = post(site.address(), &[], "<body/>").await.unwrap();
    assert_eq!(answer.status, 502);
    let refused = WebSocketClient::connect(site.address(), &[])
        .await
        .unwrap_err();
    assert!(refused.starts_with("HTTP/1.1 502"), "{refused}");

    // One that takes the connection and says nothing.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let site = before(ProxySettings {
        answer_within: Duration::from_millis(200),
        ..settings(listener.local_addr().unwrap())
    })
    .await;
    let answer = post(site.address(), &[], "<body/>").await.unwrap();
    assert_eq!(answer.status, 504);

    let server = server().await;
    let site = before(settings(door(&server))).await;
    let refused = WebSocketClient::connect_at(site.address(), "/xmpp-websocket", "chat", &[])
        .await
        .unwrap_err();
    assert!(refused.starts_with("HTTP/1.1 400"), "{refused}");
    let page = http::request(site.address(), "GET", PATH, &[], "")
        .await
        .unwrap();
    assert_eq!(page.status, 200);
}

#[tokio::test]
async fn what_passes_is_bounded() {
    let server = server().await;
    let site = before(ProxySettings {
        body: 1000,
        body_within: Duration::from_millis(300),
        requests: 1,
        ..settings(door(&server))
    })
    .await;
    let answer = post(site.address(), &[], "x".repeat(1001)).await;
    if let Ok(answer) = answer {
        assert_eq!(answer.status, 413);
    }
    let mut slow = TcpStream::connect(site.address()).await.unwrap();
    slow.write_all(b"POST /xmpp-httpbind HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n<bo")
        .await
        .unwrap();
    let mut answer = Vec::new();
    let _ = within(PATIENCE, slow.read_buf(&mut answer)).await;
    assert!(
        String::from_utf8_lossy(&answer).contains(" 408 "),
        "{answer:?}"
    );
    // One WebSocket is all there is room for.
    let (client, _) = WebSocketClient::login(site.address(), "bob", "secret")
        .await
        .unwrap();
    let busy = post(site.address(), &[], "<body/>").await.unwrap();
    assert_eq!(busy.status, 503);
    drop(client);
    support::eventually(PATIENCE, async || {
        let answer = post(site.address(), &[], "<body/>").await.ok()?;
        (answer.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn websockets_end_with_the_proxy() {
    let server = server().await;
    let site = before(settings(door(&server))).await;
    let (mut client, _) = WebSocketClient::login(site.address(), "bob", "secret")
        .await
        .unwrap();
    drop(site);
    let end = client.frame().await;
    assert!(end.is_err(), "{end:?}");
}
