//! The requests of `pushstream.js`, byte for byte (contract 2.4 and 3), and what it needs of the answers.

use serde_json::Value;

use crate::browser::{Answer, Client};
use crate::gateway::{HANDSHAKE, Running};

/// What it does with a message: `text` is percent-decoded if it is a string, and fails with an exception where that cannot be done.
fn decoded(message: &Value) -> Value {
    match &message["text"] {
        Value::String(text) => {
            let bytes = text.as_bytes();
            for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%') {
                let digits = bytes.get(at + 1..at + 3).unwrap_or_default();
                let is_encoded = digits.len() == 2 && digits.iter().all(u8::is_ascii_hexdigit);
                assert!(is_encoded, "URIError: malformed URI sequence in {text}");
            }
            decode(text).into()
        }
        other => other.clone(),
    }
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(&tail[..2]).unwrap();
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// What it does with the body of a poll.
fn messages(answer: &Answer) -> Vec<Value> {
    let body = answer.text().replace("}{", "}\r\n{");
    let pieces = body.split("\r\n").filter(|piece| !piece.is_empty());
    pieces
        .map(|piece| serde_json::from_str(piece).unwrap())
        .collect()
}

async fn publish(gateway: &Running, encoded: &str) -> Answer {
    let mut client = Client::connect(gateway.address).await;
    let request = format!(
        "POST /pub?id=/ch1/ch2&_=1795237738123 HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Accept: application/json\r\nContent-Length: {}\r\n\r\n{encoded}",
        gateway.address,
        encoded.len()
    );
    client.write(request.as_bytes()).await;
    client.answer().await
}

#[tokio::test]
async fn c_js_1_publishing() {
    let gateway = Running::start().await;
    let answer = publish(&gateway, "hello").await;
    assert_eq!(answer.status, 200);
    let group: Value = serde_json::from_str(answer.text()).unwrap();
    assert_eq!(group["infos"][0]["channel"], "ch1");
    assert_eq!(group["infos"][1]["channel"], "ch2");
    assert_eq!(group["channels"], 2, "no channel without a name was made");
}

#[tokio::test]
async fn c_js_2_websocket() {
    let gateway = Running::start().await;
    let path = "/ws/ch1.b3/ch2?_=1795237738123&tag=&time=&eventid=";
    let own = format!("http://{}", gateway.address);
    let mut client = Client::connect(gateway.address).await;
    client
        .send(
            "GET",
            path,
            &[&HANDSHAKE[..], &[("Origin", &own)]].concat(),
            "",
        )
        .await;
    assert_eq!(client.head().await.status, 101);
    // It encodes the whole text before it publishes.
    publish(&gateway, "it%27s%20100%25").await;
    let message = client.json().await;
    assert_eq!(
        (&message["id"], &message["channel"]),
        (&1.into(), &"ch1".into())
    );
    assert_eq!(decoded(&message), "it's 100%");
    for key in ["id", "channel", "text", "tag", "time", "eventid"] {
        assert!(message.get(key).is_some(), "{message}");
    }
    // What others publish need not be encoded.
    client.json().await;
    gateway.publish("ch1", r#"it's 100% "quoted" <b>"#).await;
    assert_eq!(decoded(&client.json().await), r#"it's 100% "quoted" <b>"#);
}

#[tokio::test]
async fn c_js_3_arguments_keep_the_place() {
    let gateway = Running::start().await;
    gateway.publish("ch1", "one").await;
    let first = &messages(
        &gateway
            .get("/lp/ch1.b1?_=1", &[("If-None-Match", "0")])
            .await,
    )[0];
    gateway.publish("ch1", "two").await;
    let time = first["time"]
        .as_str()
        .unwrap()
        .replace(' ', "%20")
        .replace(',', "%2C");
    let tag = first["tag"].as_str().unwrap();
    let query = format!("_=1795237738123&tag={tag}&time={time}&eventid=");
    let mut socket = gateway.websocket(&format!("/ws/ch1?{query}")).await;
    assert_eq!(socket.json().await["text"], "two");
    let mut stream = gateway
        .stream(
            &format!("/sub/ch1?_=1&streamid=1&tag={tag}&time={time}&eventid="),
            &[],
        )
        .await;
    stream
        .text_until("register(frame); }})(window);</script>\n")
        .await;
    assert!(stream.text_until("</script>\n").await.contains("\"two\""));
    let answer = gateway.get(&format!("/lp/ch1?{query}"), &[]).await;
    assert_eq!(messages(&answer)[0]["text"], "two");
}

#[tokio::test]
async fn c_js_4_long_polling_by_headers() {
    let gateway = Running::start().await;
    gateway.publish("ch1", "one").await;
    gateway.publish("ch1", "two").await;
    let path = "/lp/ch1.b2?_=1795237738123";
    let (mut etag, mut time) = ("0".to_owned(), "null".to_owned());
    let mut heard = Vec::new();
    for round in 0..3 {
        if round == 2 {
            gateway.publish("ch1", "three").await;
        }
        let headers = [
            ("If-None-Match", &*etag),
            ("If-Modified-Since", &*time),
            ("Accept", "application/json"),
            (
                "X-Nginx-PushStream-Mode",
                if round == 1 {
                    "polling"
                } else {
                    "long-polling"
                },
            ),
        ];
        let answer = gateway.get(path, &headers).await;
        heard.push(messages(&answer).iter().map(decoded).collect::<Vec<_>>());
        assert_eq!(answer.status, if round == 1 { 304 } else { 200 });
        etag = answer.header("etag").to_owned();
        time = answer.header("last-modified").to_owned();
    }
    // The backtrack that every poll repeats is not answered again.
    assert_eq!(
        heard,
        [
            vec!["one".into(), "two".into()],
            Vec::<Value>::new(),
            vec!["three".into()]
        ]
    );
}

#[tokio::test]
async fn c_js_5_a_deletion_is_no_place_to_go_on_from() {
    let gateway = Running::start().await;
    let mut socket = gateway
        .websocket("/ws/ch1/ch2?_=1&tag=&time=&eventid=")
        .await;
    gateway.ask("DELETE", "/pub?id=ch1", &[], "").await;
    let message = socket.json().await;
    // Ids are compared as numbers, and a cursor is taken from whatever has one.
    assert_eq!(
        (&message["id"], &message["channel"]),
        (&(-2).into(), &"ch1".into())
    );
    assert_eq!(
        (&message["tag"], &message["time"], &message["eventid"]),
        (&"".into(), &"".into(), &"".into())
    );
    assert_eq!(decoded(&message), "Channel deleted");
}

#[tokio::test]
async fn c_js_6_jsonp_from_another_origin() {
    let gateway = Running::start().await;
    gateway.publish("ch1", "100%").await;
    let call = "PushStreamManager_0_onmessage_1795237738123";
    let path = format!("/lp/ch1.b1?callback={call}&_=1795237738124");
    let answer = gateway.get(&path, &[]).await;
    let body = answer.text();
    let array = body
        .strip_prefix(call)
        .and_then(|rest| rest.strip_prefix('('))
        .and_then(|rest| rest.strip_suffix(");"));
    let messages: Vec<Value> = serde_json::from_str(array.unwrap()).unwrap();
    assert_eq!(decoded(&messages[0]), "100%");
}

#[tokio::test]
async fn c_js_7_messages_have_no_event_type_so_that_it_sees_them() {
    let gateway = Running::start().await;
    let mut events = gateway.stream("/ev/ch1?_=1&tag=&time=&eventid=", &[]).await;
    gateway.publish("ch1", "one").await;
    assert!(!events.event().await.contains("event:"));
}

#[tokio::test]
async fn c_js_8_what_every_page_may_do_it_may_without_keys_that_it_does_not_know() {
    let gateway = Running::start().await;
    // Extra parameters of the page come first.
    let answer = gateway
        .get(
            "/lp/ch1?foo=bar&_=1&tag=&time=&eventid=",
            &[("X-Nginx-PushStream-Mode", "polling")],
        )
        .await;
    assert_eq!(answer.status, 304);
    let answer = gateway
        .get(
            "/lp/?channels=ch1.b2/ch2&_=1",
            &[("X-Nginx-PushStream-Mode", "polling")],
        )
        .await;
    assert_eq!(answer.status, 304);
}
