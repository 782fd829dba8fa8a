//! Publishing (contract 2.3.5) and which channels a request names (2.3.1).

use std::time::Duration;

use crate::gateway::{Running, raw, settings};

const INFO: &str = "{\"channel\": \"a\", \"published_messages\": 1, \"stored_messages\": 1, \"subscribers\": 0}\r\n";

#[tokio::test]
async fn a_message_is_answered_with_the_channel_after_it() {
    let gateway = Running::start().await;
    for method in ["POST", "PUT"] {
        let answer = gateway.ask(method, "/pub?id=a", &[], "x").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("expires"), "Thu, 01 Jan 1970 00:00:01 GMT");
        assert_eq!(
            answer.header("cache-control"),
            "no-cache, no-store, must-revalidate"
        );
    }
    let info = INFO.replace("messages\": 1", "messages\": 2");
    assert_eq!(gateway.get("/pub?id=a", &[]).await.text(), info);
}

#[tokio::test]
async fn c_path_1_a_body_goes_to_every_channel_that_is_named() {
    let gateway = Running::start().await;
    let answer = gateway.publish("a/b", "x").await;
    let text = answer.text();
    assert!(
        text.contains("\"infos\": [\r\n{\"channel\": \"a\", \"published_messages\": 1"),
        "{text}"
    );
    assert!(text.ends_with(",\r\n{\"channel\": \"b\", \"published_messages\": 1, \"stored_messages\": 1, \"subscribers\": 0}\r\n]}\r\n"), "{text}");
}

#[tokio::test]
async fn c_path_2_channels_are_decoded_and_kept_apart() {
    let gateway = Running::start().await;
    for (given, name) in [
        ("a%20b", "a b"),
        ("a.b2", "a.b2"),
        ("/slash", "slash"),
        ("%2Ftwitter%2FTweet", "twitter.Tweet"),
        ("twitter.Other", "twitter.Other"),
        ("%2Fhome%2Fann", "/home/ann"),
        ("Case", "Case"),
        ("case", "case"),
        ("%C3%A9", "é"),
    ] {
        let answer = gateway.publish(given, "x").await;
        let expected = format!("{{\"channel\": \"{name}\", \"published_messages\": 1");
        assert!(
            answer.text().starts_with(&expected),
            "{given}: {}",
            answer.text()
        );
    }
}

#[tokio::test]
async fn c_path_7_an_empty_segment_is_no_channel() {
    let gateway = Running::start().await;
    assert_eq!(gateway.publish("/a//", "x").await.text(), INFO);
    let all = gateway.get("/stats?id=ALL", &[]).await;
    assert!(all.text().contains("\"channels\": 1,"), "{}", all.text());
}

#[tokio::test]
async fn channels_may_stand_in_the_path_too() {
    let gateway = Running::start().await;
    assert_eq!(gateway.post("/events/pub/a", &[], "x").await.text(), INFO);
    assert_eq!(gateway.get("/events/stats/a", &[]).await.text(), INFO);
}

#[tokio::test]
async fn what_names_no_channel_is_refused() {
    let gateway = Running::with(settings(|settings| settings.channels.longest_name = 5)).await;
    for (id, status, explain) in [
        ("", 400, "No channel id provided."),
        ("///", 400, "No channel id provided."),
        ("ALL", 403, "Channel id not authorized for this method."),
        ("a*", 403, "Channel id not authorized for this method."),
        ("a/b*c", 403, "Channel id not authorized for this method."),
        ("abcdef", 400, "Channel id is too large."),
        ("%ff", 400, "Channel id is not valid: it is not UTF-8."),
        (
            "a%0d%0ab",
            400,
            "Channel id is not valid: a name cannot hold U+000D (byte 1).",
        ),
    ] {
        let answer = gateway.post(&format!("/pub?id={id}"), &[], "x").await;
        assert_eq!((answer.status, answer.explain()), (status, explain), "{id}");
        assert_eq!((answer.header("content-length"), answer.text()), ("0", ""));
        assert!(answer.has("expires") && answer.has("cache-control"));
    }
    let answer = gateway.post("/pub", &[], "x").await;
    assert_eq!(
        (answer.status, answer.explain()),
        (400, "No channel id provided.")
    );
    let all = gateway.get("/stats?id=ALL", &[]).await;
    assert!(all.text().contains("\"channels\": 0,"), "{}", all.text());
}

#[tokio::test]
async fn empty_and_oversized_bodies_are_refused() {
    let gateway = Running::with(settings(|settings| settings.limits.message = 10)).await;
    let answer = gateway.post("/pub?id=a", &[], "").await;
    assert_eq!(
        (answer.status, answer.explain()),
        (400, "Empty post requests are not allowed.")
    );
    let answer = gateway.post("/pub?id=a", &[], "12345678901").await;
    assert_eq!(answer.status, 413);
    assert_eq!(
        gateway.post("/pub?id=a", &[], "1234567890").await.status,
        200
    );
    let mut client = crate::browser::Client::connect(gateway.address).await;
    let head = "POST /pub?id=a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    client
        .write(format!("{head}6\r\n123456\r\n6\r\n123456\r\n0\r\n\r\n").as_bytes())
        .await;
    assert_eq!(client.answer().await.status, 413);
}

#[tokio::test]
async fn chunked_uploads_are_taken() {
    let gateway = Running::start().await;
    let mut client = crate::browser::Client::connect(gateway.address).await;
    let head = "POST /pub?id=a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    client
        .write(format!("{head}3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n").as_bytes())
        .await;
    assert_eq!(client.answer().await.status, 200);
    let poll = gateway.get("/lp/a.b1", &[]).await;
    assert!(
        poll.text().contains("\"text\":\"abcdef\""),
        "{}",
        poll.text()
    );
}

#[tokio::test]
async fn the_content_type_does_not_matter() {
    let gateway = Running::start().await;
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    gateway.post("/pub?id=a", &form, "a=1&b=%20").await;
    let poll = gateway.get("/lp/a.b1", &[]).await;
    assert!(
        poll.text().contains("\"text\":\"a=1&b=%20\""),
        "{}",
        poll.text()
    );
}

#[tokio::test]
async fn text_that_xml_cannot_carry_arrives_and_bytes_that_are_no_text_are_refused() {
    let gateway = Running::start().await;
    let mut socket = gateway.websocket("/ws/a").await;
    let text = "nul \0, escape \u{1b}, \r\n and \u{fffe} <&>";
    gateway.publish("a", text).await;
    assert_eq!(socket.json().await["text"], text);
    let mut client = crate::browser::Client::connect(gateway.address).await;
    client
        .write(b"POST /pub?id=a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n\xff\xfe")
        .await;
    assert_eq!(client.answer().await.status, 400);
}

#[tokio::test]
async fn the_answer_can_be_left_out() {
    let gateway = Running::with(settings(|settings| settings.publisher.tells_info = false)).await;
    let answer = gateway.publish("a", "x").await;
    assert_eq!((answer.text(), answer.header("content-length")), ("", "0"));
}

#[tokio::test]
async fn questions_about_channels_are_answered() {
    let gateway = Running::start().await;
    let answer = gateway.get("/pub?id=a", &[]).await;
    assert_eq!((answer.status, answer.text()), (404, ""));
    gateway.publish("a", "x").await;
    assert_eq!(gateway.get("/pub?id=a/nope", &[]).await.text(), INFO);
    let plain = gateway.get("/pub?id=a", &[("Accept", "text/plain")]).await;
    assert_eq!(plain.header("content-type"), "text/plain");
    assert_eq!(
        plain.text(),
        "channel: a\r\npublished_messages: 1\r\nstored_messages: 1\r\nactive_subscribers: 0\r\n"
    );
}

#[tokio::test]
async fn wrong_methods_are_answered_with_the_right_ones() {
    let gateway = Running::with(settings(|settings| settings.publisher.may_delete = false)).await;
    for method in ["DELETE", "HEAD", "PATCH", "TRACE"] {
        let answer = gateway.ask(method, "/pub?id=a", &[], "").await;
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, "GET, POST, PUT"),
            "{method}"
        );
    }
    let admin = Running::start().await;
    let answer = admin.ask("PATCH", "/pub?id=a", &[], "").await;
    assert_eq!(
        (answer.status, answer.header("allow")),
        (405, "GET, POST, PUT, DELETE")
    );
    let answer = admin.ask("OPTIONS", "/pub?id=a", &[], "").await;
    assert_eq!((answer.status, answer.text()), (200, ""));
}

#[tokio::test]
async fn subscribers_count_when_the_message_is_added() {
    let gateway = Running::start().await;
    let mut socket = gateway.websocket("/ws/a").await;
    let mut poll = crate::browser::Client::connect(gateway.address).await;
    poll.send("GET", "/lp/a", &[], "").await;
    support::eventually(crate::gateway::SOON, async || {
        let info = gateway.get("/pub?id=a", &[]).await;
        info.text().contains("\"subscribers\": 2").then_some(())
    })
    .await;
    let answer = gateway.publish("a", "x").await;
    assert!(
        answer.text().contains("\"subscribers\": 2"),
        "{}",
        answer.text()
    );
    assert_eq!(poll.answer().await.status, 200);
    socket.json().await;
}

#[tokio::test]
async fn messages_are_not_kept_where_nothing_is_stored() {
    let gateway = Running::with(settings(|settings| settings.channels.store = false)).await;
    let mut socket = gateway.websocket("/ws/a").await;
    let answer = gateway.publish("a", "x").await;
    assert!(
        answer.text().contains("\"stored_messages\": 0"),
        "{}",
        answer.text()
    );
    assert_eq!(socket.json().await["id"], 1);
    let poll = gateway
        .get("/lp/a.b1", &[("X-Nginx-PushStream-Mode", "polling")])
        .await;
    assert_eq!(poll.status, 304);
}

#[tokio::test]
async fn ids_count_per_channel_and_tags_over_all() {
    let gateway = Running::with(settings(|settings| {
        settings.stream.message = raw("~channel~ ~id~ ~tag~ ~time~|");
        settings.stream.header = None;
    }))
    .await;
    let mut stream = gateway.stream("/sub/a/b", &[]).await;
    let mut seen = Vec::new();
    for channel in ["a", "b", "a", "b", "a"] {
        gateway.publish(channel, "x").await;
        let text = stream.text_until("|").await;
        let mut words = text.trim_end_matches('|').splitn(4, ' ').map(str::to_owned);
        let mut word = || words.next().unwrap();
        let (name, id, tag, time) = (word(), word(), word(), word());
        assert_eq!(name, channel);
        seen.push((
            id.parse::<u64>().unwrap(),
            tag.parse::<u64>().unwrap(),
            time,
        ));
    }
    let ids: Vec<_> = seen.iter().map(|(id, ..)| *id).collect();
    assert_eq!(ids, [1, 1, 2, 2, 3]);
    for pair in seen.windows(2) {
        let [(_, before, then), (_, after, now)] = pair else {
            unreachable!()
        };
        assert_eq!(*after, if then == now { before + 1 } else { 1 }, "{seen:?}");
    }
}

#[tokio::test]
async fn a_message_that_the_service_does_not_confirm_is_no_success() {
    let gateway = Running::with(settings(|settings| {
        settings.publisher.patience = Duration::from_millis(200);
        settings.limits.upstream = Duration::from_millis(200);
    }))
    .await;
    gateway.publish("a", "x").await;
    gateway.pubsub.shutdown().await.unwrap();
    let answer = gateway.post("/pub?id=a", &[], "x").await;
    assert!([503, 504, 502].contains(&answer.status), "{answer:?}");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let gateway = Running::with(settings(|settings| {
        settings.limits.body_within = std::time::Duration::from_millis(200);
    }))
    .await;
    let mut client = crate::browser::Client::connect(gateway.address).await;
    let begun = b"POST /pub?id=a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\npart";
    client.write(begun).await;
    let answer = client.head().await;
    assert_eq!(
        (answer.status, answer.explain()),
        (408, "The message did not arrive in time.")
    );
}

/// How many messages were published through the gateway, as its metrics say.
async fn counted(gateway: &Running) -> u64 {
    let metrics = gateway.get("/metrics", &[]).await;
    let mut lines = metrics.text().lines();
    let line = lines.find_map(|line| line.strip_prefix("pubsub_gateway_published_total "));
    line.unwrap().parse().unwrap()
}

#[tokio::test]
async fn what_came_to_some_channels_only_is_said_and_not_sent_there_twice() {
    let server = pubsub_server::Server::spawn(pubsub_server::Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        accounts: ["ann", "bob"]
            .map(|name| (name.to_owned(), "secret".to_owned()))
            .to_vec(),
        ..pubsub_server::Config::default()
    })
    .await
    .unwrap();
    let log_in = async |name: &str| {
        let url = format!("xmpp://{name}:secret@localhost?connect={}", server.addr());
        let pubsub = pubsub_core::PubSub::builder().url(&url).unwrap();
        pubsub.without_models().connect().await.unwrap()
    };
    let bob = log_in("bob").await;
    let theirs = pubsub_core::NodeName::new("theirs").unwrap();
    let hello = pubsub_core::Xml("<entry>hello</entry>");
    bob.publish(&theirs, hello).await.unwrap();
    let gateway = Running::over(log_in("ann").await, settings(|_| {})).await;
    let before = counted(&gateway).await;
    let refused = "Not published to theirs: Channel cannot be published to: the service refuses.";
    for (event, published) in [("1", 1), ("1", 1), ("2", 2)] {
        let answer = gateway
            .post("/pub?id=a/theirs", &[("Event-Id", event)], "x")
            .await;
        assert_eq!((answer.status, answer.explain()), (403, refused));
        let told: serde_json::Value = serde_json::from_str(answer.text()).unwrap();
        assert_eq!(told["channel"], "a");
        let info = gateway.get("/pub?id=a", &[]).await;
        let info: serde_json::Value = serde_json::from_str(info.text()).unwrap();
        assert_eq!(info["published_messages"], published, "{info}");
        assert_eq!(counted(&gateway).await, before + published);
    }
    // What went well is meant as often as it is said.
    for _ in 0..2 {
        let answer = gateway.post("/pub?id=a", &[("Event-Id", "3")], "x").await;
        assert_eq!(answer.status, 200);
    }
    assert_eq!(counted(&gateway).await, before + 4);
}
