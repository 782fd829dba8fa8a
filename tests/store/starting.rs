//! Starting and ending with a store: servers that are away, passwords that are wrong, files that are shared.

use std::collections::BTreeMap;
use std::time::Duration;

use pubsub_core::{ErrorKind, Event, PubSub, Publish, SaveError, SubscribeError, assert_published};
use support::peer::PASSWORD;
use support::{OurServer, eventually, free_addresses, within};

use crate::{PATIENCE, Place, Tweet, all_told, connect, flush, told, tweet};

#[tokio::test]
async fn saves_go_on_while_the_server_is_away_and_arrive_when_it_comes() {
    let mut peer = OurServer::start().await;
    peer.kill();
    let place = Place::new();
    let ann = place.connect(&peer.url("ann")).await;
    for (id, text) in [(1, "one"), (2, "two"), (1, "uno")] {
        let _ = tweet(id, text).save_with(&ann).await.unwrap();
    }
    assert!(!ann.flush(Duration::from_millis(50)).await);
    peer.restart().await;
    flush(&ann).await;
    let bob = connect(&peer, "bob").await;
    let items = bob.items::<Tweet>().await.unwrap();
    let texts: Vec<_> = items.iter().map(|item| item.item.text.as_str()).collect();
    assert_eq!(texts, ["two", "uno"]);
}

#[tokio::test]
async fn what_was_not_delivered_is_delivered_by_the_next_process() {
    let mut peer = OurServer::start().await;
    let place = Place::new();
    peer.kill();
    let ann = place.connect(&peer.url("ann")).await;
    let _ = tweet(1, "kept").save_with(&ann).await.unwrap();
    // An end without the server does not wait for it.
    within(Duration::from_secs(5), ann.shutdown())
        .await
        .unwrap();
    peer.restart().await;
    let reader = connect(&peer, "ann").await;
    let mut events = reader.subscribe::<Tweet>().await.unwrap();
    let ann = place.connect(&peer.url("ann")).await;
    let _ = tweet(2, "new").save_with(&ann).await.unwrap();
    assert_eq!(all_told(&mut events, 2).await, ["+1 kept", "+2 new"]);
}

#[tokio::test]
async fn an_end_waits_for_what_was_saved() {
    let peer = OurServer::start().await;
    let place = Place::new();
    let reader = connect(&peer, "ann").await;
    let mut events = reader.subscribe::<Tweet>().await.unwrap();
    let ann = place.connect(&peer.url("ann")).await;
    let many: Vec<_> = (0..200).map(|id| tweet(id, "x")).collect();
    let _ = ann.save_all(&many).await.unwrap();
    ann.shutdown().await.unwrap();
    assert_eq!(reader.items::<Tweet>().await.unwrap().len(), 200);
    assert_eq!(all_told(&mut events, 200).await.len(), 200);
    let late = tweet(1, "late").save_with(&ann).await;
    assert!(matches!(late, Err(SaveError::Store(_))), "{late:?}");
}

#[tokio::test]
async fn a_wrong_password_is_an_error_even_with_a_store() {
    let peer = OurServer::start().await;
    let place = Place::new();
    let url = peer.url("ann").replace(PASSWORD, "wrong");
    let builder = PubSub::builder().url(&url).unwrap();
    let connecting = builder.store(&place.url()).unwrap().connect();
    let error = within(PATIENCE, connecting).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication, "{error}");
    // And the file is free again.
    let _ = tweet(1, "x")
        .save_with(&place.recorder().await.pubsub())
        .await
        .unwrap();
}

#[tokio::test]
async fn without_a_store_a_server_that_is_away_is_an_error() {
    let [address] = free_addresses();
    let url = format!("xmpp://ann:{PASSWORD}@localhost?connect={address}&tls=off");
    let connecting = PubSub::builder().url(&url).unwrap().connect();
    let error = within(PATIENCE, connecting).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
}

#[tokio::test]
async fn two_embedded_servers_do_not_share_a_file_and_say_what_to_do() {
    let place = Place::new();
    let start = || PubSub::builder().store(&place.url()).unwrap().connect();
    let first = start().await.unwrap();
    let error = start().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store);
    let text = error.to_string();
    assert!(
        text.contains("PUBSUB_URL") && text.contains("PUBSUB_STORE"),
        "{text}"
    );
    // With the server of the first it may.
    let url = first.embedded_url().unwrap();
    let second = place.connect(url).await;
    let mut events = first.subscribe::<Tweet>().await.unwrap();
    let _ = tweet(1, "from the second")
        .save_with(&second)
        .await
        .unwrap();
    assert_eq!(all_told(&mut events, 1).await, ["+1 from the second"]);
    second.shutdown().await.unwrap();
    first.shutdown().await.unwrap();
    start().await.unwrap().shutdown().await.unwrap();
}

#[tokio::test]
async fn an_embedded_server_that_starts_anew_is_told_what_it_forgot() {
    let place = Place::new();
    let start = || PubSub::builder().store(&place.url()).unwrap().connect();
    let first = start().await.unwrap();
    let _ = tweet(1, "remembered").save_with(&first).await.unwrap();
    flush(&first).await;
    first.shutdown().await.unwrap();
    let second = start().await.unwrap();
    let mut events = second.subscribe::<Tweet>().await.unwrap();
    let told_again = async || {
        let items = second.items::<Tweet>().await.unwrap();
        (items.len() == 1).then_some(())
    };
    eventually(PATIENCE, told_again).await;
    // Which is no news to somebody who asks for what happens from now on.
    let _ = tweet(2, "new").save_with(&second).await.unwrap();
    assert_eq!(told(&mut events).await, "+2 new");
}

#[tokio::test]
async fn a_server_that_forgets_deletes_nothing_in_the_eyes_of_subscribers() {
    let mut peer = OurServer::start().await;
    let place = Place::new();
    let ann = place.connect(&peer.url("ann")).await;
    let elsewhere = connect(&peer, "ann").await;
    let mut events = ann.subscribe::<Tweet>().await.unwrap();
    let mut theirs = elsewhere.subscribe::<Tweet>().await.unwrap();
    for id in [1, 2] {
        let _ = tweet(id, "before").save_with(&ann).await.unwrap();
    }
    assert_eq!(all_told(&mut events, 2).await, ["+1 before", "+2 before"]);
    assert_eq!(all_told(&mut theirs, 2).await, ["+1 before", "+2 before"]);
    peer.kill();
    let _ = tweet(1, "meanwhile").save_with(&ann).await.unwrap();
    peer.restart().await;
    // Who has the store at hand hears what happened, and nothing else.
    assert_eq!(told(&mut events).await, "+1 meanwhile");
    flush(&ann).await;
    let _ = tweet(3, "end").save_with(&ann).await.unwrap();
    assert_eq!(told(&mut events).await, "+3 end");
    // Who has not may hear that the server lost everything, but also that it has it again.
    let before = [1, 2].map(|id| (id.to_string(), "before".to_owned()));
    let mut view = BTreeMap::from(before);
    while !view.contains_key("3") {
        match within(PATIENCE, theirs.next()).await.unwrap() {
            Ok(Event::Published { id, item, .. }) => {
                view.insert(id.to_string(), item.text);
            }
            Ok(Event::Retracted { id, .. }) => {
                view.remove(id.as_str());
            }
            Ok(_) | Err(SubscribeError::Gap { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    let view: Vec<_> = view.values().map(String::as_str).collect();
    assert_eq!(view, ["meanwhile", "before", "end"]);
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_said_before_anything_starts() {
    for url in [
        "",
        "mysql://x",
        "sqlite::memory:",
        "sqlite:a.db?cache=1",
        "pubsub.db",
    ] {
        let error = PubSub::builder().store(url).unwrap_err();
        assert!(
            error.to_string().contains("sqlite") || error.to_string().contains("store"),
            "{url}: {error}"
        );
    }
    let builder = PubSub::builder()
        .store("sqlite:/nowhere/at/all/a.db")
        .unwrap();
    let error = within(PATIENCE, builder.connect()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store, "{error}");
    assert!(error.to_string().contains("/nowhere"), "{error}");
    let off = PubSub::builder().store("off").unwrap();
    let pubsub = within(PATIENCE, off.connect()).await.unwrap();
    assert!(pubsub.store().is_none());
}

#[tokio::test]
async fn a_recorder_with_a_store_is_for_tests_of_programs() {
    let place = Place::new();
    let recorder = place.recorder().await;
    let pubsub = recorder.pubsub();
    let _ = tweet(1, "x").save_with(&pubsub).await.unwrap();
    flush(&pubsub).await;
    assert_published!(recorder, tweet(1, "x"));
    assert_eq!(pubsub.get(1).await.unwrap(), Some(tweet(1, "x")));
}
