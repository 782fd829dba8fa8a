//! Hooks around a transaction: those inside may refuse, those after run for what is certain.

use std::sync::Mutex;

use pubsub_core::{Action, Publish, SaveError, after_commit, after_save};

use crate::{Place, flush};

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
