//! Puts a server together from its configuration: its domains, its rules, and what all connections share. Opens no socket and reads no disk but the store's.

use std::collections::HashSet;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use tokio::sync::watch;

use crate::accounts::{AccountError, Accounts, Layered};
use crate::address;
use crate::admission::Register;
use crate::attempts::Attempts;
use crate::broker::Broker;
use crate::components::Components;
use crate::config::{Config, Limits, NodeCreation};
use crate::crew::Crew;
use crate::host::Host;
use crate::offline::Room;
use crate::people::{Bounds, People};
use crate::registration::Registrar;
use crate::rooms::Hall;
use crate::router::{Budget, Router};
use crate::server::BindError;
use crate::service::{Rules, personal};
use crate::statistics::{Carried, Measure};

/// Everything that the connections of a server share, as its configuration says.
pub(crate) fn prepare(config: &Config, accounts: Arc<dyn Accounts>) -> Result<Host, BindError> {
    let domain = domain(&config.domain)?;
    let pubsub = match config.pubsub_domain.as_str() {
        "" => self::domain(&format!("pubsub.{domain}"))?,
        given => self::domain(given)?,
    };
    if pubsub == domain {
        return Err(BindError::Domain(pubsub.to_string()));
    }
    let rooms = rooms_domain(config, &domain, &pubsub)?;
    let limits = config.limits.clone();
    check_limits(&limits)?;
    let rules = Rules {
        defaults: Arc::new(config.node_defaults.clone()),
        personal_defaults: Arc::new(personal::defaults()),
        anonymous_may_create: config.node_creation == NodeCreation::Everyone,
        accounts_only: config.accounts_only.clone(),
        max_nodes: limits.nodes,
        max_nodes_per_account: limits.nodes_per_account,
        trusted: trusted(config, &domain)?,
        max_items: limits.items_per_node,
        max_payload: limits.payload,
        max_subscriptions: limits.subscriptions_per_node,
        max_affiliations: limits.affiliations_per_node,
        max_awaited: limits.awaited_per_account,
        max_awaited_by_all: limits.awaited,
        max_stored: limits.stored_bytes,
        max_page: limits.page,
        max_page_bytes: limits.page_bytes,
        multi_subscribe: config.multi_subscribe,
    };
    let components = components(config, &[Some(&*domain), Some(&*pubsub), rooms.as_deref()])?;
    let router = Arc::new(if components.is_empty() {
        Router::default()
    } else {
        Router::with_components()
    });
    let bounds = Bounds {
        contacts: limits.contacts_per_account,
        offline: Room {
            messages: limits.offline_messages,
            bytes: limits.offline_bytes,
            bytes_of_all: limits.offline_bytes_by_all,
        },
    };
    let people = Arc::new(People::new(domain.clone(), router.clone(), bounds));
    let broker = Broker::load(
        pubsub,
        rules,
        router.clone(),
        people.clone(),
        config.storage.clone(),
    )
    .map_err(BindError::Storage)?;
    let rooms = rooms.map(|domain| Hall::new(domain, config.rooms.clone(), router.clone()));
    let domain_of_admins = domain.clone();
    Ok(Host {
        domain,
        broker,
        admins: addresses(config.admins.iter(), &domain_of_admins)?,
        components,
        rooms,
        router,
        budget: Arc::new(Budget::new(limits.queues)),
        people,
        accounts: Layered::new(accounts),
        #[cfg(feature = "durable")]
        database: config.database.clone(),
        registrar: Registrar::new(config.registration),
        allows_anonymous: config.anonymous,
        scram_iterations: NonZeroU32::new(config.scram_iterations).ok_or(BindError::Iterations)?,
        decoy_secret: rand::random(),
        clients: Register::new(limits.connections, limits.connections_per_address),
        attempts: Attempts::new(limits.login_delay),
        entering: Register::new(limits.entering, limits.entering_per_address),
        carried: Carried::default(),
        http_connections: Register::new(
            config.http.connections,
            config.http.connections_per_address,
        ),
        http: config.http.clone(),
        bosh: Arc::default(),
        encryption: config.encryption.clone(),
        proxies: config.proxies.clone(),
        measure: Measure::default(),
        crew: Crew::default(),
        shutdown: watch::Sender::new(false),
        limits,
        lingering: AtomicUsize::new(0),
    })
}

/// Of these there must be some.
fn check_limits(limits: &Limits) -> Result<(), BindError> {
    let needed = [
        ("stanza_before_login", limits.stanza_before_login),
        ("stanza", limits.stanza),
        ("depth", limits.depth),
        ("queue", limits.queue),
    ];
    match needed.iter().find(|(_, limit)| *limit == 0) {
        Some((name, _)) => Err(BindError::Limit(name)),
        None => Ok(()),
    }
}

/// The addresses of those who are bound by what all may use together, not by what one may.
fn trusted(config: &Config, domain: &str) -> Result<HashSet<String>, BindError> {
    let given = config.accounts.iter().map(|(name, _)| name);
    addresses(given.chain(&config.admins), domain)
}

/// The addresses of accounts.
fn addresses<'n>(
    names: impl Iterator<Item = &'n String>,
    domain: &str,
) -> Result<HashSet<String>, BindError> {
    let names = names.map(|name| {
        let local = address::normalize_local(name);
        let local = local.ok_or_else(|| AccountError::Invalid(name.clone()));
        Ok(format!("{}@{domain}", local.map_err(BindError::Account)?))
    });
    names.collect()
}

/// The domains of the components, which are no others of the server.
fn components(config: &Config, taken: &[Option<&str>]) -> Result<Components, BindError> {
    let mut secrets = Vec::new();
    for (name, secret) in &config.components.secrets {
        let name = domain(name)?;
        if taken.contains(&Some(&name)) || secrets.iter().any(|(other, _)| *other == name) {
            return Err(BindError::Domain(name.to_string()));
        }
        if secret.is_empty() {
            return Err(BindError::Secret(name.to_string()));
        }
        secrets.push((name, secret.clone()));
    }
    Ok(Components::new(secrets.into_iter()))
}

/// The domain of the rooms, if there are any.
fn rooms_domain(config: &Config, own: &str, pubsub: &str) -> Result<Option<Arc<str>>, BindError> {
    if !config.rooms.enabled {
        return Ok(None);
    }
    let rooms = match config.rooms.domain.as_str() {
        "" => domain(&format!("rooms.{own}"))?,
        given => domain(given)?,
    };
    if [own, pubsub].contains(&&*rooms) {
        return Err(BindError::Domain(rooms.to_string()));
    }
    Ok(Some(rooms))
}

fn domain(name: &str) -> Result<Arc<str>, BindError> {
    address::normalize(name)
        .filter(|jid| !jid.contains(['@', '/']))
        .ok_or_else(|| BindError::Domain(name.to_owned()))
}
