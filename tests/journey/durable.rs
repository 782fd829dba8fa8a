//! `cargo run --example durable`, which itself insists on what it shows.

use support::Dialogue;

#[tokio::test]
async fn everything_arrives_once_and_in_order_when_the_server_is_back() {
    let mut command = support::example("durable");
    command
        .env_remove("PUBSUB_URL")
        .env_remove("PUBSUB_STORE")
        .env_remove("RUST_LOG");
    let (lines, status) = Dialogue::start(command).end().await;
    assert!(status.success(), "{status}: {lines:#?}");
    let summary = lines.last().map(String::as_str).unwrap_or_default();
    assert!(summary.ends_with("It keeps 2 parcels again."), "{lines:#?}");
}
