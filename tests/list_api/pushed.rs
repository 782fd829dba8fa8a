//! A row is the same text in the list and in what is pushed, and the position in between leaves no gap.

use std::time::Duration;

use pubsub_core::{NodeName, Position, PubSub, Publish};
use pubsub_gateway::settings::Lists;
use serde_json::Value;
use support::{eventually, within};

use crate::browser::Client;
use crate::models::{Commit, commit};
use crate::site::{Kept, Site, lists};

/// Opens an event stream, and waits until it is one.
async fn listen(site: &Site, channel: &str) -> Client {
    let mut client = Client::connect(site.address).await;
    let headers = [("Accept", "text/event-stream")];
    client
        .send("GET", &format!("/events/ev/{channel}"), &headers, "")
        .await;
    let head = client.head().await;
    assert_eq!(head.status, 200, "{head:?}");
    client
}

/// The text of the next message.
async fn text(client: &mut Client) -> String {
    let event = client.event().await;
    let data = event
        .lines()
        .find_map(|line| line.strip_prefix("data: "))
        .unwrap();
    let message: Value = serde_json::from_str(data).unwrap();
    message["text"].as_str().unwrap().to_owned()
}

async fn the_same_text(kept: Kept, lists: Lists) {
    let site = Site::with(kept, lists, |builder| builder).await;
    let mut node = listen(&site, "list.Commit").await;
    let mut channel = listen(&site, "global").await;
    for id in [1, 2, 5, 8] {
        site.save(&[commit(id)]).await;
        let listed = site.get(&format!("/api/v1/commit/{id}/")).await;
        assert_eq!(text(&mut node).await, listed.text());
        assert_eq!(
            text(&mut channel).await,
            listed.text(),
            "on a channel of the model, too"
        );
    }
}

#[tokio::test]
async fn a_row_is_pushed_as_it_is_listed() {
    the_same_text(Kept::Sqlite, lists()).await;
}

#[tokio::test]
async fn a_row_is_pushed_as_it_is_listed_without_a_store() {
    let site = Site::with(Kept::Nowhere, lists(), |builder| builder).await;
    let mut node = listen(&site, "list.Commit").await;
    site.save(&[commit(3)]).await;
    let pushed = text(&mut node).await;
    let listed = site.get("/api/v1/commit/3/").await;
    assert_eq!(pushed, listed.text());
}

#[tokio::test]
async fn a_position_leaves_no_gap_and_tells_nothing_twice() {
    let site = Site::start(Kept::Sqlite, 3).await;
    let page = site.json("/api/v1/commit/").await;
    assert_eq!(page["meta"]["total_count"], 3);
    let position: Position = page["meta"]["position"].as_str().unwrap().parse().unwrap();
    // Between the page and the subscription.
    site.save(&[commit(4), commit(5)]).await;
    let mut events = site
        .pubsub
        .subscribe_from::<Commit>(&position)
        .await
        .unwrap();
    site.save(&[commit(6)]).await;
    let mut told = Vec::new();
    while told.len() < 3 {
        let event = within(Duration::from_secs(20), events.next())
            .await
            .unwrap()
            .unwrap();
        told.extend(event.into_item().map(|commit| commit.id));
    }
    assert_eq!(told, [4, 5, 6]);
}

#[tokio::test]
async fn a_gateway_that_links_no_model_shows_what_nodes_describe() {
    // The program with the models, and its server.
    let program = Site::start(Kept::Sqlite, 3).await;
    let url = program.pubsub.embedded_url().unwrap().to_owned();
    let builder = PubSub::builder().url(&url).unwrap().without_models();
    let stranger = builder.connect().await.unwrap();
    assert_eq!(stranger.models().count(), 0);
    let node = NodeName::new(Commit::NODE).unwrap();
    assert!(stranger.outline(&node).await.unwrap().is_some());

    let discovering = Lists {
        discover: true,
        ..Lists::default()
    };
    let gateway = Site::over(stranger.clone(), discovering).await;
    let top = gateway.json("/api/v1/").await;
    assert!(top.get("commit").is_some(), "{top}");
    assert!(
        top.get("secret").is_none(),
        "its node is not for everybody: {top}"
    );
    let page = gateway.json("/api/v1/commit/?order_by=-id&limit=2").await;
    assert_eq!(page["meta"]["total_count"], 3);
    let ids: Vec<_> = page["objects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["id"])
        .collect();
    assert_eq!(ids, [3, 2]);
    // Its own idea of links; else the same row.
    let row = gateway.json("/api/v1/commit/2/").await;
    let own = program.json("/api/v1/commit/2/").await;
    assert_eq!(row["user"], 2);
    assert_eq!(
        (&row["hash"], &row["files"], &row["resource_uri"]),
        (&own["hash"], &own["files"], &own["resource_uri"])
    );
    let mut node = listen(&gateway, "list.Commit").await;
    let mut channel = listen(&gateway, "global").await;
    program.save(&[commit(7)]).await;
    let pushed = text(&mut node).await;
    assert_eq!(text(&mut channel).await, pushed);
    // The items of the node are read anew once what was read is a second old.
    eventually(Duration::from_secs(20), async || {
        let listed = gateway.get("/api/v1/commit/7/").await;
        (listed.text() == pushed).then_some(())
    })
    .await;
}
