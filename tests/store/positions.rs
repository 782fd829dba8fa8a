//! From a page or an item list to the events after it: nothing lost, nothing twice.

use std::collections::BTreeMap;

use pubsub_core::{Event, NodeName, Position, Publish, SubscribeError, Xml};
use support::{Link, OurServer, Proxy, eventually};

use crate::{PATIENCE, Place, Tweet, all_told, connect, flush, next, told, tweet};

#[tokio::test]
async fn a_page_and_what_follows_make_the_whole_while_others_write() {
    let peer = OurServer::start().await;
    let place = Place::new();
    let ann = place.connect(&peer.url("ann")).await;
    let writer = ann.clone();
    let writing = tokio::spawn(async move {
        for round in 0..60 {
            for id in 0..5 {
                let tweet = tweet(id, &format!("round {round}"));
                if round % 7 == id {
                    let _ = tweet.delete_with(&writer).await.unwrap();
                } else {
                    let _ = tweet.save_with(&writer).await.unwrap();
                }
            }
        }
        let _ = tweet(99, "the end").save_with(&writer).await.unwrap();
    });
    let mut readers = Vec::new();
    while !writing.is_finished() {
        let page = ann.list::<Tweet>().fetch().await.unwrap();
        let events = ann.subscribe_from::<Tweet>(&page.position).await.unwrap();
        readers.push((page, events));
        if readers.len() == 12 {
            break;
        }
        tokio::task::yield_now().await;
    }
    writing.await.unwrap();
    let rows = ann.list::<Tweet>().fetch().await.unwrap().rows;
    let expected: BTreeMap<i64, Tweet> = rows.into_iter().map(|row| (row.id, row)).collect();
    for (page, mut events) in readers {
        let mut known = page.position.to_string();
        let mut rows: BTreeMap<i64, Tweet> =
            page.rows.into_iter().map(|row| (row.id, row)).collect();
        let mut last = None;
        while !rows.contains_key(&99) {
            let event = next(&mut events).await;
            let number = event.change().unwrap().sequence.unwrap();
            if let Some(last) = last {
                assert_eq!(number, last + 1, "after {known}");
            }
            last = Some(number);
            known = number.to_string();
            match event {
                Event::Published { item, .. } => drop(rows.insert(item.id, item)),
                Event::Retracted { id, last, .. } => {
                    let id: i64 = id.to_string().parse().unwrap();
                    assert_eq!(
                        rows.remove(&id),
                        last,
                        "the last row is the one that was known"
                    );
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(rows, expected);
    }
}

#[tokio::test]
async fn everything_since_a_position_is_told_deletes_too_and_nothing_twice() {
    let peer = OurServer::start().await;
    let place = Place::new();
    let ann = place.connect(&peer.url("ann")).await;
    let first = tweet(1, "one").save_with(&ann).await.unwrap();
    let _ = tweet(2, "two").save_with(&ann).await.unwrap();
    let _ = tweet(1, "uno").save_with(&ann).await.unwrap();
    let _ = tweet(2, "two").delete_with(&ann).await.unwrap();
    flush(&ann).await;
    // As a browser hands it back.
    let position: Position = first.position().unwrap().to_string().parse().unwrap();
    let mut events = ann.subscribe_from::<Tweet>(&position).await.unwrap();
    let _ = tweet(3, "three").save_with(&ann).await.unwrap();
    let expected = ["+2 two", "+1 uno", "-2 two", "+3 three"];
    assert_eq!(all_told(&mut events, 4).await, expected);
    let channel = NodeName::new("user-ann").unwrap();
    let held = ann.items_of(&channel).await.unwrap();
    let mut of_channel = ann
        .subscribe_channel_from::<Tweet>(&channel, held.position())
        .await
        .unwrap();
    let _ = tweet(4, "four").save_with(&ann).await.unwrap();
    let mut heard = told(&mut of_channel).await;
    if held.len() == 1 {
        // It was read before three came through.
        assert_eq!(heard, "+3 three");
        heard = told(&mut of_channel).await;
    }
    assert_eq!(heard, "+4 four");
}

#[tokio::test]
async fn what_is_saved_while_the_server_is_away_is_told_from_the_position() {
    let mut peer = OurServer::start().await;
    let place = Place::new();
    let ann = place.connect(&peer.url("ann")).await;
    let _ = tweet(1, "before").save_with(&ann).await.unwrap();
    flush(&ann).await;
    let page = ann.list::<Tweet>().fetch().await.unwrap();
    peer.kill();
    let _ = tweet(2, "meanwhile").save_with(&ann).await.unwrap();
    let _ = tweet(1, "").delete_with(&ann).await.unwrap();
    peer.restart().await;
    let subscribe = async || ann.subscribe_from::<Tweet>(&page.position).await.ok();
    let mut events = eventually(PATIENCE, subscribe).await;
    let _ = tweet(3, "after").save_with(&ann).await.unwrap();
    let expected = ["+2 meanwhile", "-1 before", "+3 after"];
    assert_eq!(all_told(&mut events, 3).await, expected);
}

#[tokio::test]
async fn a_lost_connection_costs_no_event_where_there_is_a_store() {
    let peer = OurServer::start().await;
    let place = Place::new();
    let proxy = Proxy::before(peer.address()).await;
    let ann = place.connect(&peer.url_at(proxy.address(), "ann")).await;
    let other = connect(&peer, "ann").await;
    let mut events = ann.subscribe::<Tweet>().await.unwrap();
    let _ = tweet(1, "before").save_with(&ann).await.unwrap();
    assert_eq!(told(&mut events).await, "+1 before");
    proxy.set(Link::Refusing);
    proxy.cut();
    for round in ["a", "b", "c"] {
        let _ = tweet(1, round).save_with(&ann).await.unwrap();
        let _ = tweet(1, "").delete_with(&ann).await.unwrap();
    }
    let node = NodeName::new(Tweet::NODE).unwrap();
    let foreign = tweet(7, "foreign");
    let _ = other
        .publish_as(&node, &"7".parse().unwrap(), &foreign)
        .await
        .unwrap();
    proxy.set(Link::Up);
    let mut heard = all_told(&mut events, 7).await;
    let position = heard.iter().position(|told| told == "+7 foreign").unwrap();
    heard.remove(position);
    assert_eq!(heard, ["+1 a", "-1 a", "+1 b", "-1 b", "+1 c", "-1 c"]);
    let _ = tweet(2, "after").save_with(&ann).await.unwrap();
    assert_eq!(told(&mut events).await, "+2 after");
}

#[tokio::test]
async fn a_history_that_is_gone_is_a_gap() {
    let peer = OurServer::start().await;
    let place = Place::new();
    let builder = PubSubAt(&place, "?keep=100").builder(&peer.url("ann"));
    let ann = builder.connect().await.unwrap();
    let first = tweet(1, "first").save_with(&ann).await.unwrap();
    let many: Vec<_> = (2..300).map(|id| tweet(id, "x")).collect();
    for chunk in many.chunks(20) {
        let _ = ann.save_all(chunk).await.unwrap();
        flush(&ann).await;
    }
    let node = NodeName::new(Tweet::NODE).unwrap();
    let store = ann.store().unwrap().clone();
    let pruned = async || {
        let history = store.history(&node, 1, 1).await.unwrap();
        history.is_gone.then_some(())
    };
    eventually(PATIENCE, pruned).await;
    let position = first.position().unwrap();
    let mut events = ann.subscribe_from::<Tweet>(position).await.unwrap();
    assert_eq!(told(&mut events).await, "gap");
    let _ = tweet(500, "live").save_with(&ann).await.unwrap();
    let mut heard = told(&mut events).await;
    while heard != "+500 live" {
        assert!(heard.starts_with('+'), "{heard}");
        heard = told(&mut events).await;
    }
}

struct PubSubAt<'a>(&'a Place, &'a str);

impl PubSubAt<'_> {
    fn builder(&self, url: &str) -> pubsub_core::Builder {
        let store = format!("{}{}", self.0.url(), self.1);
        let builder = pubsub_core::PubSub::builder().url(url).unwrap();
        builder.store(&store).unwrap()
    }
}

#[tokio::test]
async fn a_reader_without_the_store_goes_on_from_the_items() {
    let peer = OurServer::start().await;
    let place = Place::new();
    let ann = place.connect(&peer.url("ann")).await;
    let bob = connect(&peer, "bob").await;
    let nothing = bob.items::<Tweet>().await.unwrap();
    let tweets = [tweet(1, "one"), tweet(2, "two")];
    let _ = ann.save_all(&tweets).await.unwrap();
    flush(&ann).await;
    let two = bob.items::<Tweet>().await.unwrap();
    assert_eq!(two.len(), 2);
    let _ = tweet(3, "three").save_with(&ann).await.unwrap();
    flush(&ann).await;
    let mut from_two = bob.subscribe_from::<Tweet>(two.position()).await.unwrap();
    let mut from_nothing = bob
        .subscribe_from::<Tweet>(nothing.position())
        .await
        .unwrap();
    let _ = tweet(4, "four").save_with(&ann).await.unwrap();
    assert_eq!(all_told(&mut from_two, 2).await, ["+3 three", "+4 four"]);
    let expected = ["+1 one", "+2 two", "+3 three", "+4 four"];
    assert_eq!(all_told(&mut from_nothing, 4).await, expected);
    // A delete is not among the items; that something is missing shows in the numbers.
    let _ = tweet(1, "").delete_with(&ann).await.unwrap();
    let _ = tweet(5, "five").save_with(&ann).await.unwrap();
    flush(&ann).await;
    let mut later = bob.subscribe_from::<Tweet>(two.position()).await.unwrap();
    let expected = ["gap", "+3 three", "+4 four", "+5 five"];
    assert_eq!(all_told(&mut later, 4).await, expected);
}

#[tokio::test]
async fn nodes_of_others_have_positions_too() {
    let peer = OurServer::start().await;
    let ann = connect(&peer, "ann").await;
    let node = NodeName::new("/foreign").unwrap();
    let publish = async |id: &str| {
        let text = format!("<note xmlns='urn:x'>{id}</note>");
        let id = id.parse().unwrap();
        let _ = ann.publish_as(&node, &id, Xml(&text)).await.unwrap();
    };
    for id in ["a", "b"] {
        publish(id).await;
    }
    let items = ann.items_of(&node).await.unwrap();
    for id in ["c", "d"] {
        publish(id).await;
    }
    let from = items.position();
    let mut events = ann.subscribe_node_from(&node, from).await.unwrap();
    publish("e").await;
    for expected in ["c", "d", "e"] {
        match next(&mut events).await {
            Event::Published { id, .. } => assert_eq!(id, *expected),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_position_of_another_node_is_refused() {
    let place = Place::new();
    let pubsub = place.recorder().await.pubsub();
    let receipt = tweet(1, "x").save_with(&pubsub).await.unwrap();
    let channel = NodeName::new("user-ann").unwrap();
    let refused = pubsub
        .subscribe_channel_from::<Tweet>(&channel, receipt.position().unwrap())
        .await;
    match refused.unwrap_err() {
        SubscribeError::Position { node } => assert_eq!(node, channel),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn what_was_parked_makes_no_gap() {
    let place = Place::new();
    let recorder = place.recorder().await;
    let pubsub = recorder.pubsub();
    let mut events = pubsub.subscribe::<Tweet>().await.unwrap();
    let _ = tweet(1, "one").save_with(&pubsub).await.unwrap();
    flush(&pubsub).await;
    let node = NodeName::new(Tweet::NODE).unwrap();
    for _ in 0..2 {
        let target = pubsub_core::session::Target::Node(node.clone());
        recorder.refuse_next(pubsub_core::PubSubError::Forbidden { target });
    }
    let _ = tweet(2, "refused").save_with(&pubsub).await.unwrap();
    flush(&pubsub).await;
    let _ = tweet(3, "three").save_with(&pubsub).await.unwrap();
    assert_eq!(all_told(&mut events, 2).await, ["+1 one", "+3 three"]);
}
