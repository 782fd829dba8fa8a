//! Several stores on one database, as if in several processes: lanes are shared, and nobody gets in anybody's way.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use pubsub_core::store::{Lane, Store, StoreErrorKind, Wanted};
use sqlx::{Connection as _, PgConnection};
use support::eventually;
use tokio::sync::Mutex;

use super::model::{Database, delete, names, node, note, save, settled, soon, touch, write};

#[tokio::test]
async fn a_lane_belongs_to_one_store_at_a_time() {
    let database = Database::new().await;
    let (first, second) = (database.open().await, database.open().await);
    assert_eq!(first.log(), second.log());
    write(&first, [save(&note(1, "ann", "x"))]).await;
    let one = first.claim(2).await.unwrap();
    let other = second.claim(10).await.unwrap();
    assert_eq!((one.len(), other.len()), (2, 1));
    let mut all = [names(&one), names(&other)].concat();
    all.sort_unstable();
    assert_eq!(all, ["/test/Note", "all", "of-ann"]);
    let stranger = names(&one)[0].to_owned();
    let error = second
        .settle(vec![settled(&stranger, 1, true)])
        .await
        .unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Lost);
    // What came meanwhile keeps the lane; when it is empty another may have it.
    write(&second, [touch(1)]).await;
    let kept = first
        .settle(vec![settled(&stranger, 1, true)])
        .await
        .unwrap();
    assert_eq!((kept[0].delivered, kept[0].last), (1, 2));
    assert_eq!(
        first
            .settle(vec![settled(&stranger, 2, true)])
            .await
            .unwrap(),
        []
    );
    assert_eq!(second.claim(10).await.unwrap(), []);
    write(&first, [touch(1)]).await;
    assert_eq!(names(&second.claim(10).await.unwrap()), [stranger]);
}

#[tokio::test]
async fn news_of_another_process_come_at_once() {
    let database = Database::new().await;
    let (first, second) = (database.open().await, database.open().await);
    // The first call begins to listen, and says so by being ready.
    soon(first.news()).await;
    assert_eq!(first.claim(10).await.unwrap(), []);
    for id in 0..5 {
        let heard = tokio::spawn({
            let first = first.clone();
            async move {
                while first.claim(1).await.unwrap().is_empty() {
                    first.news().await;
                }
            }
        });
        write(&second, [save(&note(id, &format!("author {id}"), "x"))]).await;
        soon(heard).await.unwrap();
    }
}

#[tokio::test]
async fn a_store_that_is_closed_leaves_its_lanes_to_others() {
    let database = Database::new().await;
    let (first, second) = (database.open().await, database.open().await);
    write(&first, [save(&note(1, "ann", "x"))]).await;
    assert_eq!(first.claim(10).await.unwrap().len(), 3);
    assert_eq!(second.claim(10).await.unwrap(), []);
    first.settle(vec![settled("all", 1, false)]).await.unwrap();
    first.close().await;
    let mut lanes = second.claim(10).await.unwrap();
    lanes.sort_by(|one, other| one.node.as_str().cmp(other.node.as_str()));
    assert_eq!(names(&lanes), ["/test/Note", "of-ann"]);
}

/// Ends the sessions on which lanes are claimed, as the death of their processes would.
async fn end_claims(database: &Database) -> i64 {
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
        WHERE locktype = 'advisory' AND granted AND datname = current_database()";
    sqlx::query_scalar(end)
        .fetch_one(&mut connection)
        .await
        .unwrap()
}

#[tokio::test]
async fn lanes_of_a_dead_process_are_taken_over() {
    let database = Database::new().await;
    let (first, second) = (database.open().await, database.open().await);
    write(&first, [save(&note(1, "ann", "x"))]).await;
    assert_eq!(first.claim(10).await.unwrap().len(), 3);
    assert_eq!(end_claims(&database).await, 1);
    let taken = eventually(Duration::from_secs(10), || async {
        let lanes = second.claim(10).await.unwrap();
        (!lanes.is_empty()).then_some(lanes)
    })
    .await;
    assert_eq!(taken.len(), 3);
    let error = first
        .settle(vec![settled("all", 1, false)])
        .await
        .unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Lost);
    second.settle(vec![settled("all", 1, false)]).await.unwrap();
}

#[tokio::test]
async fn a_store_that_loses_its_session_keeps_what_nobody_has_taken() {
    let database = Database::new().await;
    let store = database.open().await;
    write(&store, [save(&note(1, "ann", "x"))]).await;
    assert_eq!(store.claim(10).await.unwrap().len(), 3);
    assert_eq!(end_claims(&database).await, 1);
    write(&store, [save(&note(1, "bob", "x"))]).await;
    let lanes = eventually(Duration::from_secs(10), || async {
        match store.claim(10).await {
            Ok(lanes) => Some(lanes),
            Err(error) => {
                assert!(error.is_transient(), "{error}");
                None
            }
        }
    })
    .await;
    // Only the lane that is new: the others are still its own.
    assert_eq!(names(&lanes), ["of-bob"]);
    store
        .settle(vec![settled("of-ann", 2, true), settled("of-bob", 1, true)])
        .await
        .unwrap();
}

#[tokio::test]
async fn a_node_that_is_always_being_written_is_claimed_nevertheless() {
    let database = Database::new().await;
    let store = database.open().await;
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let url = database.url.clone();
            tokio::spawn(async move {
                let store = pubsub_core::store::open(&url.parse().unwrap())
                    .await
                    .unwrap();
                for number in 0..100 {
                    write(&store, [save(&note(writer * 1000 + number, "ann", "x"))]).await;
                }
            })
        })
        .collect();
    let lanes = eventually(Duration::from_secs(10), || async {
        let lanes = store.claim(10).await.unwrap();
        (!lanes.is_empty()).then_some(lanes)
    })
    .await;
    assert!(
        lanes.iter().all(|lane| lane.last < 400),
        "they were still at it"
    );
    for writer in writers {
        soon(writer).await.unwrap();
    }
}

#[tokio::test]
async fn numbers_have_no_gaps_whoever_writes() {
    let database = Database::new().await;
    let mut tasks = Vec::new();
    for number in 0..4 {
        let store = database.open().await;
        for task in 0..8 {
            let store = store.clone();
            tasks.push(tokio::spawn(async move {
                let mut numbers = Vec::new();
                for round in 0..5 {
                    let author = ["ann", "bob", "eve"][(number + task + round) % 3];
                    let id = i64::try_from((task + round) % 4).unwrap();
                    let pieces = match round {
                        3 => vec![delete(id), save(&note(id + 1, author, "x"))],
                        _ => vec![
                            save(&note(id, author, "x")),
                            save(&note(id + 1, author, "y")),
                        ],
                    };
                    for written in write(&store, pieces).await {
                        numbers.extend(written.entries);
                    }
                }
                numbers
            }));
        }
    }
    let mut given: HashMap<String, Vec<u64>> = HashMap::new();
    for task in tasks {
        for (node, number) in soon(task).await.unwrap() {
            given.entry(node.to_string()).or_default().push(number);
        }
    }
    let store = database.open().await;
    for (name, mut numbers) in given {
        numbers.sort_unstable();
        let expected: Vec<_> = (1..=numbers.len() as u64).collect();
        assert_eq!(numbers, expected, "{name}");
        let history = store.history(&node(&name), 0, 10_000).await.unwrap();
        assert_eq!(history.entries.len(), numbers.len(), "{name}");
    }
}

/// A relay reduced to what it asks of a store: everything that it delivers is noted with the lane and number.
async fn relay(store: Arc<dyn Store>, told: Arc<Mutex<Vec<(String, u64)>>>, all: usize) {
    loop {
        let lanes = store.claim(3).await.unwrap();
        for Lane {
            node,
            mut delivered,
            mut last,
        } in lanes
        {
            loop {
                let wanted = Wanted {
                    node: node.clone(),
                    after: delivered,
                    most: 7,
                };
                let entries = store.waiting(&[wanted]).await.unwrap();
                let mut notes = told.lock().await;
                for entry in entries {
                    delivered = entry.sequence;
                    notes.push((node.to_string(), entry.sequence));
                }
                drop(notes);
                let is_done = delivered >= last;
                let kept = store
                    .settle(vec![settled(node.as_str(), delivered, is_done)])
                    .await
                    .unwrap();
                match kept.as_slice() {
                    // Something new is in it, or somebody writes it just now and it is settled another time; what is told stays told.
                    [lane] => last = lane.last,
                    _ if is_done => break,
                    _ => {}
                }
            }
        }
        if told.lock().await.len() >= all {
            return;
        }
        tokio::select! {
            () = store.news() => {}
            () = tokio::time::sleep(Duration::from_millis(20)) => {}
        }
    }
}

#[tokio::test]
async fn several_relays_deliver_everything_once_and_in_order() {
    let database = Database::new().await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let units = 300;
    let mut tasks = Vec::new();
    for _ in 0..3 {
        let store = database.open().await;
        tasks.push(tokio::spawn(relay(store, told.clone(), units * 3)));
    }
    for writer in 0..3 {
        let store = database.open().await;
        tasks.push(tokio::spawn(async move {
            for number in (writer..units).step_by(3) {
                let id = i64::try_from(number).unwrap();
                write(&store, [save(&note(id, &format!("a{}", number % 20), "x"))]).await;
            }
        }));
    }
    for task in tasks {
        soon(task).await.unwrap();
    }
    let mut reached: HashMap<String, u64> = HashMap::new();
    let told = told.lock().await;
    for (node, number) in told.iter() {
        let last = reached.entry(node.clone()).or_default();
        assert_eq!(*number, *last + 1, "{node}");
        *last = *number;
    }
    assert_eq!(told.len(), units * 3);
    assert_eq!(database.open().await.depth().await.unwrap().waiting, 0);
}
