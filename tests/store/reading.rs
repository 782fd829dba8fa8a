//! Rows read back: by id, by filter, page by page.

use pubsub_core::store::{Condition, StoreErrorKind};
use pubsub_core::{Publish, ReadError};

use crate::{Place, Tweet, tweet};

#[tokio::test]
async fn pages_are_filtered_sorted_and_counted() {
    let place = Place::new();
    let pubsub = place.recorder().await.pubsub();
    let tweets: Vec<Tweet> = (1..=10)
        .map(|id| tweet(id, &format!("text {id}")))
        .collect();
    let _ = pubsub.save_all(&tweets).await.unwrap();
    let by_bob = Tweet {
        author: "bob".to_owned(),
        ..tweet(11, "Text by bob")
    };
    let _ = by_bob.save_with(&pubsub).await.unwrap();

    let page = pubsub
        .list::<Tweet>()
        .filter("author", "ann")
        .filter("id", Condition::Greater(2.into()))
        .order_by("id")
        .descending()
        .limit(3)
        .offset(1)
        .with_total();
    let page = page.fetch().await.unwrap();
    let ids: Vec<_> = page.rows.iter().map(|tweet| tweet.id).collect();
    assert_eq!((ids, page.total), (vec![9, 8, 7], Some(8)));

    let list = || pubsub.list::<Tweet>();
    assert_eq!(list().count().await.unwrap(), 11);
    assert_eq!(list().limit(2).count().await.unwrap(), 11);
    let first = list().filter("author", "bob").first().await.unwrap();
    assert_eq!(first, Some(by_bob));
    let nobody = list().filter("author", "eve").first().await.unwrap();
    assert_eq!(nobody, None);
    for (condition, count) in [
        (Condition::starts_with("text"), 10),
        (Condition::starts_with("text").ignoring_case(), 11),
        (Condition::contains("by"), 1),
        (Condition::ends_with("1"), 1),
        (Condition::one_of(["text 1", "text 2", "text 99"]), 2),
        ("text 7".into(), 1),
        (Condition::Null(true), 0),
    ] {
        let found = list().filter("text", condition.clone()).count().await;
        assert_eq!(found.unwrap(), count, "{condition:?}");
    }
}

#[tokio::test]
async fn a_field_that_is_none_is_named_with_those_there_are() {
    let place = Place::new();
    let pubsub = place.recorder().await.pubsub();
    let asked = pubsub.list::<Tweet>().filter("auhtor", "ann").fetch().await;
    match asked.unwrap_err() {
        ReadError::Store(error) => {
            assert_eq!(error.kind(), StoreErrorKind::Query);
            let text = error.to_string();
            assert!(text.contains("auhtor") && text.contains("author"), "{text}");
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn without_a_store_the_error_says_what_to_set() {
    let pubsub = pubsub_core::testing::Recorder::new().pubsub();
    let error = pubsub.get::<Tweet>(1).await.unwrap_err();
    assert!(matches!(error, ReadError::NoStore));
    assert!(error.to_string().contains("PUBSUB_STORE"), "{error}");
    let error = pubsub.list::<Tweet>().fetch().await.unwrap_err();
    assert!(matches!(error, ReadError::NoStore));
    assert!(matches!(
        pubsub.get::<Tweet>("").await,
        Err(ReadError::Id(_))
    ));
}

#[tokio::test]
async fn rows_outlive_the_handle_and_shortcuts_use_the_installed_one() {
    let place = Place::new();
    let pubsub = place.recorder().await.pubsub();
    let _ = tweet(1, "kept").save_with(&pubsub).await.unwrap();
    pubsub.shutdown().await.unwrap();
    assert!(tweet(2, "late").save_with(&pubsub).await.is_err());

    assert!(matches!(
        Tweet::get(1).await,
        Err(ReadError::NotInstalled(_))
    ));
    assert!(matches!(
        Tweet::list().fetch().await,
        Err(ReadError::NotInstalled(_))
    ));
    let pubsub = place.recorder().await.pubsub();
    pubsub.install().unwrap();
    assert_eq!(Tweet::get(1).await.unwrap(), Some(tweet(1, "kept")));
    let _ = tweet(2, "more").save().await.unwrap();
    let _ = tweet(2, "more").touch().await.unwrap();
    let _ = Tweet::delete_by_id(1).await.unwrap();
    assert_eq!(
        Tweet::list().fetch().await.unwrap().rows,
        [tweet(2, "more")]
    );
    pubsub.shutdown().await.unwrap();
}
