//! Limits, authorised-only channels, wildcards and the events channel (contract 1, 2.3.6 and 2.3.10).

use std::time::Duration;

use serde_json::Value;

use crate::browser::{Client, Frame};
use crate::gateway::{HANDSHAKE, Running, settings};

/// Expects that a subscriber is refused, whichever way it comes.
async fn refused(gateway: &Running, channels: &str, explain: &str) {
    for door in ["sub", "ev", "lp"] {
        let answer = gateway.get(&format!("/{door}/{channels}"), &[]).await;
        assert_eq!(
            (answer.status, answer.explain(), answer.text()),
            (403, explain, ""),
            "{door}"
        );
        assert_eq!(answer.header("content-length"), "0");
        assert!(answer.has("expires") && answer.has("cache-control"));
    }
    let mut socket = gateway.websocket(&format!("/ws/{channels}")).await;
    let reason = format!("{{\"http_status\": 403, \"explain\":\"{explain}\"}}");
    assert_eq!(socket.frame().await, Frame::Close(Some(1008), reason));
}

#[tokio::test]
async fn c_lim_1_there_are_only_so_many_channels() {
    let gateway = Running::with(settings(|settings| settings.channels.most = 2)).await;
    let _one = gateway.websocket("/ws/a").await;
    gateway.publish("b", "x").await;
    refused(&gateway, "c", "Number of channels were exceeded.").await;
    let answer = gateway.post("/pub?id=c", &[], "x").await;
    assert_eq!(
        (answer.status, answer.explain()),
        (403, "Number of channels were exceeded.")
    );
    gateway.publish("a", "x").await;
    gateway.ask("DELETE", "/pub?id=b", &[], "").await;
    gateway.publish("c", "x").await;
}

#[tokio::test]
async fn c_lim_2_a_channel_has_only_so_many_subscribers() {
    let gateway = Running::with(settings(|settings| settings.channels.most_subscribers = 2)).await;
    let _one = gateway.websocket("/ws/a").await;
    let two = gateway.websocket("/ws/a/b").await;
    refused(
        &gateway,
        "a",
        "Subscribers limit per channel has been exceeded.",
    )
    .await;
    refused(
        &gateway,
        "b/a",
        "Subscribers limit per channel has been exceeded.",
    )
    .await;
    drop(two);
    support::eventually(crate::gateway::SOON, async || {
        let info = gateway.get("/pub?id=a/b", &[]).await;
        let is_free = info.text().contains("\"subscribers\": 1")
            && info.text().contains("\"subscribers\": 0");
        is_free.then_some(())
    })
    .await;
    let _again = gateway.stream("/sub/a", &[]).await;
}

#[tokio::test]
async fn c_lim_3_only_channels_with_messages_can_be_subscribed_to() {
    let gateway = Running::with(settings(|settings| {
        for endpoint in [
            &mut settings.websocket,
            &mut settings.event_stream,
            &mut settings.stream,
            &mut settings.long_polling,
        ] {
            endpoint.authorized_only = true;
        }
        settings.channels.wildcard_prefix = Some("wild-".to_owned());
    }))
    .await;
    let explain = "Subscriber could not create channels.";
    refused(&gateway, "a", explain).await;
    let _wild = gateway.stream("/sub/wild-1", &[]).await;
    gateway.publish("a", "x").await;
    let _now = gateway.stream("/sub/a", &[]).await;
    refused(&gateway, "a/b", explain).await;
}

#[tokio::test]
async fn c_lim_4_wildcards_count_apart() {
    let gateway = Running::with(settings(|settings| {
        settings.channels.wildcard_prefix = Some("wild-".to_owned());
        settings.channels.most_wildcards = 2;
        for endpoint in [
            &mut settings.websocket,
            &mut settings.event_stream,
            &mut settings.stream,
            &mut settings.long_polling,
        ] {
            endpoint.most_wildcards = Some(1);
        }
    }))
    .await;
    let explain = "Subscribed too much wildcard channels.";
    refused(&gateway, "wild-1", explain).await;
    refused(&gateway, "a/wild-1/wild-2", explain).await;
    let _one = gateway.stream("/sub/a/wild-1", &[]).await;
    let _two = gateway.stream("/sub/a/wild-2", &[]).await;
    refused(&gateway, "a/wild-3", "Number of channels were exceeded.").await;
}

#[tokio::test]
async fn c_lim_5_idle_channels_are_given_up() {
    let gateway = Running::with(settings(|settings| {
        settings.channels.store = false;
        settings.channels.inactivity = Duration::from_millis(100);
    }))
    .await;
    gateway.publish("a", "x").await;
    let socket = gateway.websocket("/ws/b").await;
    support::eventually(crate::gateway::SOON, async || {
        let all = gateway.get("/stats?id=ALL", &[]).await;
        all.text().contains("\"channels\": 1,").then_some(())
    })
    .await;
    assert_eq!(gateway.get("/pub?id=a", &[]).await.status, 404);
    drop(socket);
    support::eventually(crate::gateway::SOON, async || {
        let all = gateway.get("/stats?id=ALL", &[]).await;
        all.text().contains("\"channels\": 0,").then_some(())
    })
    .await;
    let answer = gateway.publish("a", "x").await;
    assert!(
        answer.text().contains("\"published_messages\": 1"),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn c_lim_6_a_request_names_only_so_many_channels() {
    let gateway = Running::with(settings(|settings| settings.limits.channels = 3)).await;
    let answer = gateway.get("/sub/a/b/c/d", &[]).await;
    assert_eq!(
        (answer.status, answer.explain()),
        (400, "Too many channels in one request.")
    );
    let _stream = gateway.stream("/sub/a/b/c/a", &[]).await;
}

#[tokio::test]
async fn c_lim_7_there_are_only_so_many_connections() {
    let gateway = Running::with(settings(|settings| settings.limits.connections = 2)).await;
    let one = gateway.websocket("/ws/a").await;
    let _two = gateway.websocket("/ws/a").await;
    let mut three = Client::connect(gateway.address).await;
    three.send("GET", "/ws/a", &HANDSHAKE, "").await;
    // It is let in when somebody has left.
    drop(one);
    assert_eq!(three.head().await.status, 101);
}

#[tokio::test]
async fn c_evt_1_the_events_channel_tells_of_channels_and_clients() {
    let gateway = Running::with(settings(|settings| {
        settings.channels.events = Some("events".to_owned());
        settings.event_stream.allows_events = true;
    }))
    .await;
    let mut events = gateway.stream("/ev/events", &[]).await;
    let mut next = async || loop {
        let event = events.event().await;
        if !event.contains("\\\"channel\\\": \\\"events\\\"") {
            let data = event
                .lines()
                .find_map(|line| line.strip_prefix("data: "))
                .unwrap();
            let kind = event
                .lines()
                .find_map(|line| line.strip_prefix("event: "))
                .unwrap();
            let message: Value = serde_json::from_str(data).unwrap();
            let text: Value = serde_json::from_str(message["text"].as_str().unwrap()).unwrap();
            assert_eq!(text["type"], kind);
            return format!("{kind} {}", text["channel"].as_str().unwrap());
        }
    };
    let socket = gateway.websocket("/ws/z1").await;
    assert_eq!(next().await, "channel_created z1");
    assert_eq!(next().await, "client_subscribed z1");
    drop(socket);
    assert_eq!(next().await, "client_unsubscribed z1");
    gateway.ask("DELETE", "/pub?id=z1", &[], "").await;
    assert_eq!(next().await, "channel_destroyed z1");
}

#[tokio::test]
async fn c_evt_2_nobody_else_changes_or_hears_it() {
    let gateway = Running::with(settings(|settings| {
        settings.channels.events = Some("events".to_owned());
    }))
    .await;
    refused(
        &gateway,
        "events",
        "Subscription to events channel is not allowed.",
    )
    .await;
    for (method, body) in [("POST", "x"), ("PUT", "x"), ("DELETE", "")] {
        let answer = gateway.ask(method, "/pub?id=events", &[], body).await;
        let explain = "Only internal routines can change events channel.";
        assert_eq!(
            (answer.status, answer.explain()),
            (403, explain),
            "{method}"
        );
    }
    assert_eq!(gateway.get("/pub?id=events", &[]).await.status, 200);
}

#[tokio::test]
async fn settings_that_make_no_sense_are_refused() {
    let pubsub = pubsub_core::PubSub::builder()
        .without_models()
        .connect()
        .await
        .unwrap();
    for wrong in [
        settings(|settings| settings.websocket.ping_interval = Some(Duration::ZERO)),
        settings(|settings| settings.stream.connection_ttl = Some(Duration::ZERO)),
        settings(|settings| settings.channels.events = Some("ALL".to_owned())),
    ] {
        let built = pubsub_gateway::Gateway::builder(pubsub.clone())
            .settings(wrong)
            .build();
        assert!(built.is_err());
    }
}

#[tokio::test]
async fn one_address_does_not_take_all_channels() {
    let gateway = Running::with(settings(|settings| {
        settings.channels.most_per_address = 2;
        settings.channels.inactivity = std::time::Duration::from_millis(100);
    }))
    .await;
    let ask = async |channel: &str, address: &'static str| {
        let headers = [
            ("X-Forwarded-For", address),
            ("X-Nginx-PushStream-Mode", "polling"),
        ];
        let answer = gateway.get(&format!("/lp/{channel}"), &headers).await;
        (answer.status, answer.explain().to_owned())
    };
    let full = (403, "Number of channels were exceeded.".to_owned());
    let mut held = Vec::new();
    for channel in ["a", "b"] {
        let from = [("X-Forwarded-For", "198.51.100.7, 192.0.2.1")];
        held.push(gateway.stream(&format!("/ev/{channel}"), &from).await);
    }
    assert_eq!(ask("c", "192.0.2.1").await, full);
    // Those that are there are for everybody, and others have their own share.
    assert_eq!(ask("a", "192.0.2.1").await.0, 304);
    assert_eq!(ask("c", "192.0.2.2").await.0, 304);
    let polling = [("X-Nginx-PushStream-Mode", "polling")];
    for channel in ["d", "e", "f"] {
        let answer = gateway.get(&format!("/lp/{channel}"), &polling).await;
        assert_eq!(answer.status, 304);
    }
    // They come back with the channels.
    held.clear();
    support::eventually(crate::gateway::SOON, async || {
        (ask("g", "192.0.2.1").await.0 == 304).then_some(())
    })
    .await;
}
