//! What a relay and an administrator do with lanes.

use tokio::task::yield_now;

use super::bench::{Place, Tweet, delete, item, node, save, settled, soon, touch, tweet, write};
use crate::Publish as _;
use crate::store::{Query, Settled, StoreErrorKind, Wanted};

#[tokio::test]
async fn a_lane_is_claimed_once_and_given_back_when_it_is_empty() {
    let place = Place::new();
    let store = place.open().await;
    write(&store, [save(&tweet(1, "ann", "one"))]).await;
    let lanes = store.claim(10).await.expect("lanes");
    let names: Vec<_> = lanes.iter().map(|lane| lane.node.as_str()).collect();
    assert_eq!(names, ["/test/Tweet", "user-ann"]);
    assert_eq!((lanes[0].delivered, lanes[0].last), (0, 1));
    assert_eq!(store.claim(10).await.expect("lanes"), []);
    write(&store, [save(&tweet(2, "ann", "two"))]).await;
    let kept = store
        .settle(vec![settled("/test/Tweet", 1, true)])
        .await
        .expect("settled");
    assert_eq!((kept[0].delivered, kept[0].last), (1, 2));
    let kept = store
        .settle(vec![settled("/test/Tweet", 2, true)])
        .await
        .expect("settled");
    assert_eq!(kept, []);
    let error = store
        .settle(vec![settled("/test/Tweet", 2, true)])
        .await
        .expect_err("not ours");
    assert_eq!(error.kind(), StoreErrorKind::Lost);
    assert_eq!(store.claim(10).await.expect("lanes"), []);
    write(&store, [save(&tweet(3, "bob", "three"))]).await;
    let lanes = store.claim(1).await.expect("lanes");
    assert_eq!((lanes[0].delivered, lanes[0].last), (2, 3));
    assert_eq!(store.claim(10).await.expect("lanes").len(), 1);
}

#[tokio::test]
async fn entries_of_many_lanes_are_read_in_order() {
    let place = Place::new();
    let store = place.open().await;
    for id in 0..100 {
        write(&store, [save(&tweet(id, &format!("u{}", id % 70), "x"))]).await;
    }
    let wanted: Vec<_> = (0..70)
        .rev()
        .map(|n| Wanted {
            node: node(&format!("user-u{n}")),
            after: 0,
            most: 5,
        })
        .chain([Wanted {
            node: node("/test/Tweet"),
            after: 90,
            most: 4,
        }])
        .chain([Wanted {
            node: node("nobody"),
            after: 0,
            most: 4,
        }])
        .collect();
    let entries = store.waiting(&wanted).await.expect("entries");
    assert_eq!(entries.len(), 104);
    assert_eq!(entries[0].node, node("user-u69"));
    let last: Vec<_> = entries[100..].iter().map(|entry| entry.sequence).collect();
    assert_eq!(last, [91, 92, 93, 94]);
    assert_eq!(entries[100].model.as_deref(), Some("/test/Tweet"));
}

#[tokio::test]
async fn one_store_of_a_file_delivers_and_another_takes_over() {
    let place = Place::new();
    let first = place.open().await;
    let second = place.open().await;
    write(&second, [save(&tweet(1, "ann", "one"))]).await;
    assert_eq!(first.claim(10).await.expect("lanes").len(), 2);
    assert_eq!(second.claim(10).await.expect("lanes"), []);
    let taken_over = tokio::spawn({
        let second = second.clone();
        async move {
            loop {
                second.news().await;
                let lanes = second.claim(10).await.expect("lanes");
                if !lanes.is_empty() {
                    return lanes;
                }
            }
        }
    });
    first
        .settle(vec![settled("user-ann", 1, false)])
        .await
        .expect("settled");
    first.close().await;
    let lanes = soon(taken_over).await.expect("no panic");
    assert_eq!(lanes.len(), 1);
    assert_eq!(lanes[0].node, node("/test/Tweet"));
}

#[tokio::test]
async fn news_of_another_store_come_soon() {
    let place = Place::new();
    let first = place.open().await;
    let second = place.open().await;
    assert_eq!(first.claim(10).await.expect("lanes"), []);
    write(&second, [save(&tweet(1, "ann", "one"))]).await;
    soon(async {
        while first.claim(10).await.expect("lanes").is_empty() {
            first.news().await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_parked_is_listed_retried_and_forgotten() {
    let place = Place::new();
    let store = place.open().await;
    let all = [1, 2, 3, 1].map(|id| save(&tweet(id, "ann", "x")));
    write(&store, all).await;
    store.claim(10).await.expect("lanes");
    let refused = Settled {
        parked: vec![
            (1, "too big".to_owned()),
            (2, "forbidden".to_owned()),
            (3, String::new()),
        ],
        ..settled("/test/Tweet", 3, false)
    };
    store.settle(vec![refused]).await.expect("settled");
    let parked = store.parked(0, 10).await.expect("parked");
    let told: Vec<_> = parked
        .iter()
        .map(|p| (p.entry.sequence, p.reason.as_str()))
        .collect();
    assert_eq!(told, [(1, "too big"), (2, "forbidden"), (3, "refused")]);
    assert_eq!(
        store.parked(parked[0].id, 1).await.expect("parked"),
        parked[1..2]
    );
    let depth = store.depth().await.expect("a depth");
    assert_eq!((depth.waiting, depth.nodes, depth.parked), (5, 2, 3));
    assert!(depth.oldest.is_some());

    // The first is about an item that was changed again.
    assert_eq!(
        store
            .retry(&[parked[0].id, parked[1].id, 12345])
            .await
            .expect("retried"),
        1
    );
    assert_eq!(
        store
            .discard(&[parked[2].id, 12345])
            .await
            .expect("forgotten"),
        1
    );
    let parked = store.parked(0, 10).await.expect("parked");
    assert_eq!(parked.len(), 1);
    assert_eq!(parked[0].reason, "changed again since: too big");
    let history = store
        .history(&node("/test/Tweet"), 0, 10)
        .await
        .expect("history");
    let numbers: Vec<_> = history
        .entries
        .iter()
        .map(|e| (e.sequence, e.is_parked))
        .collect();
    assert_eq!(
        numbers,
        [(1, true), (2, true), (3, true), (4, false), (5, false)]
    );
    assert_eq!(history.entries[4].item, item(2));
}

#[tokio::test]
async fn old_delivered_entries_are_pruned_and_their_history_is_gone() {
    let place = Place::new();
    let store = place.open_with("?keep=20").await.expect("a store");
    for id in 0..50 {
        write(&store, [save(&tweet(id, "ann", "x"))]).await;
    }
    store.claim(10).await.expect("lanes");
    let parked = Settled {
        parked: vec![(3, "no".to_owned())],
        ..settled("/test/Tweet", 45, false)
    };
    store.settle(vec![parked]).await.expect("settled");
    store
        .settle(vec![settled("user-ann", 50, true)])
        .await
        .expect("settled");
    let history = store
        .history(&node("/test/Tweet"), 0, 100)
        .await
        .expect("history");
    assert!(history.is_gone && history.entries.is_empty());
    assert_eq!(history.last, 50);
    // 20 of both nodes together.
    let history = store
        .history(&node("/test/Tweet"), 40, 100)
        .await
        .expect("history");
    assert!(!history.is_gone);
    assert_eq!(history.entries.len(), 10);
    assert_eq!(store.parked(0, 10).await.expect("parked").len(), 1);
    let lane = store.rewind(&node("/test/Tweet"), 0).await.expect("a lane");
    assert_eq!((lane.delivered, lane.last), (40, 50));
    let lane = store
        .rewind(&node("/test/Tweet"), 48)
        .await
        .expect("a lane");
    assert_eq!(lane.delivered, 40);
}

#[tokio::test]
async fn after_a_long_backlog_pruning_goes_on_until_it_is_done() {
    let place = Place::new();
    let store = place.open_with("?keep=20").await.expect("a store");
    for first in (0..2500).step_by(500) {
        write(
            &store,
            (first..first + 500).map(|id| save(&tweet(id, "ann", "x"))),
        )
        .await;
    }
    store.claim(10).await.expect("lanes");
    let all = ["/test/Tweet", "user-ann"].map(|name| settled(name, 2500, false));
    store.settle(all.to_vec()).await.expect("settled");
    let is_pruned = async {
        while store
            .history(&node("user-ann"), 2489, 1)
            .await
            .is_ok_and(|history| !history.is_gone)
        {
            yield_now().await;
        }
    };
    soon(is_pruned).await;
    let kept = store.history(&node("user-ann"), 2490, 20).await;
    assert_eq!(kept.expect("history").entries.len(), 10);
}

#[tokio::test]
async fn undelivered_entries_are_never_pruned() {
    let place = Place::new();
    let store = place.open_with("?keep=0").await.expect("a store");
    for id in 0..20 {
        write(&store, [save(&tweet(id, "ann", "x"))]).await;
    }
    store.claim(10).await.expect("lanes");
    store
        .settle(vec![settled("user-ann", 20, true)])
        .await
        .expect("settled");
    store
        .settle(vec![settled("/test/Tweet", 5, false)])
        .await
        .expect("settled");
    let wanted = Wanted {
        node: node("/test/Tweet"),
        after: 5,
        most: 100,
    };
    assert_eq!(store.waiting(&[wanted]).await.expect("entries").len(), 15);
    store
        .settle(vec![settled("/test/Tweet", 20, true)])
        .await
        .expect("settled");
    write(&store, [touch(1)]).await;
    let lanes = store.claim(10).await.expect("lanes");
    assert_eq!(lanes.len(), 2);
    let wanted = Wanted {
        node: node("/test/Tweet"),
        after: 20,
        most: 100,
    };
    assert_eq!(store.waiting(&[wanted]).await.expect("entries").len(), 1);
}

#[tokio::test]
async fn remembered_lanes_are_those_with_entries() {
    let place = Place::new();
    let store = place.open().await;
    write(
        &store,
        [save(&tweet(1, "ann", "x")), save(&tweet(2, "bob", "x"))],
    )
    .await;
    let lanes = store.claim(10).await.expect("lanes");
    let done = lanes
        .iter()
        .map(|lane| settled(lane.node.as_str(), lane.last, true));
    store.settle(done.collect()).await.expect("settled");
    let first = store.remembered(None, 2).await.expect("lanes");
    assert_eq!(first.len(), 2);
    assert_eq!(first[0].node, node("/test/Tweet"));
    let second = store
        .remembered(Some(&first[1].node), 2)
        .await
        .expect("lanes");
    assert_eq!(second[0].node, node("user-bob"));
    assert_eq!(
        store
            .remembered(Some(&second[0].node), 2)
            .await
            .expect("lanes"),
        []
    );
    let lane = store.rewind(&node("user-bob"), 0).await.expect("a lane");
    assert_eq!((lane.delivered, lane.last), (0, 1));
}

#[tokio::test]
async fn a_position_is_where_the_history_goes_on() {
    let place = Place::new();
    let store = place.open().await;
    write(
        &store,
        [save(&tweet(1, "ann", "x")), save(&tweet(2, "bob", "x"))],
    )
    .await;
    let rows = store
        .rows(Tweet::DESCRIPTOR, &Query::default())
        .await
        .expect("rows");
    write(&store, [delete(1)]).await;
    let history = store
        .history(&node("/test/Tweet"), rows.sequence, 10)
        .await
        .expect("history");
    assert_eq!(history.entries.len(), 1);
    assert_eq!((history.last, history.is_gone), (3, false));
    let nothing = store
        .history(&node("/test/Tweet"), 3, 10)
        .await
        .expect("history");
    assert!(nothing.entries.is_empty() && !nothing.is_gone);
    let elsewhere = store
        .history(&node("/test/Tweet"), 4, 10)
        .await
        .expect("history");
    assert!(elsewhere.is_gone);
}
