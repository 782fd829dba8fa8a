//! Polling, long polling and JSONP (contract 2.3.8), with the headers by which clients keep their place.

use std::time::Duration;

use pubsub_gateway::Mode;
use pubsub_gateway::settings::MessageFormat;

use crate::browser::{Answer, Client};
use crate::gateway::{Running, raw, settings};

const AT_ONCE: (&str, &str) = ("X-Nginx-PushStream-Mode", "polling");
const EPOCH: &str = "Thu, 01 Jan 1970 00:00:00 GMT";

/// Polls with the place that the answer before gave.
async fn again(gateway: &Running, path: &str, before: &Answer) -> Answer {
    let place = [
        ("If-Modified-Since", before.header("last-modified")),
        ("If-None-Match", before.header("etag")),
        AT_ONCE,
    ];
    gateway.get(path, &place).await
}

#[tokio::test]
async fn c_lp_1_a_poll_that_finds_nothing_is_not_modified() {
    let gateway = Running::start().await;
    let answer = gateway.get("/lp/a", &[AT_ONCE]).await;
    assert_eq!((answer.status, answer.text()), (304, ""));
    assert_eq!(answer.header("content-length"), "0");
    assert!(!answer.has("last-modified") && !answer.has("etag"));
    let place = [
        ("If-Modified-Since", "Sat, 21 Nov 2026 05:08:58 GMT"),
        AT_ONCE,
    ];
    let answer = gateway.get("/lp/a", &place).await;
    assert_eq!(
        answer.header("last-modified"),
        "Sat, 21 Nov 2026 05:08:58 GMT"
    );
    assert!(!answer.has("etag"));
    let answer = gateway
        .get("/lp/a", &[place[0], ("If-None-Match", "7"), AT_ONCE])
        .await;
    assert_eq!(answer.header("etag"), "W/7");
    assert_eq!(answer.header("last-modified"), place[0].1);
    // What cannot be read is not given back; what `pushstream.js` sends first is a tag and no time.
    let place = [
        ("If-Modified-Since", "null"),
        ("If-None-Match", "0"),
        AT_ONCE,
    ];
    let answer = gateway.get("/lp/a", &place).await;
    assert_eq!(
        (answer.header("etag"), answer.has("last-modified")),
        ("W/0", false)
    );
    let place = "/lp/a?time=Sat%2C%2021%20Nov%202026%2005%3A08%3A58%20GMT&tag=W%2F3";
    let answer = gateway.get(place, &[AT_ONCE]).await;
    assert_eq!(
        (answer.header("etag"), answer.header("last-modified")),
        ("W/3", "Sat, 21 Nov 2026 05:08:58 GMT")
    );
    assert_eq!(
        (answer.header("expires"), answer.header("cache-control")),
        (
            "Thu, 01 Jan 1970 00:00:01 GMT",
            "no-cache, no-store, must-revalidate"
        )
    );
}

#[tokio::test]
async fn c_lp_2_a_poll_answers_all_that_is_new_with_the_place_after_it() {
    let gateway = Running::start().await;
    gateway.publish("a", "one").await;
    gateway.publish("a", "two").await;
    let all = [("If-Modified-Since", EPOCH), AT_ONCE];
    let answer = gateway.get("/lp/a", &all).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        "application/json; charset=utf-8"
    );
    let lines: Vec<_> = answer
        .text()
        .split("\r\n")
        .filter(|line| !line.is_empty())
        .collect();
    assert!(
        lines.len() == 2 && lines[0].contains("one") && lines[1].contains("two"),
        "{lines:?}"
    );
    let nothing = again(&gateway, "/lp/a", &answer).await;
    assert_eq!(nothing.status, 304);
    assert_eq!(nothing.header("etag"), answer.header("etag"));
    gateway.publish("a", "three").await;
    let answer = again(&gateway, "/lp/a", &nothing).await;
    assert!(answer.text().contains("three") && !answer.text().contains("two"));
}

#[tokio::test]
async fn c_lp_3_a_long_poll_waits_for_the_first_message() {
    let gateway = Running::start().await;
    let mut poll = Client::connect(gateway.address).await;
    poll.send(
        "GET",
        "/lp/a/b",
        &[("If-None-Match", "0"), ("If-Modified-Since", "null")],
        "",
    )
    .await;
    support::eventually(crate::gateway::SOON, async || {
        let info = gateway.get("/pub?id=b", &[]).await;
        info.text().contains("\"subscribers\": 1").then_some(())
    })
    .await;
    gateway.publish("b", "hello").await;
    let answer = poll.answer().await;
    assert_eq!(answer.status, 200);
    assert!(
        answer
            .text()
            .contains("\"channel\":\"b\",\"text\":\"hello\""),
        "{}",
        answer.text()
    );
    assert!(answer.header("etag").starts_with("W/") && answer.has("last-modified"));
    let info = gateway.get("/pub?id=b", &[]).await;
    assert!(
        info.text().contains("\"subscribers\": 0"),
        "{}",
        info.text()
    );
}

#[tokio::test]
async fn c_lp_4_a_long_poll_in_vain_is_not_modified() {
    let brief = settings(|settings| {
        settings.long_polling.connection_ttl = Some(Duration::from_millis(100));
    });
    let gateway = Running::with(brief).await;
    let answer = gateway.get("/lp/a", &[]).await;
    assert_eq!((answer.status, answer.text()), (304, ""));
    assert_eq!(answer.header("etag"), "W/0");
    assert_eq!(answer.header("content-length"), "0");
    // It is now, not when the poll began or what it asked for.
    let seconds = |date: &str| date.split(' ').nth(4).map(str::to_owned);
    let now = seconds(answer.header("date")).unwrap();
    let said = seconds(answer.header("last-modified")).unwrap();
    assert!(answer.header("last-modified").ends_with("GMT"));
    let second = |time: &str| {
        let parts = time.split(':').map(|part| part.parse::<u32>().unwrap());
        parts.fold(0, |sum, part| sum * 60 + part)
    };
    let apart = second(&now).abs_diff(second(&said));
    assert!(apart <= 2 || apart >= 86_398, "{now} {said}");
}

#[tokio::test]
async fn c_lp_5_or_answered_with_a_message_that_says_so() {
    let gateway = Running::with(settings(|settings| {
        settings.long_polling.connection_ttl = Some(Duration::from_millis(100));
        settings.channels.timeout_with_body = true;
    }))
    .await;
    let answer = gateway.get("/lp/a", &[]).await;
    assert_eq!(
        (answer.status, answer.text()),
        (
            200,
            "{\"id\":-3,\"channel\":\"\",\"text\":\"\",\"tag\":\"\",\"time\":\"\",\"eventid\":\"\"}\r\n"
        )
    );
}

#[tokio::test]
async fn c_lp_6_the_newest_message_gives_the_place_even_if_it_is_not_stored() {
    let gateway = Running::with(settings(|settings| settings.channels.stored_messages = 1)).await;
    gateway.publish("a", "one").await;
    gateway.publish("a", "two").await;
    let answer = gateway.get("/lp/a.b5", &[AT_ONCE]).await;
    assert!(!answer.text().contains("one") && answer.text().contains("two"));
    assert_eq!(again(&gateway, "/lp/a", &answer).await.status, 304);
}

#[tokio::test]
async fn c_lp_7_raw_templates_are_put_one_after_another() {
    let gateway = Running::with(settings(|settings| {
        settings.long_polling.message = raw("<~text~>");
        settings.long_polling.header = Some("[".to_owned());
        settings.long_polling.footer = Some("]".to_owned());
        settings.long_polling.content_type = "text/html".to_owned();
    }))
    .await;
    gateway.publish("a", "one").await;
    gateway.publish("a", "two").await;
    let answer = gateway.get("/lp/a.b2", &[]).await;
    assert_eq!(
        (answer.text(), answer.header("content-type")),
        ("[<one><two>]", "text/html")
    );
    let answer = gateway.get("/lp/a", &[AT_ONCE]).await;
    assert_eq!((answer.status, answer.text()), (304, ""));
}

#[tokio::test]
async fn c_lp_8_other_doors_poll_with_templates_of_their_own() {
    let gateway = Running::with(settings(|settings| {
        settings.stream.message = raw("(~text~)");
        settings.stream.header = Some("<".to_owned());
        settings.stream.footer = Some(">".to_owned());
        settings.event_stream.message = raw("(~text~)");
    }))
    .await;
    gateway.publish("a", "one\ntwo").await;
    for mode in ["polling", "long-polling"] {
        let mode = [("X-Nginx-PushStream-Mode", mode)];
        let answer = gateway.get("/sub/a.b1", &mode).await;
        assert_eq!((answer.status, answer.text()), (200, "<(one\ntwo)>"));
        let answer = gateway.get("/ev/a.b1", &mode).await;
        assert!(
            answer.text().starts_with(": \n")
                && answer.text().ends_with("data: (one)\ndata: (two)\n\n"),
            "{}",
            answer.text()
        );
        assert_ne!(
            answer.header("content-type"),
            "text/event-stream; charset=utf-8"
        );
    }
    // Where the other poll is asked for, it is answered at once too.
    assert_eq!(gateway.get("/lp/a", &[AT_ONCE]).await.status, 304);
}

#[tokio::test]
async fn c_lp_9_jsonp_is_one_call_with_all_messages() {
    let gateway = Running::start().await;
    gateway.publish("a", "one").await;
    gateway.publish("a", "two").await;
    let answer = gateway
        .get("/lp/a.b2?callback=PushStreamManager_0_onmessage_1%2E5", &[])
        .await;
    assert_eq!(
        answer.header("content-type"),
        "application/javascript; charset=utf-8"
    );
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    let call = answer.text();
    assert!(
        call.starts_with("PushStreamManager_0_onmessage_1.5([{") && call.ends_with("}]);"),
        "{call}"
    );
    assert!(call.contains("},{"), "{call}");
    let answer = gateway.get("/lp/a?callback=f", &[AT_ONCE]).await;
    assert_eq!((answer.status, answer.text()), (304, ""));
}

#[tokio::test]
async fn c_lp_10_a_callback_must_be_a_name() {
    let gateway = Running::start().await;
    gateway.publish("a", "one").await;
    for callback in [
        "alert(1)",
        "a%3Cscript%3E",
        "a;b",
        "a%0d%0ab",
        &"a".repeat(129),
    ] {
        let answer = gateway
            .get(&format!("/lp/a.b1?callback={callback}"), &[])
            .await;
        assert_eq!((answer.status, answer.text()), (400, ""), "{callback}");
    }
}

/// Cuts a body as `pushstream.js` does.
fn cut(body: &str) -> Vec<serde_json::Value> {
    let body = body.replace("}{", "}\r\n{");
    let pieces = body.split("\r\n").filter(|piece| !piece.is_empty());
    pieces
        .map(|piece| serde_json::from_str(piece).unwrap())
        .collect()
}

#[tokio::test]
async fn c_lp_11_a_text_with_braces_arrives_whole() {
    for mode in [Mode::Json, Mode::JsonEmbed] {
        let gateway = Running::with(settings(|settings| {
            settings.long_polling.message = MessageFormat {
                mode,
                ..MessageFormat::default()
            };
        }))
        .await;
        let texts = ["a}{b", "}\r\n{", "{\"x\": \"}{\"}", "\r\n"];
        for text in texts {
            gateway.publish("a", text).await;
        }
        let answer = gateway.get("/lp/a.b4", &[]).await;
        let messages = cut(answer.text());
        assert_eq!(messages.len(), 4, "{}", answer.text());
        for (message, text) in messages.iter().zip(texts) {
            let parsed: serde_json::Value =
                serde_json::from_str(text).unwrap_or_else(|_| text.into());
            let expected = if mode == Mode::JsonEmbed {
                parsed
            } else {
                text.into()
            };
            assert_eq!(message["text"], expected);
        }
    }
}

#[tokio::test]
async fn c_lp_12_deletion_ends_a_long_poll() {
    let gateway = Running::start().await;
    let mut poll = Client::connect(gateway.address).await;
    gateway.publish("a", "x").await;
    poll.send("GET", "/lp/a", &[], "").await;
    support::eventually(crate::gateway::SOON, async || {
        let info = gateway.get("/pub?id=a", &[]).await;
        info.text().contains("\"subscribers\": 1").then_some(())
    })
    .await;
    assert_eq!(
        gateway.ask("DELETE", "/pub?id=a", &[], "").await.status,
        200
    );
    let answer = poll.answer().await;
    assert_eq!((answer.status, answer.header("etag")), (200, "W/0"));
    let message = &cut(answer.text())[0];
    assert_eq!(
        (&message["id"], &message["channel"], &message["text"]),
        (&(-2).into(), &"a".into(), &"Channel deleted".into())
    );
    assert_eq!(
        (&message["tag"], &message["time"]),
        (&"".into(), &"".into())
    );
}

#[tokio::test]
async fn c_lp_13_the_cursor_of_an_answer_goes_on_exactly() {
    let gateway = Running::start().await;
    let answer = gateway.get("/lp/a", &[AT_ONCE]).await;
    let cursor = answer.header("x-pubsub-cursor").to_owned();
    gateway.publish("a", "one").await;
    gateway.publish("a", "two").await;
    let answer = gateway
        .get("/lp/a", &[AT_ONCE, ("Last-Event-ID", &cursor)])
        .await;
    assert_eq!(cut(answer.text()).len(), 2);
    let cursor = answer.header("x-pubsub-cursor");
    let answer = gateway
        .get(&format!("/lp/a?eventid={cursor}"), &[AT_ONCE])
        .await;
    assert_eq!(answer.status, 304);
}

#[tokio::test]
async fn an_endpoint_may_never_wait_and_wait_for_who_asks() {
    let gateway = Running::with(settings(|settings| settings.long_polling.waits = false)).await;
    for path in ["/lp/a", "/lp/a?callback=f", "/lp/?id=a"] {
        assert_eq!(gateway.get(path, &[]).await.status, 304, "{path}");
    }
    let mut poll = Client::connect(gateway.address).await;
    let waiting = [("X-Nginx-PushStream-Mode", "long-polling")];
    poll.send("GET", "/lp/a", &waiting, "").await;
    support::eventually(crate::gateway::SOON, async || {
        let info = gateway.get("/pub?id=a", &[]).await;
        info.text().contains("\"subscribers\": 1").then_some(())
    })
    .await;
    gateway.publish("a", "x").await;
    assert_eq!(poll.answer().await.status, 200);
    assert_eq!(gateway.get("/lp/a.b1?callback=f", &[]).await.status, 200);
}

#[tokio::test]
async fn arguments_may_have_other_names() {
    let gateway = Running::with(settings(|settings| {
        settings.arguments.time = "since".to_owned();
        settings.arguments.tag = "n".to_owned();
        settings.arguments.event_id = "after".to_owned();
    }))
    .await;
    for id in ["x", "y"] {
        gateway.post("/pub?id=a", &[("Event-Id", id)], id).await;
    }
    let all = "/lp/a?since=Thu%2C%2001%20Jan%201970%2000%3A00%3A00%20GMT&n=0";
    let answer = gateway.get(all, &[AT_ONCE]).await;
    assert_eq!(cut(answer.text()).len(), 2);
    let answer = gateway.get("/lp/a?after=x", &[AT_ONCE]).await;
    assert_eq!(cut(answer.text()).len(), 1);
    let answer = gateway.get("/lp/a?eventid=x", &[AT_ONCE]).await;
    assert_eq!(answer.status, 304);
}

#[tokio::test]
async fn who_goes_on_from_an_id_that_is_lost_stays_where_it_was() {
    let gateway = Running::with(settings(|settings| {
        settings.channels.stored_messages = 1;
    }))
    .await;
    for id in ["x", "y"] {
        gateway.post("/pub?id=a", &[("Event-Id", id)], id).await;
    }
    for lost in ["x", "unknown"] {
        for more in ["", "&tag=&time=&_=1795237738123"] {
            let path = format!("/lp/a?eventid={lost}{more}");
            let answer = gateway.get(&path, &[AT_ONCE]).await;
            assert_eq!((answer.status, answer.text()), (304, ""));
            assert!(!answer.has("x-pubsub-cursor"), "{answer:?}");
            assert!(
                answer.explain().contains("not known any more"),
                "{answer:?}"
            );
        }
    }
    let answer = gateway.get("/lp/a?eventid=y", &[AT_ONCE]).await;
    assert_eq!(answer.status, 304);
    assert!(answer.has("x-pubsub-cursor"));
}
