//! Deletes carry the last full row, to channels, subscribers and hooks, and retract the item.

use pubsub_core::{Action, Event, NodeName, Publish, SaveError};
use support::OurServer;

use crate::{Place, Tweet, all_told, connect, flush, next, told, tweet};

#[tokio::test]
async fn a_delete_is_one_event_with_the_last_row_on_node_and_channel() {
    let peer = OurServer::start().await;
    let place = Place::new();
    let ann = place.connect(&peer.url("ann")).await;
    let bob = connect(&peer, "bob").await;
    let channel = NodeName::new("user-ann").unwrap();
    let mut all = bob.subscribe::<Tweet>().await.unwrap();
    let mut of_channel = ann.subscribe_channel::<Tweet>(&channel).await.unwrap();
    let _ = tweet(1, "last words").save_with(&ann).await.unwrap();
    // Whoever deletes knows no more than the id.
    let deleted = ann.delete_by_id::<Tweet>(1).await.unwrap();
    assert_eq!(deleted.action(), Some(Action::Delete));
    assert_eq!(deleted.nodes().len(), 2);
    let _ = tweet(2, "next").save_with(&ann).await.unwrap();
    let expected = ["+1 last words", "-1 last words", "+2 next"];
    assert_eq!(all_told(&mut all, 3).await, expected);
    assert_eq!(all_told(&mut of_channel, 3).await, expected);
    flush(&ann).await;
    assert_eq!(bob.items::<Tweet>().await.unwrap().len(), 1);
    assert_eq!(bob.items_of(&channel).await.unwrap().len(), 1);
    assert_eq!(ann.get::<Tweet>(1).await.unwrap(), None);
    ann.shutdown().await.unwrap();
}

#[tokio::test]
async fn without_a_store_a_delete_carries_the_value() {
    let peer = OurServer::start().await;
    let ann = connect(&peer, "ann").await;
    let mut all = ann.subscribe::<Tweet>().await.unwrap();
    let _ = tweet(1, "one").save_with(&ann).await.unwrap();
    let _ = tweet(1, "one").delete_with(&ann).await.unwrap();
    let _ = tweet(1, "anew").save_with(&ann).await.unwrap();
    let by_id = ann.delete_by_id::<Tweet>(1).await.unwrap();
    assert_eq!(by_id.action(), Some(Action::Delete));
    let nothing = ann.delete_by_id::<Tweet>(1).await.unwrap();
    assert_eq!((nothing.action(), nothing.nodes().len()), (None, 0));
    let expected = ["+1 one", "-1 one", "+1 anew", "-1 anew"];
    assert_eq!(all_told(&mut all, 4).await, expected);
}

#[tokio::test]
async fn a_retraction_of_somebody_else_is_told_without_a_row() {
    let peer = OurServer::start().await;
    let place = Place::new();
    let ann = place.connect(&peer.url("ann")).await;
    let mut all = ann.subscribe::<Tweet>().await.unwrap();
    let _ = tweet(1, "mine").save_with(&ann).await.unwrap();
    flush(&ann).await;
    let node = NodeName::new(Tweet::NODE).unwrap();
    let bare = connect(&peer, "ann").await;
    let item = "1".parse().unwrap();
    let _ = bare.retract(&node, &item).await.unwrap();
    assert_eq!(told(&mut all).await, "+1 mine");
    match next(&mut all).await {
        Event::Retracted { id, last, change } => {
            assert!(id == "1" && last.is_none() && change.is_empty());
        }
        other => panic!("{other:?}"),
    }
    // The store has it still, and its delete finds nothing at the service.
    let _ = tweet(1, "mine").delete_with(&ann).await.unwrap();
    assert_eq!(told(&mut all).await, "-1 mine");
    flush(&ann).await;
    let depth = ann.store().unwrap().depth().await.unwrap();
    assert_eq!(depth.parked, 0);
}

#[derive(Debug, Clone, PartialEq, Publish)]
#[publish(when = Note::is_public)]
struct Note {
    #[publish(id)]
    id: i64,
    text: String,
}

impl Note {
    fn is_public(&self) -> bool {
        !self.text.starts_with("secret")
    }
}

#[tokio::test]
async fn what_may_not_be_published_is_not_shown_on_its_way_out() {
    let place = Place::new();
    let recorder = place.recorder().await;
    let stored = recorder.pubsub();
    let plain = pubsub_core::testing::Recorder::new();
    let secret = Note {
        id: 1,
        text: "secret plans".to_owned(),
    };
    for (pubsub, recorder) in [(stored, &recorder), (plain.pubsub(), &plain)] {
        let mut heard = pubsub.subscribe::<Note>().await.unwrap();
        let _ = secret.save_with(&pubsub).await.unwrap();
        let _ = pubsub.touch(&secret).await.unwrap();
        let _ = secret.delete_with(&pubsub).await.unwrap();
        flush(&pubsub).await;
        match next(&mut heard).await {
            Event::Retracted { id, last, .. } => assert!(id == "1" && last.is_none()),
            other => panic!("{other:?}"),
        }
        assert!(!recorder.to_string().contains("secret"), "{recorder}");
    }
}

#[derive(Debug, Clone, PartialEq, Publish)]
#[publish(notify_retract = false)]
struct Silent {
    #[publish(id)]
    id: i64,
}

#[tokio::test]
async fn a_model_that_retracts_silently_says_nothing_of_a_delete() {
    let peer = OurServer::start().await;
    let place = Place::new();
    let ann = place.connect(&peer.url("ann")).await;
    let bob = connect(&peer, "bob").await;
    let mut own = ann.subscribe::<Silent>().await.unwrap();
    let mut heard = bob.subscribe::<Silent>().await.unwrap();
    for id in [1, 2] {
        let _ = Silent { id }.save_with(&ann).await.unwrap();
        let _ = Silent { id }.delete_with(&ann).await.unwrap();
    }
    let _ = Silent { id: 3 }.save_with(&ann).await.unwrap();
    for heard in [&mut own, &mut heard] {
        for id in 1..=3 {
            assert_eq!(next(heard).await.into_item(), Some(Silent { id }));
        }
    }
    flush(&ann).await;
    assert_eq!(bob.items::<Silent>().await.unwrap().len(), 1);
}

#[derive(Debug, Clone, PartialEq, Publish)]
#[publish(format = "django")]
struct Legacy {
    #[publish(id)]
    id: i64,
    text: String,
}

#[tokio::test]
async fn readers_of_djangos_form_only_hear_a_retraction_and_ours_know_the_row() {
    let peer = OurServer::start().await;
    let place = Place::new();
    let ann = place.connect(&peer.url("ann")).await;
    let bob = connect(&peer, "bob").await;
    let mut own = ann.subscribe::<Legacy>().await.unwrap();
    let mut foreign = bob.subscribe::<Legacy>().await.unwrap();
    let legacy = Legacy {
        id: 1,
        text: "x".to_owned(),
    };
    let _ = legacy.save_with(&ann).await.unwrap();
    let _ = legacy.delete_with(&ann).await.unwrap();
    for (heard, row) in [(&mut own, Some(&legacy)), (&mut foreign, None)] {
        assert_eq!(next(heard).await.into_item().as_ref(), Some(&legacy));
        match next(heard).await {
            Event::Retracted { id, last, .. } => assert!(id == "1" && last.as_ref() == row),
            other => panic!("{other:?}"),
        }
    }
}

#[derive(Debug, Publish)]
struct Unnamed {
    text: String,
}

#[tokio::test]
async fn a_model_without_an_id_is_deleted_by_the_id_of_its_receipt() {
    let place = Place::new();
    let recorder = place.recorder().await;
    let pubsub = recorder.pubsub();
    let unnamed = Unnamed {
        text: "x".to_owned(),
    };
    let receipt = unnamed.save_with(&pubsub).await.unwrap();
    assert!(matches!(
        unnamed.delete_with(&pubsub).await,
        Err(SaveError::NoId { .. })
    ));
    let deleted = pubsub.delete_by_id::<Unnamed>(receipt.item()).await;
    assert_eq!(deleted.unwrap().action(), Some(Action::Delete));
    assert_eq!(pubsub.list::<Unnamed>().count().await.unwrap(), 0);
}
