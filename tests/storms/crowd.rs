//! More clients than usual, most of whom do nothing, or the wrong thing.

use std::process::Stdio;

use futures_util::future::join_all;
use pubsub_server::Limits;
use support::{RawClient, eventually, within};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::{HEADER, PATIENCE, hear, listener, listens, login, publish, publisher, server};

#[tokio::test]
async fn ten_thousand_idle_clients_keep_nobody_waiting() {
    let limits = Limits {
        connections: 20_000,
        connections_per_address: 20_000,
        login: PATIENCE,
        ..Limits::default()
    };
    let server = server(limits).await;
    // Where there are few files, there are fewer clients.
    let count = 10_000.min(support::most_files() / 2);
    let login = format!(
        "{HEADER}<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>{HEADER}\
         <iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq><presence/>"
    );
    let mut crowd = tokio::process::Command::new(env!("CARGO_BIN_EXE_half_open"))
        .args([
            &server.addr().to_string(),
            &count.to_string(),
            &login,
            "</iq>",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut told = String::new();
    let mut lines = BufReader::new(crowd.stdout.take().unwrap());
    within(5 * PATIENCE, lines.read_line(&mut told))
        .await
        .unwrap();
    assert_eq!(told.trim().parse(), Ok(count));
    assert_eq!(server.statistics().tcp, count);
    let mut ann = publisher(&server, "/n").await;
    let mut guest = listener(&server).await;
    publish(&mut ann, "/n", 0, "alive").await;
    within(PATIENCE, hear(&mut guest, 0, 0)).await;
    crowd.kill().await.unwrap();
    eventually(PATIENCE, || async {
        (server.statistics().tcp == 2).then_some(())
    })
    .await;
}

#[tokio::test]
async fn five_hundred_log_in_at_once_and_who_was_there_is_still_served() {
    let server = server(Limits::default()).await;
    let mut ann = login(&server, "ann").await;
    let storm = (0..500).map(|_| RawClient::login(server.addr(), "bob", "secret"));
    let (clients, ()) = within(
        PATIENCE,
        futures_util::future::join(join_all(storm), async {
            for _ in 0..20 {
                let ping = ann
                    .request("get", "localhost", "<ping xmlns='urn:xmpp:ping'/>")
                    .await;
                assert!(ping.unwrap().contains("type='result'"));
            }
        }),
    )
    .await;
    for client in clients {
        client.unwrap();
    }
}

#[tokio::test]
async fn of_a_thousand_listeners_a_hundred_never_read_and_nobody_else_notices() {
    let limits = Limits {
        queue: 256 * 1024,
        ..Limits::default()
    };
    let server = server(limits).await;
    let mut ann = publisher(&server, "/n").await;
    let mut bob = publisher(&server, "/loud").await;
    let (mut listening, mut silent) = (Vec::new(), Vec::new());
    for number in 0..1_000 {
        if number % 10 == 0 {
            let guest = RawClient::reluctant(server.addr()).await.unwrap();
            let guest = listens(guest, "/n").await;
            silent.push(listens(guest, "/loud").await);
        } else {
            listening.push(listener(&server).await);
        }
    }
    // More than the system and the server together keep for a connection.
    let text = "x".repeat(100_000);
    for item in 0..60 {
        publish(&mut bob, "/loud", item, &text).await;
        publish(&mut ann, "/n", item, "news").await;
        let heard = listening.iter_mut().map(|client| hear(client, item, item));
        within(PATIENCE, join_all(heard)).await;
    }
    eventually(PATIENCE, || async {
        (server.statistics().tcp == 902).then_some(())
    })
    .await;
    assert_eq!(silent.len(), 100);
}
