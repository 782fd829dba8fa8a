//! The task as it runs, with a recorder's hub for a service. Time is Tokio's, and stands still until everybody waits.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::outbox::MemoryOutbox;
use crate::change::{Change, ChangeKind};
use crate::name::NodeName;
use crate::outlet::Outlet;
use crate::registry::Registry;
use crate::relay::Relay;
use crate::session::{PubSubError, Target};
use crate::store::{Store, StoreErrorKind};
use crate::testing::Hub;

const LONG: Duration = Duration::from_mins(10);

fn start(outbox: &Arc<MemoryOutbox>, hub: &Hub) -> Relay {
    let store = Arc::clone(outbox) as Arc<dyn Store>;
    Relay::start(store, Outlet::Hub(hub.clone()), Registry::empty())
}

fn target(node: &str) -> Target {
    Target::Node(NodeName::new(node).unwrap())
}

/// Node and text, or a minus for a retraction, in order.
fn heard(hub: &Hub) -> Vec<(String, String)> {
    let told = |change: Change| {
        let text = match change.kind {
            ChangeKind::Put { payload } => {
                let inner = payload.split_once('>').unwrap().1;
                inner.split_once('<').unwrap().0.to_owned()
            }
            ChangeKind::Retract { .. } => "-".to_owned(),
        };
        (change.node.to_string(), text)
    };
    hub.book().into_iter().map(told).collect()
}

fn heard_by(hub: &Hub, node: &str) -> Vec<String> {
    let by_node = heard(hub).into_iter().filter(|(told, _)| told == node);
    by_node.map(|(_, text)| text).collect()
}

fn numbers(to: u64) -> Vec<String> {
    (1..=to).map(|number| number.to_string()).collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_in_the_outbox_is_sent_in_order_with_its_place_in_the_log() {
    let (outbox, hub) = (MemoryOutbox::new(), Hub::default());
    for number in 1..=3000_u64 {
        outbox.tell("a", "x", Some(&number.to_string()));
        outbox.tell("b", &number.to_string(), Some(&number.to_string()));
    }
    outbox.tell("a", "x", None);
    let relay = start(&outbox, &hub);
    assert!(relay.drain(LONG).await);
    let mut expect = numbers(3000);
    assert_eq!(heard_by(&hub, "b"), expect);
    expect.push("-".to_owned());
    assert_eq!(heard_by(&hub, "a"), expect);
    assert_eq!((outbox.delivered("a"), outbox.delivered("b")), (3001, 3000));
    let Some(ChangeKind::Put { payload }) = hub.book().into_iter().map(|change| change.kind).next()
    else {
        panic!("a publish comes first");
    };
    assert!(
        payload.ends_with("<change xmlns=\"urn:pubsub:change:1\" seq=\"1\" log=\"log\"/></entry>")
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_saved_later_is_sent_too_and_idle_lanes_are_given_back() {
    let (outbox, hub) = (MemoryOutbox::new(), Hub::default());
    let relay = start(&outbox, &hub);
    for number in 1..=20_u64 {
        outbox.tell("a", "x", Some(&number.to_string()));
        tokio::time::sleep(Duration::from_millis(number * 10)).await;
        assert_eq!(heard_by(&hub, "a"), numbers(number));
    }
    assert!(relay.drain(LONG).await);
    assert!(outbox.settlements() >= 2);
    timeout(LONG, async {
        while outbox.claimed() > 0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test(start_paused = true)]
async fn thousands_of_nodes_have_their_turn() {
    let (outbox, hub) = (MemoryOutbox::new(), Hub::default());
    for node in 0..5000 {
        outbox.tell(&format!("n{node}"), "x", Some("1"));
    }
    let relay = start(&outbox, &hub);
    assert!(relay.drain(LONG).await);
    assert_eq!(hub.book().len(), 5000);
    relay.stop(LONG).await;
    assert_eq!(outbox.claimed(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_for_good_is_parked_and_the_lane_goes_on() {
    let (outbox, hub) = (MemoryOutbox::new(), Hub::default());
    for number in 1..=3_u64 {
        outbox.tell("a", "x", Some(&number.to_string()));
    }
    hub.refuse_next(PubSubError::PayloadTooBig {
        target: target("a"),
    });
    let relay = start(&outbox, &hub);
    assert!(relay.drain(LONG).await);
    assert_eq!(heard_by(&hub, "a"), ["2", "3"]);
    let parked = outbox.refusals("a");
    assert_eq!(
        parked,
        [(1, "node \"a\": the payload is too big".to_owned())]
    );
}

#[tokio::test(start_paused = true)]
async fn retracting_what_is_not_there_is_no_refusal() {
    let (outbox, hub) = (MemoryOutbox::new(), Hub::default());
    outbox.tell("a", "x", None);
    hub.refuse_next(PubSubError::NotFound {
        target: target("a"),
    });
    let relay = start(&outbox, &hub);
    assert!(relay.drain(LONG).await);
    assert_eq!(outbox.refusals("a"), []);
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_for_now_is_sent_again_and_never_puts_an_item_back() {
    let (outbox, hub) = (MemoryOutbox::new(), Hub::default());
    outbox.tell("a", "x", Some("1"));
    outbox.tell("a", "y", Some("2"));
    outbox.tell("a", "x", Some("3"));
    let later = PubSubError::RateLimited {
        target: target("a"),
        text: None,
    };
    hub.refuse_next(later.clone());
    hub.refuse_next(later);
    let start_of_it = Instant::now();
    let relay = start(&outbox, &hub);
    assert!(relay.drain(LONG).await);
    // The third was under way already, and is newer than the first.
    assert_eq!(heard_by(&hub, "a"), ["3", "2"]);
    assert!(start_of_it.elapsed() >= Duration::from_millis(50));
    assert_eq!(outbox.refusals("a"), []);
}

#[tokio::test(start_paused = true)]
async fn an_outage_parks_nothing_and_keeps_the_order() {
    let (outbox, hub) = (MemoryOutbox::new(), Hub::default());
    for number in 1..=100_u64 {
        outbox.tell("a", &number.to_string(), Some(&number.to_string()));
    }
    for _ in 0..107 {
        hub.refuse_next(PubSubError::Disconnected {
            target: target("a"),
        });
    }
    let relay = start(&outbox, &hub);
    assert!(relay.drain(LONG).await);
    assert_eq!(heard_by(&hub, "a"), numbers(100));
    assert_eq!(outbox.refusals("a"), []);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_for_a_while_is_asked_again() {
    let (outbox, hub) = (MemoryOutbox::new(), Hub::default());
    for number in 1..=2000_u64 {
        outbox.tell("a", "x", Some(&number.to_string()));
    }
    outbox.fail_next(&[StoreErrorKind::Busy; 4]);
    let relay = start(&outbox, &hub);
    tokio::time::sleep(Duration::from_millis(10)).await;
    outbox.fail_next(&[StoreErrorKind::Full, StoreErrorKind::Unreachable]);
    assert!(relay.drain(LONG).await);
    assert_eq!(heard_by(&hub, "a"), numbers(2000));
    assert_eq!(outbox.delivered("a"), 2000);
}

#[tokio::test(start_paused = true)]
async fn a_lane_that_another_relay_has_is_left_to_it() {
    let (outbox, hub) = (MemoryOutbox::new(), Hub::default());
    outbox.tell("a", "x", Some("1"));
    outbox.tell("b", "x", Some("1"));
    let relay = start(&outbox, &hub);
    timeout(LONG, async {
        while hub.book().len() < 2 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await
    .unwrap();
    outbox.lose("a");
    assert!(relay.drain(LONG).await);
    // Whoever has it by then delivers it again: here it is the same relay.
    assert_eq!((outbox.delivered("a"), outbox.delivered("b")), (1, 1));
    assert_eq!(heard_by(&hub, "a"), ["1", "1"]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_notes_what_is_through_and_gives_the_lanes_back() {
    let (outbox, hub) = (MemoryOutbox::new(), Hub::default());
    let relay = start(&outbox, &hub);
    for number in 1..=10_u64 {
        outbox.tell("a", "x", Some(&number.to_string()));
    }
    tokio::time::sleep(Duration::from_millis(5)).await;
    relay.stop(Duration::from_secs(1)).await;
    assert_eq!(outbox.delivered("a"), hub.book().len() as u64);
    assert_eq!(outbox.claimed(), 0);
    assert!(!relay.drain(LONG).await, "it has stopped");
    // The next one goes on where this one ended.
    let relay = start(&outbox, &hub);
    assert!(relay.drain(LONG).await);
    assert_eq!(heard_by(&hub, "a"), numbers(10));
}

#[tokio::test(start_paused = true)]
async fn a_relay_that_nobody_holds_ends() {
    let (outbox, hub) = (MemoryOutbox::new(), Hub::default());
    drop(start(&outbox, &hub));
    timeout(LONG, async {
        while Arc::strong_count(&outbox) > 1 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test(start_paused = true)]
async fn draining_waits_no_longer_than_it_may() {
    let (outbox, hub) = (MemoryOutbox::new(), Hub::default());
    outbox.tell("a", "x", Some("1"));
    for _ in 0..1000 {
        let target = target("a");
        hub.refuse_next(PubSubError::RateLimited { target, text: None });
    }
    let relay = start(&outbox, &hub);
    assert!(!relay.drain(Duration::from_mins(1)).await);
    assert_eq!(hub.book().len(), 0);
}
