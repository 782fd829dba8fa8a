//! The essential way, on every transport, over our server, Prosody and ejabberd alike.

use pubsub_core::PubSub;
use pubsub_gateway::Settings;
use support::{Peer, on_peers};

use crate::browser::Frame;
use crate::gateway::Running;

on_peers! {
    { ours: support::OurServer, prosody: support::Prosody, ejabberd: support::Ejabberd }
    {
        what_is_published_arrives_on_every_transport,
        two_gateways_on_one_server_both_hear_it,
    }
}

async fn connect(peer: &Peer) -> PubSub {
    let builder = PubSub::builder()
        .without_models()
        .url(&peer.url("ann"))
        .unwrap();
    builder.connect().await.unwrap()
}

async fn what_is_published_arrives_on_every_transport(peer: Peer) {
    let running = Running::over(connect(&peer).await, Settings::default()).await;
    let mut socket = running.websocket("/ws/news").await;
    let mut events = running.stream("/ev/news", &[]).await;
    let mut stream = running.stream("/sub/news", &[]).await;
    let answer = running.publish("news", "hello").await;
    assert_eq!(
        answer.text(),
        "{\"channel\": \"news\", \"published_messages\": 1, \"stored_messages\": 1, \"subscribers\": 3}\r\n"
    );
    let json = socket.json().await;
    assert_eq!((&json["id"], &json["text"]), (&1.into(), &"hello".into()));
    assert!(events.event().await.contains("\"text\":\"hello\""));
    assert!(
        stream.text_until("</script>\n").await.contains("\"hello\"")
            || stream.text_until("</script>\n").await.contains("\"hello\"")
    );
    let poll = running.get("/lp/news.b1", &[]).await;
    assert!(poll.text().contains("\"text\":\"hello\""), "{poll:?}");
    let stats = running.get("/stats?id=news", &[]).await;
    assert!(
        stats.text().contains("\"published_messages\": 1"),
        "{stats:?}"
    );
    // Its own close code comes back.
    socket.say(0x88, &1000_u16.to_be_bytes()).await;
    assert_eq!(
        socket.frame().await,
        Frame::Close(Some(1000), String::new())
    );
    socket.closed().await;
}

async fn two_gateways_on_one_server_both_hear_it(peer: Peer) {
    let one = Running::over(connect(&peer).await, Settings::default()).await;
    let other = Running::over(connect(&peer).await, Settings::default()).await;
    let mut here = one.websocket("/ws/news").await;
    let mut there = other.websocket("/ws/news").await;
    one.publish("news", "from one").await;
    other.publish("news", "from the other").await;
    for socket in [&mut here, &mut there] {
        assert_eq!(socket.json().await["text"], "from one");
        assert_eq!(socket.json().await["text"], "from the other");
    }
}
