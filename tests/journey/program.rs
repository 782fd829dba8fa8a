//! `pubsub serve`, `publish`, `subscribe` and `nodes`.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use support::peer::PASSWORD;
use support::{Dialogue, OurProgram, Peer, RawClient, eventually, within};

const PATIENCE: Duration = Duration::from_secs(20);

fn pubsub(arguments: &[&str], url: &str) -> Command {
    let mut command = support::program("pubsub");
    command
        .args(arguments)
        .env("PUBSUB_URL", url)
        .env_remove("RUST_LOG");
    command
}

async fn run(command: Command) -> Vec<String> {
    let (lines, status) = Dialogue::start(command).end().await;
    assert!(status.success(), "{status}: {lines:?}");
    lines
}

/// Waits until `user` is subscribed to `node`, as its owner ann sees it.
async fn is_subscribed(peer: &Peer, node: &str, user: &str) {
    let mut owner = RawClient::login(peer.address(), "ann", PASSWORD)
        .await
        .unwrap();
    let question = format!(
        "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><subscriptions node='{node}'/></pubsub>"
    );
    for _ in 0..1000 {
        let answer = owner
            .request("get", peer.pubsub_service(), &question)
            .await
            .unwrap();
        if answer.contains(user) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{user} did not subscribe to {node}");
}

#[tokio::test]
async fn what_is_published_is_printed_a_line_per_event() {
    let peer = OurProgram::start().await;
    let published = run(pubsub(
        &["publish", "/news", "--id", "1", "first"],
        &peer.url("ann"),
    ))
    .await;
    assert_eq!(published, ["1"]);
    assert_eq!(run(pubsub(&["nodes"], &peer.url("bob"))).await, ["/news"]);

    let mut reader = Dialogue::start(pubsub(&["subscribe", "--json", "/news"], &peer.url("bob")));
    is_subscribed(&peer, "/news", "bob@localhost").await;
    let note = "<note xmlns='urn:journey'>one\ntwo</note>";
    run(pubsub(
        &["publish", "/news", "--id", "2", note],
        &peer.url("ann"),
    ))
    .await;
    let line = reader.hear_until(|line| line.contains("\"2\"")).await;
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        (&line["node"], &line["event"]),
        (&"/news".into(), &"published".into())
    );
    assert!(
        line["payload"].as_str().unwrap().contains("urn:journey"),
        "{line}"
    );
}

#[tokio::test]
async fn a_server_says_where_it_listens_and_ends_when_it_is_told() {
    let mut command = support::program("pubsub");
    command.args([
        "serve",
        "--xmpp",
        "127.0.0.1:0",
        "--user",
        "ann:secret",
        "--domain",
        "localhost",
    ]);
    let mut server = Dialogue::start(command);
    let line = server.hear().await.unwrap();
    let words: Vec<&str> = line.split(' ').collect();
    let [protocol, address, domain] = words[..] else {
        panic!("{line}")
    };
    assert_eq!((protocol, domain), ("xmpp", "localhost"));
    let address = address.parse().unwrap();
    let login = async || RawClient::login(address, "ann", PASSWORD).await.ok();
    let client = eventually(PATIENCE, login).await;
    let pid = server.id().unwrap().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    let (_, status) = within(PATIENCE, server.end()).await;
    assert!(status.success(), "{status}");
    drop(client);
}

#[tokio::test]
async fn mistakes_are_named_and_end_the_program() {
    let peer = OurProgram::start().await;
    let wrong = peer.url("ann").replace(PASSWORD, "wrong");
    for command in [
        pubsub(&["publish", "/news", "text"], &wrong),
        pubsub(&["publish", "/news", "<open>"], &peer.url("ann")),
        pubsub(&["publish", "", "text"], &peer.url("ann")),
        pubsub(&["nodes"], "ftp://localhost"),
    ] {
        let said = format!("{command:?}");
        let (_, status) = Dialogue::start(command).end().await;
        assert!(!status.success(), "{said}");
    }
}
