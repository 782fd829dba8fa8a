//! Service discovery (XEP-0030): what the domain, the PubSub service and its nodes say of themselves. Only what works is listed.

use super::reply::GET_PENDING;
use super::{attribute, form, page};
use crate::moment;
use crate::service::access::Affiliation;
use crate::service::node::Node;
use crate::service::vocabulary::PageInfo;

/// Several items may come in one publish, taken as a whole or not at all. XEP-0060 has no name for this: its `multi-items` only says that a
/// node keeps several.
pub(crate) const BATCH: &str = "urn:pubsub:batch:1";

/// A node that does not exist can be awaited: who subscribes hears of it from its first item on, and does not have to make it.
pub(crate) const AWAIT: &str = "urn:pubsub:await:1";

const DOMAIN_FEATURES: &[&str] = &[
    "http://jabber.org/protocol/disco#info",
    "http://jabber.org/protocol/disco#items",
    "msgoffline",
    "urn:xmpp:carbons:2",
    "urn:xmpp:ping",
];

const PUBSUB_FEATURES: &[&str] = &[
    "http://jabber.org/protocol/disco#info",
    "http://jabber.org/protocol/disco#items",
    "http://jabber.org/protocol/pubsub",
    "http://jabber.org/protocol/pubsub#access-authorize",
    "http://jabber.org/protocol/pubsub#access-open",
    "http://jabber.org/protocol/pubsub#access-presence",
    "http://jabber.org/protocol/pubsub#access-roster",
    "http://jabber.org/protocol/pubsub#access-whitelist",
    "http://jabber.org/protocol/pubsub#auto-create",
    "http://jabber.org/protocol/pubsub#config-node",
    "http://jabber.org/protocol/pubsub#config-node-max",
    "http://jabber.org/protocol/pubsub#create-and-configure",
    "http://jabber.org/protocol/pubsub#create-nodes",
    "http://jabber.org/protocol/pubsub#delete-items",
    "http://jabber.org/protocol/pubsub#delete-nodes",
    "http://jabber.org/protocol/pubsub#get-pending",
    "http://jabber.org/protocol/pubsub#instant-nodes",
    "http://jabber.org/protocol/pubsub#item-ids",
    "http://jabber.org/protocol/pubsub#leased-subscription",
    "http://jabber.org/protocol/pubsub#manage-subscriptions",
    "http://jabber.org/protocol/pubsub#member-affiliation",
    "http://jabber.org/protocol/pubsub#meta-data",
    "http://jabber.org/protocol/pubsub#modify-affiliations",
    "http://jabber.org/protocol/pubsub#multi-items",
    "http://jabber.org/protocol/pubsub#outcast-affiliation",
    "http://jabber.org/protocol/pubsub#persistent-items",
    "http://jabber.org/protocol/pubsub#presence-notifications",
    "http://jabber.org/protocol/pubsub#publish",
    "http://jabber.org/protocol/pubsub#publish-only-affiliation",
    "http://jabber.org/protocol/pubsub#publish-options",
    "http://jabber.org/protocol/pubsub#publisher-affiliation",
    "http://jabber.org/protocol/pubsub#purge-nodes",
    "http://jabber.org/protocol/pubsub#retract-items",
    "http://jabber.org/protocol/pubsub#retrieve-affiliations",
    "http://jabber.org/protocol/pubsub#retrieve-default",
    "http://jabber.org/protocol/pubsub#retrieve-default-sub",
    "http://jabber.org/protocol/pubsub#retrieve-items",
    "http://jabber.org/protocol/pubsub#retrieve-subscriptions",
    "http://jabber.org/protocol/pubsub#rsm",
    "http://jabber.org/protocol/pubsub#subscribe",
    "http://jabber.org/protocol/pubsub#subscription-notifications",
    "http://jabber.org/protocol/pubsub#subscription-options",
    "http://jabber.org/protocol/commands",
    "http://jabber.org/protocol/rsm",
    "urn:xmpp:mam:2",
    "urn:xmpp:ping",
    BATCH,
    AWAIT,
];

/// What the service does and an account does not.
const SERVICE_ONLY: &[&str] = &[
    "http://jabber.org/protocol/commands",
    "http://jabber.org/protocol/pubsub#get-pending",
    // Nodes of accounts have archives, and say so themselves; messages are not archived.
    super::namespace::ARCHIVE,
    "urn:xmpp:ping",
    AWAIT,
];

/// What an account does besides (XEP-0163).
const ACCOUNT_FEATURES: &[&str] = &[
    "http://jabber.org/protocol/pubsub#auto-subscribe",
    "http://jabber.org/protocol/pubsub#filtered-notifications",
    "http://jabber.org/protocol/pubsub#last-published",
    "http://jabber.org/protocol/pubsub#presence-subscribe",
    "http://jabber.org/protocol/pubsub#pubsub-on-a-jid",
];

/// The commands of the PubSub service (XEP-0050 §2): the list, or one of them.
pub(crate) fn write_command(out: &mut String, node: &str, service: &str, is_info: bool) {
    open(out, if is_info { "info" } else { "items" }, Some(node));
    match (is_info, node) {
        (true, GET_PENDING) => {
            identity(out, "automation", "command-node", PENDING);
            features(
                out,
                &["http://jabber.org/protocol/commands", "jabber:x:data"],
            );
        }
        (true, _) => identity(out, "automation", "command-list", "Commands"),
        (false, GET_PENDING) => {}
        (false, _) => {
            out.push_str("<item");
            attribute(out, "jid", service);
            attribute(out, "node", GET_PENDING);
            attribute(out, "name", PENDING);
            out.push_str("/>");
        }
    }
    close(out);
}

/// What the command is called.
const PENDING: &str = "Get pending subscription requests";

/// `disco#info` of the domain.
pub(crate) fn write_domain(out: &mut String, may_register: bool, is_admin: bool) {
    open(out, "info", None);
    identity(out, "server", "im", "XMPP PubSub server");
    features(out, DOMAIN_FEATURES);
    if may_register {
        features(out, &["jabber:iq:register"]);
    }
    if is_admin {
        features(out, &[super::namespace::COMMANDS]);
    }
    close(out);
}

/// `disco#items` of the domain: its services, by address and name.
pub(crate) fn write_domain_items<'s>(
    out: &mut String,
    services: impl Iterator<Item = (&'s str, &'s str)>,
) {
    open(out, "items", None);
    for (jid, name) in services {
        out.push_str("<item");
        attribute(out, "jid", jid);
        attribute(out, "name", name);
        out.push_str("/>");
    }
    close(out);
}

/// `disco#info` of an account.
pub(crate) fn write_account(out: &mut String, is_anonymous: bool) {
    open(out, "info", None);
    identity(
        out,
        "account",
        if is_anonymous {
            "anonymous"
        } else {
            "registered"
        },
        "",
    );
    if is_anonymous {
        features(out, &["http://jabber.org/protocol/disco#info"]);
    } else {
        identity(out, "pubsub", "pep", "");
        let of_both = PUBSUB_FEATURES.iter();
        for feature in of_both.filter(|feature| !SERVICE_ONLY.contains(feature)) {
            features(out, &[feature]);
        }
        features(out, ACCOUNT_FEATURES);
    }
    close(out);
}

/// `disco#info` of the PubSub service.
pub(crate) fn write_service(out: &mut String, multi_subscribe: bool) {
    open(out, "info", None);
    identity(out, "pubsub", "service", "PubSub service");
    features(out, PUBSUB_FEATURES);
    if multi_subscribe {
        features(out, &["http://jabber.org/protocol/pubsub#multi-subscribe"]);
    }
    close(out);
}

/// `disco#info` of a node, with its meta-data (XEP-0060 §5.4).
pub(crate) fn write_node(out: &mut String, node: &Node) {
    open(out, "info", Some(&node.name));
    identity(out, "pubsub", "leaf", &node.config.title);
    features(out, PUBSUB_FEATURES);
    form::open(out, "result", "http://jabber.org/protocol/pubsub#meta-data");
    form::write_meta_data(out, &node.config);
    form::field(out, "pubsub#creator", "jid-single", &node.creator);
    form::field(
        out,
        "pubsub#creation_date",
        "text-single",
        &moment::write(node.created),
    );
    form::field(
        out,
        "pubsub#num_subscribers",
        "text-single",
        &node.subscriber_count().to_string(),
    );
    for (name, affiliation) in [
        ("pubsub#owner", Affiliation::Owner),
        ("pubsub#publisher", Affiliation::Publisher),
    ] {
        let mut jids = node
            .affiliations
            .iter()
            .filter(|(_, held)| **held == affiliation)
            .peekable();
        if jids.peek().is_none() {
            continue;
        }
        out.push_str("<field");
        attribute(out, "var", name);
        attribute(out, "type", "jid-multi");
        out.push('>');
        for (jid, _) in jids {
            out.push_str("<value>");
            super::text(out, jid);
            out.push_str("</value>");
        }
        out.push_str("</field>");
    }
    form::close(out);
    close(out);
}

/// `disco#items` of the PubSub service: node names with their titles.
pub(crate) fn write_nodes<'n>(
    out: &mut String,
    service: &str,
    nodes: impl Iterator<Item = (&'n str, &'n str)>,
    page: Option<&PageInfo>,
) {
    open(out, "items", None);
    for (name, title) in nodes {
        out.push_str("<item");
        attribute(out, "jid", service);
        attribute(out, "node", name);
        if !title.is_empty() {
            attribute(out, "name", title);
        }
        out.push_str("/>");
    }
    if let Some(info) = page {
        page::write(out, info);
    }
    close(out);
}

/// `disco#items` of a node: the ids of its items (XEP-0060 §5.5).
pub(crate) fn write_items<'n>(
    out: &mut String,
    service: &str,
    node: &str,
    ids: impl Iterator<Item = &'n str>,
    page: Option<&PageInfo>,
) {
    open(out, "items", Some(node));
    for id in ids {
        out.push_str("<item");
        attribute(out, "jid", service);
        attribute(out, "name", id);
        out.push_str("/>");
    }
    if let Some(info) = page {
        page::write(out, info);
    }
    close(out);
}

pub(crate) fn open(out: &mut String, which: &str, node: Option<&str>) {
    out.push_str("<query xmlns='http://jabber.org/protocol/disco#");
    out.push_str(which);
    out.push('\'');
    if let Some(node) = node {
        attribute(out, "node", node);
    }
    out.push('>');
}

pub(crate) fn close(out: &mut String) {
    out.push_str("</query>");
}

pub(crate) fn identity(out: &mut String, category: &str, kind: &str, name: &str) {
    out.push_str("<identity");
    attribute(out, "category", category);
    attribute(out, "type", kind);
    if !name.is_empty() {
        attribute(out, "name", name);
    }
    out.push_str("/>");
}

pub(crate) fn features(out: &mut String, features: &[&str]) {
    for feature in features {
        out.push_str("<feature");
        attribute(out, "var", feature);
        out.push_str("/>");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_is_named_once_and_an_account_has_no_archive() {
        let (mut service, mut account) = (String::new(), String::new());
        write_service(&mut service, true);
        write_account(&mut account, false);
        for written in [&service, &account] {
            let mut features: Vec<&str> = written.split("<feature var=").skip(1).collect();
            let count = features.len();
            features.sort_unstable();
            features.dedup();
            assert_eq!(features.len(), count, "{written}");
        }
        assert!(service.contains("urn:xmpp:mam:2"));
        assert!(!account.contains("urn:xmpp:mam:2"));
    }
}
