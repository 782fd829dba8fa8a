//! What is saved is heard, as it was saved and in that order.

use futures_util::future::join_all;
use pubsub_core::{Action, Event, Publish as _};
use support::Peer;

use crate::{Tweet, connect, next, published, tweet, writer};

support::on_peers! {
    {
        ours: support::OurServer,
        prosody: support::Prosody,
        ejabberd: support::Ejabberd,
    }
    {
        a_save_reaches_a_typed_subscriber,
        a_second_save_replaces_the_item,
        a_delete_retracts,
        every_subscriber_hears,
        a_publisher_hears_its_own_changes,
        hostile_text_passes_unchanged,
        saves_are_heard_in_the_order_of_the_calls,
        saved_items_can_be_read_back,
    }
}

async fn a_save_reaches_a_typed_subscriber(peer: Peer) {
    let ann = writer(&peer).await;
    let bob = connect(&peer.url("bob")).await;
    let mut events = bob.subscribe::<Tweet>().await.unwrap();
    tweet(1, "hello").save_with(&ann).await.unwrap();
    match next(&mut events).await {
        Event::Published { id, item, .. } => {
            assert_eq!(id.to_string(), "1");
            assert_eq!(item, tweet(1, "hello"));
        }
        other => panic!("{other:?}"),
    }
}

async fn a_second_save_replaces_the_item(peer: Peer) {
    let ann = writer(&peer).await;
    let mut events = ann.subscribe::<Tweet>().await.unwrap();
    tweet(1, "first").save_with(&ann).await.unwrap();
    tweet(1, "second").save_with(&ann).await.unwrap();
    assert_eq!(
        published(&mut events, 2).await,
        [tweet(1, "first"), tweet(1, "second")]
    );
    let items = ann.items::<Tweet>().await.unwrap();
    let items: Vec<Tweet> = items.into_iter().map(|item| item.item).collect();
    assert_eq!(items, [tweet(1, "second")]);
}

async fn a_delete_retracts(peer: Peer) {
    let ann = writer(&peer).await;
    let bob = connect(&peer.url("bob")).await;
    let mut events = bob.subscribe::<Tweet>().await.unwrap();
    tweet(1, "gone soon").save_with(&ann).await.unwrap();
    published(&mut events, 1).await;
    tweet(1, "gone soon").delete_with(&ann).await.unwrap();
    match next(&mut events).await {
        Event::Retracted { id, last, .. } => {
            assert_eq!(
                (id.to_string(), last),
                ("1".to_owned(), Some(tweet(1, "gone soon")))
            );
        }
        other => panic!("{other:?}"),
    }
    assert!(bob.items::<Tweet>().await.unwrap().is_empty());
}

async fn every_subscriber_hears(peer: Peer) {
    let ann = writer(&peer).await;
    let bob = connect(&peer.url("bob")).await;
    let eve = connect(&peer.url("eve")).await;
    let mut first = bob.subscribe::<Tweet>().await.unwrap();
    let mut second = bob.subscribe::<Tweet>().await.unwrap();
    let mut third = eve.subscribe::<Tweet>().await.unwrap();
    let tweets = [tweet(1, "one"), tweet(2, "two"), tweet(3, "three")];
    for tweet in &tweets {
        tweet.save_with(&ann).await.unwrap();
    }
    for events in [&mut first, &mut second, &mut third] {
        assert_eq!(published(events, 3).await, tweets);
    }
}

async fn a_publisher_hears_its_own_changes(peer: Peer) {
    let ann = writer(&peer).await;
    let mut events = ann.subscribe::<Tweet>().await.unwrap();
    tweet(7, "echo").save_with(&ann).await.unwrap();
    match next(&mut events).await {
        Event::Published { change, .. } => assert_ne!(change.action, Some(Action::Delete)),
        other => panic!("{other:?}"),
    }
}

async fn hostile_text_passes_unchanged(peer: Peer) {
    let ann = writer(&peer).await;
    let mut events = ann.subscribe::<Tweet>().await.unwrap();
    let hostile = [
        "<&>\"'",
        "]]>",
        "<![CDATA[x]]>",
        "&amp;lt;",
        "tab\tline\nreturn\rend",
        "\u{1F980}\u{85}",
        " edges ",
    ];
    for (id, text) in (1..).zip(hostile) {
        let tweet = Tweet {
            id,
            author: text.to_owned(),
            text: Some(text.to_owned()),
        };
        tweet.save_with(&ann).await.unwrap();
        // Prosody and ejabberd write a carriage return raw, which every reader must take for a line feed.
        let is_kept = peer.name() == "ours";
        let kept = |text: String| {
            if is_kept {
                text
            } else {
                text.replace('\r', "\n")
            }
        };
        let expected = Tweet {
            id,
            author: kept(tweet.author),
            text: tweet.text.map(kept),
        };
        assert_eq!(published(&mut events, 1).await, [expected]);
    }
    assert!(
        tweet(9, "\0").save_with(&ann).await.is_err(),
        "XML has no U+0000"
    );
}

async fn saves_are_heard_in_the_order_of_the_calls(peer: Peer) {
    const COUNT: i64 = 300;
    let ann = writer(&peer).await;
    let bob = connect(&peer.url("bob")).await;
    let mut events = bob.subscribe::<Tweet>().await.unwrap();
    let tweets: Vec<Tweet> = (0..COUNT).map(|id| tweet(id, "one of many")).collect();
    for saved in join_all(tweets.iter().map(|tweet| tweet.save_with(&ann))).await {
        saved.unwrap();
    }
    assert_eq!(published(&mut events, tweets.len()).await, tweets);
}

async fn saved_items_can_be_read_back(peer: Peer) {
    let ann = writer(&peer).await;
    for id in [1, 2, 3] {
        tweet(id, "kept").save_with(&ann).await.unwrap();
    }
    let bob = connect(&peer.url("bob")).await;
    let mut ids: Vec<i64> = bob
        .items::<Tweet>()
        .await
        .unwrap()
        .into_iter()
        .map(|item| item.item.id)
        .collect();
    ids.sort_unstable(); // the service chooses the order
    assert_eq!(ids, [1, 2, 3]);
}
