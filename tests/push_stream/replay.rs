//! Replay by `.bN`, time and tag, and event id (contract 2.3.7 and 3.1).

use std::time::Duration;

use crate::browser::Answer;
use crate::gateway::{Running, raw, settings};

const AT_ONCE: (&str, &str) = ("X-Nginx-PushStream-Mode", "polling");
const EPOCH: &str = "Thu, 01 Jan 1970 00:00:00 GMT";

/// So many messages are published while others join.
const COUNT: usize = 300;

/// A gateway whose polls are bare texts, with messages `a1` to `a3` and `b1` to `b2`, which have event ids.
async fn filled() -> Running {
    let gateway = Running::with(settings(|settings| {
        settings.long_polling.message = raw("~text~,");
        settings.stream.message = raw("~text~,");
        settings.stream.header = None;
    }))
    .await;
    for text in ["a1", "b1", "a2", "b2", "a3"] {
        let event_id = format!("id-{text}");
        let channel = &text[..1];
        let answer = gateway
            .post(
                &format!("/pub?id={channel}"),
                &[("Event-Id", &event_id)],
                text,
            )
            .await;
        assert_eq!(answer.status, 200);
    }
    gateway
}

async fn poll(gateway: &Running, path: &str, headers: &[(&str, &str)]) -> String {
    let answer = gateway.get(path, &[&[AT_ONCE], headers].concat()).await;
    assert!([200, 304].contains(&answer.status), "{answer:?}");
    answer.text().to_owned()
}

#[tokio::test]
async fn c_rpl_1_backtrack_gives_the_last_messages_oldest_first() {
    let gateway = filled().await;
    for (path, expected) in [
        ("a", ""),
        ("a.b1", "a3,"),
        ("a.b2", "a2,a3,"),
        ("a.b99999999999999999999", "a1,a2,a3,"),
        ("a.b0", ""),
        ("a.b2/b.b1", "a2,a3,b2,"),
        ("b.b2/a.b1/", "b1,b2,a3,"),
        ("new.b5", ""),
    ] {
        assert_eq!(
            poll(&gateway, &format!("/lp/{path}"), &[]).await,
            expected,
            "{path}"
        );
    }
    assert_eq!(
        poll(&gateway, "/lp/?channels=a.b1/b.b1", &[]).await,
        "a3,b2,"
    );
}

#[tokio::test]
async fn c_rpl_2_an_event_id_gives_what_came_after_it() {
    let gateway = filled().await;
    for (id, expected) in [
        ("id-a1", "a2,a3,"),
        ("id-a3", ""),
        ("unknown", ""),
        ("id-b1", ""),
    ] {
        assert_eq!(
            poll(&gateway, "/lp/a", &[("Last-Event-Id", id)]).await,
            expected,
            "{id}"
        );
        assert_eq!(
            poll(&gateway, &format!("/lp/a?eventid={id}"), &[]).await,
            expected,
            "{id}"
        );
    }
}

#[tokio::test]
async fn c_rpl_3_time_and_tag_give_what_came_after_them() {
    let gateway = filled().await;
    let first = gateway.get("/lp/a.b3", &[AT_ONCE]).await;
    let (time, tag) = (first.header("last-modified"), first.header("etag"));
    let number: u64 = tag.trim_start_matches("W/").parse().unwrap();
    assert_eq!(
        poll(&gateway, "/lp/a", &[("If-Modified-Since", EPOCH)]).await,
        "a1,a2,a3,"
    );
    assert_eq!(
        poll(
            &gateway,
            "/lp/a",
            &[("If-Modified-Since", time), ("If-None-Match", tag)]
        )
        .await,
        ""
    );
    assert_eq!(
        poll(&gateway, "/lp/a", &[("If-Modified-Since", time)]).await,
        ""
    );
    let before = (number - 1).to_string();
    for tag in [before.clone(), format!("W/{before}")] {
        // Within the same second, what has a higher tag is news.
        assert_eq!(
            poll(
                &gateway,
                "/lp/a",
                &[("If-Modified-Since", time), ("If-None-Match", &tag)]
            )
            .await,
            "a3,"
        );
    }
    let arguments = format!(
        "/lp/a?time={}&tag={before}",
        time.replace(' ', "%20").replace(',', "%2C")
    );
    assert_eq!(poll(&gateway, &arguments, &[]).await, "a3,");
}

#[tokio::test]
async fn c_rpl_4_what_cannot_be_read_is_not_there() {
    let gateway = filled().await;
    for place in ["null", "garbage", "", "-1"] {
        let headers = [
            ("If-Modified-Since", place),
            ("If-None-Match", "0"),
            ("Last-Event-Id", ""),
        ];
        assert_eq!(poll(&gateway, "/lp/a", &headers).await, "", "{place}");
        assert_eq!(poll(&gateway, "/lp/a.b1", &headers).await, "a3,", "{place}");
    }
}

#[tokio::test]
async fn c_rpl_5_a_place_beats_backtrack() {
    let gateway = filled().await;
    let first = gateway.get("/lp/a.b2", &[AT_ONCE]).await;
    let place = |answer: &Answer| {
        (
            answer.header("last-modified").to_owned(),
            answer.header("etag").to_owned(),
        )
    };
    let (time, tag) = place(&first);
    let headers = [("If-Modified-Since", &*time), ("If-None-Match", &*tag)];
    assert_eq!(poll(&gateway, "/lp/a.b2", &headers).await, "");
    assert_eq!(
        poll(&gateway, "/lp/a.b2", &[("Last-Event-Id", "id-a2")]).await,
        "a3,"
    );
    // The beginning of time is what clients send that have no place.
    let start = [("If-Modified-Since", EPOCH), ("If-None-Match", "W/0")];
    assert_eq!(poll(&gateway, "/lp/a.b1", &start).await, "a3,");
}

#[tokio::test]
async fn c_rpl_6_of_two_places_the_earlier_one_counts() {
    let gateway = filled().await;
    let first = gateway.get("/lp/a.b1", &[AT_ONCE]).await;
    let headers = [
        ("If-Modified-Since", first.header("last-modified")),
        ("If-None-Match", first.header("etag")),
        ("Last-Event-Id", "id-a1"),
    ];
    assert_eq!(poll(&gateway, "/lp/a", &headers).await, "a2,a3,");
    let headers = [("If-Modified-Since", EPOCH), ("Last-Event-Id", "id-a2")];
    assert_eq!(poll(&gateway, "/lp/a", &headers).await, "a1,a2,a3,");
}

#[tokio::test]
async fn c_rpl_7_streams_replay_channel_by_channel_and_go_on_live() {
    let gateway = filled().await;
    let mut stream = gateway.stream("/sub/b.b2/a.b2", &[]).await;
    assert_eq!(stream.text_until("a3,").await, "b1,b2,a2,a3,");
    gateway.publish("b", "b3").await;
    assert_eq!(stream.text_until(",").await, "b3,");
}

#[tokio::test]
async fn c_rpl_8_old_messages_are_forgotten() {
    let gateway = Running::with(settings(|settings| {
        settings.long_polling.message = raw("~text~,");
        settings.channels.message_ttl = Duration::from_millis(200);
        settings.channels.stored_messages = 2;
    }))
    .await;
    for text in ["a1", "a2", "a3"] {
        gateway.publish("a", text).await;
    }
    assert_eq!(poll(&gateway, "/lp/a.b9", &[]).await, "a2,a3,");
    support::eventually(crate::gateway::SOON, async || {
        let info = gateway.get("/pub?id=a", &[]).await;
        info.text().contains("\"stored_messages\": 0").then_some(())
    })
    .await;
    assert_eq!(poll(&gateway, "/lp/a.b9", &[]).await, "");
}

#[tokio::test]
async fn c_rpl_9_no_gap_and_no_repeat_between_replay_and_live() {
    let gateway = std::sync::Arc::new(
        Running::with(settings(|settings| {
            settings.stream.message = raw("~id~,");
            settings.stream.header = None;
            // However long it takes here.
            settings.stream.ping_interval = None;
            settings.channels.stored_messages = 10_000;
        }))
        .await,
    );

    gateway.publish("a", "x").await;
    let publishing = {
        let gateway = std::sync::Arc::clone(&gateway);
        tokio::spawn(async move {
            let mut client = crate::browser::Client::connect(gateway.address).await;
            for _ in 1..COUNT {
                client.send("POST", "/pub?id=a", &[], "x").await;
                assert_eq!(client.answer().await.status, 200);
            }
        })
    };
    let mut joining = Vec::new();
    while !publishing.is_finished() {
        joining.push(gateway.stream("/sub/a.b99999", &[]).await);
        tokio::task::yield_now().await;
    }
    publishing.await.unwrap();
    let expected: String = (1..=COUNT).map(|id| format!("{id},")).collect();
    assert!(joining.len() > 5, "only {} joined meanwhile", joining.len());
    for mut stream in joining {
        assert_eq!(stream.text_until(&format!(",{COUNT},")).await, expected);
    }
}
