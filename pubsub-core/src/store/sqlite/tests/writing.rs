//! What a unit does: rows, actions, entries, numbers.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::bench::{
    Place, Tweet, delete, item, node, payload, save, soon, touch, tweet, unit, write,
};
use crate::Publish as _;
use crate::change::Action;
use crate::store::{
    Consult, EntryKind, Piece, Query, Question, Store, StoreErrorKind, Unit, Wanted,
};

async fn entries(
    store: &Arc<dyn Store>,
    name: &str,
) -> Vec<(u64, String, EntryKind, Option<Action>)> {
    let history = store.history(&node(name), 0, 1000).await.expect("history");
    assert!(!history.is_gone);
    let entries = history.entries.into_iter();
    entries
        .map(|e| (e.sequence, e.item.to_string(), e.kind, e.action))
        .collect()
}

#[tokio::test]
async fn a_first_save_creates_and_a_second_updates() {
    let place = Place::new();
    let store = place.open().await;
    let first = write(&store, [save(&tweet(1, "ann", "hello"))]).await;
    assert_eq!(first[0].former.action, Some(Action::Create));
    assert_eq!(
        first[0].entries,
        [(node("/test/Tweet"), 1), (node("user-ann"), 1)]
    );
    let second = write(&store, [save(&tweet(1, "ann", "bye"))]).await;
    assert_eq!(second[0].former.action, Some(Action::Update));
    assert_eq!(
        second[0].former.payload,
        Some(payload(&tweet(1, "ann", "hello")))
    );
    let row = store
        .row(Tweet::DESCRIPTOR, &item(1))
        .await
        .expect("a read")
        .expect("a row");
    assert_eq!(row.payload, payload(&tweet(1, "ann", "bye")));
    let put = |number, action| (number, "1".to_owned(), EntryKind::Put, Some(action));
    let told = [put(1, Action::Create), put(2, Action::Update)];
    assert_eq!(entries(&store, "/test/Tweet").await, told);
    assert_eq!(entries(&store, "user-ann").await, told);
}

#[tokio::test]
async fn a_channel_that_is_left_hears_of_a_retraction() {
    let place = Place::new();
    let store = place.open().await;
    write(&store, [save(&tweet(1, "ann", "hello"))]).await;
    let moved = write(&store, [save(&tweet(1, "bob", "hello"))]).await;
    assert_eq!(
        moved[0].entries,
        [
            (node("/test/Tweet"), 2),
            (node("user-bob"), 1),
            (node("user-ann"), 2)
        ]
    );
    let left = entries(&store, "user-ann").await;
    assert_eq!(
        left[1],
        (2, "1".to_owned(), EntryKind::Retract { notify: true }, None)
    );
}

#[tokio::test]
async fn a_delete_carries_the_last_row_to_the_channels_it_had() {
    let place = Place::new();
    let store = place.open().await;
    write(&store, [save(&tweet(1, "ann", "hello"))]).await;
    let gone = write(&store, [delete(1)]).await;
    assert_eq!(
        gone[0].entries,
        [(node("/test/Tweet"), 2), (node("user-ann"), 2)]
    );
    let wanted = Wanted {
        node: node("user-ann"),
        after: 1,
        most: 10,
    };
    let told = store.waiting(&[wanted]).await.expect("entries");
    assert_eq!(told[0].kind, EntryKind::Retract { notify: true });
    assert_eq!(told[0].action, Some(Action::Delete));
    assert_eq!(told[0].payload, Some(payload(&tweet(1, "ann", "hello"))));
    assert_eq!(
        store
            .row(Tweet::DESCRIPTOR, &item(1))
            .await
            .expect("a read"),
        None
    );
    let again = write(&store, [delete(1)]).await;
    assert_eq!((again[0].former.action, again[0].entries.len()), (None, 0));
}

#[tokio::test]
async fn pieces_of_a_unit_see_those_before_them() {
    let place = Place::new();
    let store = place.open().await;
    let one = tweet(1, "ann", "one");
    let two = tweet(1, "bob", "two");
    let done = write(
        &store,
        [
            save(&one),
            save(&two),
            touch(1),
            delete(1),
            touch(1),
            save(&one),
        ],
    )
    .await;
    let actions: Vec<_> = done.iter().map(|written| written.former.action).collect();
    let expected = [
        Some(Action::Create),
        Some(Action::Update),
        Some(Action::Update),
        Some(Action::Delete),
        None,
        Some(Action::Create),
    ];
    assert_eq!(actions, expected);
    assert_eq!(done[3].former.payload, Some(payload(&two)));
    assert_eq!(entries(&store, "/test/Tweet").await.len(), 5);
    let rows = store
        .rows(Tweet::DESCRIPTOR, &Query::default())
        .await
        .expect("rows");
    assert_eq!(rows.rows.len(), 1);
    assert_eq!(rows.sequence, 5);
}

#[tokio::test]
async fn what_is_suppressed_is_kept_and_not_told() {
    let place = Place::new();
    let store = place.open().await;
    let quiet = Unit {
        is_suppressed: true,
        ..unit([save(&tweet(1, "ann", "hello"))])
    };
    let written = store
        .write(quiet)
        .await
        .expect("written")
        .expect("not refused");
    assert_eq!(written[0].entries, []);
    assert!(
        store
            .row(Tweet::DESCRIPTOR, &item(1))
            .await
            .expect("a read")
            .is_some()
    );
    assert_eq!(store.depth().await.expect("a depth").waiting, 0);
}

#[tokio::test]
async fn something_that_is_no_row_is_told_with_its_origin() {
    let place = Place::new();
    let store = place.open().await;
    let tell = Unit {
        origin: Some("tab-7".into()),
        ..unit([Piece::Tell {
            node: node("weather"),
            item: item(9),
            kind: EntryKind::Raw,
            action: None,
            model: None,
            payload: Some("<a xmlns='b'>☂</a>".into()),
        }])
    };
    store.write(tell).await.expect("written");
    let wanted = Wanted {
        node: node("weather"),
        after: 0,
        most: 1,
    };
    let told = store.waiting(&[wanted]).await.expect("entries");
    assert_eq!(told[0].kind, EntryKind::Raw);
    assert_eq!(told[0].origin.as_deref(), Some("tab-7"));
    assert_eq!(told[0].payload.as_deref(), Some("<a xmlns='b'>☂</a>"));
    assert_eq!(told[0].model, None);
}

fn consulted(pieces: impl IntoIterator<Item = Piece>) -> (Unit, mpsc::Receiver<Question>) {
    let (ask, questions) = mpsc::channel(1);
    let unit = Unit {
        consult: Some(Consult { ask }),
        ..unit(pieces)
    };
    (unit, questions)
}

#[tokio::test]
async fn a_caller_who_refuses_has_nothing_written() {
    let place = Place::new();
    let store = place.open().await;
    write(&store, [save(&tweet(1, "ann", "hello"))]).await;
    let (unit, mut questions) = consulted([save(&tweet(1, "ann", "bye")), delete(2)]);
    let writing = tokio::spawn({
        let store = store.clone();
        async move { store.write(unit).await }
    });
    let Question { formers, reply } = soon(questions.recv()).await.expect("a question");
    assert_eq!(formers[0].action, Some(Action::Update));
    assert_eq!(formers[0].payload, Some(payload(&tweet(1, "ann", "hello"))));
    assert_eq!(formers[1].action, None);
    reply.send(false).expect("somebody listens");
    assert_eq!(
        soon(writing).await.expect("no panic").expect("no error"),
        None
    );
    let row = store
        .row(Tweet::DESCRIPTOR, &item(1))
        .await
        .expect("a read")
        .expect("a row");
    assert_eq!(row.payload, payload(&tweet(1, "ann", "hello")));
    assert_eq!(entries(&store, "/test/Tweet").await.len(), 1);
}

#[tokio::test]
async fn a_caller_who_is_gone_has_refused() {
    let place = Place::new();
    let store = place.open().await;
    let (unit, questions) = consulted([save(&tweet(1, "ann", "hello"))]);
    drop(questions);
    assert_eq!(soon(store.write(unit)).await.expect("no error"), None);
    assert_eq!(store.depth().await.expect("a depth").waiting, 0);
}

#[tokio::test]
async fn a_caller_who_says_nothing_is_not_waited_for_long() {
    let place = Place::new();
    let store = place.open().await;
    let (unit, _questions) = consulted([save(&tweet(1, "ann", "hello"))]);
    let error = soon(store.write(unit)).await.expect_err("an error");
    assert_eq!(error.kind(), StoreErrorKind::Unanswered);
    let row = store
        .row(Tweet::DESCRIPTOR, &item(1))
        .await
        .expect("a read");
    assert_eq!(row, None);
}

#[tokio::test]
async fn who_thinks_holds_nobody_and_is_asked_again_about_what_has_changed() {
    let place = Place::new();
    let store = place.open().await;
    write(&store, [save(&tweet(1, "ann", "one"))]).await;
    let (unit, mut questions) = consulted([save(&tweet(1, "ann", "two"))]);
    let (beside, mut beside_questions) = consulted([save(&tweet(2, "ann", "two"))]);
    let spawn = |unit: Unit| {
        let store = store.clone();
        tokio::spawn(async move { store.write(unit).await })
    };
    let (writing, beside) = (spawn(unit), spawn(beside));
    let first = soon(questions.recv()).await.expect("a question");
    let other = soon(beside_questions.recv()).await.expect("a question");
    assert_eq!(
        first.formers[0].payload,
        Some(payload(&tweet(1, "ann", "one")))
    );
    // Nobody has answered, and others go on: even with the same row.
    let started = std::time::Instant::now();
    for id in [1, 3, 4] {
        write(&store, [save(&tweet(id, "ann", "meanwhile"))]).await;
    }
    assert!(started.elapsed() < std::time::Duration::from_secs(2));
    // What is as it was needs no second question.
    other.reply.send(true).expect("somebody listens");
    let written = soon(beside).await.expect("no panic").expect("no error");
    assert_eq!(written.expect("written")[0].entries[0].1, 5);
    first.reply.send(true).expect("somebody listens");
    let second = soon(questions.recv()).await.expect("another question");
    let meanwhile = Some(payload(&tweet(1, "ann", "meanwhile")));
    assert_eq!(second.formers[0].payload, meanwhile);
    second.reply.send(true).expect("somebody listens");
    let written = soon(writing).await.expect("no panic").expect("no error");
    assert_eq!(written.expect("written")[0].former.payload, meanwhile);
}

#[tokio::test]
async fn many_writers_get_numbers_without_gaps() {
    let place = Place::new();
    let store = place.open().await;
    let tasks: Vec<_> = (0..200)
        .map(|id| {
            let store = store.clone();
            tokio::spawn(
                async move { write(&store, [save(&tweet(id % 50, "ann", "hello"))]).await },
            )
        })
        .collect();
    let mut numbers = Vec::new();
    for task in tasks {
        numbers.push(soon(task).await.expect("no panic")[0].entries[0].1);
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=200).collect::<Vec<_>>());
    let entries = entries(&store, "/test/Tweet").await;
    let creates = entries
        .iter()
        .filter(|entry| entry.3 == Some(Action::Create));
    assert_eq!(creates.count(), 50);
}

#[tokio::test]
async fn what_was_written_is_there_when_the_file_is_opened_again() {
    let place = Place::new();
    let store = place.open().await;
    let log = store.log().clone();
    write(&store, [save(&tweet(1, "ann", "hello"))]).await;
    store.close().await;
    let error = store
        .write(unit([delete(1)]))
        .await
        .expect_err("it is closed");
    assert_eq!(error.kind(), StoreErrorKind::Closed);
    let error = store.depth().await.expect_err("it is closed");
    assert_eq!(error.kind(), StoreErrorKind::Closed);
    let store = place.open().await;
    assert_eq!(*store.log(), log);
    assert!(
        store
            .row(Tweet::DESCRIPTOR, &item(1))
            .await
            .expect("a read")
            .is_some()
    );
    assert_eq!(entries(&store, "/test/Tweet").await.len(), 1);
}
