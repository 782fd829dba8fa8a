//! Clients that do not read, do not acknowledge, or say nothing.

use std::time::Duration;

use pubsub_server::Limits;
use support::within;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::{PATIENCE, ask, assert_ended, login, publish, rest, server};

#[tokio::test]
async fn a_slow_reader_is_cut_off_and_nobody_waits_for_it() {
    let server = server(Limits {
        queue: 256 * 1024,
        ..Limits::default()
    })
    .await;
    let mut ann = login(&server, "ann").await;
    ask(&mut ann, "set", "<create node='/n'/><configure><x xmlns='jabber:x:data' type='submit'><field var='pubsub#persist_items'><value>0</value></field></x></configure>").await;
    let (mut bob, mut cat) = (login(&server, "bob").await, login(&server, "cat").await);
    for (client, jid) in [(&mut bob, "bob@localhost"), (&mut cat, "cat@localhost")] {
        let answer = ask(
            client,
            "set",
            &format!("<subscribe node='/n' jid='{jid}'/>"),
        )
        .await;
        assert!(answer.contains("subscribed"), "{answer}");
    }
    let text = "x".repeat(100_000);
    let heard = tokio::spawn(async move {
        for index in 0..200 {
            cat.until_any(&[&format!("<item id='{index}'")])
                .await
                .unwrap();
        }
    });
    for index in 0..200 {
        let answer = ask(&mut ann, "set", &publish("/n", &index.to_string(), &text)).await;
        assert!(answer.contains("type='result'"), "{answer}");
        // Cat keeps up: a ping would not do, because only what reached her counts.
    }
    within(PATIENCE, heard).await.unwrap();
    let got = rest(&mut bob.into_stream()).await;
    assert!(
        !got.contains("<item id='199'"),
        "the slow reader got everything"
    );
    // Its place is free again at once.
    let unreachable = ann
        .request("get", "bob@localhost", "<query xmlns='jabber:iq:version'/>")
        .await
        .unwrap();
    assert!(unreachable.contains("service-unavailable"), "{unreachable}");
}

#[tokio::test]
async fn slow_readers_together_are_bounded_as_well_and_who_reads_hears_everything() {
    let server = server(Limits {
        queue: 1024 * 1024 * 1024,
        queues: 4 * 1024 * 1024,
        ..Limits::default()
    })
    .await;
    let (mut ann, mut cat) = (login(&server, "ann").await, login(&server, "cat").await);
    let subscribe = |who: &str| format!("<subscribe node='/n' jid='{who}@localhost'/>");
    ask(&mut ann, "set", &publish("/n", "first", "x")).await;
    let answer = ask(&mut cat, "set", &subscribe("cat")).await;
    assert!(answer.contains("subscribed"), "{answer}");
    let mut bobs = Vec::new();
    for _ in 0..10 {
        bobs.push(login(&server, "bob").await);
    }
    let answer = ask(&mut bobs[0], "set", &subscribe("bob")).await;
    assert!(answer.contains("subscribed"), "{answer}");
    let text = "x".repeat(200_000);
    for index in 0..100 {
        ann.send(&format!(
            "<iq type='set' id='p{index}' to='pubsub.localhost'><pubsub xmlns='http://jabber.org/protocol/pubsub'>{}</pubsub></iq>",
            publish("/n", &index.to_string(), &text)
        ))
        .await
        .unwrap();
        cat.until_any(&[&format!("<item id='{index}'")])
            .await
            .unwrap();
    }
    for bob in bobs {
        let got = rest(&mut bob.into_stream()).await;
        assert_ended(&got, "policy-violation", "bob");
        assert!(
            !got.contains("<item id='99'"),
            "a slow reader got everything"
        );
    }
}

#[tokio::test]
async fn who_asks_without_reading_is_slowed_down_and_loses_nothing() {
    let server = server(Limits {
        queue: 64 * 1024,
        ..Limits::default()
    })
    .await;
    let mut ann = login(&server, "ann").await;
    ask(&mut ann, "set", &publish("/n", "a", &"x".repeat(50_000))).await;
    let stream = ann.into_stream();
    let (mut reader, mut writer) = stream.into_split();
    let asking = tokio::spawn(async move {
        for index in 0..300 {
            let items =
                "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='/n'/></pubsub>";
            let iq = format!("<iq type='get' id='i{index}' to='pubsub.localhost'>{items}</iq>");
            writer.write_all(iq.as_bytes()).await.unwrap();
        }
        writer
    });
    let mut text = Vec::new();
    within(PATIENCE, async {
        while !text.ends_with(b"</iq>") || !String::from_utf8_lossy(&text).contains("id='i299'") {
            if text.len() > 200_000 {
                text.drain(..100_000);
            }
            assert!(reader.read_buf(&mut text).await.unwrap() > 0);
        }
    })
    .await;
    asking.await.unwrap();
}

#[tokio::test]
async fn who_never_acknowledges_is_cut_off() {
    let server = server(Limits {
        queue: 16 * 1024,
        ..Limits::default()
    })
    .await;
    let mut ann = login(&server, "ann").await;
    ann.send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>")
        .await
        .unwrap();
    let ping = "<iq type='get' id='p' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>";
    // What is acknowledged does not count.
    for round in 1..=50 {
        ann.send(&ping.repeat(10)).await.unwrap();
        for _ in 0..10 {
            ann.until_any(&["id='p'"]).await.unwrap();
        }
        ann.send(&format!("<a xmlns='urn:xmpp:sm:3' h='{}'/>", round * 10))
            .await
            .unwrap();
    }
    ann.send(&ping.repeat(500)).await.unwrap();
    let answer = rest(&mut ann.into_stream()).await;
    assert_ended(&answer, "policy-violation", "no acknowledgement");
    assert!(answer.contains("<r xmlns='urn:xmpp:sm:3'/>"), "{answer}");
}

#[tokio::test]
async fn a_silent_client_is_pinged_and_then_given_up() {
    let limits = Limits {
        idle: Duration::from_millis(50),
        ping: Duration::from_millis(300),
        ..Limits::default()
    };
    let server = server(limits).await;
    let mut ann = login(&server, "ann").await;
    for ping in 1..=3 {
        let id = format!("ping-{ping}");
        ann.until_any(&[&format!("id='{id}'")]).await.unwrap();
        ann.send(&format!("<iq type='result' id='{id}' to='localhost'/>"))
            .await
            .unwrap();
    }
    assert_ended(
        &rest(&mut ann.into_stream()).await,
        "connection-timeout",
        "silence",
    );
}
