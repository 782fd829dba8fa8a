//! What a WebSocket must not do: other people's pages, oversized and broken messages, clients that do not read or do not speak.

use std::time::Duration;

use pubsub_server::{Config, Limits, Origins, Server};
use support::websocket::{frame, opcode};
use support::{WebSocketClient, eventually, within};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::{PATIENCE, config, door, ping, publish, publisher, server, server_with, subscribe};

#[tokio::test]
async fn a_page_of_another_origin_is_refused() {
    let server = server().await;
    let own = format!("http://{}", door(&server));
    for (origin, is_welcome) in [
        (own.as_str(), true),
        ("http://evil.example", false),
        ("null", false),
        ("http://127.0.0.1", false),
    ] {
        let outcome = WebSocketClient::connect(door(&server), &[("Origin", origin)]).await;
        match outcome {
            Ok(_) => assert!(is_welcome, "{origin}"),
            Err(answer) => {
                assert!(!is_welcome, "{origin}: {answer}");
                assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
            }
        }
    }
    let mut config: Config = config();
    config.http.origins = Origins::These(vec!["https://friend.example".to_owned()]);
    let server = Server::spawn(config).await.unwrap();
    WebSocketClient::connect(door(&server), &[("Origin", "https://friend.example")])
        .await
        .unwrap();
    let evil = WebSocketClient::connect(door(&server), &[("Origin", "https://evil.example")])
        .await
        .unwrap_err();
    assert!(evil.starts_with("HTTP/1.1 403"), "{evil}");
}

#[tokio::test]
async fn what_is_no_handshake_is_told_why() {
    let server = server().await;
    for (protocol, path, status) in [
        ("chat", "/xmpp-websocket", 400),
        ("xmpp", "/nowhere", 404),
        ("xmpp", "/xmpp-websocket/", 404),
    ] {
        let answer = WebSocketClient::connect_at(door(&server), path, protocol, &[])
            .await
            .unwrap_err();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{answer}"
        );
    }
    for (method, status) in [("GET", 426), ("POST", 405), ("PUT", 405)] {
        let answer = support::http::request(door(&server), method, "/xmpp-websocket", &[], "")
            .await
            .unwrap();
        assert_eq!(answer.status, status, "{method}");
    }
}

/// Bytes that end a session, what the stream error says, and the code of the close frame.
type Case = (&'static str, Vec<u8>, &'static str, u16);

fn text(message: &str) -> Vec<u8> {
    frame(0x80 | opcode::TEXT, true, message.as_bytes())
}

/// Frames that no client may send.
fn frames() -> Vec<Case> {
    let text = 0x80 | opcode::TEXT;
    let fragments = [
        frame(opcode::TEXT, true, &[b'x'; 3000]),
        frame(0x80 | opcode::CONTINUATION, true, &[b'x'; 3000]),
    ]
    .concat();
    let mut enormous = vec![text, 0xFF];
    enormous.extend((1_u64 << 62).to_be_bytes());
    enormous.extend([0; 4]);
    let of = |about, first, payload: &[u8], code| {
        (about, frame(first, true, payload), "bad-format", code)
    };
    let too_long = |about, bytes| (about, bytes, "policy-violation", 1009);
    let unmasked = frame(text, false, b"<presence/>");
    let no_text = frame(text, true, b"<a>\xff\xfe</a>");
    vec![
        too_long("a long message", frame(text, true, &[b'x'; 5000])),
        too_long("long in fragments", fragments),
        too_long("an enormous frame", enormous),
        of("bytes", 0x80 | opcode::BINARY, b"<presence/>", 1003),
        ("no mask", unmasked, "bad-format", 1002),
        of("reserved bits", 0x40 | text, b"<presence/>", 1002),
        of("an unknown opcode", 0x83, b"<presence/>", 1002),
        of("a continuation of nothing", 0x80, b"<presence/>", 1002),
        of("a ping in fragments", opcode::PING, b"a", 1002),
        of("a long ping", 0x80 | opcode::PING, &[b'a'; 126], 1002),
        ("no UTF-8", no_text, "not-well-formed", 1007),
    ]
}

/// Messages that are no element, or not one that may come here.
fn messages() -> Vec<Case> {
    let deep = format!("<message>{}", "<a>".repeat(100));
    [
        ("nothing", "", "bad-format", 1000),
        ("two elements", "<presence/><presence/>", "bad-format", 1000),
        ("half an element", "<message><body>", "bad-format", 1000),
        ("words", "hello", "not-well-formed", 1007),
        (
            "the end of a stream",
            "</stream:stream>",
            "bad-format",
            1000,
        ),
        (
            "an opening in between",
            "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>",
            "bad-format",
            1000,
        ),
        (
            "crossed tags",
            "<message xmlns='jabber:client'><a></b></message>",
            "not-well-formed",
            1007,
        ),
        ("nesting", &deep, "policy-violation", 1008),
        ("a comment", "<!-- hello -->", "restricted-xml", 1000),
        (
            "a document type",
            "<!DOCTYPE a [<!ENTITY b 'c'>]>",
            "restricted-xml",
            1000,
        ),
        (
            "an unknown element",
            "<hello xmlns='urn:x'/>",
            "unsupported-stanza-type",
            1000,
        ),
        (
            "another's name",
            "<presence xmlns='jabber:client' from='eve@localhost'/>",
            "invalid-from",
            1000,
        ),
    ]
    .map(|(about, message, condition, code)| (about, text(message), condition, code))
    .to_vec()
}

#[tokio::test]
async fn broken_messages_end_the_session_and_say_why() {
    let server = server_with(Limits {
        stanza: 4096,
        ..Limits::default()
    })
    .await;
    for (about, bytes, condition, code) in [frames(), messages()].concat() {
        let (mut client, _) = WebSocketClient::login(door(&server), "bob", "secret")
            .await
            .unwrap();
        client.write(&bytes).await.unwrap();
        let (messages, got) = client
            .closed()
            .await
            .unwrap_or_else(|end| panic!("{about}: {end}"));
        let error = format!("<{condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>");
        assert!(messages[0].contains(&error), "{about}: {messages:?}");
        assert_eq!(got, code, "{about}");
        client.hung_up().await;
    }
}

#[tokio::test]
async fn before_login_little_is_read_and_nothing_is_done() {
    let server = server_with(Limits {
        stanza_before_login: 1000,
        login: Duration::from_millis(500),
        ..Limits::default()
    })
    .await;
    for (about, message, condition) in [
        (
            "a long message",
            format!("<message>{}</message>", "x".repeat(1000)),
            "policy-violation",
        ),
        (
            "a stanza",
            "<message xmlns='jabber:client' to='ann@localhost'/>".to_owned(),
            "not-authorized",
        ),
        (
            "the second stream",
            "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' version='1.0'/>".to_owned(),
            "bad-format",
        ),
    ] {
        let mut client = WebSocketClient::connect(door(&server), &[]).await.unwrap();
        client.open().await.unwrap();
        client.send(&message).await.unwrap();
        let (messages, _) = client.closed().await.unwrap();
        assert!(
            messages[0].contains(&format!("<{condition} ")),
            "{about}: {messages:?}"
        );
    }
    for opening in [
        "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='example.org' version='1.0'/>",
        "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost'/>",
        "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'/>",
    ] {
        let mut client = WebSocketClient::connect(door(&server), &[]).await.unwrap();
        client.send(opening).await.unwrap();
        let (messages, _) = client.closed().await.unwrap();
        assert!(messages[0].starts_with("<open "), "{messages:?}");
        assert!(messages[1].starts_with("<stream:error"), "{messages:?}");
    }
    let mut silent = WebSocketClient::connect(door(&server), &[]).await.unwrap();
    let (messages, _) = silent.closed().await.unwrap();
    assert!(messages[1].contains("<connection-timeout"), "{messages:?}");
}

#[tokio::test]
async fn a_slow_reader_is_cut_off_and_nobody_waits_for_it() {
    let server = server_with(Limits {
        queue: 256 * 1024,
        ..Limits::default()
    })
    .await;
    let mut ann = publisher(&server).await;
    let (mut slow, jid) = WebSocketClient::login(door(&server), "bob", "secret")
        .await
        .unwrap();
    slow.send(&subscribe(&jid)).await.unwrap();
    slow.until("id='subscribe'").await.unwrap();
    let large = "x".repeat(100_000);
    for index in 0..200 {
        publish(&mut ann, &index.to_string(), &large).await;
    }
    let mut stream = slow.into_stream();
    let mut rest = Vec::new();
    let _ = within(PATIENCE, stream.read_to_end(&mut rest)).await;
    assert!(!String::from_utf8_lossy(&rest).contains("<item id='199'"));
    // Its place is free again.
    within(PATIENCE, async {
        loop {
            let answer = ann
                .request("get", &jid, "<query xmlns='jabber:iq:version'/>")
                .await
                .unwrap();
            if answer.contains("service-unavailable") {
                break;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn who_asks_or_pings_without_reading_is_slowed_down() {
    let server = server().await;
    let (client, _) = WebSocketClient::login(door(&server), "bob", "secret")
        .await
        .unwrap();
    let (mut reader, mut writer) = client.into_stream().into_split();
    let flood = [
        text(&ping("p")),
        frame(0x80 | opcode::PING, true, &[b'x'; 125]),
    ]
    .concat();
    let flood = flood.repeat(500);
    // The server reads no further while its answers are not taken: sooner or later nothing more can be written.
    let mut written = 0;
    loop {
        let write = writer.write_all(&flood);
        match tokio::time::timeout(Duration::from_millis(500), write).await {
            Ok(outcome) => outcome.unwrap(),
            Err(_) => break,
        }
        written += flood.len();
        assert!(written < 200_000_000, "the server takes everything");
    }
    // Reading gets it going again.
    let mut taken = vec![0; 64 * 1024];
    let mut total = 0;
    while total < 1_000_000 {
        total += within(PATIENCE, reader.read(&mut taken)).await.unwrap();
    }
}

#[tokio::test]
async fn connections_are_limited() {
    let server = server_with(Limits {
        connections: 1,
        ..Limits::default()
    })
    .await;
    let (first, _) = WebSocketClient::login(door(&server), "bob", "secret")
        .await
        .unwrap();
    let refused = WebSocketClient::connect(door(&server), &[])
        .await
        .unwrap_err();
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
    drop(first);
    eventually(PATIENCE, async || {
        WebSocketClient::login(door(&server), "ann", "secret")
            .await
            .ok()
    })
    .await;
}
