//! While the disk takes its time: nobody is told anything that could still be lost, and nobody waits who need not.

use std::time::Duration;

use support::{RawClient, eventually, within};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::ordeal::Ordeal;
use crate::{
    PATIENCE, PUBSUB, ask, assert_done, create, form, item, items, login, manage, publish, server,
    subscribe,
};

/// Sends without waiting for the answer.
async fn send(client: &mut RawClient, kind: &str, id: &str, content: &str) {
    let iq = format!(
        "<iq type='{kind}' id='{id}' to='pubsub.localhost'><pubsub xmlns='{PUBSUB}'>{content}</pubsub></iq>"
    );
    client.send(&iq).await.unwrap();
}

/// What has come before the domain answers a ping: it answers at once, and after all that was ready.
async fn so_far(client: &mut RawClient, id: &str) -> String {
    let ping =
        format!("<iq type='get' id='{id}' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>");
    client.send(&ping).await.unwrap();
    let before = client
        .until_any(&[&format!("<iq type='result' id='{id}'")])
        .await
        .unwrap();
    client.until_any(&["/>", "></iq>"]).await.unwrap();
    before
}

async fn until_asked(storage: &Ordeal) {
    eventually(PATIENCE, async || storage.is_asked().then_some(())).await;
}

#[tokio::test]
async fn nobody_hears_of_what_is_not_kept_yet() {
    let storage = Ordeal::default();
    let server = server(storage.clone()).await;
    let mut ann = login(&server, "ann").await;
    let mut bob = login(&server, "bob").await;
    assert_done(&ask(&mut ann, "set", &create("/n", &[])).await);
    assert_done(&ask(&mut ann, "set", &create("/now", &[("persist_items", "0")])).await);
    for node in ["/n", "/now"] {
        assert_done(&ask(&mut bob, "set", &subscribe(node, "bob")).await);
    }

    storage.hold();
    send(&mut ann, "set", "p1", &publish("/n", "a", "1")).await;
    until_asked(&storage).await;
    send(&mut ann, "set", "p2", &publish("/n", "b", "2")).await;
    send(&mut ann, "set", "p3", &publish("/fresh", "a", "3")).await;
    assert_eq!(so_far(&mut ann, "ping-1").await.matches("<iq").count(), 1);
    // Looking at it shows it, so looks wait too; what concerns other nodes does not.
    send(&mut bob, "get", "look", "<items node='/n'/>").await;
    send(&mut bob, "get", "mine", "<subscriptions/>").await;
    send(&mut bob, "get", "missing", "<items node='/fresh'/>").await;
    assert_done(&ask(&mut ann, "set", &publish("/now", "x", "now")).await);
    let seen = so_far(&mut bob, "ping-2").await;
    assert!(!seen.contains("type='result' id='look'"), "{seen}");
    assert!(
        !seen.contains("id='mine'") && !seen.contains("id='missing'"),
        "{seen}"
    );
    assert_eq!(seen.matches("<message").count(), 1, "{seen}");
    assert!(seen.contains("now"), "{seen}");

    storage.answer(false);
    let answers = ann.until_any(&["</publish></pubsub></iq>"]).await.unwrap();
    assert!(answers.contains("id='p1'"), "{answers}");
    for id in ["p2", "p3"] {
        let answer = ann.until_any(&["</publish></pubsub></iq>"]).await.unwrap();
        assert!(answer.contains(&format!("id='{id}'")), "{answer}");
    }
    for text in [">1<", ">2<"] {
        let message = within(PATIENCE, bob.message()).await.unwrap();
        assert!(message.contains(text), "{message}");
    }
    assert_eq!(storage.groups().last(), Some(&2), "p2 and p3 share a group");
    assert_eq!(items(&mut bob, "/n").await, ["a", "b"]);
    server.shutdown().await;
}

#[tokio::test]
async fn what_follows_at_the_same_node_keeps_its_place() {
    let storage = Ordeal::default();
    let server = server(storage.clone()).await;
    let mut ann = login(&server, "ann").await;
    let mut bob = login(&server, "bob").await;
    assert_done(&ask(&mut ann, "set", &create("/n", &[])).await);
    assert_done(&ask(&mut bob, "set", &subscribe("/n", "bob")).await);

    storage.hold();
    send(&mut ann, "set", "p1", &publish("/n", "a", "1")).await;
    until_asked(&storage).await;
    let transient = form(&[("persist_items", "0")]);
    let configure = format!(
        "<iq type='set' id='c' to='pubsub.localhost'><pubsub xmlns='{PUBSUB}#owner'><configure node='/n'>{transient}</configure></pubsub></iq>"
    );
    ann.send(&configure).await.unwrap();
    // These keep nothing, and still may not overtake.
    for id in ["p2", "p3"] {
        send(&mut ann, "set", id, &publish("/n", id, id)).await;
    }
    assert_eq!(so_far(&mut ann, "ping").await.matches("<iq").count(), 1);
    let delete = format!(
        "<iq type='set' id='d' to='pubsub.localhost'><pubsub xmlns='{PUBSUB}#owner'><delete node='/n'/></pubsub></iq>"
    );
    ann.send(&delete).await.unwrap();
    storage.answer(false);
    for text in [">1<", ">p2<", ">p3<", "<delete "] {
        let message = within(PATIENCE, bob.message()).await.unwrap();
        assert!(message.contains(text), "{text}: {message}");
    }
    // Now nothing waits, and the direct way is open again.
    assert_done(&ask(&mut ann, "set", &create("/n", &[("persist_items", "0")])).await);
    let before = storage.groups().len();
    assert_done(&ask(&mut ann, "set", &publish("/n", "a", "1")).await);
    assert_eq!(
        storage.groups().len(),
        before,
        "a transient item touches no disk"
    );
    server.shutdown().await;
}

#[tokio::test]
async fn what_keeps_nothing_touches_no_disk() {
    let storage = Ordeal::default();
    let server = server(storage.clone()).await;
    let mut ann = login(&server, "ann").await;
    for (node, last) in [("/a", "never"), ("/b", "on_sub")] {
        let options = [("persist_items", "0"), ("send_last_published_item", last)];
        assert_done(&ask(&mut ann, "set", &create(node, &options)).await);
    }
    let before = storage.groups().len();
    for node in ["/a", "/b"] {
        for id in ["x", "y", "x"] {
            assert_done(&ask(&mut ann, "set", &publish(node, id, "1")).await);
        }
    }
    assert_eq!(storage.groups().len(), before);
    server.shutdown().await;
}

#[tokio::test]
async fn a_refusal_takes_back_everything_that_waited() {
    let storage = Ordeal::default();
    let server = server(storage.clone()).await;
    let mut ann = login(&server, "ann").await;
    let mut bob = login(&server, "bob").await;
    assert_done(&ask(&mut ann, "set", &create("/n", &[("max_items", "2")])).await);
    for id in ["a", "b"] {
        assert_done(&ask(&mut ann, "set", &publish("/n", id, "old")).await);
    }
    assert_done(&ask(&mut bob, "set", &subscribe("/n", "bob")).await);

    storage.hold();
    let pair = format!(
        "<publish node='/n'>{}{}</publish>",
        item("c", "new"),
        item("a", "new")
    );
    let changes = [
        pair,
        publish("/n", "d", "new"),
        "<retract node='/n'><item id='d'/></retract>".to_owned(),
        "<retract node='/n'><item id='nobody'/></retract>".to_owned(),
        publish("/fresh", "a", "new"),
        create("/fresh", &[]),
        "<items node='/n'/>".to_owned(),
    ];
    for (number, change) in changes.iter().enumerate() {
        let kind = if change.starts_with("<items") {
            "get"
        } else {
            "set"
        };
        send(&mut ann, kind, &format!("c{number}"), change).await;
    }
    until_asked(&storage).await;
    let unsubscribe = "<unsubscribe node='/n' jid='bob@localhost'/>";
    send(&mut bob, "set", "u", unsubscribe).await;
    so_far(&mut ann, "ping-a").await;
    so_far(&mut bob, "ping-b").await;
    storage.answer(true);
    for number in 0..changes.len() {
        let answer = ann.until_any(&["</iq>"]).await.unwrap();
        assert!(
            answer.contains(&format!("id='c{number}'")),
            "{number}: {answer}"
        );
        assert!(
            answer.contains("<internal-server-error"),
            "{number}: {answer}"
        );
        assert!(answer.contains("nothing was changed"), "{number}: {answer}");
    }
    let answer = bob.until_any(&["</iq>"]).await.unwrap();
    assert!(answer.contains("<internal-server-error"), "{answer}");

    // All is as it was, and can still be looked at.
    let answer = ask(&mut ann, "get", "<items node='/n'/>").await;
    assert_eq!(crate::ids(&answer), ["a", "b"]);
    assert!(!answer.contains("new"), "{answer}");
    let missing = ask(&mut ann, "get", "<items node='/fresh'/>").await;
    assert!(missing.contains("<item-not-found"), "{missing}");
    let refused = ask(&mut ann, "set", &publish("/n", "e", "new")).await;
    assert!(refused.contains("<internal-server-error"), "{refused}");

    // And when the disk is back, so is the service; bob is subscribed still.
    storage.answer(false);
    assert_done(&ask(&mut ann, "set", &publish("/n", "e", "back")).await);
    let message = within(PATIENCE, bob.message()).await.unwrap();
    assert!(message.contains("back"), "{message}");
    assert_eq!(items(&mut ann, "/n").await, ["b", "e"]);
    drop((ann, bob));
    server.shutdown().await;

    let next = crate::server(storage).await;
    let mut ann = login(&next, "ann").await;
    assert_eq!(items(&mut ann, "/n").await, ["b", "e"]);
    let subscribers = manage(&mut ann, "get", "<subscriptions node='/n'/>").await;
    assert!(subscribers.contains("bob@localhost"), "{subscribers}");
    next.shutdown().await;
}

#[tokio::test]
async fn a_refusal_brings_nobody_back_who_has_left() {
    let storage = Ordeal::default();
    let server = server(storage.clone()).await;
    let mut ann = login(&server, "ann").await;
    assert_done(&ask(&mut ann, "set", &create("/n", &[])).await);
    let (mut guest, jid) = RawClient::anonymous(server.addr()).await.unwrap();
    let subscribe = format!("<subscribe node='/n' jid='{jid}'/>");
    assert_done(&ask(&mut guest, "set", &subscribe).await);
    let subscribers = "<subscriptions node='/n'/>";
    let before = manage(&mut ann, "get", subscribers).await;
    assert!(before.contains(&jid), "{before}");

    storage.hold();
    send(&mut ann, "set", "p", &publish("/n", "a", "1")).await;
    until_asked(&storage).await;
    guest.send("</stream:stream>").await.unwrap();
    // The stream is closed when the guest has left.
    guest.until_any(&["</stream:stream>"]).await.unwrap();
    storage.answer(true);
    let answer = ann.until_any(&["</iq>"]).await.unwrap();
    assert!(answer.contains("<internal-server-error"), "{answer}");
    let after = manage(&mut ann, "get", subscribers).await;
    assert!(!after.contains("<subscription "), "{after}");
    server.shutdown().await;
}

#[tokio::test]
async fn a_client_may_ask_on_while_the_disk_works_but_not_without_end() {
    const COUNT: usize = 64;
    let storage = Ordeal::default();
    let server = server(storage.clone()).await;
    let mut ann = login(&server, "ann").await;
    assert_done(&ask(&mut ann, "set", &create("/n", &[])).await);
    storage.slow_down(Duration::from_millis(20));
    let large = "x".repeat(100_000);
    let all: String = (0..COUNT)
        .map(|number| {
            let content = publish("/n", &number.to_string(), &large);
            format!("<iq type='set' id='{number}' to='pubsub.localhost'><pubsub xmlns='{PUBSUB}'>{content}</pubsub></iq>")
        })
        .collect();
    let mut stream = ann.into_stream();
    let (mut read, mut write) = stream.split();
    let writing = async { write.write_all(all.as_bytes()).await.unwrap() };
    let reading = async {
        let mut heard = String::new();
        let mut buffer = vec![0; 64 * 1024];
        while heard.matches("</iq>").count() < COUNT {
            let length = within(PATIENCE, read.read(&mut buffer)).await.unwrap();
            assert!(length > 0, "closed after {heard}");
            heard.push_str(&String::from_utf8_lossy(&buffer[..length]));
        }
        assert_eq!(heard.matches("type='result'").count(), COUNT, "{heard}");
    };
    tokio::join!(writing, reading);
    let largest = storage.groups().into_iter().max().unwrap_or_default();
    assert!(
        (2..=12).contains(&largest),
        "a megabyte at a time: {largest}"
    );
    server.shutdown().await;
}
