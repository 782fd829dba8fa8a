//! The people of the server together: changes rosters, presence and waiting messages, and tells everybody concerned.
//!
//! All of it stands behind one short lock, under which those concerned are told as well, so that everybody hears of changes in the order in which they were
//! made. Locks are taken in this order: a shard of the service, people, the router's directory, an outbox. Clients that never send presence do not come here.

mod attending;
mod discovering;
mod keeping;
mod knowing;
mod messaging;
mod relations;
mod subscribing;
#[cfg(feature = "durable")]
mod table;

pub(crate) use self::attending::{Greeting, Refusal};
pub(crate) use self::keeping::{Receipt, Write};
pub(crate) use self::knowing::Unknown;
pub(crate) use self::messaging::{Fate, Letter};
pub(crate) use self::relations::Closeness;
pub(crate) use self::subscribing::Told;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use self::keeping::Keeper;
use crate::offline::{Offline, Room};
use crate::presence::Attendance;
use crate::presence::caps::Cache;
use crate::roster::Rosters;
use crate::router::{Directory, Peer, Router, Wakes};
use crate::wire;
use crate::wire::presence::HEAD;

/// What people may fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Contacts of one account, with those that only ask to subscribe.
    pub(crate) contacts: usize,
    pub(crate) offline: Room,
}

/// Everything that is known of people.
#[derive(Debug)]
pub(crate) struct People {
    domain: Arc<str>,
    router: Arc<Router>,
    bounds: Bounds,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    rosters: Rosters,
    attendance: Attendance,
    offline: Offline,
    capabilities: Cache,
    /// How many questions and pushes were sent.
    asked: u64,
    keeper: Keeper,
    #[cfg(feature = "durable")]
    writer: Option<self::table::Writer>,
}

impl People {
    pub(crate) fn new(domain: Arc<str>, router: Arc<Router>, bounds: Bounds) -> Self {
        Self {
            domain,
            router,
            bounds,
            state: Mutex::default(),
        }
    }

    /// Begins a change that others are told of.
    fn scene<'p>(&'p self, wakes: &'p mut Wakes) -> Scene<'p> {
        let state = self.state();
        Scene {
            people: self,
            state,
            directory: self.router.directory(),
            wakes,
            writes: Vec::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A change under way: the state, and the way to those who are told.
struct Scene<'p> {
    people: &'p People,
    state: MutexGuard<'p, State>,
    directory: Directory<'p>,
    wakes: &'p mut Wakes,
    writes: Vec<Write>,
}

impl Scene<'_> {
    /// Has the change kept. The receipt says when it is; there is none when there is nothing to wait for.
    fn finish(mut self) -> Option<Receipt> {
        let writes = std::mem::take(&mut self.writes);
        self.state.keeper.keep(writes)
    }

    /// Sends presence, given without its head, to resources by their full JIDs.
    fn send(&mut self, tail: &str, recipients: &[Arc<str>]) {
        for full in recipients {
            self.send_as(full, tail, full);
        }
    }

    /// Sends presence that is addressed to `to` to one resource.
    fn send_as(&mut self, to: &str, tail: &str, full: &str) {
        if let Some(peer) = self.directory.full(full) {
            let mut address = String::new();
            wire::escaped(&mut address, to);
            self.wakes.deliver(peer, &[HEAD, &address, tail]);
        }
    }

    /// The resources of an account that sent presence.
    fn available(&self, bare: &str) -> Vec<Arc<str>> {
        let available = self.state.attendance.available(bare);
        available
            .map(|(resource, _)| resource.full.clone())
            .collect()
    }

    /// The resources of an account that asked for its roster.
    fn interested(&self, bare: &str) -> Vec<Arc<str>> {
        let resources = self.state.attendance.of(bare).iter();
        resources
            .filter(|resource| resource.is_interested)
            .map(|resource| resource.full.clone())
            .collect()
    }

    fn peer(&self, full: &str) -> Option<&Arc<Peer>> {
        self.directory.full(full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::vocabulary::Actor;

    /// Nobody yet.
    pub(super) fn people() -> People {
        let bounds = Bounds {
            contacts: 100,
            offline: Room {
                messages: 10,
                bytes: 10_000,
                bytes_of_all: 10_000,
            },
        };
        People::new("x".into(), Arc::default(), bounds)
    }

    pub(super) fn actor(full: &str) -> Actor {
        Actor {
            bare: crate::address::bare(full).into(),
            full: full.into(),
            is_anonymous: false,
            session: 1,
        }
    }

    #[test]
    fn who_is_let_in_is_seen_by_the_service_too() {
        use crate::roster::Step;
        use crate::service::relations::Relations as _;

        let people = people();
        let (ann, bob): (Arc<str>, Arc<str>) = ("ann@x".into(), "bob@x".into());
        let tell = |from: &Arc<str>, to: &Arc<str>, step: Step| {
            let tail = wire::presence::tail_of(from, step.as_str()).into();
            let told = Told {
                from,
                to,
                step,
                tail: &tail,
            };
            people
                .subscribe(&told, false, &mut Wakes::default())
                .expect("room");
        };
        tell(&bob, &ann, Step::Subscribe);
        assert!(!people.may_see_presence(&ann, &bob));
        tell(&ann, &bob, Step::Subscribed);
        assert!(people.may_see_presence(&ann, &bob));
        assert!(!people.may_see_presence(&bob, &ann));
        tell(&ann, &bob, Step::Unsubscribed);
        assert!(!people.may_see_presence(&ann, &bob));
    }
}
