//! The server's own end, and what outlives it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pubsub_server::{Config, Limits, MemoryStorage, Server, Storage, StorageError, Write};
use support::{eventually, within};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::{HEADER, PATIENCE, ask, assert_ended, config, login, publish, rest, server};

#[tokio::test]
async fn a_server_that_goes_down_says_goodbye() {
    let server = server(Limits::default()).await;
    let ann = login(&server, "ann").await;
    let mut entering = TcpStream::connect(server.addr()).await.unwrap();
    entering.write_all(HEADER.as_bytes()).await.unwrap();
    let mut features = [0; 4096];
    assert!(entering.read(&mut features).await.unwrap() > 0);
    let mut ann = ann.into_stream();
    let (bound, entering, ()) = within(PATIENCE, async {
        tokio::join!(rest(&mut ann), rest(&mut entering), server.shutdown())
    })
    .await;
    assert_ended(&bound, "system-shutdown", "bound");
    assert!(entering.contains("<system-shutdown"), "{entering}");
}

/// Refuses when it is told to, or takes its time.
#[derive(Clone, Debug, Default)]
struct Moody {
    refuses: Arc<AtomicBool>,
    is_slow: Arc<AtomicBool>,
    is_asked: Arc<AtomicBool>,
    memory: MemoryStorage,
}

impl Storage for Moody {
    fn load(&self, take: &mut dyn FnMut(Write)) -> Result<(), StorageError> {
        self.memory.load(take)
    }

    fn commit(&self, decisions: &[&[Write]]) -> Result<(), StorageError> {
        if self.refuses.load(Ordering::SeqCst) {
            return Err(StorageError::new("not now"));
        }
        if self.is_slow.load(Ordering::SeqCst) {
            self.is_asked.store(true, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(300));
        }
        self.memory.commit(decisions)
    }
}

#[tokio::test]
async fn what_waits_for_the_disk_is_answered_before_the_goodbye() {
    let storage = Moody::default();
    let server = Server::spawn(Config {
        storage: Arc::new(storage.clone()),
        ..config()
    })
    .await
    .unwrap();
    let mut ann = login(&server, "ann").await;
    ask(&mut ann, "set", &publish("/n", "a", "1")).await;
    ask(
        &mut ann,
        "set",
        "<subscribe node='/n' jid='ann@localhost'/>",
    )
    .await;
    ann.send("<enable xmlns='urn:xmpp:sm:3'/>").await.unwrap();
    ann.until_any(&["<enabled"]).await.unwrap();
    storage.is_slow.store(true, Ordering::SeqCst);
    let many: String = (0..3)
        .map(|number| {
            let change = publish("/n", &number.to_string(), "2");
            format!(
                "<iq type='set' id='late-{number}' to='pubsub.localhost'><pubsub xmlns='http://jabber.org/protocol/pubsub'>{change}</pubsub></iq>"
            )
        })
        .collect();
    ann.send(&many).await.unwrap();
    eventually(PATIENCE, || {
        let is_asked = storage.is_asked.load(Ordering::SeqCst);
        async move { is_asked.then_some(()) }
    })
    .await;
    let mut ann = ann.into_stream();
    let (words, ()) = within(PATIENCE, async {
        tokio::join!(rest(&mut ann), server.shutdown())
    })
    .await;
    let (before, end) = words
        .split_once("<a xmlns='urn:xmpp:sm:3' h='3'/>")
        .unwrap();
    assert_ended(end, "system-shutdown", &words);
    for number in 0..3 {
        assert!(before.contains(&format!("id='late-{number}'")), "{words}");
    }
    // What it subscribed to is told too.
    assert_eq!(before.matches("<message ").count(), 3, "{words}");
    assert!(!before.contains("type='error'"), "{words}");
}

#[tokio::test]
async fn a_change_that_is_not_stored_leaves_no_trace() {
    let storage = Moody::default();
    let server = Server::spawn(Config {
        storage: Arc::new(storage.clone()),
        ..config()
    })
    .await
    .unwrap();
    let mut ann = login(&server, "ann").await;
    ask(&mut ann, "set", &publish("/n", "a", "1")).await;
    ask(
        &mut ann,
        "set",
        "<subscribe node='/n' jid='ann@localhost'/>",
    )
    .await;
    storage.refuses.store(true, Ordering::SeqCst);
    for change in [
        &publish("/n", "a", "2"),
        &publish("/m", "a", "2"),
        "<retract node='/n'><item id='a'/></retract>",
        "<unsubscribe node='/n' jid='ann@localhost'/>",
    ] {
        let answer = ask(&mut ann, "set", change).await;
        assert!(answer.contains("<internal-server-error"), "{answer}");
    }
    let owner =
        "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><delete node='/n'/></pubsub>";
    assert!(
        ann.request("set", "pubsub.localhost", owner)
            .await
            .unwrap()
            .contains("<internal-server-error")
    );
    storage.refuses.store(false, Ordering::SeqCst);
    let items = ask(&mut ann, "get", "<items node='/n'/>").await;
    assert!(items.contains("<x xmlns='urn:x'>1</x>"), "{items}");
    assert!(
        ask(&mut ann, "get", "<items node='/m'/>")
            .await
            .contains("<item-not-found")
    );
    // Nobody was told of what did not happen.
    ask(&mut ann, "set", &publish("/n", "b", "3")).await;
    let heard = ann.until_any(&["</message>"]).await.unwrap();
    assert_eq!(heard.matches("<message").count(), 1, "{heard}");
    assert!(heard.contains("<item id='b'"), "{heard}");
}

#[tokio::test]
async fn the_next_server_takes_over_what_was_stored() {
    let storage = MemoryStorage::default();
    let start = || {
        Server::spawn(Config {
            storage: Arc::new(storage.clone()),
            ..config()
        })
    };
    let server = start().await.unwrap();
    let mut ann = login(&server, "ann").await;
    ask(&mut ann, "set", &publish("/n", "a", "1")).await;
    ask(&mut ann, "set", &publish("/n", "b", "1")).await;
    ask(&mut ann, "set", &publish("/n", "a", "2")).await;
    ask(
        &mut ann,
        "set",
        "<retract node='/n'><item id='b'/></retract>",
    )
    .await;
    ask(
        &mut ann,
        "set",
        "<subscribe node='/n' jid='ann@localhost'/>",
    )
    .await;
    let owners = "<affiliations node='/n'><affiliation jid='bob@localhost' affiliation='owner'/><affiliation jid='ann@localhost' affiliation='none'/></affiliations>";
    let owner =
        format!("<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>{owners}</pubsub>");
    assert!(
        ann.request("set", "pubsub.localhost", &owner)
            .await
            .unwrap()
            .contains("type='result'")
    );
    drop(ann);
    server.shutdown().await;

    let server = start().await.unwrap();
    let mut ann = login(&server, "ann").await;
    let items = ask(&mut ann, "get", "<items node='/n'/>").await;
    assert_eq!(items.matches("<item ").count(), 1, "{items}");
    assert!(items.contains("<x xmlns='urn:x'>2</x>"), "{items}");
    assert!(
        ask(&mut ann, "get", "<affiliations/>")
            .await
            .contains("<affiliations></affiliations>")
    );
    let mut bob = login(&server, "bob").await;
    assert!(
        ask(&mut bob, "set", &publish("/n", "c", "3"))
            .await
            .contains("type='result'")
    );
    ann.until_any(&["<item id='c'"]).await.unwrap();
}
