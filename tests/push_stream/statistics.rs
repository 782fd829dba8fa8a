//! Statistics (contract 2.3.9 and 2.3.11).

use serde_json::Value;

use crate::gateway::{Running, settings};

async fn three_channels() -> Running {
    let gateway = Running::start().await;
    gateway.publish("pre-2", "x").await;
    gateway.publish("pre-1", "x").await;
    gateway.publish("other", "x").await;
    gateway
}

fn channels(text: &str) -> Vec<String> {
    let group: Value = serde_json::from_str(text).unwrap();
    let infos = group["infos"].as_array().unwrap();
    infos
        .iter()
        .map(|info| info["channel"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn one_channel_is_told_alone_and_unknown_ones_not_at_all() {
    let gateway = three_channels().await;
    let answer = gateway.get("/channels-stats?id=other", &[]).await;
    assert_eq!(
        answer.text(),
        "{\"channel\": \"other\", \"published_messages\": 1, \"stored_messages\": 1, \"subscribers\": 0}\r\n"
    );
    assert!(answer.has("x-nginx-pushstream-tag") && answer.has("x-nginx-pushstream-commit"));
    let answer = gateway.get("/channels-stats?id=nope", &[]).await;
    assert_eq!((answer.status, answer.text()), (404, ""));
    let answer = gateway.get("/channels-stats?id=nope/neither", &[]).await;
    assert_eq!((answer.status, answer.text()), (404, ""));
    let answer = gateway.get("/channels-stats?id=nope/other", &[]).await;
    assert!(
        answer.text().starts_with("{\"channel\": \"other\""),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn groups_come_in_the_order_of_their_making() {
    let gateway = three_channels().await;
    for (id, expected) in [
        ("ALL", &["pre-2", "pre-1", "other"][..]),
        ("*", &["pre-2", "pre-1", "other"]),
        ("pre*", &["pre-2", "pre-1"]),
        ("pre*ignored", &["pre-2", "pre-1"]),
        ("none*", &[]),
        ("other/pre-2", &["other", "pre-2"]),
    ] {
        let answer = gateway.get(&format!("/stats?id={id}"), &[]).await;
        assert_eq!(answer.status, 200);
        assert_eq!(channels(answer.text()), expected, "{id}");
    }
}

#[tokio::test]
async fn the_shape_of_a_group_is_that_of_the_reference() {
    let gateway = Running::start().await;
    gateway.publish("a", "x").await;
    let answer = gateway.get("/stats?id=ALL", &[]).await;
    let text = answer.text();
    let (head, rest) = text.split_once("\"infos\": [\r\n").unwrap();
    assert_eq!(
        rest,
        "{\"channel\": \"a\", \"published_messages\": 1, \"stored_messages\": 1, \"subscribers\": 0}\r\n]}\r\n"
    );
    let keys: Vec<_> = head.split('"').skip(1).step_by(2).collect();
    assert_eq!(keys[0], "hostname");
    assert!(
        head.contains(", \"time\": \"20")
            && head.contains(", \"channels\": 1, \"wildcard_channels\": 0, \"uptime\": "),
        "{head}"
    );
}

#[tokio::test]
async fn the_summary_counts_everything_but_the_messages_of_the_events_channel() {
    let gateway = Running::with(settings(|settings| {
        settings.channels.events = Some("events".to_owned());
        settings.channels.wildcard_prefix = Some("wild-".to_owned());
    }))
    .await;
    gateway.publish("a", "x").await;
    gateway.publish("a", "y").await;
    gateway.publish("wild-b", "x").await;
    let _socket = gateway.websocket("/ws/a").await;
    let answer = gateway.get("/stats", &[]).await;
    let summary: Value = serde_json::from_str(answer.text()).unwrap();
    for (key, expected) in [
        ("channels", 3),
        ("wildcard_channels", 1),
        ("published_messages", 3),
        ("stored_messages", 3),
        ("messages_in_trash", 0),
        ("channels_in_delete", 0),
        ("channels_in_trash", 0),
        ("subscribers", 1),
    ] {
        assert_eq!(summary[key], expected, "{key} of {summary}");
    }
    assert_eq!(
        summary["by_worker"][0]["pid"],
        std::process::id().to_string()
    );
    assert!(
        answer.text().contains("\"by_worker\": [\r\n{\"pid\": \""),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn every_form_has_its_shape() {
    let gateway = Running::start().await;
    gateway.publish("a", "x").await;
    for (accept, single, group) in [
        (
            "text/plain",
            "channel: a\r\npublished_messages: 1\r\nstored_messages: 1\r\nactive_subscribers: 0\r\n",
            ", infos: \r\nchannel: a\r\npublished_messages: 1\r\nstored_messages: 1\r\nactive_subscribers: 0\r\n\r\n",
        ),
        (
            "application/yaml",
            "  channel: a\r\n  published_messages: 1\r\n  stored_messages: 1\r\n  subscribers: 0\r\n",
            "infos: \r\n -\r\n  channel: a\r\n  published_messages: 1\r\n  stored_messages: 1\r\n  subscribers: 0\r\n",
        ),
        (
            "application/xml",
            "<channel>\r\n  <name>a</name>\r\n  <published_messages>1</published_messages>\r\n  <stored_messages>1</stored_messages>\r\n  \
             <subscribers>0</subscribers>\r\n</channel>\r\n",
            "</channel>\r\n  </infos>\r\n</root>\r\n",
        ),
    ] {
        let answer = gateway.get("/stats?id=a", &[("Accept", accept)]).await;
        assert_eq!(answer.header("content-type"), accept);
        assert!(answer.text().ends_with(single), "{}", answer.text());
        let answer = gateway.get("/stats?id=ALL", &[("Accept", accept)]).await;
        assert!(answer.text().ends_with(group), "{}", answer.text());
        let answer = gateway.get("/stats", &[("Accept", accept)]).await;
        assert!(answer.text().contains("by_worker"), "{}", answer.text());
    }
}

#[tokio::test]
async fn names_are_escaped() {
    let gateway = Running::start().await;
    gateway.publish("%22%3C%26", "x").await;
    let json = gateway.get("/stats?id=ALL", &[]).await;
    assert_eq!(channels(json.text()), ["\"<&"]);
    let xml = gateway
        .get("/stats?id=ALL", &[("Accept", "text/xml")])
        .await;
    assert!(
        xml.text().contains("<name>\"&lt;&amp;</name>"),
        "{}",
        xml.text()
    );
}

#[tokio::test]
async fn statistics_are_only_read() {
    let gateway = Running::start().await;
    for method in ["POST", "HEAD", "OPTIONS", "DELETE"] {
        let answer = gateway.ask(method, "/stats", &[], "").await;
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, "GET"),
            "{method}"
        );
    }
}
