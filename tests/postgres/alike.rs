//! Whatever is done to a store in PostgreSQL and to one in SQLite, both answer the same.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use pubsub_core::Publish as _;
use pubsub_core::store::{Piece, Query, Settled, Store, Unit, Wanted};

use super::model::{Database, Note, delete, item, node, note, save, sqlite, touch, unit};

/// One call. What it is about is chosen from few things, so that they meet.
#[derive(Debug, Clone)]
enum Call {
    Write(Vec<(u8, i64, u8)>, bool),
    Claim(u32),
    /// Of which lane, how many of what waits, and whether it is given back.
    Settle(u8, u64, bool, bool),
    Rewind(u8, u64),
    Remembered(u32),
    Retry(u64),
    Discard(u64),
}

fn calls() -> impl Strategy<Value = Call> {
    let pieces = vec((0_u8..6, 0_i64..4, 0_u8..3), 1..5);
    prop_oneof![
        5 => (pieces, prop::bool::weighted(0.1)).prop_map(|(pieces, quiet)| Call::Write(pieces, quiet)),
        2 => prop_oneof![Just(0_u32), Just(100)].prop_map(Call::Claim),
        4 => (0_u8..5, 0_u64..4, any::<bool>(), any::<bool>()).prop_map(|(lane, most, park, release)| Call::Settle(lane, most, park, release)),
        1 => (0_u8..5, 0_u64..9).prop_map(|(lane, to)| Call::Rewind(lane, to)),
        1 => (1_u32..6).prop_map(Call::Remembered),
        1 => (0_u64..3).prop_map(Call::Retry),
        1 => (0_u64..3).prop_map(Call::Discard),
    ]
}

const LANES: [&str; 5] = ["/test/Note", "all", "of-ann", "of-bob", "of-eve"];
const AUTHORS: [&str; 3] = ["ann", "bob", "eve"];

fn piece((kind, id, author): (u8, i64, u8)) -> Piece {
    match kind {
        0 => delete(id),
        1 => touch(id),
        _ => save(&note(id, AUTHORS[usize::from(author)], &format!("{kind}"))),
    }
}

/// Does it, and tells everything that the store answers and then has, but for what depends on the clock.
async fn carry_out(store: &Arc<dyn Store>, call: &Call) -> String {
    let answer = match call {
        Call::Write(pieces, is_suppressed) => {
            let pieces = unit(pieces.iter().copied().map(piece));
            let written = store.write(Unit {
                is_suppressed: *is_suppressed,
                origin: Some("here".into()),
                ..pieces
            });
            format!("{:?}", written.await.map_err(|error| error.kind()))
        }
        Call::Claim(most) => {
            let mut lanes = store.claim(*most).await.unwrap();
            lanes.sort_by(|one, other| one.node.as_str().cmp(other.node.as_str()));
            format!("{lanes:?}")
        }
        Call::Settle(lane, most, park, release) => {
            let name = node(LANES[usize::from(*lane)]);
            let delivered = waiting(store).await[usize::from(*lane)] + most;
            let settled = Settled {
                node: name,
                delivered,
                parked: if *park {
                    vec![(delivered, "no".to_owned())]
                } else {
                    Vec::new()
                },
                release: *release,
            };
            let kept = store.settle(vec![settled]).await;
            format!("{:?}", kept.map_err(|error| error.kind()))
        }
        Call::Rewind(lane, to) => {
            let lane = store.rewind(&node(LANES[usize::from(*lane)]), *to).await;
            format!("{:?}", lane.map_err(|error| error.kind()))
        }
        Call::Remembered(most) => {
            let lanes = store.remembered(None, *most).await;
            format!("{lanes:?}")
        }
        Call::Retry(which) => format!("{:?}", store.retry(&parked(store, *which).await).await),
        Call::Discard(which) => format!("{:?}", store.discard(&parked(store, *which).await).await),
    };
    format!("{answer}\n{}", state(store).await)
}

/// Up to where the lanes are settled, as far as a reader can tell.
async fn waiting(store: &Arc<dyn Store>) -> Vec<u64> {
    let mut settled = Vec::new();
    for lane in LANES {
        let history = store.history(&node(lane), 0, 1).await.unwrap();
        settled.push(history.last.saturating_sub(2));
    }
    settled
}

async fn parked(store: &Arc<dyn Store>, which: u64) -> Vec<u64> {
    let parked = store.parked(0, 10).await.unwrap();
    let which = usize::try_from(which).unwrap();
    parked
        .get(which)
        .map(|parked| parked.id)
        .into_iter()
        .collect()
}

async fn state(store: &Arc<dyn Store>) -> String {
    let mut told = Vec::new();
    let query = Query::new().with_total();
    let rows = store.rows(Note::DESCRIPTOR, &query).await.unwrap();
    told.push(format!("{rows:#?}"));
    for id in 0..4 {
        let row = store.row(Note::DESCRIPTOR, &item(id)).await.unwrap();
        told.push(format!("{row:?}"));
    }
    for lane in LANES {
        let history = store.history(&node(lane), 0, 1000).await.unwrap();
        told.push(format!("{lane} {history:#?}"));
    }
    let wanted = LANES.map(|lane| Wanted {
        node: node(lane),
        after: 1,
        most: 3,
    });
    let entries = store.waiting(&wanted).await.unwrap();
    told.push(format!("{entries:?}"));
    for parked in store.parked(0, 10).await.unwrap() {
        told.push(format!("{:?} {}", parked.entry, parked.reason));
    }
    let depth = store.depth().await.unwrap();
    let waits = depth.oldest.is_some();
    told.push(format!(
        "{} {} {} {waits}",
        depth.waiting, depth.nodes, depth.parked
    ));
    told.join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_databases_answer_the_same(calls in vec(calls(), 1..25)) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let difference = runtime.block_on(async {
            let (sqlite, _directory) = sqlite().await;
            let database = Database::new().await;
            let postgres = database.open().await;
            for (position, call) in calls.iter().enumerate() {
                let one = carry_out(&sqlite, call).await;
                let other = carry_out(&postgres, call).await;
                if one != other {
                    return Some((position, one, other));
                }
            }
            sqlite.close().await;
            postgres.close().await;
            None
        });
        if let Some((position, one, other)) = difference {
            let first = one.lines().zip(other.lines()).find(|(one, other)| one != other);
            prop_assert!(false, "call {position}, {:?}: {first:#?}", calls[position]);
        }
    }
}
