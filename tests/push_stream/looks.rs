//! How messages look: compression (RFC 7692), padding, and the three modes of templates.

use pubsub_core::{NodeName, Xml};
use pubsub_gateway::Mode;
use pubsub_gateway::settings::{MessageFormat, Padding};

use crate::browser::Frame;
use crate::gateway::{Running, raw, settings};

const OFFER: (&str, &str) = (
    "Sec-WebSocket-Extensions",
    "permessage-deflate; client_max_window_bits",
);

#[tokio::test]
async fn long_messages_are_compressed_for_those_who_can_take_it() {
    let gateway = Running::with(settings(|settings| {
        settings.websocket.message = raw("~text~");
    }))
    .await;
    let mut able = gateway.websocket_with("/ws/a", &[OFFER]).await;
    let mut plain = gateway.websocket("/ws/a").await;
    let text = "tell it again, ".repeat(200);
    gateway.publish("a", &text).await;
    let head = able.exactly(2).await;
    assert!(head[0] == 0xc1 && head[1] < 126, "{head:x?}");
    let deflated = able.exactly(head[1].into()).await;
    let mut inflated = Vec::with_capacity(text.len() + 1);
    flate2::Decompress::new(false)
        .decompress_vec(&deflated, &mut inflated, flate2::FlushDecompress::Sync)
        .unwrap();
    assert_eq!(inflated, text.as_bytes());
    assert_eq!(plain.frame().await, Frame::Text(text));
    gateway.publish("a", "short").await;
    assert_eq!(able.frame().await, Frame::Text("short".to_owned()));
}

#[tokio::test]
async fn an_offer_is_answered_only_where_it_can_be_met() {
    let gateway = Running::start().await;
    for (offer, expected) in [
        (
            OFFER.1,
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
        ),
        ("permessage-deflate; server_max_window_bits=9", ""),
        ("x-unknown", ""),
    ] {
        let mut client = crate::browser::Client::connect(gateway.address).await;
        let headers = [
            &crate::gateway::HANDSHAKE[..],
            &[("Sec-WebSocket-Extensions", offer)],
        ]
        .concat();
        client.send("GET", "/ws/a", &headers, "").await;
        let answer = client.head().await;
        assert_eq!(
            (answer.status, answer.header("sec-websocket-extensions")),
            (101, expected),
            "{offer}"
        );
    }
}

#[tokio::test]
async fn what_clients_compress_is_read() {
    let gateway = Running::with(settings(|settings| {
        settings.websocket.allows_publish = true;
    }))
    .await;
    let mut socket = gateway.websocket_with("/ws/a", &[OFFER]).await;
    // "Hello", twice the same, as RFC 7692 §7.2.3.1 has it; the second in two frames.
    let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
    socket.say(0xc1, &hello).await;
    socket.say(0x41, &hello[..3]).await;
    socket.say(0x80, &hello[3..]).await;
    for _ in 0..2 {
        assert_eq!(socket.json().await["text"], "Hello");
    }
    let mut other = gateway.websocket("/ws/a").await;
    other.say(0xc1, &hello).await;
    assert!(matches!(other.frame().await, Frame::Close(Some(1002), _)));
}

#[tokio::test]
async fn old_browsers_are_sent_no_small_pieces() {
    let gateway = Running::with(settings(|settings| {
        let padding = Padding::list("[T|t]est 1,0,508:[T|t]est 2,4097,0").unwrap();
        settings.stream.message = raw("<~text~>");
        settings.stream.header = Some("HDR".to_owned());
        settings.stream.padding.clone_from(&padding);
        settings.event_stream.padding = padding;
    }))
    .await;
    for (agent, header, message) in [("Test 1", 3, 508), ("a test 2 b", 4097, 3), ("other", 3, 3)] {
        let agent = [("User-Agent", agent)];
        let mut stream = gateway.stream("/sub/a", &agent).await;
        let first = stream.chunk().await.unwrap();
        assert!(
            first.len() == header && first.starts_with(b"HDR"),
            "{agent:?} {}",
            first.len()
        );
        gateway.publish("a", "x").await;
        let text = stream.chunk().await.unwrap();
        assert!(
            text.len() == message && text.starts_with(b"<x>"),
            "{agent:?} {}",
            text.len()
        );
        let mut events = gateway.stream("/ev/a", &agent).await;
        events.chunk().await.unwrap();
        gateway.publish("a", "x").await;
        let text = events.chunk().await.unwrap();
        assert!(text.len() >= message, "{agent:?} {}", text.len());
        let data = String::from_utf8(text).unwrap();
        assert_eq!(
            data.lines()
                .filter(|line| line.starts_with("data: "))
                .count(),
            1
        );
    }
}

#[tokio::test]
async fn rows_are_told_as_they_are_known() {
    let pubsub = pubsub_core::PubSub::builder()
        .without_models()
        .connect()
        .await
        .unwrap();
    let rows = std::sync::Arc::new(|node: &NodeName, _: &str, payload: &str| {
        (node == "/shop/Order" && payload.contains("<Order"))
            .then(|| "{\"id\":7,\"note\":\"a}{b\"}".to_owned())
    });
    let embedded = settings(|settings| {
        settings.websocket.message = MessageFormat {
            mode: Mode::JsonEmbed,
            ..MessageFormat::default()
        };
    });
    let gateway = pubsub_gateway::Gateway::builder(pubsub.clone())
        .settings(embedded)
        .rows(rows)
        .build()
        .unwrap();
    let gateway = Running::serving(pubsub, gateway).await;
    let mut socket = gateway.websocket("/ws/shop.Order").await;
    let node = NodeName::new("/shop/Order").unwrap();
    let tell = async |xml: &str| {
        gateway
            .pubsub
            .publish_as(&node, &"7".parse().unwrap(), Xml(xml))
            .await
            .unwrap();
    };
    let entry = |action: &str| {
        format!(
            "<entry xmlns='http://www.w3.org/2005/Atom'><Order xmlns='u'/><change xmlns='urn:pubsub:change:1' action='{action}'/></entry>"
        )
    };
    for (action, event) in [("create", ""), ("update", ""), ("delete", "delete")] {
        tell(&entry(action)).await;
        let json = socket.json().await;
        assert_eq!(json["text"]["id"], 7);
        assert_eq!(
            (&json["action"], &json["channel"]),
            (&action.into(), &"shop.Order".into()),
            "{event}"
        );
    }
    tell("<other xmlns='u'>5</other>").await;
    assert_eq!(socket.json().await["text"], "<other xmlns='u'>5</other>");
    tell("<entry>text &amp; more</entry>").await;
    assert_eq!(socket.json().await["text"], "text & more");
    tell("<json xmlns='urn:xmpp:json:0'>{\"a\": [1, 2]}</json>").await;
    assert_eq!(socket.json().await["text"]["a"][1], 2);
}

#[tokio::test]
async fn a_deletion_of_a_row_is_an_event_of_its_own_type() {
    let gateway = Running::start().await;
    let mut events = gateway.stream("/ev/shop.Order", &[]).await;
    let node = NodeName::new("/shop/Order").unwrap();
    let item = "7".parse().unwrap();
    gateway
        .pubsub
        .publish_as(&node, &item, "a row")
        .await
        .unwrap();
    let event = events.event().await;
    assert!(
        !event.contains("event:") && event.contains("a row"),
        "{event}"
    );
    gateway.pubsub.retract(&node, &item).await.unwrap();
    let event = events.event().await;
    assert!(
        event.contains("\nevent: delete\n") && event.contains("\"action\":\"delete\""),
        "{event}"
    );
}

#[tokio::test]
async fn a_header_may_come_from_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("header.html");
    std::fs::write(&file, "<p>from the file</p>\r\n").unwrap();
    let gateway = Running::with(settings(|settings| {
        settings.stream.header = None;
        settings.stream.header_file = Some(file.clone());
        settings.event_stream.header_file = Some(file.clone());
    }))
    .await;
    let mut stream = gateway.stream("/sub/a", &[]).await;
    assert_eq!(stream.chunk().await.unwrap(), b"<p>from the file</p>\r\n");
    let mut events = gateway.stream("/ev/a", &[]).await;
    let first = events.chunk().await.unwrap();
    assert!(first.starts_with(b": <p>from the file</p>\n"), "{first:?}");
}

#[tokio::test]
async fn a_header_that_cannot_be_read_is_told_when_the_gateway_is_built() {
    let pubsub = pubsub_core::PubSub::builder()
        .without_models()
        .connect()
        .await
        .unwrap();
    let built = |settings| {
        let builder = pubsub_gateway::Gateway::builder(pubsub.clone());
        builder.settings(settings).build().unwrap_err().to_string()
    };
    let missing = settings(|settings| {
        settings.event_stream.header_file = Some("/nowhere/header.html".into());
    });
    let error = built(missing);
    assert!(
        error.starts_with("the header cannot be read from /nowhere/header.html: "),
        "{error}"
    );
    let both = settings(|settings| {
        // A stream has one by default.
        settings.stream.header_file = Some("/nowhere/header.html".into());
    });
    assert_eq!(
        built(both),
        "the header cannot be read from /nowhere/header.html: the endpoint has a header beside it; leave one of them out"
    );
}

#[tokio::test]
async fn what_a_client_is_may_be_said_in_an_argument() {
    let gateway = Running::with(settings(|settings| {
        settings.stream.message = raw("<~text~>");
        settings.stream.header = None;
        settings.stream.padding = Padding::list("Old,0,100").unwrap();
        settings.arguments.user_agent = Some("ua".to_owned());
    }))
    .await;
    let agent = [("User-Agent", "Old")];
    for (path, agent, length) in [
        ("/sub/a?ua=Old", &[][..], 100),
        ("/sub/a?ua=New", &agent, 3),
        ("/sub/a", &agent, 100),
    ] {
        let mut stream = gateway.stream(path, agent).await;
        gateway.publish("a", "x").await;
        assert_eq!(stream.chunk().await.unwrap().len(), length, "{path}");
    }
}

#[tokio::test]
async fn a_ping_has_the_text_that_was_set() {
    let gateway = Running::with(settings(|settings| {
        settings.stream.message = raw("<~id~ ~text~>");
        settings.stream.header = None;
        settings.stream.ping_interval = Some(std::time::Duration::from_millis(50));
        settings.channels.ping_text = "still here".to_owned();
    }))
    .await;
    let mut stream = gateway.stream("/sub/a", &[]).await;
    assert_eq!(stream.chunk().await.unwrap(), b"<-1 still here>");
}

#[tokio::test]
async fn a_lone_percent_sign_is_written_as_was_set() {
    use pubsub_gateway::settings::{MessageFormat, Percent};
    for (percent, text) in [
        (Percent::Always, "100%25 of %41"),
        (Percent::Never, "100% of %41"),
        (Percent::Auto, "100% of %41"),
    ] {
        let gateway = Running::with(settings(|settings| {
            settings.long_polling.message = MessageFormat {
                percent,
                ..MessageFormat::default()
            };
        }))
        .await;
        gateway.publish("a", "100% of %41").await;
        let answer = gateway.get("/lp/a.b1", &[]).await;
        let message: serde_json::Value = serde_json::from_str(answer.text().trim()).unwrap();
        assert_eq!(message["text"], text);
    }
}
