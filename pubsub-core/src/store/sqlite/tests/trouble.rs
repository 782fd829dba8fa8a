//! When the disk is full, the file is damaged or may not be written.

use std::sync::Arc;
use std::time::Duration;

use super::super::{Settings, file, open_with};
use super::bench::{Place, Tweet, delete, item, save, tweet, unit, write};
use crate::Publish as _;
use crate::store::{Query, Store, StoreErrorKind};

/// A store whose file cannot grow beyond a number of pages.
async fn small(place: &Place, pages: u32) -> Arc<dyn Store> {
    let settings = Settings {
        path: place.path(),
        is_synchronous: true,
        keep: 0,
        patience: Duration::from_secs(5),
    };
    let options = file::options(&settings).pragma("max_page_count", pages.to_string());
    open_with(settings, options).await.expect("a store")
}

#[tokio::test]
async fn a_full_disk_is_said_and_the_store_goes_on_afterwards() {
    let place = Place::new();
    let store = small(&place, 60).await;
    let long = "x".repeat(2000);
    let mut saved = 0;
    let error = loop {
        match store.write(unit([save(&tweet(saved, "ann", &long))])).await {
            Ok(_) => saved += 1,
            Err(error) => break error,
        }
        assert!(saved < 1000, "it never gets full");
    };
    assert_eq!(error.kind(), StoreErrorKind::Full);
    let text = error.to_string();
    assert!(text.contains("the disk is full"), "{text}");
    assert_eq!(text.matches("a store.db").count(), 1, "{text}");
    // What was promised before is there, and what was refused is not.
    let rows = store
        .rows(Tweet::DESCRIPTOR, &Query::default())
        .await
        .expect("rows");
    assert_eq!(i64::try_from(rows.rows.len()), Ok(saved));
    assert_eq!(i64::try_from(rows.sequence), Ok(saved));
    // Several that share a transaction are refused alike.
    let tasks: Vec<_> = (0..8)
        .map(|id| {
            let (store, long) = (store.clone(), long.clone());
            tokio::spawn(async move {
                store
                    .write(unit([save(&tweet(1000 + id, "bob", &long))]))
                    .await
            })
        })
        .collect();
    for task in tasks {
        let error = task.await.expect("no panic").expect_err("there is no room");
        assert_eq!(error.kind(), StoreErrorKind::Full);
    }
    store.close().await;
    let store = small(&place, 200).await;
    write(&store, [delete(0), save(&tweet(saved, "ann", &long))]).await;
    let rows = store
        .rows(Tweet::DESCRIPTOR, &Query::default())
        .await
        .expect("rows");
    assert_eq!(i64::try_from(rows.sequence), Ok(saved + 2));
}

/// Closing the last connection moves the journal into the database, and fills the room that somebody is about to make.
#[tokio::test]
async fn a_full_disk_does_not_close_the_connection_that_writes() {
    let place = Place::new();
    let store = small(&place, 60).await;
    let mut journal = place.path().into_os_string();
    journal.push("-wal");
    let length = || std::fs::metadata(&journal).expect("a journal").len();
    write(&store, [save(&tweet(1, "ann", "short"))]).await;
    let before = length();
    for _ in 0..3 {
        let long = tweet(2, "ann", &"x".repeat(500_000));
        let error = store.write(unit([save(&long)])).await;
        assert_eq!(error.expect_err("no room").kind(), StoreErrorKind::Full);
        assert!(length() >= before, "the journal was emptied");
    }
    write(&store, [save(&tweet(3, "ann", "short"))]).await;
    store.close().await;
}

#[tokio::test]
async fn a_damaged_file_is_said() {
    let place = Place::new();
    let store = place.open().await;
    for id in 0..200 {
        write(&store, [save(&tweet(id, "ann", &"x".repeat(100)))]).await;
    }
    store.close().await;
    let mut bytes = std::fs::read(place.path()).expect("a file");
    // The first page is left, so that it still looks like a database.
    bytes[4096..].fill(0x5a);
    std::fs::write(place.path(), bytes).expect("written");
    let error = match place.open_with("").await {
        Err(error) => error,
        Ok(store) => store
            .row(Tweet::DESCRIPTOR, &item(1))
            .await
            .expect_err("damage"),
    };
    assert_eq!(error.kind(), StoreErrorKind::Corrupt);
    assert!(error.to_string().contains("bring back a copy"), "{error}");
}

/// Root may write everywhere, so the file is opened the way a file without the right to write is.
#[tokio::test]
async fn a_file_that_cannot_be_written_is_said() {
    let place = Place::new();
    place.open().await.close().await;
    let settings = Settings {
        path: place.path(),
        is_synchronous: true,
        keep: 0,
        patience: Duration::from_secs(5),
    };
    let options = file::options(&settings).pragma("query_only", "ON");
    let opened = open_with(settings, options).await;
    let error = opened.expect_err("it would refuse every save");
    assert_eq!(error.kind(), StoreErrorKind::ReadOnly);
    assert!(error.to_string().contains("cannot be written"), "{error}");
}
