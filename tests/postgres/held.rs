//! A node that somebody holds, in a transaction that stays open, holds nobody but those who want to tell it.

use std::sync::Arc;
use std::time::Duration;

use pubsub_core::store::{EntryKind, Joined, Piece, Store, StoreErrorKind};
use support::within;

use super::model::{Database, item, names, node, note, save, settled, soon, touch, unit, write};

fn tell(name: &str, id: i64) -> Piece {
    Piece::Tell {
        node: node(name),
        item: item(id),
        kind: EntryKind::Put,
        action: None,
        model: None,
        payload: Some("<a xmlns='b'/>".into()),
    }
}

/// Tells in a task of its own; answers with the number of the entry.
fn queued(store: &Arc<dyn Store>, name: &'static str, id: i64) -> tokio::task::JoinHandle<u64> {
    let store = store.clone();
    tokio::spawn(async move {
        let written = store.write(unit([tell(name, id)])).await;
        written.unwrap().unwrap()[0].entries[0].1
    })
}

/// What nobody holds is done while a node is held: much sooner than the transaction ends, which is never.
async fn at_once(store: &Arc<dyn Store>, pieces: impl IntoIterator<Item = Piece>) {
    within(Duration::from_secs(3), write(store, pieces)).await;
}

#[tokio::test]
async fn those_who_tell_another_node_do_not_wait() {
    let database = Database::new().await;
    let store = database.open().await;
    for name in ["held", "free"] {
        write(&store, [tell(name, 1)]).await;
    }
    for held in ["held", "new"] {
        let mut transaction = store.begin().await.unwrap();
        let joined = Joined::from(&mut transaction);
        let written = store.join(joined, unit([tell(held, 2)])).await.unwrap();
        let number = written.unwrap()[0].entries[0].1;
        let first = queued(&store, held, 3);
        for id in 0..5 {
            at_once(&store, [tell("free", id)]).await;
        }
        at_once(&store, [tell(&format!("beside {held}"), 1)]).await;
        // One that also tells the held node waits, and what tells the same nodes waits behind it.
        let both = tokio::spawn({
            let store = store.clone();
            async move {
                let both = unit([tell(held, 4), tell("with it", 4)]);
                store.write(both).await.unwrap().unwrap()
            }
        });
        at_once(&store, [tell("free", 9)]).await;
        assert!(!first.is_finished() && !both.is_finished());
        transaction.commit().await.unwrap();
        assert_eq!(soon(first).await.unwrap(), number + 1);
        assert_eq!(soon(both).await.unwrap()[0].entries[0].1, number + 2);
    }
}

#[tokio::test]
async fn a_channel_that_a_row_leaves_may_be_the_held_one() {
    let database = Database::new().await;
    let store = database.open().await;
    write(&store, [save(&note(1, "ann", "x"))]).await;
    let mut transaction = store.begin().await.unwrap();
    let joined = Joined::from(&mut transaction);
    let told = store.join(joined, unit([tell("of-ann", 7)])).await;
    told.unwrap().unwrap();
    // Which channel is left is only known when the row has been read.
    let moving = tokio::spawn({
        let store = store.clone();
        async move {
            let moved = unit([save(&note(1, "bob", "x"))]);
            store.write(moved).await.unwrap().unwrap()
        }
    });
    for id in 0..5 {
        at_once(&store, [tell("free", id)]).await;
    }
    assert!(!moving.is_finished());
    transaction.commit().await.unwrap();
    let entries = &soon(moving).await.unwrap()[0].entries;
    assert!(entries.contains(&(node("of-ann"), 3)), "{entries:?}");
}

#[tokio::test]
async fn what_is_delivered_is_noted_but_for_the_held_node() {
    let database = Database::new().await;
    let store = database.open().await;
    for name in ["held", "free"] {
        write(&store, [tell(name, 1)]).await;
    }
    assert_eq!(store.claim(10).await.unwrap().len(), 2);
    let mut transaction = store.begin().await.unwrap();
    let joined = Joined::from(&mut transaction);
    let told = store.join(joined, unit([tell("held", 2)])).await;
    told.unwrap().unwrap();
    let both = vec![settled("held", 1, false), settled("free", 1, true)];
    let kept = within(Duration::from_secs(3), store.settle(both)).await;
    let kept = kept.unwrap();
    assert_eq!((names(&kept), kept[0].delivered), (vec!["held"], 0));
    transaction.commit().await.unwrap();
    let kept = store.settle(vec![settled("held", 1, true)]).await.unwrap();
    assert_eq!((kept[0].delivered, kept[0].last), (1, 2));
    assert_eq!(store.depth().await.unwrap().waiting, 1);
}

#[tokio::test]
async fn whoever_waits_too_long_is_told_and_was_not_saved() {
    let database = Database::new().await;
    let store = database.open_with("?busy_timeout=300ms").await.unwrap();
    write(&store, [save(&note(1, "ann", "x"))]).await;
    let mut transaction = store.begin().await.unwrap();
    let joined = Joined::from(&mut transaction);
    let told = store.join(joined, unit([touch(1)])).await;
    told.unwrap().unwrap();
    let error = soon(store.write(unit([touch(1)]))).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Busy);
    assert!(error.to_string().contains("transaction"), "{error}");
    transaction.rollback().await.unwrap();
    assert_eq!(store.depth().await.unwrap().waiting, 3);
}
