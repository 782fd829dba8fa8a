//! What a typed subscription promises beyond delivery, against our server.

use std::time::Duration;

use pubsub_core::session::SessionConfig;
use pubsub_core::{Event, NodeName, PubSub, Publish, SubscribeError, Xml};
use support::{OurServer, Peer, within};

const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, PartialEq, Publish)]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

#[derive(Debug, Clone, PartialEq, Publish)]
#[publish(deliver_payloads = false)]
struct Bulky {
    #[publish(id)]
    id: i64,
    text: String,
}

fn tweet(id: i64) -> Tweet {
    Tweet {
        id,
        text: format!("number {id}"),
    }
}

async fn connect(peer: &Peer, user: &str) -> PubSub {
    within(
        PATIENCE,
        PubSub::builder().url(&peer.url(user)).unwrap().connect(),
    )
    .await
    .unwrap()
}

/// A handle whose subscriptions hold few events for their reader.
async fn connect_with_little_room(peer: &Peer, user: &str) -> PubSub {
    let config: SessionConfig = peer.url(user).parse().unwrap();
    let connecting = PubSub::builder().session(config).buffer(4).connect();
    within(PATIENCE, connecting).await.unwrap()
}

#[tokio::test]
async fn a_payload_that_does_not_decode_is_one_error_and_the_stream_goes_on() {
    let peer = OurServer::start().await;
    let pubsub = connect(&peer, "ann").await;
    let mut tweets = pubsub.subscribe::<Tweet>().await.unwrap();
    let node = NodeName::new(Tweet::NODE).unwrap();
    let id = "odd".parse().unwrap();
    let _ = pubsub
        .publish_as(&node, &id, Xml("<other xmlns='urn:other'/>"))
        .await
        .unwrap();
    let _ = tweet(1).save_with(&pubsub).await.unwrap();
    let error = within(PATIENCE, tweets.next()).await.unwrap().unwrap_err();
    assert!(
        matches!(&error, SubscribeError::Decode { id, .. } if *id == "odd"),
        "{error}"
    );
    let event = within(PATIENCE, tweets.next()).await.unwrap().unwrap();
    assert_eq!(event.into_item(), Some(tweet(1)));
}

#[tokio::test]
async fn every_kind_of_event_is_told() {
    let peer = OurServer::start().await;
    let pubsub = connect(&peer, "ann").await;
    let session = pubsub.session().unwrap();
    let mut tweets = pubsub.subscribe::<Tweet>().await.unwrap();
    let node = tweets.node().clone();
    let _ = tweet(1).save_with(&pubsub).await.unwrap();
    session.purge(&node).await.unwrap();
    session.delete_node(&node).await.unwrap();
    let mut kinds = Vec::new();
    while kinds.last() != Some(&"deleted") {
        kinds.push(
            match within(PATIENCE, tweets.next()).await.unwrap().unwrap() {
                Event::Published { .. } => "published",
                Event::Retracted { .. } => "retracted",
                Event::Purged => "purged",
                Event::Deleted { .. } => "deleted",
                Event::Configured => "configured",
                _ => "other",
            },
        );
    }
    assert_eq!(kinds, ["published", "purged", "deleted"]);
}

#[tokio::test]
async fn items_are_fetched_from_nodes_that_do_not_deliver_payloads() {
    let peer = OurServer::start().await;
    let pubsub = connect(&peer, "ann").await;
    let mut events = pubsub.subscribe::<Bulky>().await.unwrap();
    let bulky = Bulky {
        id: 1,
        text: "x".repeat(1000),
    };
    let _ = bulky.save_with(&pubsub).await.unwrap();
    let event = within(PATIENCE, events.next()).await.unwrap().unwrap();
    assert_eq!(event.into_item(), Some(bulky));
}

#[tokio::test]
async fn a_slow_reader_gets_the_current_state_of_what_it_missed() {
    let peer = OurServer::start().await;
    let writer = connect(&peer, "ann").await;
    let reader = connect_with_little_room(&peer, "bob").await;
    let mut tweets = reader.subscribe::<Tweet>().await.unwrap();
    let last = 200;
    for id in 1..=last {
        let _ = tweet(id).save_with(&writer).await.unwrap();
    }
    // Nothing was read so far, and no more than a few events were kept.
    let mut heard = Vec::new();
    while heard.last() != Some(&last) {
        match within(PATIENCE, tweets.next()).await.unwrap() {
            Ok(event) => heard.extend(event.into_item().map(|tweet| tweet.id)),
            Err(error) => panic!("{error}"),
        }
    }
    assert!(heard.is_sorted(), "{heard:?}");
    assert_eq!(heard.len(), usize::try_from(last).unwrap(), "{heard:?}");
}

#[derive(Debug, Clone, PartialEq, Publish)]
#[publish(max_items = 10)]
struct Fleeting {
    #[publish(id)]
    id: i64,
}

#[tokio::test]
async fn a_slow_reader_is_told_when_the_node_kept_too_few_items() {
    let peer = OurServer::start().await;
    let writer = connect(&peer, "ann").await;
    let reader = connect_with_little_room(&peer, "bob").await;
    let mut events = reader.subscribe::<Fleeting>().await.unwrap();
    let last = 200;
    for id in 1..=last {
        let _ = Fleeting { id }.save_with(&writer).await.unwrap();
    }
    let (mut heard, mut gaps) = (Vec::new(), 0);
    while heard.last() != Some(&last) {
        match within(PATIENCE, events.next()).await.unwrap() {
            Ok(Event::Published { item, .. }) => heard.push(item.id),
            Ok(other) => panic!("nothing was retracted: {other:?}"),
            Err(SubscribeError::Gap { .. }) => gaps += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(heard.is_sorted() && heard.len() < 200, "{heard:?}");
    assert!(gaps > 0);
}

#[tokio::test]
async fn the_service_is_told_when_the_last_subscription_of_a_node_is_dropped() {
    let peer = OurServer::start().await;
    let pubsub = connect(&peer, "ann").await;
    let session = pubsub.session().unwrap();
    let first = pubsub.subscribe::<Tweet>().await.unwrap();
    let second = pubsub.subscribe::<Tweet>().await.unwrap();
    assert_eq!(session.subscriptions().await.unwrap().len(), 1);
    drop(first);
    let _ = tweet(1).save_with(&pubsub).await.unwrap();
    assert_eq!(session.subscriptions().await.unwrap().len(), 1);
    drop(second);
    support::eventually(PATIENCE, || async {
        session
            .subscriptions()
            .await
            .unwrap()
            .is_empty()
            .then_some(())
    })
    .await;
}
