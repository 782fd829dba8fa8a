//! Connections break in every way; nothing is lost and nothing is heard twice.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use pubsub_core::schema::Outline;
use pubsub_core::{NodeName, PubSub, Publish as _};
use support::{Link, Peer, Proxy, eventually, within};

use crate::{PATIENCE, Tweet, connect, impatient, published, tweet, writer};

support::on_peers! {
    {
        ours: support::OurServer,
        prosody: support::Prosody,
        ejabberd: support::Ejabberd,
    }
    {
        a_subscriber_misses_nothing_when_it_is_cut_off,
        a_save_survives_a_cut_connection,
        a_save_survives_a_lost_acknowledgement,
        a_connection_that_only_seems_to_live_is_given_up,
    }
}

support::on_peers! {
    {
        killed_prosody: support::Prosody,
        killed_ejabberd: support::Ejabberd,
    }
    {
        a_killed_server_loses_no_acknowledged_save,
    }
}

support::on_peers! {
    {
        killed_ours: support::OurServer,
    }
    {
        a_server_that_lost_its_nodes_is_given_them_again,
    }
}

/// A handle whose connection goes through a proxy.
async fn through_proxy(peer: &Peer, user: &str) -> (PubSub, Proxy) {
    let proxy = Proxy::before(peer.address()).await;
    let pubsub = connect(&peer.url_at(proxy.address(), user)).await;
    (pubsub, proxy)
}

async fn a_subscriber_misses_nothing_when_it_is_cut_off(peer: Peer) {
    let ann = writer(&peer).await;
    let (bob, proxy) = through_proxy(&peer, "bob").await;
    let mut events = bob.subscribe::<Tweet>().await.unwrap();
    tweet(1, "before").save_with(&ann).await.unwrap();
    published(&mut events, 1).await;
    proxy.set(Link::Refusing);
    proxy.cut();
    for id in 2..=5 {
        tweet(id, "meanwhile").save_with(&ann).await.unwrap();
    }
    proxy.set(Link::Up);
    let heard: Vec<i64> = published(&mut events, 4)
        .await
        .into_iter()
        .map(|tweet| tweet.id)
        .collect();
    assert_eq!(heard, [2, 3, 4, 5]);
    tweet(6, "after").save_with(&ann).await.unwrap();
    assert_eq!(
        published(&mut events, 1).await,
        [tweet(6, "after")],
        "nothing is heard twice"
    );
}

async fn a_save_survives_a_cut_connection(peer: Peer) {
    let (ann, proxy) = through_proxy(&peer, "ann").await;
    let bob = connect(&peer.url("bob")).await;
    let mut events = bob.subscribe::<Tweet>().await.unwrap();
    tweet(1, "before").save_with(&ann).await.unwrap();
    proxy.set(Link::Refusing);
    proxy.cut();
    let tweets: Vec<Tweet> = (2..=20).map(|id| tweet(id, "meanwhile")).collect();
    let saves = join_all(tweets.iter().map(|tweet| tweet.save_with(&ann)));
    let mended = async {
        let tried_again = async || (proxy.connections() > 1).then_some(());
        eventually(PATIENCE, tried_again).await;
        proxy.set(Link::Up);
    };
    let (outcomes, ()) = within(PATIENCE, async { tokio::join!(saves, mended) }).await;
    for save in outcomes {
        save.unwrap();
    }
    let heard: Vec<i64> = published(&mut events, 20)
        .await
        .into_iter()
        .map(|tweet| tweet.id)
        .collect();
    assert_eq!(heard, (1..=20).collect::<Vec<_>>());
}

async fn a_save_survives_a_lost_acknowledgement(peer: Peer) {
    let (ann, proxy) = through_proxy(&peer, "ann").await;
    let bob = connect(&peer.url("bob")).await;
    let mut events = bob.subscribe::<Tweet>().await.unwrap();
    proxy.set(Link::AnswersStalled);
    let first = tweet(1, "sent, never answered");
    let save = first.save_with(&ann);
    let lost = async {
        let arrived = published(&mut events, 1).await;
        proxy.cut();
        proxy.set(Link::Up);
        arrived
    };
    let (saved, arrived) = within(PATIENCE, async { tokio::join!(save, lost) }).await;
    saved.unwrap();
    assert_eq!(arrived, [tweet(1, "sent, never answered")]);
    tweet(2, "after").save_with(&ann).await.unwrap();
    let next = published(&mut events, 1).await;
    // The second sending of item 1 is recognised and dropped.
    assert_eq!(next, [tweet(2, "after")]);
}

async fn a_connection_that_only_seems_to_live_is_given_up(peer: Peer) {
    let ann = writer(&peer).await;
    let (bob, proxy) = through_proxy(&peer, "bob").await;
    let mut events = bob.subscribe::<Tweet>().await.unwrap();
    tweet(1, "before").save_with(&ann).await.unwrap();
    published(&mut events, 1).await;
    proxy.set(Link::Stalled);
    tweet(2, "into the silence").save_with(&ann).await.unwrap();
    eventually(PATIENCE, async || (proxy.connections() > 1).then_some(())).await;
    proxy.set(Link::Up);
    assert_eq!(
        published(&mut events, 1).await,
        [tweet(2, "into the silence")]
    );
}

async fn a_killed_server_loses_no_acknowledged_save(mut peer: Peer) {
    let ann = writer(&peer).await;
    let bob = connect(&peer.url("bob")).await;
    let mut events = bob.subscribe::<Tweet>().await.unwrap();
    tweet(1, "before").save_with(&ann).await.unwrap();
    published(&mut events, 1).await;
    tweet(2, "acknowledged").save_with(&ann).await.unwrap();
    peer.settle().await;
    peer.kill();
    let tweets: Vec<Tweet> = (3..=10).map(|id| tweet(id, "while it was away")).collect();
    let saves = join_all(tweets.iter().map(|tweet| tweet.save_with(&ann)));
    let (outcomes, ()) = within(2 * PATIENCE, async { tokio::join!(saves, peer.restart()) }).await;
    for save in outcomes {
        save.unwrap();
    }
    let mut heard = BTreeSet::new();
    while heard.len() < 9 {
        let event = within(PATIENCE, events.next()).await.unwrap().unwrap();
        heard.extend(event.into_item().map(|tweet| tweet.id));
    }
    assert_eq!(heard, (2..=10).collect());
    tokio::time::timeout(Duration::from_millis(200), events.next())
        .await
        .unwrap_err();
}

async fn a_server_that_lost_its_nodes_is_given_them_again(mut peer: Peer) {
    let ann = writer(&peer).await;
    tweet(1, "makes the node").save_with(&ann).await.unwrap();
    peer.kill();
    peer.restart().await;
    // Nothing more is saved: the nodes are there again, and say what is in them, because the program is.
    let reader = PubSub::builder()
        .session(impatient(&peer.url("bob")))
        .without_models();
    let reader = within(PATIENCE, reader.connect()).await.unwrap();
    let node = NodeName::new(Tweet::NODE).unwrap();
    let outline = eventually(PATIENCE, async || {
        reader.outline(&node).await.ok().flatten()
    });
    assert_eq!(outline.await, Outline::of(Tweet::DESCRIPTOR));
}
