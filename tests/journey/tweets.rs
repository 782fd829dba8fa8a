//! `cargo run --example tweets`.

use std::process::Command;
use std::time::{Duration, Instant};

use support::peer::PASSWORD;
use support::{Dialogue, Peer};

support::on_peers! {
    {
        ours: support::OurServer,
        prosody: support::Prosody,
        ejabberd: support::Ejabberd,
    }
    {
        a_line_is_heard_over_any_server,
    }
}

fn tweets() -> Command {
    let mut command = support::example("tweets");
    command
        .env_remove("PUBSUB_URL")
        .env_remove("PUBSUB_STORE")
        .env_remove("RUST_LOG");
    command
}

async fn types_two_lines(command: Command) {
    let mut tweets = Dialogue::start(command);
    tweets
        .hear_until(|line| line == "listening to /tweets/Tweet")
        .await;
    tweets.say("hello").await;
    tweets.hear_until(|line| line == "#1 ann: hello").await;
    tweets.say("<b>5 > 4 & \"so\" ]]></b> \u{1F980}").await;
    tweets
        .hear_until(|line| line == "#2 ann: <b>5 > 4 & \"so\" ]]></b> \u{1F980}")
        .await;
    let (rest, status) = tweets.end().await;
    assert!(status.success(), "{status}: {rest:?}");
}

#[tokio::test]
async fn a_line_is_heard_over_the_embedded_server() {
    types_two_lines(tweets()).await;
}

#[tokio::test]
async fn a_line_that_cannot_be_sent_does_not_end_the_program() {
    let mut tweets = Dialogue::start(tweets());
    tweets.say("no \u{1} in XML").await;
    tweets.say("the next line").await;
    tweets
        .hear_until(|line| line == "#2 ann: the next line")
        .await;
    let (rest, status) = tweets.end().await;
    assert!(status.success(), "{status}: {rest:?}");
}

async fn a_line_is_heard_over_any_server(peer: Peer) {
    let mut command = tweets();
    command.args(["--url", &peer.url("ann")]);
    types_two_lines(command).await;
}

#[tokio::test]
async fn without_input_the_feed_is_played() {
    let (lines, status) = Dialogue::start(tweets()).end().await;
    assert!(status.success(), "{status}: {lines:?}");
    assert_eq!(
        lines,
        [
            "listening to /tweets/Tweet",
            "#1 ann: Is anybody listening?",
            "#2 bob: I heard you <before> you pressed reload & so did everybody else.",
            "#1 ann: Everybody is listening.",
            "#2 was deleted",
        ]
    );
}

#[tokio::test]
async fn what_is_wrong_is_said_and_the_program_ends() {
    let peer = support::OurServer::start().await;
    let nobody = {
        let [address] = support::free_addresses();
        format!("xmpp://ann:{PASSWORD}@localhost?connect={address}&tls=off")
    };
    for url in [
        peer.url("ann").replace(PASSWORD, "wrong"),
        nobody,
        "http://localhost".to_owned(),
    ] {
        let start = Instant::now();
        let mut command = tweets();
        command.args(["--url", &url]);
        let (_, status) = Dialogue::start(command).end().await;
        assert!(!status.success(), "{url}");
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "{url}: {:?}",
            start.elapsed()
        );
    }
}
