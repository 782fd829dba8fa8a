//! Random requests of random people: whatever they ask, the state of the service stays sound, and the store could rebuild it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;

use super::access::{Affiliation, may_stay_subscribed};
use super::creators::Creators;
use super::node::{bare_of, capacity};
use super::options::{Field, NodeConfig};
use super::relations::Strangers;
use super::terms::SubscriptionState;
use super::vocabulary::{
    Actor, Audience, Context, NewItem, Request, Selection, SubscriptionChange,
};
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

/// Who asks what; numbers pick from small sets so that requests meet.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) who: u8,
    verb: u8,
    node: u8,
    items: Vec<(u8, u8)>,
    option: u8,
    whom: u8,
    word: u8,
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let items = proptest::collection::vec((0..6_u8, 0..50_u8), 0..4);
    (
        0..5_u8,
        0..18_u8,
        0..4_u8,
        items,
        0..15_u8,
        0..5_u8,
        0..6_u8,
    )
        .prop_map(|(who, verb, node, items, option, whom, word)| Step {
            who,
            verb,
            node,
            items,
            option,
            whom,
            word,
        })
}

pub(crate) fn actor(number: u8) -> Actor {
    let bare = format!("user{number}@localhost");
    Actor {
        full: format!("{bare}/home").into(),
        bare: bare.into(),
        // The last of them is a guest.
        is_anonymous: number == 4,
        session: number.into(),
    }
}

impl Step {
    fn form(&self) -> Vec<Field<'static>> {
        let (name, value) = [
            ("pubsub#access_model", "whitelist"),
            ("pubsub#access_model", "open"),
            ("pubsub#publish_model", "open"),
            ("pubsub#publish_model", "subscribers"),
            ("pubsub#persist_items", "0"),
            ("pubsub#max_items", "2"),
            ("pubsub#max_items", "max"),
            ("pubsub#send_last_published_item", "on_sub"),
            ("pubsub#persist_items", "1"),
            ("pubsub#item_expire", "5"),
            ("pubsub#nonsense", "1"),
            ("pubsub#access_model", "authorize"),
            ("pubsub#access_model", "presence"),
            ("pubsub#tempsub", "1"),
            ("pubsub#purge_offline", "1"),
        ][usize::from(self.option)];
        vec![Field {
            name: name.into(),
            values: vec![value.into()],
        }]
    }

    /// Options of a subscription; often none.
    fn terms(&self) -> Vec<Field<'static>> {
        let (name, value) = match self.option {
            0 | 1 => ("pubsub#deliver", "0"),
            2 => ("pubsub#deliver", "1"),
            3 => ("pubsub#expire", "1970-01-01T00:00:30Z"),
            4 => ("pubsub#expire", "presence"),
            5 => ("pubsub#expire", ""),
            _ => return Vec::new(),
        };
        vec![Field {
            name: name.into(),
            values: vec![value.into()],
        }]
    }

    pub(crate) fn request(&self) -> Request<'static> {
        let node = || format!("/{}", self.node).into();
        let other = actor(self.whom);
        let ids = || {
            self.items
                .iter()
                .map(|(id, _)| id.to_string().into())
                .collect()
        };
        let jid = if self.word.is_multiple_of(2) {
            other.bare.clone()
        } else {
            other.full.clone()
        };
        let affiliation = Affiliation::ALL[usize::from(self.word)];
        let items = || {
            let one = |&(id, size): &(u8, u8)| NewItem {
                id: (id > 0).then(|| id.to_string().into()),
                payload: "x".repeat(usize::from(size)).into(),
                payload_elements: usize::from(size > 0),
            };
            self.items.iter().map(one).collect()
        };
        match self.verb {
            0 => Request::Create {
                node: Some(node()),
                form: self.form(),
            },
            1 => Request::Configure {
                node: node(),
                form: self.form(),
            },
            2 => Request::Delete {
                node: node(),
                redirect: None,
            },
            3 => Request::Purge { node: node() },
            4..=6 => Request::Publish {
                node: node(),
                items: items(),
                options: Vec::new(),
            },
            7 => Request::Publish {
                node: node(),
                items: items(),
                options: self.form(),
            },
            8 => Request::Retract {
                node: node(),
                ids: ids(),
                notify: true,
            },
            9 => Request::Subscribe {
                node: node(),
                jid,
                awaits: self.option.is_multiple_of(2),
                form: self.terms(),
            },
            10 => Request::Unsubscribe {
                node: node(),
                jid,
                subscription: None,
            },
            11 => Request::SetSubscriptions {
                node: node(),
                changes: vec![SubscriptionChange {
                    jid,
                    subscription: None,
                    is_subscribed: self.option.is_multiple_of(2),
                }],
            },
            12 => Request::SetAffiliations {
                node: node(),
                changes: vec![(other.bare, affiliation)],
            },
            13 | 14 => Request::SetSubscriptionOptions {
                node: node(),
                jid,
                subscription: None,
                form: self.terms(),
            },
            15 | 16 => Request::Authorize {
                node: node(),
                jid,
                subscription: None,
                is_allowed: self.option.is_multiple_of(2),
            },
            _ => Request::Items {
                node: node(),
                selection: Selection::All,
            },
        }
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
fn check(service: &Service) -> Result<(), TestCaseError> {
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
            let may = may_stay_subscribed(&Strangers, node, bare_of(one.jid));
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
        for (number, step) in steps.iter().enumerate() {
            let context = context(&service, (number as u128) << 64);
            for node in service.expiring.clone() {
                let writes = service.expiry(&node, context.now);
                storage.commit(&[&writes]).expect("memory takes everything");
                service.apply(&writes);
            }
            let who = actor(step.who);
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
            }
            check(&service)?;
            for node in service.nodes.values().filter(|node| node.config.item_expire.is_some() && !configures(step)) {
                prop_assert!(node.items.iter().all(|item| item.published + 5 > context.now), "{} has expired items", node.name);
            }
        }
        let mut rebuilt = Service::new(Arc::new(rules()), Creators::default());
        storage.load(&mut |write| rebuilt.apply(&[write])).expect("memory gives everything");
        prop_assert_eq!(durable(&rebuilt), durable(&service));
        for number in 0..5 {
            let bare = actor(number).bare;
            let writes = service.departure(&bare, true);
            service.apply(&writes);
            prop_assert!(service.nodes.values().all(|node| !node.is_subscribed(&bare)));
            prop_assert_eq!(service.wishes.of_account(&bare), 0);
        }
        check(&service)?;
    }
}
