//! Going on after a break: exact cursors, and being told when messages are lost.

use pubsub_gateway::Mode;
use pubsub_gateway::settings::MessageFormat;
use serde_json::Value;

use crate::browser::{Client, Frame};
use crate::gateway::{Running, settings};

fn id_of(event: &str) -> String {
    let id = event
        .lines()
        .rfind(|line| line.starts_with("id: "))
        .unwrap();
    id[4..].to_owned()
}

fn message(event: &str) -> Value {
    let data = event
        .lines()
        .rfind(|line| line.starts_with("data: "))
        .unwrap();
    serde_json::from_str(&data[6..]).unwrap()
}

#[tokio::test]
async fn an_event_stream_goes_on_where_it_broke_on_all_its_channels() {
    let gateway = Running::start().await;
    let mut stream = gateway.stream("/ev/a/b", &[]).await;
    gateway.publish("a", "a1").await;
    gateway.publish("b", "b1").await;
    let first = stream.event().await;
    let cursor = id_of(&first);
    drop(stream);
    for (channel, text) in [("a", "a2"), ("b", "b2"), ("a", "a3")] {
        gateway.publish(channel, text).await;
    }
    let mut stream = gateway
        .stream("/ev/a/b", &[("Last-Event-ID", &cursor)])
        .await;
    for expected in ["b1", "a2", "b2", "a3"] {
        assert_eq!(message(&stream.event().await)["text"], expected);
    }
    gateway.publish("b", "b3").await;
    assert_eq!(message(&stream.event().await)["text"], "b3");
}

#[tokio::test]
async fn whoever_has_seen_no_message_has_a_cursor_too() {
    let gateway = Running::start().await;
    let mut stream = gateway.stream("/ev/a", &[]).await;
    let opening = stream.text_until("\n\n").await;
    let cursor = id_of(&opening);
    drop(stream);
    gateway.publish("a", "meanwhile").await;
    let mut stream = gateway.stream("/ev/a", &[("Last-Event-ID", &cursor)]).await;
    assert_eq!(message(&stream.event().await)["text"], "meanwhile");
}

#[tokio::test]
async fn every_transport_takes_the_cursor_of_every_other() {
    let gateway = Running::start().await;
    let mut socket = gateway.websocket("/ws/a").await;
    gateway.publish("a", "one").await;
    let cursor = socket.json().await["cursor"].as_str().unwrap().to_owned();
    gateway.publish("a", "two").await;
    let arguments = format!("eventid={cursor}");
    let mut socket = gateway.websocket(&format!("/ws/a?{arguments}")).await;
    assert_eq!(socket.json().await["text"], "two");
    let mut events = gateway
        .stream(&format!("/ev/a?last_event_id={cursor}"), &[])
        .await;
    assert_eq!(message(&events.event().await)["text"], "two");
    let mut stream = gateway.stream(&format!("/sub/a?{arguments}"), &[]).await;
    stream.text_until("</script>\n").await;
    let poll = gateway.get("/lp/a", &[("Last-Event-ID", &cursor)]).await;
    assert_eq!(
        serde_json::from_str::<Value>(poll.text()).unwrap()["text"],
        "two"
    );
}

#[tokio::test]
async fn a_lost_place_is_said_and_what_is_left_follows() {
    let gateway = Running::with(settings(|settings| {
        settings.channels.stored_messages = 2;
        settings.channels.backlog = 2;
    }))
    .await;
    let mut socket = gateway.websocket("/ws/a").await;
    gateway.publish("a", "one").await;
    let cursor = socket.json().await["cursor"].as_str().unwrap().to_owned();
    drop(socket);
    for text in ["two", "three", "four"] {
        gateway.publish("a", text).await;
    }
    let mut socket = gateway.websocket(&format!("/ws/a?eventid={cursor}")).await;
    let reset = socket.json().await;
    assert_eq!(
        (&reset["id"], &reset["reset"], &reset["channel"]),
        (&(-4).into(), &true.into(), &"a".into())
    );
    assert_eq!(socket.json().await["text"], "three");
    assert_eq!(socket.json().await["text"], "four");
    let mut events = gateway.stream("/ev/a", &[("Last-Event-ID", &cursor)]).await;
    let reset = events.event().await;
    assert!(reset.contains("\nevent: reset\ndata: {"), "{reset}");
    assert_eq!(message(&events.event().await)["text"], "three");
    // With the place that comes with the reset one goes on.
    let again = id_of(&reset);
    let mut events = gateway.stream("/ev/a", &[("Last-Event-ID", &again)]).await;
    assert_eq!(message(&events.event().await)["text"], "three");
}

#[tokio::test]
async fn a_cursor_of_another_run_is_a_lost_place() {
    let gateway = Running::start().await;
    gateway.publish("a", "one").await;
    let foreign = "0123456789abcdef:5";
    let mut events = gateway.stream("/ev/a", &[("Last-Event-ID", foreign)]).await;
    assert!(events.event().await.contains("\nevent: reset\n"));
    let poll = gateway.get("/lp/a", &[("Last-Event-ID", foreign)]).await;
    let reset: Value = serde_json::from_str(poll.text()).unwrap();
    assert_eq!((poll.status, &reset["id"]), (200, &(-4).into()));
    assert_eq!(reset["cursor"], poll.header("x-pubsub-cursor"));
}

#[tokio::test]
async fn an_unknown_event_id_is_said_where_it_disturbs_nobody() {
    let gateway = Running::start().await;
    gateway
        .post("/pub?id=a", &[("Event-Id", "known")], "one")
        .await;
    let mut events = gateway
        .stream("/ev/a", &[("Last-Event-ID", "unknown")])
        .await;
    assert!(events.event().await.contains("\nevent: reset\n"));
    let mut events = gateway.stream("/ev/a", &[("Last-Event-ID", "known")]).await;
    gateway.publish("a", "two").await;
    assert!(!events.event().await.contains("reset"));
    let at_once = ("X-Nginx-PushStream-Mode", "polling");
    let poll = gateway
        .get("/lp/a", &[("Last-Event-ID", "unknown"), at_once])
        .await;
    assert_eq!(poll.status, 304);
}

#[tokio::test]
async fn a_raw_template_hears_of_no_reset() {
    let gateway = Running::with(settings(|settings| {
        settings.websocket.message = MessageFormat {
            mode: Mode::Raw,
            template: Some("~id~ ~text~".to_owned()),
            ..MessageFormat::default()
        };
    }))
    .await;
    let mut socket = gateway.websocket("/ws/a?eventid=0123456789abcdef:5").await;
    gateway.publish("a", "one").await;
    assert_eq!(socket.frame().await, Frame::Text("1 one".to_owned()));
}

#[tokio::test]
async fn a_slow_reader_is_told_and_cut_off_and_nobody_else_waits() {
    let gateway = Running::with(settings(|settings| {
        settings.channels.backlog = 50;
        settings.limits.message = 1 << 20;
    }))
    .await;
    let mut slow = gateway.websocket("/ws/a").await;
    let mut quick = gateway.websocket("/ws/a").await;
    let body = "x".repeat(200_000);
    let mut publisher = Client::connect(gateway.address).await;
    // More than the sockets and the ring can hold.
    for _ in 0..200 {
        publisher.send("POST", "/pub?id=a", &[], &body).await;
        assert_eq!(publisher.answer().await.status, 200);
        quick.json().await;
    }
    let mut ids = Vec::new();
    let ending = loop {
        match slow.frame().await {
            Frame::Text(text) => {
                let json: Value = serde_json::from_str(&text).unwrap();
                if json["id"] == -4 {
                    assert_eq!(json["reset"], true);
                } else {
                    ids.push(json["id"].as_i64().unwrap());
                }
            }
            Frame::Ping(_) => {}
            other => break other,
        }
    };
    assert_eq!(
        ending,
        Frame::Close(Some(1013), "too slow: messages were lost".to_owned())
    );
    let expected: Vec<_> = (1..=i64::try_from(ids.len()).unwrap()).collect();
    assert_eq!(ids, expected, "what arrived has no holes");
    assert!(ids.len() < 200);
    slow.closed().await;
}
