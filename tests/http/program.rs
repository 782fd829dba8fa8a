//! What `pubsub serve --http` and `pubsub gateway` are told, and what they then do.

use std::net::SocketAddr;
use std::path::Path;

use support::{Certificates, Dialogue, Ejabberd, OurServer, Peer, Prosody, http, on_peers, within};

use crate::PATIENCE;
use crate::proxy::talk;

on_peers! {
    { ours: crate::program::OurServer, prosody: crate::program::Prosody, ejabberd: crate::program::Ejabberd }
    { the_gateway_alone_stands_before_any_server }
}

/// Starts `pubsub` with these arguments, and waits until it says that it answers that scheme.
async fn start(arguments: &[&str], scheme: &str) -> (Dialogue, SocketAddr) {
    let mut command = support::program("pubsub");
    command.args(arguments);
    let mut program = Dialogue::start(command);
    let prefix = format!("{scheme} ");
    let line = program.hear_until(|line| line.starts_with(&prefix)).await;
    let address = line.trim_start_matches(&prefix).parse().unwrap();
    (program, address)
}

fn serve<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let base = [
        "serve",
        "--xmpp",
        "127.0.0.1:0",
        "--http",
        "127.0.0.1:0",
        "--user",
        "ann:secret",
    ];
    [&base, more].concat()
}

fn words(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// What `pubsub` says with these arguments, and whether it did not fail.
fn said(arguments: &[&str]) -> (String, bool) {
    let mut command = support::program("pubsub");
    let output = command.args(arguments).output().unwrap();
    let text = if output.status.success() {
        output.stdout
    } else {
        output.stderr
    };
    let text = String::from_utf8(text).unwrap();
    (text.trim_end().to_owned(), output.status.success())
}

async fn the_gateway_alone_stands_before_any_server(peer: Peer) {
    let behind = peer.http_address();
    let websocket = format!("ws://{behind}{}", peer.websocket_path());
    let bosh = format!("http://{behind}{}", peer.bosh_path());
    let url = peer.url("ann");
    let mut arguments = vec![
        "gateway",
        "--url",
        &url,
        "--http",
        "127.0.0.1:0",
        "--xmpp-websocket",
        &websocket,
        "--xmpp-httpbind",
        &bosh,
    ];
    if peer.name() == "prosody" {
        arguments.extend(["--xmpp-host", "localhost"]);
    }
    let (_program, address) = start(&arguments, "http").await;
    talk(address).await;
    let published = http::request(address, "POST", "/events/pub/news", &[], "hello")
        .await
        .unwrap();
    assert_eq!(published.status, 200, "{}", published.text());
    let heard = http::request(address, "GET", "/events/lp/news.b1", &[], "")
        .await
        .unwrap();
    assert!(
        heard.text().contains("\"text\":\"hello\""),
        "{}",
        heard.text()
    );
    let page = http::request(address, "GET", "/", &[], "").await.unwrap();
    assert_eq!(page.status, 200);
}

#[tokio::test]
async fn a_token_of_the_program_opens_a_private_channel() {
    let directory = tempfile::tempdir().unwrap();
    let secret = directory.path().join("secret");
    std::fs::write(&secret, "0123456789abcdef0123456789abcdef\n").unwrap();
    let other = directory.path().join("other");
    std::fs::write(&other, "fedcba9876543210fedcba9876543210").unwrap();
    let file = directory.path().join("pubsub.toml");
    let table = format!("[gateway]\ntoken_keys = [{:?}]\n", words(&secret));
    std::fs::write(&file, table).unwrap();

    for keys in [["--token-key", words(&secret)], ["--config", words(&file)]] {
        let (_program, address) = start(&serve(&keys), "http").await;
        let status = async |query: &str| {
            let path = format!("/events/lp/user-5{query}");
            let mode = [("x-nginx-pushstream-mode", "polling")];
            http::request(address, "GET", &path, &mode, "")
                .await
                .unwrap()
                .status
        };
        let sign = |key: &Path, channel: &str| {
            let key = ["token", "--token-key", words(key)];
            let rest = ["--subject", "ann", "--subscribe", channel];
            let (token, is_signed) = said(&[&key[..], &rest].concat());
            assert!(is_signed, "{token}");
            format!("?token={token}")
        };
        assert_eq!(status("").await, 401);
        assert_eq!(status(&sign(&secret, "user-5")).await, 304);
        assert_eq!(status(&sign(&secret, "user-*")).await, 304);
        assert_eq!(status(&sign(&secret, "user-6")).await, 403);
        assert_eq!(status(&sign(&other, "user-5")).await, 401);
    }
}

#[tokio::test]
async fn everything_is_answered_over_tls() {
    let directory = tempfile::tempdir().unwrap();
    let certificates = Certificates::create(directory.path());
    let tls = [
        "--tls-certificate",
        words(&certificates.certificate),
        "--tls-key",
        words(&certificates.key),
    ];
    let (_program, address) = start(&serve(&tls), "https").await;
    let port = address.port();
    for (path, expected) in [
        ("/", "<!doctype html>"),
        ("/pubsub.js", "PubSubClient"),
        ("/api/v1/", "{"),
        ("/.well-known/host-meta", "wss://"),
        ("/events/stats", "\"channels\""),
    ] {
        let mut curl = tokio::process::Command::new("curl");
        curl.args(["-sS", "--max-time", "20", "--cacert"])
            .arg(&certificates.authority)
            .arg("--connect-to")
            .arg(format!("localhost:{port}:127.0.0.1:{port}"))
            .arg(format!("https://localhost:{port}{path}"))
            .kill_on_drop(true);
        let output = within(PATIENCE, curl.output()).await.unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            text.to_lowercase().contains(&expected.to_lowercase()),
            "{path}: {text}"
        );
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_said_before_anything_is_started() {
    let directory = tempfile::tempdir().unwrap();
    let short = directory.path().join("short");
    std::fs::write(&short, "secret").unwrap();
    let file = directory.path().join("pubsub.toml");
    std::fs::write(&file, "[gateway]\npublish = \"anyone\"\n").unwrap();
    let half = directory.path().join("half.toml");
    std::fs::write(&half, "[gateway]\ntls_key = \"key.pem\"\n").unwrap();
    for (more, expected) in [
        (vec!["--token-key", words(&short)], "at least 32 bytes"),
        (
            vec!["--token-key", "/nowhere/key"],
            "cannot read /nowhere/key",
        ),
        (vec!["--tls-key", words(&short)], "--tls-certificate"),
        (vec!["--config", words(&file)], "unknown field `publish`"),
        (vec!["--config", words(&half)], "belong together"),
    ] {
        let (text, is_started) = said(&serve(&more));
        assert!(!is_started && text.contains(expected), "{more:?}: {text}");
    }
    let (text, is_started) = said(&["serve", "--xmpp", "127.0.0.1:0", "--origin", "any"]);
    assert!(!is_started && text.contains("--http"), "{text}");
    let (text, is_signed) = said(&["token", "--token-key", words(&short)]);
    assert!(!is_signed && text.contains("--subscribe"), "{text}");
}
