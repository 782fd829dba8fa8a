//! `WebSockets` (contract 2.3.8 and 3.9).

use std::time::Duration;

use crate::browser::{Client, Frame, masked};
use crate::gateway::{HANDSHAKE, Running, raw, settings};

#[tokio::test]
async fn c_ws_1_a_handshake_needs_its_headers() {
    let gateway = Running::start().await;
    let explain = "Don't have at least one of the mandatory headers: Connection, Upgrade, Sec-WebSocket-Key and Sec-WebSocket-Version";
    for missing in 0..HANDSHAKE.len() {
        let mut headers = HANDSHAKE.to_vec();
        headers.remove(missing);
        let answer = gateway.get("/ws/a", &headers).await;
        assert_eq!((answer.status, answer.explain()), (400, explain));
    }
    for method in ["POST", "OPTIONS", "HEAD"] {
        let answer = gateway.ask(method, "/ws/a", &HANDSHAKE, "").await;
        assert_eq!((answer.status, answer.header("allow")), (405, "GET"));
    }
}

#[tokio::test]
async fn c_ws_2_only_versions_8_and_13_are_spoken() {
    let gateway = Running::start().await;
    let mut headers = HANDSHAKE;
    for (version, status) in [("7", 400), ("x", 400), ("8", 101), ("13", 101)] {
        headers[3].1 = version;
        let mut client = Client::connect(gateway.address).await;
        client.send("GET", "/ws/a", &headers, "").await;
        let answer = client.head().await;
        assert_eq!(answer.status, status, "{version}");
        if status == 400 {
            assert_eq!(
                answer.explain(),
                "Version not supported. Supported versions: 8, 13"
            );
            assert_eq!(answer.header("sec-websocket-version"), "8, 13");
        } else {
            assert_eq!(answer.header("upgrade"), "WebSocket");
            assert_eq!(answer.header("connection"), "Upgrade");
            assert_eq!(
                answer.header("sec-websocket-accept"),
                "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
            );
            assert_eq!(
                answer.header("cache-control"),
                "no-cache, no-store, must-revalidate"
            );
            assert!(!answer.has("access-control-allow-origin"));
            assert!(!answer.has("sec-websocket-protocol"));
        }
    }
}

#[tokio::test]
async fn c_ws_3_header_replay_messages_pings_and_footer_are_frames() {
    let gateway = Running::with(settings(|settings| {
        settings.websocket.message = raw("~text~");
        settings.websocket.header = Some("HDR".to_owned());
        settings.websocket.footer = Some("FTR".to_owned());
        settings.websocket.ping_interval = Some(Duration::from_millis(300));
    }))
    .await;
    gateway.publish("a", "old").await;
    let mut socket = gateway.websocket("/ws/a.b1").await;
    for text in ["HDR", "old"] {
        assert_eq!(socket.frame().await, Frame::Text(text.to_owned()));
    }
    gateway.publish("a", "new").await;
    assert_eq!(socket.frame().await, Frame::Text("new".to_owned()));
    assert_eq!(socket.frame().await, Frame::Ping(Vec::new()));
    gateway.ask("DELETE", "/pub?id=a", &[], "").await;
    loop {
        match socket.frame().await {
            Frame::Ping(_) => {}
            frame => {
                assert_eq!(frame, Frame::Text("Channel deleted".to_owned()));
                break;
            }
        }
    }
    assert_eq!(socket.frame().await, Frame::Text("FTR".to_owned()));
    assert_eq!(socket.frame().await, Frame::Close(None, String::new()));
    socket.closed().await;
}

#[tokio::test]
async fn c_ws_4_who_may_not_listen_is_told_after_the_handshake() {
    let gateway = Running::with(settings(|settings| {
        settings.websocket.authorized_only = true;
    }))
    .await;
    for (path, reason) in [
        (
            "/ws/ALL",
            "{\"http_status\": 403, \"explain\":\"Channel id not authorized for this method.\"}",
        ),
        (
            "/ws/",
            "{\"http_status\": 400, \"explain\":\"No channel id provided.\"}",
        ),
        (
            "/ws/new",
            "{\"http_status\": 403, \"explain\":\"Subscriber could not create channels.\"}",
        ),
    ] {
        let mut socket = gateway.websocket(path).await;
        assert_eq!(
            socket.frame().await,
            Frame::Close(Some(1008), reason.to_owned()),
            "{path}"
        );
        socket.closed().await;
    }
}

#[tokio::test]
async fn c_ws_5_what_a_client_says_is_published_where_that_is_allowed() {
    let gateway = Running::with(settings(|settings| {
        settings.websocket.allows_publish = true;
    }))
    .await;
    let mut socket = gateway.websocket("/ws/a/b").await;
    let mut other = gateway.websocket("/ws/b").await;
    // Two frames in one segment, the first in two fragments with a ping between them.
    let bytes = [
        masked(0x01, b"hel"),
        masked(0x89, b"x"),
        masked(0x80, b"lo"),
        masked(0x81, "wörld".as_bytes()),
    ];
    socket.write(&bytes.concat()).await;
    let mut heard = Vec::new();
    while heard.len() < 4 {
        match socket.frame().await {
            Frame::Text(text) => {
                let json: serde_json::Value = serde_json::from_str(&text).unwrap();
                heard.push(format!("{} {}", json["channel"], json["text"]));
            }
            frame => assert_eq!(frame, Frame::Pong(b"x".to_vec())),
        }
    }
    heard[..2].sort();
    heard[2..].sort();
    assert_eq!(
        heard,
        [
            "\"a\" \"hello\"",
            "\"b\" \"hello\"",
            "\"a\" \"wörld\"",
            "\"b\" \"wörld\""
        ]
    );
    assert_eq!(other.json().await["text"], "hello");
    assert_eq!(other.json().await["text"], "wörld");
}

#[tokio::test]
async fn c_ws_6_elsewhere_it_is_passed_over() {
    let gateway = Running::start().await;
    let mut socket = gateway.websocket("/ws/a").await;
    socket.say(0x81, b"said").await;
    socket.say(0x89, b"still there").await;
    assert_eq!(socket.frame().await, Frame::Pong(b"still there".to_vec()));
    gateway.publish("a", "published").await;
    let json = socket.json().await;
    assert_eq!(
        (&json["id"], &json["text"]),
        (&1.into(), &"published".into())
    );
}

#[tokio::test]
async fn c_ws_7_a_close_is_answered_with_its_own_code() {
    let gateway = Running::start().await;
    for (payload, code) in [
        (&b""[..], None),
        (b"\x03\xe8", Some(1000)),
        (b"\x0f\xa0later", Some(4000)),
    ] {
        let mut socket = gateway.websocket("/ws/a").await;
        socket.say(0x88, payload).await;
        assert_eq!(socket.frame().await, Frame::Close(code, String::new()));
        socket.closed().await;
    }
}

#[tokio::test]
async fn c_ws_8_what_breaks_the_rules_is_closed_with_their_code() {
    let gateway = Running::with(settings(|settings| {
        settings.limits.message = 1000;
        settings.websocket.allows_publish = true;
    }))
    .await;
    for (bytes, code) in [
        (vec![0x81, 1, b'x'], 1002),
        (masked(0x82, b"binary"), 1003),
        (masked(0xc1, b"x"), 1002),
        (masked(0x81, b"\xff\xfe"), 1007),
        (masked(0x81, &[b'x'; 1001]), 1009),
        (masked(0x80, b"x"), 1002),
        (masked(0x89, &[0; 126]), 1002),
    ] {
        let mut socket = gateway.websocket("/ws/a").await;
        socket.write(&bytes).await;
        let frame = socket.frame().await;
        assert!(
            matches!(frame, Frame::Close(Some(closed), _) if closed == code),
            "{frame:?} {code}"
        );
        socket.closed().await;
    }
    let info = gateway.get("/pub?id=a", &[]).await;
    assert!(
        info.text().contains("\"published_messages\": 0"),
        "{}",
        info.text()
    );
}

#[tokio::test]
async fn c_ws_9_frames_may_come_with_the_handshake() {
    let gateway = Running::start().await;
    let mut client = Client::connect(gateway.address).await;
    let mut request = b"GET /ws/a HTTP/1.1\r\nHost: x\r\n".to_vec();
    for (name, value) in HANDSHAKE {
        request.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    request.extend_from_slice(b"\r\n");
    request.extend_from_slice(&masked(0x89, b"early"));
    client.write(&request).await;
    assert_eq!(client.head().await.status, 101);
    assert_eq!(client.frame().await, Frame::Pong(b"early".to_vec()));
}

#[tokio::test]
async fn long_messages_are_one_frame() {
    let gateway = Running::with(settings(|settings| {
        settings.websocket.message = raw("~text~");
    }))
    .await;
    let mut socket = gateway.websocket("/ws/a").await;
    for length in [125, 126, 65_535, 65_536, 200_000] {
        let text = "x".repeat(length);
        gateway.publish("a", &text).await;
        assert_eq!(socket.frame().await, Frame::Text(text));
    }
}
