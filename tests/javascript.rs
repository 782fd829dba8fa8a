//! Clients of other people that npm has, as they are, over every transport that they know.

use std::process::Command;
use std::time::Duration;

use pubsub_server::{Config, Encryption, Http, RunningServer, Server, Tls};
use support::{Certificates, Dialogue, within};

const PATIENCE: Duration = Duration::from_mins(1);

async fn server() -> RunningServer {
    serve(None).await
}

async fn serve(tls: Option<Tls>) -> RunningServer {
    Server::spawn(Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        accounts: ["ann", "bob"]
            .map(|name| (name.to_owned(), "secret".to_owned()))
            .to_vec(),
        http: Http {
            listen: Some("127.0.0.1:0".parse().unwrap()),
            encrypted: tls.is_some(),
            ..Http::default()
        },
        encryption: tls.map(Encryption::new),
        ..Config::default()
    })
    .await
    .unwrap()
}

/// Runs a script of `javascript/` and returns its last words.
async fn run(script: &str, service: &str) -> String {
    run_by(Command::new("node"), script, service).await
}

async fn run_by(mut command: Command, script: &str, service: &str) -> String {
    command
        .arg(format!(
            "{}/javascript/{script}.mjs",
            env!("CARGO_MANIFEST_DIR")
        ))
        .arg(support::packages())
        .arg(service);
    let mut program = Dialogue::start(command);
    let mut last = String::new();
    while let Some(line) = within(PATIENCE, program.hear()).await {
        last = line;
    }
    last
}

#[tokio::test]
async fn xmpp_js_is_served_over_tcp() {
    let server = server().await;
    let service = format!("xmpp://{}", server.addr());
    assert_eq!(run("xmpp", &service).await, "1 a & b");
}

#[tokio::test]
async fn xmpp_js_is_served_over_websocket() {
    let server = server().await;
    let service = format!("ws://{}/xmpp-websocket", server.http_addr().unwrap());
    assert_eq!(run("xmpp", &service).await, "1 a & b");
}

#[tokio::test]
async fn xmpp_js_asks_for_everything_at_once() {
    let server = server().await;
    let http = server.http_addr().unwrap();
    for service in [
        format!("xmpp://{}", server.addr()),
        format!("ws://{http}/xmpp-websocket"),
    ] {
        assert_eq!(
            run("sasl2", &service).await,
            "sasl2 enabled, sasl2 resumed; true; while you were away",
            "{service}"
        );
    }
}

#[tokio::test]
async fn both_are_served_over_tls() {
    let directory = tempfile::tempdir().unwrap();
    let certificates = Certificates::create(directory.path());
    let [certificate, key] =
        [&certificates.certificate, &certificates.key].map(|file| std::fs::read(file).unwrap());
    let tls = Tls::from_pem(&certificate, &key).unwrap();
    for (script, scheme, path, expected) in [
        ("xmpp", "wss", "/xmpp-websocket", "1 a & b"),
        ("stanza", "wss", "/xmpp-websocket", "1 happy pubsub 0 hello"),
        (
            "stanza",
            "https",
            "/xmpp-httpbind",
            "1 happy pubsub 0 hello",
        ),
    ] {
        let server = serve(Some(tls.clone())).await;
        let port = server.http_addr().unwrap().port();
        let service = format!("{scheme}://localhost:{port}{path}");
        let mut node = Command::new("node");
        node.env("NODE_EXTRA_CA_CERTS", &certificates.authority);
        assert_eq!(run_by(node, script, &service).await, expected, "{service}");
    }
}

#[tokio::test]
async fn stanza_js_is_served_over_websocket() {
    let server = server().await;
    let service = format!("ws://{}/xmpp-websocket", server.http_addr().unwrap());
    assert_eq!(run("stanza", &service).await, "1 happy pubsub 0 hello");
}

#[tokio::test]
async fn stanza_js_is_served_over_bosh() {
    let server = server().await;
    let service = format!("http://{}/xmpp-httpbind", server.http_addr().unwrap());
    assert_eq!(run("stanza", &service).await, "1 happy pubsub 0 hello");
}
