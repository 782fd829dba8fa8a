//! Random requests of random people: whatever they ask, the state of the service stays sound, and the store could rebuild it.

mod acquaintance;
mod steps;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;

use self::acquaintance::Acquaintance;
use self::steps::Event;
pub(crate) use self::steps::{Step, actor, step};
use super::access::{Action, Affiliation, admit, may_stay_subscribed};
use super::commands::Changes;
use super::creators::Creators;
use super::node::{bare_of, capacity};
use super::options::NodeConfig;
use super::relations::Strangers;
use super::terms::SubscriptionState;
use super::vocabulary::{Actor, Announcement, Audience, Context, Write};
use super::{Rules, Service, weight};
use crate::storage::{MemoryStorage, Storage as _};

const MAX_ITEMS: usize = 4;
const MAX_NODES: usize = 3;
const MAX_STORED: usize = 3_000;
const MAX_CREATED: usize = 2;
const MAX_WISHES: usize = 3;

pub(crate) fn rules() -> Rules {
    Rules {
        defaults: Arc::new(NodeConfig::default()),
        personal_defaults: Arc::new(super::personal::defaults()),
        anonymous_may_create: false,
        accounts_only: Vec::new(),
        max_nodes: MAX_NODES,
        max_nodes_per_account: MAX_CREATED,
        trusted: [actor(3).bare.to_string()].into(),
        max_items: MAX_ITEMS,
        max_payload: 40,
        max_subscriptions: 4,
        max_affiliations: 4,
        max_awaited: MAX_WISHES,
        max_awaited_by_all: MAX_WISHES,
        max_stored: MAX_STORED,
        max_page: 3,
        max_page_bytes: 60,
        multi_subscribe: false,
    }
}

pub(crate) fn context(service: &Service, random: u128) -> Context<'static> {
    Context {
        now: (random >> 64) as u64,
        random,
        nodes_left: MAX_NODES.saturating_sub(service.nodes.len()),
        bytes_left: MAX_STORED.saturating_sub(service.bytes),
        wishes_left: MAX_WISHES.saturating_sub(service.wishes.len()),
        relations: &Strangers,
    }
}

/// What must hold whatever was asked.
fn check(service: &Service, relations: &Acquaintance) -> Result<(), TestCaseError> {
    let mut standing: BTreeMap<Arc<str>, BTreeSet<Arc<str>>> = BTreeMap::new();
    let (mut bytes, mut subscriptions) = (0, 0);
    let mut created: BTreeMap<&str, usize> = BTreeMap::new();
    prop_assert!(service.nodes.len() <= MAX_NODES);
    for (name, node) in &service.nodes {
        prop_assert_eq!(name, &node.name);
        prop_assert!(node.owners().next().is_some(), "{} has no owner", name);
        prop_assert!(node.subscription_count() <= service.rules.max_subscriptions);
        subscriptions += node.subscription_count();
        prop_assert!(
            node.affiliations
                .values()
                .all(|held| *held != Affiliation::None)
        );
        let kept = if node.config.persist_items {
            capacity(&node.config, MAX_ITEMS)
        } else {
            1
        };
        prop_assert!(
            node.items.len() <= kept,
            "{} keeps {}",
            name,
            node.items.len()
        );
        prop_assert_eq!(node.items.iter().count(), node.items.len());
        let ids: BTreeSet<_> = node.items.iter().map(|item| item.id.clone()).collect();
        prop_assert_eq!(ids.len(), node.items.len());
        prop_assert_eq!(
            node.items
                .iter()
                .map(|item| weight::of_item(item))
                .sum::<usize>(),
            node.items.bytes()
        );
        bytes += weight::of_node(node);
        *created.entry(&node.creator).or_default() += 1;
        prop_assert!(node.particular.as_ref().is_none_or(|all| all.len() > 0));
        for one in node.all_subscriptions() {
            let may = may_stay_subscribed(relations, node, bare_of(one.jid));
            let is_pending = one.terms.state == SubscriptionState::Pending;
            prop_assert!(may != is_pending, "{one:?} at {name}");
            prop_assert!(!one.is_plain || one.terms.is_plain());
        }
        for jid in node.affiliations.keys().chain(node.subscribed_jids()) {
            standing
                .entry(bare_of(jid).into())
                .or_default()
                .insert(name.clone());
        }
    }
    prop_assert!(service.wishes.len() <= MAX_WISHES);
    for name in service.nodes.keys() {
        prop_assert!(
            service.wishes.of_node(name).next().is_none(),
            "{} is there",
            name
        );
    }
    let expiring: BTreeSet<_> = service
        .nodes
        .values()
        .filter(|node| {
            let ends = node.particular.as_ref().is_some_and(|all| all.is_ending());
            ends || node.config.item_expire.is_some()
        })
        .map(|node| node.name.clone())
        .collect();
    prop_assert_eq!(&expiring, &service.expiring);
    let fleeting: BTreeSet<_> = service
        .nodes
        .values()
        .filter(|node| node.config.purge_offline)
        .map(|node| node.name.clone())
        .collect();
    prop_assert_eq!(&fleeting, &service.fleeting);
    prop_assert_eq!(bytes, service.bytes);
    prop_assert_eq!(subscriptions, service.subscriptions);
    for number in 0..5 {
        let bare = actor(number).bare;
        let count = created.get(&*bare).copied().unwrap_or_default();
        prop_assert_eq!(count, service.creators.count(&bare));
        prop_assert!(count <= MAX_CREATED || number == 3);
    }
    prop_assert!(bytes <= MAX_STORED);
    prop_assert_eq!(&standing, &service.standing);
    Ok(())
}

/// The writes that follow when something happens that nobody asked for.
fn follow(service: &Service, event: Event, who: &Actor, relations: &Acquaintance) -> Vec<Write> {
    match event {
        Event::Presence | Event::Group => service
            .nodes_of(&who.bare)
            .filter(|node| node.affiliation(&who.bare) == Affiliation::Owner)
            .flat_map(|node| Changes::following(relations, node, node).writes)
            .collect(),
        Event::Absence => service.absence(who, true).0,
        Event::Departure => service.departure(&who.bare, !who.is_anonymous),
    }
}

/// Whether the step may have made items older than they are allowed to be.
fn configures(step: &Step) -> bool {
    step.verb == 1
}

/// The whole state, in words.
fn words(service: &Service) -> BTreeMap<Arc<str>, String> {
    let words = |node: &super::node::Node| {
        let items: Vec<_> = node.items.iter().collect();
        format!(
            "{:?} {:?} {:?} {:?} {items:?} {}",
            node.config,
            node.affiliations,
            node.subscriptions,
            node.particular,
            node.items.bytes()
        )
    };
    service
        .nodes
        .iter()
        .map(|(name, node)| (name.clone(), words(node)))
        .chain((0..4).map(|number| {
            let wishes: BTreeMap<_, _> = service.wishes.of_node(&format!("/{number}")).collect();
            (format!("wishes {number}").into(), format!("{wishes:?}"))
        }))
        .collect()
}

/// The state that a restart keeps, in words.
pub(crate) fn durable(service: &Service) -> BTreeMap<Arc<str>, String> {
    let words = |node: &super::node::Node| {
        let items: Vec<_> = node
            .items
            .iter()
            .filter(|_| node.config.persist_items)
            .collect();
        let guest = actor(4).bare;
        let subscriptions: Vec<_> = node
            .subscriptions
            .iter()
            .filter(|(jid, _)| bare_of(jid) != &*guest)
            .collect();
        let particular: Vec<_> = node
            .particular
            .iter()
            .flat_map(|all| all.iter())
            .filter(|one| one.terms.is_durable())
            .map(|one| format!("{one:?}"))
            .collect();
        format!(
            "{} {} {:?} {:?} {subscriptions:?} {particular:?} {items:?}",
            node.creator, node.created, node.config, node.affiliations
        )
    };
    service
        .nodes
        .iter()
        .map(|(name, node)| (name.clone(), words(node)))
        .collect()
}

proptest! {
    #[test]
    fn random_requests_keep_the_service_sound(steps in proptest::collection::vec(step(), 1..60), multi_subscribe: bool) {
        let rules = || Rules { multi_subscribe, ..rules() };
        let mut service = Service::new(Arc::new(rules()), Creators::default());
        let storage = MemoryStorage::default();
        let mut acquaintance = Acquaintance::default();
        for (number, step) in steps.iter().enumerate() {
            let pair = || (actor(step.who).bare, actor(step.whom).bare);
            match step.event() {
                Some(Event::Presence) => Acquaintance::turn(&mut acquaintance.shown, pair()),
                Some(Event::Group) => Acquaintance::turn(&mut acquaintance.friends, pair()),
                _ => {}
            }
            let context = Context {
                relations: &acquaintance,
                ..context(&service, (number as u128) << 64)
            };
            for node in service.expiring.clone() {
                let writes = service.expiry(&node, context.now);
                storage.commit(&[&writes]).expect("memory takes everything");
                service.apply(&writes);
            }
            let who = actor(step.who);
            if let Some(event) = step.event() {
                let writes = follow(&service, event, &who, &acquaintance);
                storage.commit(&[&writes]).expect("memory takes everything");
                service.apply(&writes);
                check(&service, &acquaintance)?;
                continue;
            }
            let outcome = service.decide(&context, &who, step.request());
            prop_assert_eq!(&outcome, &service.decide(&context, &who, step.request()), "deciding changes something");
            let Ok(outcome) = outcome else { continue };
            storage.commit(&[&outcome.writes]).expect("memory takes everything");
            let (whole, standing) = (words(&service), service.standing.clone());
            let before = service.apply_reversibly(&outcome.writes);
            for (write, before) in outcome.writes.iter().zip(before).rev() {
                service.revert(write, before);
            }
            prop_assert_eq!(words(&service), whole, "taking back {:?}", &outcome.writes);
            prop_assert_eq!(&service.standing, &standing);
            service.apply(&outcome.writes);
            for notification in &outcome.notifications {
                if notification.audience == Audience::Subscribers {
                    prop_assert!(service.node(&notification.node).is_some());
                }
                if let (Announcement::Published { .. }, Audience::These(jids)) = (&notification.announcement, &notification.audience) {
                    let node = service.node(&notification.node).expect("it has an item");
                    for jid in jids {
                        prop_assert!(admit(&acquaintance, node, bare_of(jid), Action::Retrieve).is_ok(), "{jid} is sent what it may not read");
                    }
                }
            }
            check(&service, &acquaintance)?;
            for node in service.nodes.values().filter(|node| node.config.item_expire.is_some() && !configures(step)) {
                prop_assert!(node.items.iter().all(|item| item.published + 5 > context.now), "{} has expired items", node.name);
            }
        }
        let mut rebuilt = Service::new(Arc::new(rules()), Creators::default());
        storage.load(&mut |write| rebuilt.apply(&[write])).expect("memory gives everything");
        prop_assert_eq!(durable(&rebuilt), durable(&service));
        let guest = actor(4).bare;
        prop_assert!(rebuilt.nodes.values().all(|node| node.subscriptions_of(&guest).next().is_none()), "a guest is kept");
        for number in 0..5 {
            let bare = actor(number).bare;
            let writes = service.departure(&bare, true);
            service.apply(&writes);
            prop_assert!(service.nodes.values().all(|node| !node.is_subscribed(&bare)));
            prop_assert_eq!(service.wishes.of_account(&bare), 0);
        }
        check(&service, &acquaintance)?;
    }
}
