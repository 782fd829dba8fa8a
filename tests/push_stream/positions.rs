//! Going on where a list was read: its first page and the messages after it join without gap or repeat.

use std::sync::Arc;

use pubsub_core::{NodeName, Position, PubSub, Xml};
use pubsub_gateway::Settings;
use serde_json::Value;
use tempfile::TempDir;

use crate::browser::Client;
use crate::gateway::{Running, settings};

/// A gateway over a handle with a store.
struct Stored {
    gateway: Running,
    node: NodeName,
    _directory: TempDir,
}

impl Stored {
    async fn with(settings: Settings) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("store.db").display());
        let builder = PubSub::builder().without_models().store(&url).unwrap();
        Self {
            gateway: Running::over(builder.connect().await.unwrap(), settings).await,
            node: NodeName::new("/shop/Order").unwrap(),
            _directory: directory,
        }
    }

    /// Publishes, and answers with the position after that.
    async fn tell(&self, text: &str) -> Position {
        let receipt = self.gateway.pubsub.publish(&self.node, text).await.unwrap();
        receipt.position().unwrap().clone()
    }
}

/// What a WebSocket hears up to some text, and the last cursor.
async fn texts(socket: &mut Client, last: &str) -> Vec<String> {
    let mut texts = Vec::new();
    while texts.last().is_none_or(|text| text != last) {
        let json = socket.json().await;
        if json["id"] != 0 {
            assert_ne!(json["id"], -4, "{json}");
            texts.push(json["text"].as_str().unwrap().to_owned());
        }
    }
    texts
}

#[tokio::test]
async fn what_happened_since_a_list_is_told_once_before_the_channel_was_there() {
    let stored = Stored::with(Settings::default()).await;
    stored.tell("on the page").await;
    let position = stored.tell("on the page too").await;
    stored.tell("one").await;
    stored.tell("two").await;
    // Nobody has listened so far: the gateway does not know of any of them.
    let path = format!("/ws/shop.Order?position={position}");
    let mut socket = stored.gateway.websocket(&path).await;
    assert_eq!(texts(&mut socket, "two").await, ["one", "two"]);
    stored.tell("three").await;
    assert_eq!(texts(&mut socket, "three").await, ["three"]);
}

#[tokio::test]
async fn and_also_while_it_is_there() {
    let stored = Stored::with(Settings::default()).await;
    let mut early = stored.gateway.websocket("/ws/shop.Order").await;
    let position = stored.tell("zero").await;
    for text in ["one", "two", "three"] {
        stored.tell(text).await;
    }
    texts(&mut early, "three").await;
    let path = format!("/ev/shop.Order?position={position}");
    let mut events = stored.gateway.stream(&path, &[]).await;
    let mut heard = Vec::new();
    let mut ids = Vec::new();
    stored.tell("four").await;
    while heard.len() < 4 {
        let event = events.event().await;
        for line in event.lines() {
            if let Some(data) = line.strip_prefix("data: ") {
                let json: Value = serde_json::from_str(data).unwrap();
                heard.push(json["text"].as_str().unwrap().to_owned());
                ids.push(json["id"].as_i64().unwrap());
            }
        }
    }
    assert_eq!(heard, ["one", "two", "three", "four"]);
    assert!(ids.is_sorted() && ids[0] > 0, "{ids:?}");
}

#[tokio::test]
async fn no_gap_and_no_repeat_while_others_publish() {
    let stored =
        Arc::new(Stored::with(settings(|settings| settings.channels.stored_messages = 0)).await);
    let start = stored.tell("0").await;
    let publishing = {
        let stored = Arc::clone(&stored);
        tokio::spawn(async move {
            let mut positions = Vec::new();
            for number in 1..=150 {
                positions.push((number, stored.tell(&number.to_string()).await));
            }
            positions
        })
    };
    let mut sockets = vec![(
        0,
        stored
            .gateway
            .websocket(&format!("/ws/shop.Order?position={start}"))
            .await,
    )];
    while !publishing.is_finished() {
        sockets.push((
            0,
            stored
                .gateway
                .websocket(&format!("/ws/shop.Order?position={start}"))
                .await,
        ));
    }
    for (number, position) in publishing.await.unwrap().into_iter().step_by(29) {
        let path = format!("/ws/shop.Order?position={position}");
        sockets.push((number, stored.gateway.websocket(&path).await));
    }
    stored.tell("end").await;
    for (after, mut socket) in sockets {
        let expected: Vec<_> = (after + 1..=150)
            .map(|number| number.to_string())
            .chain(["end".to_owned()])
            .collect();
        assert_eq!(texts(&mut socket, "end").await, expected, "after {after}");
    }
}

#[tokio::test]
async fn the_cursor_of_what_was_told_so_goes_on_as_well() {
    let stored = Stored::with(Settings::default()).await;
    let position = stored.tell("zero").await;
    for text in ["one", "two"] {
        stored.tell(text).await;
    }
    let mut socket = stored
        .gateway
        .websocket(&format!("/ws/shop.Order?position={position}"))
        .await;
    let first = socket.json().await;
    assert_eq!(first["text"], "one");
    // It breaks right here.
    let cursor = first["cursor"].as_str().unwrap().to_owned();
    let mut again = stored
        .gateway
        .websocket(&format!("/ws/shop.Order?eventid={cursor}"))
        .await;
    assert_eq!(texts(&mut again, "two").await, ["two"]);
    let mut events = stored
        .gateway
        .stream("/ev/shop.Order", &[("Last-Event-ID", &cursor)])
        .await;
    assert!(events.event().await.contains("\"text\":\"two\""));
    // And after everything it is a place of all channels.
    assert_eq!(socket.json().await["text"], "two");
    let last = socket.json().await;
    assert_eq!(last["id"], 0);
    let cursor = last["cursor"].as_str().unwrap();
    assert_eq!(cursor.split(':').next().unwrap().len(), 16);
    stored.tell("three").await;
    let mut again = stored
        .gateway
        .websocket(&format!("/ws/shop.Order?eventid={cursor}"))
        .await;
    assert_eq!(texts(&mut again, "three").await, ["three"]);
}

#[tokio::test]
async fn what_the_list_shows_already_is_not_told_when_the_service_tells_it_late() {
    let stored = Stored::with(Settings::default()).await;
    let mut early = stored.gateway.websocket("/ws/shop.Order").await;
    // The list is read before the outbox has got to it.
    let position = stored.tell("shown").await;
    let mut socket = stored
        .gateway
        .websocket(&format!("/ws/shop.Order?position={position}"))
        .await;
    texts(&mut early, "shown").await;
    stored.tell("news").await;
    assert_eq!(texts(&mut socket, "news").await, ["news"]);
}

#[tokio::test]
async fn a_position_of_another_node_says_nothing() {
    let stored = Stored::with(Settings::default()).await;
    let position = stored.tell("elsewhere").await;
    stored.tell("elsewhere too").await;
    let mut socket = stored
        .gateway
        .websocket(&format!("/ws/other/shop.Order?position={position}"))
        .await;
    assert_eq!(texts(&mut socket, "elsewhere too").await, ["elsewhere too"]);
    let mut other = stored
        .gateway
        .websocket(&format!("/ws/other?position={position}"))
        .await;
    stored.gateway.publish("other", "here").await;
    assert_eq!(texts(&mut other, "here").await, ["here"]);
}

#[tokio::test]
async fn without_a_store_what_the_service_keeps_is_told() {
    let gateway = Running::start().await;
    let node = NodeName::new("/shop/Order").unwrap();
    let tell = async |text: &str| {
        gateway.pubsub.publish(&node, text).await.unwrap();
    };
    tell("shown").await;
    let position = gateway
        .pubsub
        .items_of(&node)
        .await
        .unwrap()
        .position()
        .clone();
    tell("one").await;
    let xml = "<other xmlns='u'>two</other>";
    gateway.pubsub.publish(&node, Xml(xml)).await.unwrap();
    let mut socket = gateway
        .websocket(&format!("/ws/shop.Order?position={position}"))
        .await;
    assert_eq!(texts(&mut socket, xml).await, ["one", xml]);
    tell("three").await;
    assert_eq!(texts(&mut socket, "three").await, ["three"]);
}

#[tokio::test]
async fn a_client_that_asks_is_told_where_it_would_go_on() {
    let gateway = Running::start().await;
    for door in ["ws/a", "ws/a/b"] {
        let mut socket = gateway.websocket(&format!("/{door}?hello=1")).await;
        let hello = socket.json().await;
        assert_eq!(hello["id"], 0);
        let cursor = hello["cursor"].as_str().unwrap().to_owned();
        gateway.publish("a", "meanwhile").await;
        let mut again = gateway
            .websocket(&format!("/{door}?eventid={cursor}"))
            .await;
        assert_eq!(again.json().await["text"], "meanwhile");
    }
}
