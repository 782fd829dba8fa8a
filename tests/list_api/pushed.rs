//! A row is the same text in the list and in what is pushed, and the position in between leaves no gap.

use std::time::Duration;

use pubsub_core::{NodeName, Position, PubSub, Publish};
use pubsub_gateway::settings::Lists;
use serde_json::Value;
use support::{eventually, within};

use crate::browser::Client;
use crate::models::{Commit, commit};
use crate::site::{Kept, Site, lists};

/// Opens an event stream after a page was read.
async fn listen_from(site: &Site, channel: &str, page: &Value) -> Client {
    let position = page["meta"]["position"].as_str().unwrap();
    listen(site, &format!("{channel}?position={position}")).await
}

/// The ids of the next rows that are pushed.
async fn ids(client: &mut Client, count: usize) -> Vec<i64> {
    let mut ids = Vec::new();
    while ids.len() < count {
        let row: Value = serde_json::from_str(&text(client).await).unwrap();
        ids.push(row["id"].as_i64().unwrap());
    }
    ids
}

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
    let secret = gateway.get("/events/ev/list.Secret").await;
    assert_eq!(secret.status, 403, "{secret:?}");
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

/// A page is read, rows are saved, and only then somebody begins to listen, and more is saved.
async fn no_gap_and_no_repeat(kept: Kept, channel: &str, others: bool, question: &str) {
    let site = Site::start(kept, 3).await;
    // Another page listens already, or nobody does.
    let mut before = None;
    if others {
        let mut other = listen(&site, channel).await;
        site.save(&[commit(11)]).await;
        assert_eq!(ids(&mut other, 1).await, [11]);
        before = Some(other);
    }
    let page = site.json(&format!("/api/v1/commit/{question}")).await;
    site.save(&[commit(5)]).await;
    site.pubsub.delete(&commit(5)).await.unwrap();
    site.save(&[commit(7), commit(9)]).await;
    let mut client = listen_from(&site, channel, &page).await;
    site.save(&[commit(13)]).await;
    site.save(&[commit(15)]).await;
    let expected = match kept {
        // The items of a node do not tell what is gone.
        Kept::Nowhere => vec![7, 9, 13, 15],
        _ => vec![5, 5, 7, 9, 13, 15],
    };
    assert_eq!(
        ids(&mut client, expected.len()).await,
        expected,
        "{kept:?} {channel} {others}"
    );
    // Whoever begins where that was knows all of it. Without a store a page may be a second old.
    let page = eventually(Duration::from_secs(20), async || {
        let page = site.json(&format!("/api/v1/commit/{question}")).await;
        let mut rows = page["objects"].as_array().unwrap().iter();
        rows.any(|row| row["id"] == 15).then_some(page)
    })
    .await;
    let mut late = listen_from(&site, channel, &page).await;
    site.save(&[commit(17)]).await;
    assert_eq!(ids(&mut late, 1).await, [17]);
    assert_eq!(ids(&mut client, 1).await, [17]);
    drop(before);
}

#[tokio::test]
async fn nothing_is_missed_between_a_page_and_its_channel() {
    for kept in [Kept::Sqlite, Kept::Postgres] {
        for others in [false, true] {
            no_gap_and_no_repeat(kept, "list.Commit", others, "").await;
            no_gap_and_no_repeat(
                kept,
                "project-1",
                others,
                "?project=1&position_of=project-1",
            )
            .await;
        }
    }
}

#[tokio::test]
async fn nothing_is_missed_without_a_store() {
    no_gap_and_no_repeat(Kept::Nowhere, "list.Commit", true, "").await;
    no_gap_and_no_repeat(Kept::Nowhere, "project-1", false, "?position_of=project-1").await;
}

#[tokio::test]
async fn several_channels_have_a_position_each() {
    let site = Site::start(Kept::Sqlite, 2).await;
    let page = site
        .json("/api/v1/commit/?position_of=project-0,project-1")
        .await;
    let position = page["meta"]["position"].as_str().unwrap();
    assert_eq!(position.split(',').count(), 2);
    site.save(&(3..=6).map(commit).collect::<Vec<_>>()).await;
    let mut client = listen_from(&site, "project-1/project-0", &page).await;
    site.save(&[commit(7), commit(8)]).await;
    let mut told = ids(&mut client, 6).await;
    told.sort_unstable();
    assert_eq!(told, [3, 4, 5, 6, 7, 8]);
}

#[tokio::test]
async fn a_position_that_is_too_old_or_none_is_said_to_be() {
    let site = Site::start(Kept::Nowhere, 2).await;
    let page = site.json("/api/v1/commit/").await;
    let position = page["meta"]["position"].as_str().unwrap();
    // The items that the page knew are gone, and with them what would connect.
    site.pubsub.delete(&commit(1)).await.unwrap();
    site.pubsub.delete(&commit(2)).await.unwrap();
    site.save(&[commit(4)]).await;
    let mut client = listen_from(&site, "list.Commit", &page).await;
    let event = client.event().await;
    assert!(event.contains("event: reset"), "{event}");

    for wrong in [
        "x",
        "1~lx",
        "2~n1",
        &format!("{position},x"),
        &format!("1~z{}", "x".repeat(5000)),
    ] {
        let answer = site
            .get(&format!("/events/ev/list.Commit?position={wrong}"))
            .await;
        assert_eq!(answer.status, 400, "{wrong:.20}: {answer:?}");
        assert!(
            answer
                .explain()
                .starts_with("The position cannot be used: "),
            "{answer:?}"
        );
    }
    // That of another node says nothing about this one.
    let mut client = listen_from(&site, "list.User", &page).await;
    site.save(&[crate::models::users().remove(0)]).await;
    assert_eq!(ids(&mut client, 1).await, [1]);
    for (query, words) in [
        (
            "position_of=a*",
            "'a*' is no channel: Channel id not authorized for this method.",
        ),
        (
            "position_of=,",
            "'' is no channel: Channel id is not valid: ",
        ),
    ] {
        let answer = site.get(&format!("/api/v1/commit/?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.text().contains(words), "{}", answer.text());
    }
}

#[tokio::test]
async fn ids_go_up_from_a_position_on() {
    for kept in [Kept::Sqlite, Kept::Nowhere] {
        let site = Site::start(kept, 3).await;
        let page = site.json("/api/v1/commit/").await;
        site.save(&[commit(4), commit(5), commit(7)]).await;
        let mut clients = Vec::new();
        for _ in 0..2 {
            clients.push(listen_from(&site, "list.Commit", &page).await);
        }
        site.save(&[commit(9)]).await;
        site.save(&[commit(11)]).await;
        for client in &mut clients {
            let mut ids = vec![0];
            while ids.len() < 6 {
                let event = client.event().await;
                let data = event.lines().find_map(|line| line.strip_prefix("data: "));
                let message: Value = serde_json::from_str(data.unwrap()).unwrap();
                ids.push(message["id"].as_i64().unwrap());
            }
            assert!(ids.is_sorted_by(|one, next| one < next), "{kept:?} {ids:?}");
        }
    }
}
