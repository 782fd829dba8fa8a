//! Rows of the store and tables of the program in one commit.

use pubsub_core::{Action, NodeName, Publish, SaveError};

use crate::{Place, Tweet, flush, told, tweet};

async fn texts(place: &Place) -> Vec<String> {
    let rows: Vec<(String,)> = sqlx::query_as("SELECT text FROM mine ORDER BY text")
        .fetch_all(&place.pool().await)
        .await
        .unwrap();
    rows.into_iter().map(|(text,)| text).collect()
}

async fn own_table(place: &Place) -> sqlx::SqlitePool {
    let pool = place.pool().await;
    sqlx::query("CREATE TABLE mine (text TEXT NOT NULL)")
        .execute(&pool)
        .await
        .unwrap();
    pool
}

const INSERT: &str = "INSERT INTO mine (text) VALUES ($1)";

#[tokio::test]
async fn own_tables_and_rows_commit_together() {
    let place = Place::new();
    let recorder = place.recorder().await;
    let pubsub = recorder.pubsub();
    let pool = own_table(&place).await;
    for (id, commits) in [(1, true), (2, false), (3, true)] {
        let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
        sqlx::query(INSERT)
            .bind(format!("row {id}"))
            .execute(&mut *transaction)
            .await
            .unwrap();
        let saved = pubsub
            .save_in(&mut transaction, &tweet(id, "joined"))
            .await
            .unwrap();
        assert_eq!(saved.receipts()[0].action(), Some(Action::Create));
        if commits {
            transaction.commit().await.unwrap();
            let _ = saved.committed();
        } else {
            transaction.rollback().await.unwrap();
        }
    }
    flush(&pubsub).await;
    assert_eq!(texts(&place).await, ["row 1", "row 3"]);
    let ids: Vec<_> = recorder.published::<Tweet>();
    let ids: Vec<_> = ids.iter().map(|(tweet, _)| tweet.id).collect();
    assert_eq!(ids, [1, 3]);
    assert_eq!(pubsub.list::<Tweet>().count().await.unwrap(), 2);
}

#[tokio::test]
async fn what_is_committed_is_delivered_even_if_nobody_says_so() {
    let place = Place::new();
    let pubsub = place.recorder().await.pubsub();
    let mut heard = pubsub.subscribe::<Tweet>().await.unwrap();
    let pool = place.pool().await;
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let saved = pubsub
        .save_all_in(&mut transaction, &[tweet(1, "one"), tweet(2, "two")])
        .await
        .unwrap();
    drop(saved);
    drop(
        pubsub
            .delete_in(&mut transaction, &tweet(1, ""))
            .await
            .unwrap(),
    );
    drop(
        pubsub
            .touch_in(&mut transaction, &tweet(2, ""))
            .await
            .unwrap(),
    );
    transaction.commit().await.unwrap();
    for expected in ["+1 one", "+2 two", "-1 one", "+2 two"] {
        assert_eq!(told(&mut heard).await, expected);
    }
}

#[tokio::test]
async fn a_model_in_a_table_of_the_program_is_told_without_a_row() {
    let place = Place::new();
    let pubsub = place.recorder().await.pubsub();
    let mut heard = pubsub.subscribe::<Tweet>().await.unwrap();
    let home = NodeName::new("/home").unwrap();
    let pool = own_table(&place).await;
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let row = tweet(1, "theirs");
    for action in [Action::Create, Action::Delete] {
        let told = pubsub.publish_in(&mut transaction, &row, action).await;
        assert_eq!(told.unwrap().receipts().len(), 2);
    }
    let item = "greeting".parse().unwrap();
    drop(
        pubsub
            .publish_as_in(&mut transaction, &home, &item, "hello")
            .await
            .unwrap(),
    );
    transaction.commit().await.unwrap();
    assert_eq!(told(&mut heard).await, "+1 theirs");
    assert_eq!(told(&mut heard).await, "-1 theirs");
    flush(&pubsub).await;
    assert_eq!(pubsub.items_of(&home).await.unwrap().len(), 1);
    assert_eq!(pubsub.get::<Tweet>(1).await.unwrap(), None);
}

#[tokio::test]
async fn a_transaction_elsewhere_is_refused_and_can_go_on() {
    let (place, other) = (Place::new(), Place::new());
    let pubsub = place.recorder().await.pubsub();
    let pool = sqlx::SqlitePool::connect(&format!("{}?mode=rwc", other.url()))
        .await
        .unwrap();
    let mut transaction = pool.begin().await.unwrap();
    let refused = pubsub.save_in(&mut transaction, &tweet(1, "x")).await;
    assert!(matches!(refused, Err(SaveError::Store(_))), "{refused:?}");
    sqlx::query("CREATE TABLE mine (text TEXT)")
        .execute(&mut *transaction)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    let plain = pubsub_core::testing::Recorder::new().pubsub();
    let mut transaction = pool.begin().await.unwrap();
    let refused = plain.save_in(&mut transaction, &tweet(1, "x")).await;
    assert!(matches!(refused, Err(SaveError::NoStore)), "{refused:?}");
}

#[tokio::test]
async fn a_transaction_of_the_handle_is_all_or_nothing() {
    let place = Place::new();
    let recorder = place.recorder().await;
    let pubsub = recorder.pubsub();
    drop(own_table(&place).await);
    let mut transaction = pubsub.begin().await.unwrap();
    let _ = transaction.save(&tweet(1, "dropped")).await.unwrap();
    drop(transaction);
    let mut transaction = pubsub.begin().await.unwrap();
    let _ = transaction.save(&tweet(2, "rolled back")).await.unwrap();
    transaction.rollback().await.unwrap();

    let mut transaction = pubsub.begin().await.unwrap();
    let tweets = [tweet(3, "a"), tweet(4, "b")];
    let _ = transaction.save_all(&tweets).await.unwrap();
    let _ = transaction.delete(&tweet(3, "")).await.unwrap();
    let _ = transaction.touch(&tweet(4, "")).await.unwrap();
    let connection = transaction.store().as_sqlite().unwrap();
    sqlx::query(INSERT)
        .bind("with it")
        .execute(connection)
        .await
        .unwrap();
    transaction.commit().await.unwrap();

    assert_eq!(texts(&place).await, ["with it"]);
    let rows = pubsub.list::<Tweet>().fetch().await.unwrap().rows;
    assert_eq!(rows, [tweet(4, "b")]);
    flush(&pubsub).await;
    let changes = recorder.changes_of(Tweet::NODE);
    let items: Vec<_> = changes.iter().map(|change| change.item.as_str()).collect();
    assert_eq!(items, ["3", "4", "3", "4"]);
}
