//! Deleting channels (contract 2.3.5): over HTTP, and at the service.

use pubsub_core::{NodeName, PubSub};
use pubsub_gateway::Settings;

use crate::browser::Frame;
use crate::gateway::{Running, settings};

#[tokio::test]
async fn c_del_1_a_channel_vanishes_with_everything() {
    let gateway = Running::start().await;
    gateway.publish("a", "x").await;
    gateway.publish("a", "y").await;
    let answer = gateway.ask("DELETE", "/pub?id=a", &[], "").await;
    assert_eq!(
        (answer.status, answer.text(), answer.explain()),
        (200, "", "Channel deleted.")
    );
    for method in ["GET", "DELETE"] {
        let answer = gateway.ask(method, "/pub?id=a", &[], "").await;
        assert_eq!((answer.status, answer.text()), (404, ""), "{method}");
    }
    let answer = gateway.publish("a", "z").await;
    assert!(
        answer
            .text()
            .contains("\"published_messages\": 1, \"stored_messages\": 1"),
        "{}",
        answer.text()
    );
    let mut socket = gateway.websocket("/ws/a.b9").await;
    let json = socket.json().await;
    assert_eq!((&json["id"], &json["text"]), (&1.into(), &"z".into()));
}

#[tokio::test]
async fn c_del_2_who_has_other_channels_keeps_its_connection() {
    let gateway = Running::start().await;
    let mut both = gateway.websocket("/ws/a/b").await;
    let mut one = gateway.websocket("/ws/a").await;
    gateway
        .ask("DELETE", "/pub?id=a", &[], "gone for good")
        .await;
    for socket in [&mut both, &mut one] {
        let json = socket.json().await;
        assert_eq!(
            (&json["id"], &json["channel"], &json["text"]),
            (&(-2).into(), &"a".into(), &"gone for good".into())
        );
        assert_eq!((&json["tag"], &json["time"]), (&"".into(), &"".into()));
    }
    assert_eq!(one.frame().await, Frame::Close(None, String::new()));
    // It is not subscribed to what comes to be called so later.
    gateway.publish("a", "new").await;
    gateway.publish("b", "still").await;
    assert_eq!(both.json().await["text"], "still");
    gateway.ask("DELETE", "/pub?id=b", &[], "").await;
    assert_eq!(both.json().await["id"], -2);
    assert_eq!(both.frame().await, Frame::Close(None, String::new()));
    both.closed().await;
}

#[tokio::test]
async fn c_del_3_several_are_deleted_at_once() {
    let gateway = Running::start().await;
    gateway.publish("a/b", "x").await;
    let answer = gateway.ask("DELETE", "/pub?id=a/b/unknown", &[], "").await;
    assert_eq!(answer.status, 200);
    let all = gateway.get("/stats?id=ALL", &[]).await;
    assert!(all.text().contains("\"channels\": 0,"), "{}", all.text());
}

#[tokio::test]
async fn c_del_4_the_text_can_be_set() {
    let gateway = Running::with(settings(|settings| {
        settings.channels.deleted_text = "no more".to_owned();
    }))
    .await;
    let mut events = gateway.stream("/ev/a", &[]).await;
    gateway.ask("DELETE", "/pub?id=a", &[], "").await;
    assert!(
        events
            .event()
            .await
            .contains("\"id\":-2,\"channel\":\"a\",\"text\":\"no more\"")
    );
    events.closed_after_body().await;
}

#[tokio::test]
async fn every_gateway_of_a_service_deletes_it() {
    let one = Running::start().await;
    let url = one.pubsub.embedded_url().unwrap().to_owned();
    let builder = PubSub::builder().without_models().url(&url).unwrap();
    let other = Running::over(builder.connect().await.unwrap(), Settings::default()).await;
    let mut here = one.websocket("/ws/a").await;
    let mut there = other.websocket("/ws/a").await;
    assert_eq!(one.ask("DELETE", "/pub?id=a", &[], "").await.status, 200);
    for socket in [&mut here, &mut there] {
        assert_eq!(socket.json().await["id"], -2);
        socket.frame().await;
        socket.closed().await;
    }
    assert_eq!(other.get("/pub?id=a", &[]).await.status, 404);
}

#[tokio::test]
async fn what_is_deleted_at_the_service_is_deleted_here() {
    let gateway = Running::start().await;
    gateway.publish("a", "makes the node").await;
    let mut socket = gateway.websocket("/ws/a").await;
    let node = NodeName::new("a").unwrap();
    gateway
        .pubsub
        .session()
        .unwrap()
        .delete_node(&node)
        .await
        .unwrap();
    assert_eq!(socket.json().await["id"], -2);
    assert_eq!(socket.frame().await, Frame::Close(None, String::new()));
}

#[tokio::test]
async fn what_is_purged_at_the_service_is_a_reset_here() {
    let gateway = Running::start().await;
    gateway.publish("a", "x").await;
    let mut socket = gateway.websocket("/ws/a").await;
    let node = NodeName::new("a").unwrap();
    gateway
        .pubsub
        .session()
        .unwrap()
        .purge(&node)
        .await
        .unwrap();
    let json = socket.json().await;
    assert_eq!((&json["id"], &json["reset"]), (&(-4).into(), &true.into()));
    let info = gateway.get("/pub?id=a", &[]).await;
    assert!(
        info.text()
            .contains("\"published_messages\": 1, \"stored_messages\": 0"),
        "{}",
        info.text()
    );
}
