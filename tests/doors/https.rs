//! TLS and the PROXY protocol on the server's own HTTP listener.

use std::net::{Ipv4Addr, SocketAddr};

use pubsub_server::{BindError, Config, Encryption, Http, RunningServer, Server, Tls};
use support::Certificates;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::rustls::version::TLS13;

use crate::tls::{say, shake_for, tls};

/// How a load balancer says for whom it speaks.
const PROXY: &str = "PROXY TCP4 203.0.113.9 192.0.2.1 4711 443\r\n";

async fn serve(tls: Option<Tls>) -> RunningServer {
    Server::spawn(Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        proxies: vec![Ipv4Addr::LOCALHOST.into()],
        http: Http {
            listen: Some("127.0.0.1:0".parse().unwrap()),
            encrypted: tls.is_some(),
            ..Http::default()
        },
        encryption: tls.map(Encryption::new),
        accounts: vec![("ann".to_owned(), "secret".to_owned())],
        ..Config::default()
    })
    .await
    .unwrap()
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
}

/// The beginning of a session of BOSH.
fn begin() -> String {
    let body = "<body xmlns='http://jabber.org/protocol/httpbind' rid='1' to='localhost' wait='1' hold='1' ver='1.6' \
                xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh'/>";
    format!(
        "POST /xmpp-httpbind HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

async fn connect(address: SocketAddr, header: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(header.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn the_doors_for_browsers_are_encrypted_with_the_same_certificate() {
    let directory = TempDir::new().unwrap();
    let certificates = Certificates::create(directory.path());
    let tls = tls(&certificates);
    let server = serve(Some(tls.clone())).await;
    let address = server.http_addr().unwrap();
    let authority = &certificates.authority;
    // A browser asks for HTTP by name.
    let secure = async |header: &str, authority: &std::path::Path| {
        let socket = connect(address, header).await;
        shake_for(socket, authority, &TLS13, b"http/1.1").await
    };
    let mut stream = secure("", authority).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    let links = say(&mut stream, &get("/.well-known/host-meta"), "</XRD>").await;
    assert!(
        links.contains("'wss://localhost/xmpp-websocket'"),
        "{links}"
    );
    // Passwords may come as they are from elsewhere too.
    for header in ["", PROXY] {
        let mut stream = secure(header, authority).await.unwrap();
        let features = say(&mut stream, &begin(), "</body>").await;
        assert!(
            features.contains("<mechanism>PLAIN</mechanism>"),
            "{features}"
        );
    }
    // Who comes from elsewhere is nobody of this machine, whoever passes him on.
    for (header, status) in [("", "HTTP/1.1 200 "), (PROXY, "HTTP/1.1 403 ")] {
        let mut stream = secure(header, authority).await.unwrap();
        let answer = say(&mut stream, &get("/metrics"), "\r\n\r\n").await;
        assert!(answer.starts_with(status), "{answer}");
    }
    // It is replaced while others use it.
    let others = TempDir::new().unwrap();
    let others = Certificates::create(others.path());
    let read = |file| std::fs::read(file).unwrap();
    let mut before = secure("", authority).await.unwrap();
    tls.replace(&read(&others.certificate), &read(&others.key))
        .unwrap();
    secure("", authority).await.unwrap_err();
    secure("", &others.authority).await.unwrap();
    say(&mut before, &get("/healthz"), "ok\n").await;
    // What is not TLS is not answered.
    let mut plain = connect(address, &get("/healthz")).await;
    let mut words = Vec::new();
    let read = tokio::io::AsyncReadExt::read_to_end(&mut plain, &mut words);
    let _ = support::within(crate::PATIENCE, read).await;
    assert!(!words.starts_with(b"HTTP"), "{words:?}");
    server.shutdown().await;
}

#[tokio::test]
async fn a_proxy_before_http_says_who_comes() {
    let server = serve(None).await;
    let address = server.http_addr().unwrap();
    // For somebody elsewhere, and for itself: a POST is no header, though both begin with the same letter.
    for (header, is_private) in [(PROXY, false), ("", true), ("PROXY UNKNOWN\r\n", true)] {
        let mut stream = connect(address, header).await;
        let features = say(&mut stream, &begin(), "</body>").await;
        assert!(features.contains("SCRAM-SHA-256"), "{features}");
        assert_eq!(
            features.contains("PLAIN"),
            is_private,
            "{header}: {features}"
        );
    }
    server.shutdown().await;
}

#[tokio::test]
async fn without_a_certificate_nothing_is_encrypted() {
    let refused = Server::spawn(Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        http: Http {
            listen: Some("127.0.0.1:0".parse().unwrap()),
            encrypted: true,
            ..Http::default()
        },
        ..Config::default()
    })
    .await;
    assert!(matches!(refused, Err(BindError::Certificate)));
}
