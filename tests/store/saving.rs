//! Saves, touches and publishes through a store.

use pubsub_core::{Action, Event, NodeName, Publish, SaveError, Xml, assert_published};

use crate::{Place, Tweet, flush, next, tweet};

#[tokio::test]
async fn a_save_is_a_row_and_an_announcement() {
    let place = Place::new();
    let recorder = place.recorder().await;
    let pubsub = recorder.pubsub();
    let created = tweet(1, "hello").save_with(&pubsub).await.unwrap();
    assert_eq!(created.action(), Some(Action::Create));
    let nodes: Vec<_> = created.nodes().iter().map(NodeName::as_str).collect();
    assert_eq!(nodes, ["/store/Tweet", "user-ann"]);
    let updated = tweet(1, "again").save_with(&pubsub).await.unwrap();
    assert_eq!(updated.action(), Some(Action::Update));
    assert_ne!(created.position(), updated.position());
    assert_eq!(pubsub.get(1).await.unwrap(), Some(tweet(1, "again")));
    flush(&pubsub).await;
    assert_published!(recorder, "/store/Tweet", 2);
    assert_published!(recorder, "user-ann", 2);
    let stamps: Vec<_> = recorder.published::<Tweet>();
    let actions: Vec<_> = stamps.iter().map(|(_, stamp)| stamp.action).collect();
    assert_eq!(actions, [Some(Action::Create), Some(Action::Update)]);
    let numbers: Vec<_> = stamps.iter().map(|(_, stamp)| stamp.sequence).collect();
    assert_eq!(numbers, [Some(1), Some(2)]);
    assert!(stamps.iter().all(|(_, stamp)| stamp.log.is_some()));
    pubsub.shutdown().await.unwrap();
}

#[tokio::test]
async fn several_are_saved_together_or_not_at_all() {
    let place = Place::new();
    let recorder = place.recorder().await;
    let pubsub = recorder.pubsub();
    let bad = pubsub
        .save_all(&[tweet(1, "good"), tweet(2, "bad \u{0}")])
        .await;
    assert!(matches!(bad, Err(SaveError::Encode(_))), "{bad:?}");
    assert_eq!(pubsub.list::<Tweet>().count().await.unwrap(), 0);
    let many: Vec<_> = (0..500).map(|id| tweet(id, "x")).collect();
    assert_eq!(pubsub.save_all(&many).await.unwrap().len(), 500);
    assert!(pubsub.save_all::<Tweet>(&[]).await.unwrap().is_empty());
    flush(&pubsub).await;
    let published = recorder.published::<Tweet>();
    assert!(published.iter().map(|(tweet, _)| tweet.id).eq(0..500));
}

#[tokio::test]
async fn a_row_that_moves_to_another_channel_leaves_the_first() {
    let place = Place::new();
    let recorder = place.recorder().await;
    let pubsub = recorder.pubsub();
    let _ = tweet(1, "mine").save_with(&pubsub).await.unwrap();
    let given = Tweet {
        author: "bob".to_owned(),
        ..tweet(1, "yours")
    };
    let _ = given.save_with(&pubsub).await.unwrap();
    flush(&pubsub).await;
    let channel = NodeName::new("user-ann").unwrap();
    assert!(pubsub.items_of(&channel).await.unwrap().is_empty());
    let channel = NodeName::new("user-bob").unwrap();
    assert_eq!(pubsub.items_of(&channel).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_touch_tells_the_stored_row_once_more() {
    let place = Place::new();
    let recorder = place.recorder().await;
    let pubsub = recorder.pubsub();
    let nothing = pubsub.touch(&tweet(1, "never saved")).await.unwrap();
    assert_eq!((nothing.action(), nothing.nodes().len()), (None, 0));
    let _ = tweet(1, "stored").save_with(&pubsub).await.unwrap();
    let touched = pubsub.touch(&tweet(1, "not this")).await.unwrap();
    assert_eq!(touched.nodes().len(), 2);
    flush(&pubsub).await;
    let texts: Vec<_> = recorder.published::<Tweet>();
    let texts: Vec<_> = texts.iter().map(|(tweet, _)| tweet.text.as_str()).collect();
    assert_eq!(texts, ["stored", "stored"]);
}

#[tokio::test]
async fn anything_published_waits_in_the_outbox_too() {
    let place = Place::new();
    let recorder = place.recorder().await;
    let pubsub = recorder.pubsub();
    let home = NodeName::new("/home").unwrap();
    let first = pubsub.publish(&home, "text").await.unwrap();
    assert!(first.position().is_some());
    let xml = pubsub.publish(&home, Xml("<a xmlns='u'/>")).await.unwrap();
    let _ = pubsub.retract(&home, first.item()).await.unwrap();
    flush(&pubsub).await;
    let changes = recorder.changes_of("/home");
    let payloads: Vec<_> = changes.iter().map(|it| it.payload.as_deref()).collect();
    assert!(payloads[0].unwrap().contains("seq=\"1\""), "{payloads:?}");
    assert_eq!(payloads[1..], [Some("<a xmlns='u'/>"), None]);
    let items = pubsub.items_of(&home).await.unwrap();
    let ids: Vec<_> = items.iter().map(|item| &item.id).collect();
    assert_eq!(ids, [xml.item()]);
}

#[tokio::test]
async fn what_is_suppressed_is_stored_and_told_to_nobody() {
    let place = Place::new();
    let recorder = place.recorder().await;
    let pubsub = recorder.pubsub();
    pubsub_core::PubSub::suppressed(async {
        let receipt = tweet(1, "imported").save_with(&pubsub).await.unwrap();
        assert!(receipt.nodes().is_empty());
        let _ = pubsub.delete_by_id::<Tweet>(1).await.unwrap();
        let _ = tweet(2, "imported").save_with(&pubsub).await.unwrap();
    })
    .await;
    let _ = tweet(3, "told").save_with(&pubsub).await.unwrap();
    flush(&pubsub).await;
    assert_eq!(pubsub.list::<Tweet>().count().await.unwrap(), 2);
    assert_published!(recorder, "/store/Tweet", 1);
    assert_eq!(recorder.changes().len(), 2);
}

#[tokio::test]
async fn a_subscription_may_leave_out_an_origin_and_the_handle_itself() {
    let place = Place::new();
    let recorder = place.recorder().await;
    let pubsub = recorder.pubsub();
    let all = pubsub.subscribe::<Tweet>().await.unwrap();
    let without_tab = pubsub.subscribe::<Tweet>().await.unwrap();
    let mut without_tab = without_tab.without_origin("tab-7");
    let mut without_own = pubsub.subscribe::<Tweet>().await.unwrap().without_own();
    let _ = tweet(1, "own").save_with(&pubsub).await.unwrap();
    pubsub_core::PubSub::with_origin("tab-7", async {
        let _ = tweet(2, "tab").save_with(&pubsub).await.unwrap();
    })
    .await;
    let _ = tweet(3, "own").save_with(&pubsub).await.unwrap();
    let heard = async |mut events: pubsub_core::Subscription<Tweet>, count| {
        let mut ids = Vec::new();
        for _ in 0..count {
            ids.push(next(&mut events).await.into_item().unwrap().id);
        }
        ids
    };
    assert_eq!(heard(all, 3).await, [1, 2, 3]);
    assert_eq!(next(&mut without_tab).await.into_item().unwrap().id, 1);
    assert_eq!(next(&mut without_tab).await.into_item().unwrap().id, 3);
    match next(&mut without_own).await {
        Event::Published { item, change, .. } => {
            assert_eq!((item.id, change.origin.as_deref()), (2, Some("tab-7")));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_origin_that_xml_cannot_carry_is_refused_before_anything_is_written() {
    let place = Place::new();
    let recorder = place.recorder().await;
    let pubsub = recorder.pubsub();
    let saved = pubsub_core::PubSub::with_origin("\u{1}", tweet(1, "x").save_with(&pubsub)).await;
    assert!(matches!(saved, Err(SaveError::Encode(_))), "{saved:?}");
    assert_eq!(pubsub.get::<Tweet>(1).await.unwrap(), None);
}

#[tokio::test]
async fn what_a_service_refuses_is_parked_and_the_rest_is_delivered() {
    let place = Place::new();
    let recorder = place.recorder().await;
    let pubsub = recorder.pubsub();
    let node = NodeName::new(Tweet::NODE).unwrap();
    let target = pubsub_core::session::Target::Node(node);
    recorder.refuse_next(pubsub_core::PubSubError::Forbidden { target });
    let _ = tweet(1, "one").save_with(&pubsub).await.unwrap();
    let _ = tweet(2, "two").save_with(&pubsub).await.unwrap();
    flush(&pubsub).await;
    let depth = pubsub.store().unwrap().depth().await.unwrap();
    assert_eq!((depth.waiting, depth.parked), (0, 1));
    assert_eq!(recorder.changes().len(), 3);
}
