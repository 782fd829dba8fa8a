//! Models that change while their rows stay: one version after the other, and two at once, in both databases.

use std::sync::Arc;
use std::time::Duration;

use pubsub_core::store::{Condition, StoreErrorKind};
use pubsub_core::{PubSub, Publish, ReadError, SaveError};
use support::PostgresServer;
use tempfile::TempDir;

/// Nobody is told: what counts here is the store.
const AWAY: &str = "xmpp://ann:secret@localhost?connect=127.0.0.1:1&tls=off";

mod whole {
    #[derive(Debug, Clone, PartialEq, pubsub_core::Publish)]
    #[publish(node = "/changing/Row")]
    pub struct Row {
        #[publish(id)]
        pub id: u64,
        pub a: Option<String>,
        pub b: Option<String>,
    }
}

mod without_b {
    #[derive(Debug, Clone, PartialEq, pubsub_core::Publish)]
    #[publish(node = "/changing/Row")]
    pub struct Row {
        #[publish(id)]
        pub id: u64,
        pub a: Option<String>,
    }
}

mod renamed {
    #[derive(Debug, Clone, PartialEq, pubsub_core::Publish)]
    #[publish(node = "/changing/Row")]
    pub struct Row {
        #[publish(id)]
        pub id: u64,
        pub a: Option<String>,
        #[publish(rename = "bee")]
        pub b: Option<String>,
    }
}

mod with_number {
    #[derive(Debug, Clone, PartialEq, pubsub_core::Publish)]
    #[publish(node = "/changing/Row")]
    pub struct Row {
        #[publish(id)]
        pub id: u64,
        pub a: Option<u32>,
    }
}

mod with_more {
    #[derive(Debug, Clone, PartialEq, pubsub_core::Publish)]
    #[publish(node = "/changing/Row")]
    pub struct Row {
        #[publish(id)]
        pub id: u64,
        pub a: Option<String>,
        pub need: u32,
    }
}

mod with_another_id {
    #[derive(Debug, Clone, PartialEq, pubsub_core::Publish)]
    #[publish(node = "/changing/Row")]
    pub struct Row {
        #[publish(id)]
        pub need: u32,
        pub a: Option<String>,
    }
}

fn whole(id: u64, b: &str) -> whole::Row {
    whole::Row {
        id,
        a: Some("a".to_owned()),
        b: Some(b.to_owned()),
    }
}

fn without_b(id: u64) -> without_b::Row {
    without_b::Row {
        id,
        a: Some("a".to_owned()),
    }
}

/// Where the programs of a test keep their rows.
struct Place {
    url: String,
    _file: Option<TempDir>,
    _server: Option<Arc<PostgresServer>>,
}

impl Place {
    fn sqlite() -> Self {
        let file = tempfile::tempdir().unwrap();
        Self {
            url: format!("sqlite:{}", file.path().join("store.db").display()),
            _file: Some(file),
            _server: None,
        }
    }

    async fn postgres() -> Self {
        let server = PostgresServer::shared().await;
        Self {
            url: server.database().await,
            _file: None,
            _server: Some(server),
        }
    }

    /// A program.
    async fn program(&self) -> PubSub {
        let builder = PubSub::builder().without_models().url(AWAY).unwrap();
        let builder = builder.store(&self.url).unwrap().drain(Duration::ZERO);
        builder.connect().await.unwrap()
    }
}

/// Every test for each database.
macro_rules! on_databases {
    ($($test:ident,)*) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $test() {
                super::$test(crate::Place::sqlite()).await;
            })*
        }

        mod postgres {
            $(#[tokio::test]
            async fn $test() {
                super::$test(crate::Place::postgres().await).await;
            })*
        }
    };
}

on_databases! {
    a_field_that_was_away_says_what_the_rows_say,
    two_versions_side_by_side_see_what_the_rows_say,
    a_field_of_another_type_harms_no_program_that_has_the_old_one,
    a_row_that_cannot_be_read_any_more_is_told_apart,
}

/// The ids of those whose `b` is this.
async fn with_b(pubsub: &PubSub, b: &str) -> Vec<u64> {
    let page = pubsub.list::<whole::Row>().filter("b", b).fetch().await;
    let rows = page.unwrap().rows;
    assert!(
        rows.iter().all(|row| row.b.as_deref() == Some(b)),
        "{rows:?}"
    );
    rows.into_iter().map(|row| row.id).collect()
}

async fn a_field_that_was_away_says_what_the_rows_say(place: Place) {
    let first = place.program().await;
    for id in 0..3 {
        whole(id, "old").save_with(&first).await.unwrap();
    }
    first.shutdown().await.unwrap();
    let second = place.program().await;
    for id in [0, 7] {
        without_b(id).save_with(&second).await.unwrap();
    }
    second.shutdown().await.unwrap();
    let third = place.program().await;
    assert_eq!(with_b(&third, "old").await, [1, 2]);
    let missing = third
        .list::<whole::Row>()
        .filter("b", Condition::Null(true));
    assert_eq!(missing.count().await.unwrap(), 2);
    third.shutdown().await.unwrap();
    // The same column, found elsewhere in the payload.
    let fourth = place.program().await;
    let named = fourth.list::<renamed::Row>().filter("b", "old");
    assert_eq!(named.count().await.unwrap(), 0);
    fourth.shutdown().await.unwrap();
}

async fn two_versions_side_by_side_see_what_the_rows_say(place: Place) {
    let (one, other) = (place.program().await, place.program().await);
    for round in 0..3 {
        for id in 0..3 {
            whole(id, "new").save_with(&one).await.unwrap();
        }
        assert_eq!(with_b(&one, "new").await, [0, 1, 2], "{round}");
        without_b(1).save_with(&other).await.unwrap();
        assert_eq!(with_b(&one, "new").await, [0, 2], "{round}");
        let known = other.list::<without_b::Row>().filter("a", "a");
        assert_eq!(known.count().await.unwrap(), 3, "{round}");
        // In a transaction of the program as well.
        let mut transaction = other.begin().await.unwrap();
        transaction.save(&without_b(2)).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(with_b(&one, "new").await, [0], "{round}");
    }
    one.shutdown().await.unwrap();
    other.shutdown().await.unwrap();
}

async fn a_field_of_another_type_harms_no_program_that_has_the_old_one(place: Place) {
    let (one, other) = (place.program().await, place.program().await);
    whole(1, "b").save_with(&one).await.unwrap();
    let number = |id| with_number::Row { id, a: Some(5) };
    number(2).save_with(&other).await.unwrap();
    whole(3, "b").save_with(&one).await.unwrap();
    let text = one.list::<whole::Row>().filter("a", "5");
    assert_eq!(text.fetch().await.unwrap().rows[0].id, 2);
    let found = other
        .list::<with_number::Row>()
        .filter("a", Condition::AtLeast(5.into()));
    assert_eq!(found.fetch().await.unwrap().rows, [number(2)]);
    number(3).save_with(&other).await.unwrap();
    assert_eq!(found.count().await.unwrap(), 2);
    assert_eq!(
        one.list::<whole::Row>()
            .filter("a", "a")
            .count()
            .await
            .unwrap(),
        1
    );
    one.shutdown().await.unwrap();
    other.shutdown().await.unwrap();
}

async fn a_row_that_cannot_be_read_any_more_is_told_apart(place: Place) {
    let pubsub = place.program().await;
    for id in 0..2 {
        whole(id, "b").save_with(&pubsub).await.unwrap();
    }
    pubsub.shutdown().await.unwrap();
    let pubsub = place.program().await;
    let new = |id| with_more::Row {
        id,
        a: None,
        need: 1,
    };
    new(1).save_with(&pubsub).await.unwrap();
    let list = pubsub.list::<with_more::Row>().with_total();
    let page = list.fetch().await.unwrap();
    assert_eq!((page.rows, page.total), (vec![new(1)], Some(2)));
    assert_eq!(page.unreadable.len(), 1);
    assert_eq!(page.unreadable[0].item.as_str(), "0");
    let reason = &page.unreadable[0].reason;
    assert!(
        reason.contains("need") && reason.contains("default"),
        "{reason}"
    );

    let is_row = |kind: StoreErrorKind| assert_eq!(kind, StoreErrorKind::Row);
    match pubsub.get::<with_more::Row>(0).await.unwrap_err() {
        ReadError::Store(error) => is_row(error.kind()),
        other => panic!("{other}"),
    }
    match list.first().await.unwrap_err() {
        ReadError::Store(error) => is_row(error.kind()),
        other => panic!("{other}"),
    }
    let waiting = || async { pubsub.store().unwrap().depth().await.unwrap().waiting };
    let before = waiting().await;
    match pubsub.touch(&new(0)).await.unwrap_err() {
        SaveError::Store(error) => is_row(error.kind()),
        other => panic!("{other}"),
    }
    assert_eq!(waiting().await, before);
    let deleted = pubsub.delete_by_id::<with_more::Row>(0).await.unwrap();
    assert!(deleted.action().is_some());
    assert_eq!(
        pubsub
            .list::<with_more::Row>()
            .fetch()
            .await
            .unwrap()
            .unreadable,
        []
    );
    pubsub.shutdown().await.unwrap();

    let pubsub = place.program().await;
    whole(9, "b").save_with(&pubsub).await.unwrap();
    pubsub.shutdown().await.unwrap();
    let pubsub = place.program().await;
    let page = pubsub.list::<with_another_id::Row>().fetch().await.unwrap();
    assert_eq!((page.rows.len(), page.unreadable.len()), (1, 1));
    pubsub.shutdown().await.unwrap();
}
