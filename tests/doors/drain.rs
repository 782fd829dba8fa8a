//! The end of a server that is at work: what it has taken in is kept and answered, and everybody is told, over every door.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pubsub_server::{Config, DiskStorage, Http, RunningServer, Server, SyncLevel};
use support::bosh::{BoshClient, between};
use support::{RawClient, WebSocketClient, eventually, within};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::PATIENCE;

/// Clients that publish at once, of each kind.
const EACH: usize = 3;

/// Publishes that one client has under way.
const WINDOW: usize = 64;

async fn serve(directory: &std::path::Path) -> RunningServer {
    Server::spawn(Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        accounts: vec![("ann".to_owned(), "secret".to_owned())],
        storage: Arc::new(DiskStorage::open(directory, SyncLevel::Always).unwrap()),
        http: Http {
            listen: Some("127.0.0.1:0".parse().unwrap()),
            ..Http::default()
        },
        ..Config::default()
    })
    .await
    .unwrap()
}

fn publish(node: &str, number: usize) -> String {
    format!(
        "<iq xmlns='jabber:client' type='set' id='i{number}.' to='pubsub.localhost'>\
         <pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='{node}'><item id='i{number}.'><x xmlns='urn:x'/></item></publish>\
         <publish-options><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'><value>http://jabber.org/protocol/pubsub#publish-options</value></field>\
         <field var='pubsub#max_items'><value>max</value></field></x></publish-options></pubsub></iq>"
    )
}

/// The numbers of the results in what a client has read.
fn answered(words: &str) -> BTreeSet<usize> {
    let results = words.match_indices("<iq ").filter_map(|(start, _)| {
        let tag = words[start..].split('>').next()?;
        let number = between(tag, "id='i", ".'")?.parse().ok()?;
        assert!(tag.contains("type='result'"), "{tag}");
        Some(number)
    });
    results.collect()
}

/// What became of a client: its node, what was answered, and its last words.
struct Ended {
    node: String,
    answered: BTreeSet<usize>,
    last: String,
}

async fn over_tcp(address: SocketAddr, node: String, total: Arc<AtomicUsize>) -> Ended {
    let client = RawClient::login(address, "ann", "secret").await.unwrap();
    let (mut reader, mut writer) = client.into_stream().into_split();
    let writing_node = node.clone();
    let (permits, mut allowed) = tokio::sync::mpsc::channel(WINDOW);
    for _ in 0..WINDOW {
        permits.try_send(()).unwrap();
    }
    let writing = tokio::spawn(async move {
        let mut number = 0;
        while allowed.recv().await.is_some() {
            let words = publish(&writing_node, number);
            if writer.write_all(words.as_bytes()).await.is_err() {
                break;
            }
            number += 1;
        }
        // The other half says when it is over; until then the connection stays open.
        while allowed.recv().await.is_some() {}
        drop(writer);
    });
    let mut words = String::new();
    let mut seen = 0;
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let count = reader.read(&mut buffer).await.unwrap_or_default();
        if count == 0 {
            break;
        }
        words.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        let results = words.matches("type='result'").count();
        for _ in seen..results {
            total.fetch_add(1, Ordering::Relaxed);
            let _ = permits.try_send(());
        }
        seen = results;
    }
    drop(permits);
    writing.await.unwrap();
    let (answers, last) = words.split_once("<stream:error>").unwrap();
    Ended {
        node,
        answered: answered(answers),
        last: last.to_owned(),
    }
}

async fn over_websocket(address: SocketAddr, node: String, total: Arc<AtomicUsize>) -> Ended {
    let (mut client, _) = WebSocketClient::login(address, "ann", "secret")
        .await
        .unwrap();
    let mut number = 0;
    let mut words = String::new();
    while number < WINDOW {
        client.send(&publish(&node, number)).await.unwrap();
        number += 1;
    }
    loop {
        let frame = client.frame().await.unwrap();
        if let Some(code) = frame.code() {
            let answer = support::websocket::frame(0x88, true, &code.to_be_bytes());
            drop(client.write(&answer).await);
            client.hung_up().await;
            let (answers, last) = words.split_once("<stream:error ").unwrap();
            return Ended {
                node,
                answered: answered(answers),
                last: format!("{last} {code}"),
            };
        }
        let text = frame.text();
        if text.contains("type='result'") {
            total.fetch_add(1, Ordering::Relaxed);
            drop(client.send(&publish(&node, number)).await);
            number += 1;
        }
        words.push_str(&text);
    }
}

async fn over_bosh(address: SocketAddr, node: String, total: Arc<AtomicUsize>) -> Ended {
    let mut client = BoshClient::login(address, "ann", "secret").await.unwrap();
    let mut words = String::new();
    for round in 0.. {
        let ten: String = (round * 10..round * 10 + 10)
            .map(|number| publish(&node, number))
            .collect();
        let before = answered(&words).len();
        let mut content = ten.as_str();
        // What was not answered with the request is with the next ones.
        while answered(&words).len() < before + 10 {
            let answer = client.ask("", content).await.unwrap();
            content = "";
            words.push_str(&answer);
            if answer.contains("type='terminate'") {
                return Ended {
                    node,
                    answered: answered(&words),
                    last: answer,
                };
            }
        }
        total.fetch_add(10, Ordering::Relaxed);
    }
    unreachable!("a round follows");
}

#[tokio::test]
async fn what_was_taken_in_is_kept_and_answered_before_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let server = serve(directory.path()).await;
    let (tcp, http) = (server.addr(), server.http_addr().unwrap());
    let total = Arc::new(AtomicUsize::new(0));
    let mut clients = Vec::new();
    for number in 0..EACH {
        let node = |kind: &str| format!("/drain/{kind}{number}");
        clients.push(tokio::spawn(over_tcp(tcp, node("t"), total.clone())));
        clients.push(tokio::spawn(over_websocket(http, node("w"), total.clone())));
        clients.push(tokio::spawn(over_bosh(http, node("b"), total.clone())));
    }
    eventually(PATIENCE, || {
        let is_under_way = total.load(Ordering::Relaxed) > 500;
        async move { is_under_way.then_some(()) }
    })
    .await;
    // Each group is in one place, whatever it took; every answer is counted, and so are the stanzas that asked.
    let now = server.statistics();
    assert_eq!(now.group_times.iter().sum::<u64>(), now.groups);
    assert!(now.groups > 0 && now.group_micros > 0, "{now:?}");
    assert!(now.stanzas_out > 500 && now.stanzas_in > 500, "{now:?}");
    within(PATIENCE, server.shutdown()).await;
    let mut ended = Vec::new();
    for client in clients {
        ended.push(within(PATIENCE, client).await.unwrap());
    }

    let server = serve(directory.path()).await;
    let mut ann = RawClient::login(server.addr(), "ann", "secret")
        .await
        .unwrap();
    for client in ended {
        let node = client.node;
        let end = match &node[..8] {
            "/drain/t" => "</stream:error></stream:stream>",
            "/drain/w" => "<close xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\" /> 1001",
            _ => "</body>",
        };
        assert!(client.last.ends_with(end), "{node}: {}", client.last);
        assert!(
            client.last.contains("system-shutdown"),
            "{node}: {}",
            client.last
        );
        let items = format!(
            "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='{node}'/></pubsub>"
        );
        let items = ann
            .request("get", "pubsub.localhost", &items)
            .await
            .unwrap();
        let kept: BTreeSet<usize> = items
            .match_indices("<item id='i")
            .filter_map(|(start, _)| between(&items[start..], "<item id='i", ".'")?.parse().ok())
            .collect();
        assert!(!kept.is_empty(), "{node}: {items}");
        // What was answered is there, and what is there was answered.
        let lost: Vec<_> = client.answered.difference(&kept).collect();
        let untold: Vec<_> = kept.difference(&client.answered).collect();
        assert!(
            lost.is_empty() && untold.is_empty(),
            "{node}: lost {lost:?}, untold {untold:?}"
        );
    }
    server.shutdown().await;
}
