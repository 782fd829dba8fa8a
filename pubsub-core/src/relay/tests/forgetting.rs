//! Services that have lost what they were told, and some that only seem to have.

use std::sync::Arc;

use super::outbox::MemoryOutbox;
use crate::change::{Change, ChangeKind};
use crate::name::{ItemId, NodeName};
use crate::outlet::Outlet;
use crate::registry::Registry;
use crate::relay::memory::{Finding, Inquiry};
use crate::store::Store;
use crate::testing::Hub;

/// An outbox in which everything is delivered: items by name, or with a minus before it, retracted.
fn outbox(items: &[&str]) -> Arc<MemoryOutbox> {
    let outbox = MemoryOutbox::new();
    for item in items {
        match item.strip_prefix('-') {
            Some(item) => outbox.tell("n", item, None),
            None => outbox.tell("n", item, Some("text")),
        }
    }
    outbox.call_delivered();
    outbox
}

/// A service that has these items, of that number in the log; zero is none of ours.
fn service(items: &[(&str, u64)]) -> Hub {
    let hub = Hub::default();
    for (item, sequence) in items {
        let log = if *sequence == 0 { "other" } else { "log" };
        let payload = format!(
            "<entry xmlns=\"http://www.w3.org/2005/Atom\"><change xmlns=\"urn:pubsub:change:1\" seq=\"{sequence}\" log=\"{log}\"/></entry>"
        );
        hub.accept(Change {
            node: NodeName::new("n").unwrap(),
            item: ItemId::new(*item).unwrap(),
            kind: ChangeKind::Put {
                payload: payload.into(),
            },
        })
        .unwrap();
    }
    hub
}

fn inquiry(outbox: &Arc<MemoryOutbox>, hub: &Hub, known: u64, last: u64) -> Inquiry {
    Inquiry {
        store: Arc::clone(outbox) as Arc<dyn Store>,
        outlet: Outlet::Hub(hub.clone()),
        registry: Arc::new(Registry::empty()),
        node: NodeName::new("n").unwrap(),
        known,
        last,
        is_first: true,
    }
}

/// Where the lane stands after asking; `None` when it was left alone.
async fn ask(outbox: &Arc<MemoryOutbox>, hub: &Hub, known: u64, last: u64) -> Option<u64> {
    match inquiry(outbox, hub, known, last).carry_out().await.unwrap() {
        Finding::Intact => None,
        Finding::Rewound(lane) => Some(lane.delivered),
        Finding::Later(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_service_that_has_the_last_item_has_lost_nothing() {
    let outbox = outbox(&["a", "b", "c"]);
    let hub = service(&[("c", 3)]);
    assert_eq!(ask(&outbox, &hub, 3, 3).await, None);
}

#[tokio::test]
async fn a_service_that_has_nothing_is_told_everything() {
    let outbox = outbox(&["a", "b", "c"]);
    assert_eq!(ask(&outbox, &Hub::default(), 3, 3).await, Some(0));
}

#[tokio::test]
async fn a_service_that_went_back_in_time_is_told_what_came_after() {
    let outbox = outbox(&["a", "b", "a", "c"]);
    let hub = service(&[("a", 1), ("b", 2)]);
    assert_eq!(ask(&outbox, &hub, 4, 4).await, Some(2));
}

#[tokio::test]
async fn what_is_no_longer_kept_cannot_be_told_again() {
    let outbox = outbox(&["a", "b", "c"]);
    outbox.prune(2);
    assert_eq!(ask(&outbox, &Hub::default(), 3, 3).await, Some(2));
}

#[tokio::test]
async fn what_came_after_the_loss_does_not_hide_it() {
    let outbox = outbox(&["a", "b", "c", "d"]);
    let hub = service(&[("c", 3), ("d", 4)]);
    // Up to the second the service had everything when the connection was lost.
    assert_eq!(ask(&outbox, &hub, 2, 4).await, Some(0));
}

#[tokio::test]
async fn what_had_to_make_room_is_not_lost() {
    let outbox = outbox(&["a", "b", "c", "d"]);
    let hub = service(&[("c", 3), ("d", 4)]);
    hub.keep_at_most(2);
    assert_eq!(ask(&outbox, &hub, 2, 4).await, None);
}

#[tokio::test]
async fn what_was_deleted_or_is_somebody_elses_by_now_is_not_missed() {
    let all_gone = outbox(&["a", "-a"]);
    assert_eq!(ask(&all_gone, &Hub::default(), 2, 2).await, None);
    let replaced = outbox(&["a"]);
    let hub = service(&[("a", 0)]);
    assert_eq!(ask(&replaced, &hub, 1, 1).await, None);
}

#[tokio::test]
async fn an_item_far_back_in_a_long_history_is_found() {
    let mut items = vec!["kept"];
    items.extend(["gone", "-gone"].repeat(500));
    let outbox = outbox(&items);
    assert_eq!(
        ask(&outbox, &service(&[("kept", 1)]), 1001, 1001).await,
        None
    );
    assert_eq!(ask(&outbox, &Hub::default(), 1001, 1001).await, Some(0));
}

#[tokio::test]
async fn a_service_that_is_ahead_of_the_store_is_seen() {
    for (items, expect) in [
        (&[("a", 1), ("b", 2)][..], None),
        (&[("a", 1), ("b", 7), ("c", 5)], Some(7)),
        (&[("a", 1), ("foreign", 0)], None),
        (&[], None),
    ] {
        let (outbox, hub) = (outbox(&["a", "b"]), service(items));
        assert_eq!(inquiry(&outbox, &hub, 2, 2).ahead().await, expect);
    }
}
