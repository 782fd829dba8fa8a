//! Hooks around a transaction: those inside may refuse, those after run for what is certain.

use std::sync::Mutex;
use std::time::Duration;

use pubsub_core::{Action, Publish, SaveError, after_commit, after_save};

use crate::{Place, flush};
use support::within;

#[derive(Debug, Clone, PartialEq, Publish)]
struct Order {
    #[publish(id)]
    id: i64,
    total: i64,
}

/// What the hooks saw; each test has ids of its own.
static SEEN: Mutex<Vec<(i64, String)>> = Mutex::new(Vec::new());

fn note(order: &Order, what: &str, action: Action) {
    let line = format!("{what} {action} {}", order.total);
    SEEN.lock().unwrap().push((order.id, line));
}

fn seen(id: i64) -> Vec<String> {
    let seen = SEEN.lock().unwrap();
    let lines = seen.iter().filter(|(of, _)| *of == id);
    lines.map(|(_, line)| line.clone()).collect()
}

#[after_save(on(create, update, delete))]
fn no_debts(order: &Order, action: Action) -> Result<(), String> {
    note(order, "inside", action);
    if order.total < 0 {
        Err(format!("order {} is negative", order.id))
    } else {
        Ok(())
    }
}

#[after_commit(on(create, update, delete))]
fn committed(order: &Order, action: Action) -> Result<(), String> {
    note(order, "after", action);
    Err("and nobody minds".to_owned())
}

#[derive(Debug, Clone, PartialEq, Publish)]
struct Parcel {
    #[publish(id)]
    id: i64,
    what: String,
}

/// What a hook saves by itself.
static HANDLE: std::sync::OnceLock<pubsub_core::PubSub> = std::sync::OnceLock::new();

#[after_save(on(create))]
fn one_that_saves(parcel: &Parcel) -> Result<(), String> {
    if parcel.what == "with another" {
        let handle = HANDLE.get().cloned().ok_or("no handle")?;
        let other = Parcel {
            id: parcel.id + 1,
            what: "the other".to_owned(),
        };
        let runtime = tokio::runtime::Handle::current();
        let saving = async move { other.save_with(&handle).await.map(drop) };
        let saved = tokio::task::block_in_place(|| runtime.block_on(saving));
        saved.map_err(|error| error.to_string())?;
    }
    Ok(())
}

#[after_commit]
fn fragile(parcel: &Parcel) {
    assert_ne!(parcel.what, "glass", "broken");
}

#[after_commit]
fn sturdy(parcel: &Parcel, action: Action) {
    let line = format!("sturdy {action}");
    SEEN.lock().unwrap().push((parcel.id, line));
}

fn parcel(id: i64, what: &str) -> Parcel {
    Parcel {
        id,
        what: what.to_owned(),
    }
}

#[tokio::test]
async fn one_that_panics_after_the_commit_harms_nobody() {
    let place = Place::new();
    let pubsub = place.recorder().await.pubsub();
    let _ = parcel(100, "glass").save_with(&pubsub).await.unwrap();
    assert_eq!(seen(100), ["sturdy create"]);
    let mut transaction = pubsub.begin().await.unwrap();
    transaction.save(&parcel(101, "glass")).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(seen(101), ["sturdy create"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_saves_by_itself_holds_nobody_for_long() {
    let place = Place::new();
    let pubsub = place.recorder().await.pubsub();
    HANDLE.set(pubsub.clone()).unwrap();
    let saving = parcel(200, "with another");
    let saved = within(Duration::from_secs(3), saving.save_with(&pubsub));
    saved.await.unwrap();
    assert_eq!(pubsub.list::<Parcel>().count().await.unwrap(), 2);
}

#[tokio::test]
async fn a_save_that_is_not_polled_holds_nobody_for_long() {
    let place = Place::new();
    let pubsub = place.recorder().await.pubsub();
    // Left alone after the first poll, after the second, and so on until there is nothing left to wait for.
    let mut all_left = Vec::new();
    for polls in 1.. {
        let handle = pubsub.clone();
        let mut left =
            Box::pin(async move { parcel(300 + polls, "left").save_with(&handle).await });
        let mut is_done = false;
        for _ in 0..polls {
            tokio::time::sleep(Duration::from_millis(2)).await;
            is_done |= futures_util::poll!(&mut left).is_ready();
            if is_done {
                break;
            }
        }
        if is_done {
            break;
        }
        all_left.push(left);
        let saving = parcel(400 + polls, "beside it");
        let saved = within(Duration::from_secs(2), saving.save_with(&pubsub));
        saved.await.unwrap();
    }
    assert!(!all_left.is_empty());
    let started = all_left.len();
    for left in all_left {
        left.await.unwrap();
    }
    let all = pubsub.list::<Parcel>().count().await.unwrap();
    assert_eq!(all, 2 * started as u64 + 1);
}

#[tokio::test]
async fn hooks_learn_whether_it_is_new() {
    let place = Place::new();
    let pubsub = place.recorder().await.pubsub();
    for total in [5, 6] {
        let _ = Order { id: 1, total }.save_with(&pubsub).await.unwrap();
    }
    let expected = [
        "inside create 5",
        "after create 5",
        "inside update 6",
        "after update 6",
    ];
    assert_eq!(seen(1), expected);
}

#[tokio::test]
async fn a_veto_leaves_nothing_of_the_unit() {
    let place = Place::new();
    let recorder = place.recorder().await;
    let pubsub = recorder.pubsub();
    let orders = [Order { id: 2, total: 1 }, Order { id: 3, total: -1 }];
    let vetoed = pubsub.save_all(&orders).await.unwrap_err();
    assert!(matches!(vetoed, SaveError::Vetoed(_)), "{vetoed}");
    assert!(
        vetoed.to_string().contains("order 3 is negative"),
        "{vetoed}"
    );
    assert_eq!(pubsub.list::<Order>().count().await.unwrap(), 0);
    flush(&pubsub).await;
    assert!(recorder.changes().is_empty());
    assert!(!seen(2).iter().any(|line| line.starts_with("after")));
}

#[tokio::test]
async fn hooks_of_a_delete_see_the_last_row_whatever_the_caller_had() {
    let place = Place::new();
    let pubsub = place.recorder().await.pubsub();
    let _ = Order { id: 4, total: 9 }.save_with(&pubsub).await.unwrap();
    let stale = Order { id: 4, total: 0 };
    let _ = stale.delete_with(&pubsub).await.unwrap();
    assert_eq!(seen(4)[2..], ["inside delete 9", "after delete 9"]);
    let _ = Order { id: 5, total: 7 }.save_with(&pubsub).await.unwrap();
    let _ = pubsub.delete_by_id::<Order>(5).await.unwrap();
    assert_eq!(seen(5)[2..], ["inside delete 7", "after delete 7"]);
    let gone = pubsub.delete_by_id::<Order>(5).await.unwrap();
    assert_eq!((gone.action(), seen(5).len()), (None, 4));
}

#[tokio::test]
async fn in_a_transaction_of_the_caller_the_last_hooks_wait_for_its_word() {
    let place = Place::new();
    let pubsub = place.recorder().await.pubsub();
    let pool = place.pool().await;
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let order = Order { id: 6, total: 3 };
    let saved = pubsub.save_in(&mut transaction, &order).await.unwrap();
    let refused = pubsub
        .save_in(&mut transaction, &Order { id: 7, total: -3 })
        .await
        .unwrap_err();
    assert!(matches!(refused, SaveError::Vetoed(_)), "{refused}");
    transaction.commit().await.unwrap();
    assert_eq!(seen(6), ["inside create 3"]);
    let _ = saved.committed();
    assert_eq!(seen(6), ["inside create 3", "after create 3"]);
    assert_eq!(pubsub.get(6).await.unwrap(), Some(order));
    assert_eq!(pubsub.get::<Order>(7).await.unwrap(), None);
}

#[tokio::test]
async fn a_transaction_of_the_handle_runs_them_at_its_commit() {
    let place = Place::new();
    let pubsub = place.recorder().await.pubsub();
    let mut transaction = pubsub.begin().await.unwrap();
    let _ = transaction.save(&Order { id: 8, total: 3 }).await.unwrap();
    let _ = transaction.delete_by_id::<Order>(8).await.unwrap();
    assert_eq!(seen(8), ["inside create 3", "inside delete 3"]);
    transaction.commit().await.unwrap();
    assert_eq!(seen(8)[2..], ["after create 3", "after delete 3"]);
}
