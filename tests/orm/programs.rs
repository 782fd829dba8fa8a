//! `cargo run --example sea_orm` and `diesel_outbox`: what they print is what a subscriber has heard.

use std::process::Command;

use support::{Dialogue, PostgresServer};

fn example(name: &str) -> Command {
    let mut command = support::example(name);
    command
        .env_remove("PUBSUB_URL")
        .env_remove("PUBSUB_STORE")
        .env_remove("RUST_LOG");
    command
}

async fn prints(command: Command, expected: &[&str]) {
    let (lines, status) = Dialogue::start(command).end().await;
    assert!(status.success(), "{status}: {lines:#?}");
    assert_eq!(lines, expected);
}

const STORIES: [&str; 7] = [
    "listening to /sea_orm/Story",
    "#1 ann: It was a dark and stormy night.",
    "#2 bob: Call me Ishmael.",
    "#1 ann: It was a bright cold day in April.",
    "#2 ann: Call me Ishmael.",
    "#2 was deleted",
    "what is left: #1 It was a bright cold day in April.",
];

#[tokio::test]
async fn what_sea_orm_does_is_heard() {
    prints(example("sea_orm"), &STORIES).await;
}

#[tokio::test]
async fn what_sea_orm_does_in_postgresql_is_heard() {
    let server = PostgresServer::shared().await;
    let mut command = example("sea_orm");
    command.args(["--store", &server.database().await]);
    // What was taken back has used up a number there.
    prints(command, &STORIES).await;
}

#[tokio::test]
async fn what_diesel_does_is_heard() {
    let expected = [
        "listening to /notes",
        "#1 buy milk",
        "#2 feed the cat",
        "#1 buy milk and bread",
        "#2 was removed",
    ];
    prints(example("diesel_outbox"), &expected).await;
}
