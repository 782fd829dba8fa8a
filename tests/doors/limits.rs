//! How fast and how often: guessing passwords, sending much, and coming in great numbers.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use pubsub_server::{Config, Limits, RunningServer, Server};
use support::{RawClient, within};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::PATIENCE;

async fn serve(limits: Limits) -> RunningServer {
    let accounts = ["ann", "bob"].map(|name| (name.to_owned(), "secret".to_owned()));
    let config = Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        accounts: accounts.to_vec(),
        scram_iterations: 16,
        limits,
        ..Config::default()
    };
    Server::spawn(config).await.unwrap()
}

async fn guess(address: SocketAddr, user: &str) -> Duration {
    let began = Instant::now();
    let refused = RawClient::login(address, user, "wrong").await.unwrap_err();
    assert!(refused.contains("<not-authorized/>"), "{refused}");
    began.elapsed()
}

#[tokio::test]
async fn who_guesses_passwords_waits_and_others_do_not() {
    let server = serve(Limits {
        login_delay: Duration::from_millis(500),
        ..Limits::default()
    })
    .await;
    for _ in 0..5 {
        guess(server.addr(), "ann").await;
    }
    assert!(guess(server.addr(), "ann").await >= Duration::from_millis(250));
    assert!(guess(server.addr(), "ann").await >= Duration::from_millis(500));
    assert!(guess(server.addr(), "ann").await >= Duration::from_millis(500));
    // Who is not there is not told apart: it waits too.
    for _ in 0..5 {
        guess(server.addr(), "nobody").await;
    }
    assert!(guess(server.addr(), "nobody").await >= Duration::from_millis(250));
    // It is nobody else's business, and the right password ends it.
    RawClient::login(server.addr(), "bob", "secret")
        .await
        .unwrap();
    RawClient::login(server.addr(), "ann", "secret")
        .await
        .unwrap();
    assert_eq!(server.statistics().refused_logins, 14);
    assert_eq!(server.statistics().logins, 2);
    server.shutdown().await;
}

#[tokio::test]
async fn who_guesses_keeps_nobody_else_out() {
    let server = serve(Limits {
        login_delay: Duration::from_secs(4),
        ..Limits::default()
    })
    .await;
    let address = server.addr();
    let enemy = "127.0.0.2".parse().unwrap();
    let friend = "127.0.0.3".parse().unwrap();
    let ask = async |from, password| {
        let began = Instant::now();
        let asked = RawClient::attempt(from, address, "ann", password).await;
        let mut client = asked.unwrap();
        let answer = client.until_any(&["<success", "</failure>"]).await.unwrap();
        (answer, began.elapsed())
    };
    for _ in 0..8 {
        ask(enemy, "wrong").await;
    }
    // Those who wait hold the place; of more it is not even looked whether they are right.
    let waiting = RawClient::attempt(enemy, address, "ann", "wrong").await;
    let mut waiting = vec![waiting.unwrap()];
    for _ in 0..4 {
        waiting.push(
            RawClient::attempt(enemy, address, "ann", "wrong")
                .await
                .unwrap(),
        );
    }
    let (answer, _) = ask(enemy, "secret").await;
    assert!(answer.contains("<temporary-auth-failure/>"), "{answer}");
    // Her user comes from elsewhere, and not a moment later.
    let (answer, time) = ask(friend, "secret").await;
    assert!(answer.contains("<success"), "{answer}");
    assert!(time < Duration::from_secs(1), "{time:?}");
    // Who has gone waits no more.
    drop(waiting);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let (answer, time) = ask(enemy, "secret").await;
    assert!(answer.contains("<success"), "{answer}");
    assert!(time < Duration::from_secs(6), "{time:?}");
    server.shutdown().await;
}

#[tokio::test]
async fn a_limit_of_nothing_is_refused() {
    let nothing = [
        Limits {
            stanza: 0,
            ..Limits::default()
        },
        Limits {
            queue: 0,
            ..Limits::default()
        },
    ];
    for (limits, name) in nothing.into_iter().zip(["stanza", "queue"]) {
        let config = Config {
            listen: "127.0.0.1:0".parse().unwrap(),
            limits,
            ..Config::default()
        };
        let refused = Server::spawn(config).await.unwrap_err().to_string();
        let expected = format!("limits.{name} must be at least 1");
        assert!(refused.contains(&expected), "{refused}");
    }
}

/// How long it takes until all of so many pings are answered that are sent at once.
async fn ping(server: &RunningServer, count: usize, padding: usize) -> Duration {
    let mut client = RawClient::login(server.addr(), "ann", "secret")
        .await
        .unwrap();
    let padding = "x".repeat(padding);
    let pings: String = (0..count)
        .map(|id| format!("<iq type='get' id='p{id}' to='localhost'><ping xmlns='urn:xmpp:ping' pad='{padding}'/></iq>"))
        .collect();
    let began = Instant::now();
    client.send(&pings).await.unwrap();
    let last = format!("id='p{}'", count - 1);
    within(PATIENCE, client.until_any(&[&last])).await.unwrap();
    began.elapsed()
}

#[tokio::test]
async fn who_sends_too_fast_is_read_slowly_and_answered_all_the_same() {
    let server = serve(Limits {
        stanzas_per_second: NonZeroU32::new(50),
        ..Limits::default()
    })
    .await;
    // A second's worth at once, and half as many again; binding was one too.
    let time = ping(&server, 75, 0).await;
    assert!(time >= Duration::from_millis(480), "{time:?}");
    assert!(
        ping(&server, 40, 0).await < Duration::from_millis(400),
        "each connection for itself"
    );
    server.shutdown().await;
    let server = serve(Limits {
        bytes_per_second: NonZeroU32::new(20_000),
        ..Limits::default()
    })
    .await;
    let time = ping(&server, 30, 1000).await;
    assert!(time >= Duration::from_millis(400), "{time:?}");
    server.shutdown().await;
}

const HEADER: &str = "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' \
    xmlns:stream='http://etherx.jabber.org/streams'>";

#[tokio::test]
async fn only_so_many_may_be_on_their_way_in() {
    let server = serve(Limits {
        entering: 2,
        login: Duration::from_secs(1),
        ..Limits::default()
    })
    .await;
    let inside = RawClient::login(server.addr(), "ann", "secret")
        .await
        .unwrap();
    let mut waiting = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(server.addr()).await.unwrap();
        stream.write_all(HEADER.as_bytes()).await.unwrap();
        let mut seen = [0; 64];
        within(PATIENCE, stream.read_exact(&mut seen))
            .await
            .unwrap();
        waiting.push(stream);
    }
    let refused = RawClient::login(server.addr(), "bob", "secret")
        .await
        .unwrap_err();
    assert!(refused.contains("resource-constraint"), "{refused}");
    // Who says no more, or a byte now and then, is sent away, and makes room.
    for mut stream in waiting {
        let _ = stream.write_all(b"<").await;
        let mut rest = String::new();
        within(PATIENCE, stream.read_to_string(&mut rest))
            .await
            .unwrap();
        assert!(rest.contains("connection-timeout"), "{rest}");
    }
    RawClient::login(server.addr(), "bob", "secret")
        .await
        .unwrap();
    drop(inside);
    server.shutdown().await;
}

#[tokio::test]
async fn a_storm_of_logins_is_weathered() {
    let server = serve(Limits::default()).await;
    let address = server.addr();
    let mut storm = JoinSet::new();
    for number in 0..300 {
        let user = ["ann", "bob"][number % 2];
        storm.spawn(async move { RawClient::login(address, user, "secret").await });
    }
    let mut clients = Vec::new();
    while let Some(login) = within(PATIENCE, storm.join_next()).await {
        clients.push(login.unwrap().unwrap());
    }
    assert_eq!(server.statistics().tcp, 300);
    for client in &mut clients {
        client
            .request("get", "localhost", "<ping xmlns='urn:xmpp:ping'/>")
            .await
            .unwrap();
    }
    server.shutdown().await;
}
