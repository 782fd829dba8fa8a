//! Writes what a successful request answers: the content of the `<iq type='result'/>`.

use std::sync::Arc;

use super::{attribute, command, form, page};
use crate::service::access::Affiliation;
use crate::service::error::Entries;
use crate::service::node::Item;
use crate::service::options::NodeConfig;
use crate::service::terms::PLAIN;
use crate::service::vocabulary::{PageInfo, Reply};

/// The children of the result.
pub(crate) fn write(out: &mut String, reply: &Reply) {
    match reply {
        // An archive is answered with messages of its own.
        Reply::Done | Reply::Archive { .. } => {}
        Reply::Reminded => {
            command::open(out, GET_PENDING, PENDING_SESSION, "completed");
            command::close(out);
        }
        Reply::Created { node } => {
            out.push_str(OPEN);
            open(out, "create", node);
            out.push_str("/></pubsub>");
        }
        Reply::Published { node, items } => {
            out.push_str(OPEN);
            open(out, "publish", node);
            out.push('>');
            for item in items.iter() {
                out.push_str("<item");
                attribute(out, "id", &item.id);
                out.push_str("/>");
            }
            out.push_str("</publish></pubsub>");
        }
        Reply::Items { node, items, page } => {
            out.push_str(OPEN);
            open(out, "items", node);
            out.push('>');
            for item in items {
                write_item(out, item);
            }
            out.push_str("</items>");
            if let Some(info) = page {
                page::write(out, info);
            }
            out.push_str("</pubsub>");
        }
        Reply::Subscribed {
            node,
            jid,
            subscription,
            state,
            terms,
        } => {
            out.push_str(OPEN);
            write_subscription(out, Some(node), jid, subscription, state.as_str());
            if let Some(terms) = terms {
                out.push_str("<options>");
                form::write_subscription_options(out, "result", terms);
                out.push_str("</options>");
            }
            out.push_str("</pubsub>");
        }
        Reply::SubscriptionOptions {
            node,
            jid,
            subscription,
            terms,
        } => {
            out.push_str(OPEN);
            open(out, "options", node);
            attribute(out, "jid", jid);
            attribute(out, "subid", subscription);
            out.push('>');
            form::write_subscription_options(out, "form", terms);
            out.push_str("</options></pubsub>");
        }
        Reply::Awaited {
            node,
            jid,
            subscription,
        } => write_granted(out, node, jid, subscription, "pending"),
        Reply::Configuration { node, config } => {
            out.push_str(OPEN_OWNER);
            open(out, "configure", node);
            out.push('>');
            form::write_configuration(out, "form", config);
            out.push_str("</configure></pubsub>");
        }
        Reply::Subscriptions { node, list, page } => {
            out.push_str(OPEN_OWNER);
            open(out, "subscriptions", node);
            out.push('>');
            for (jid, subscription, state) in list {
                write_subscription(out, None, jid, subscription, state.as_str());
            }
            out.push_str("</subscriptions>");
            close_page(out, page.as_ref());
        }
        Reply::Affiliations { node, list, page } => {
            write_affiliations(out, node, list, page.as_ref());
        }
    }
}

/// What an owner wanted to change of a node, as it is still.
pub(super) fn write_unchanged(out: &mut String, node: &str, entries: &Entries) {
    let list = match entries {
        Entries::Affiliations(list) => return write_affiliations(out, node, list, None),
        Entries::Subscriptions(list) => list,
    };
    out.push_str(OPEN_OWNER);
    open(out, "subscriptions", node);
    out.push('>');
    for (jid, present) in list {
        match present {
            Some((subscription, state)) => {
                write_subscription(out, None, jid, subscription, state.as_str());
            }
            None => {
                out.push_str("<subscription");
                attribute(out, "jid", jid);
                out.push_str(" subscription='none'/>");
            }
        }
    }
    out.push_str("</subscriptions></pubsub>");
}

fn write_affiliations(
    out: &mut String,
    node: &str,
    list: &[(Arc<str>, Affiliation)],
    page: Option<&PageInfo>,
) {
    out.push_str(OPEN_OWNER);
    open(out, "affiliations", node);
    out.push('>');
    for (jid, affiliation) in list {
        out.push_str("<affiliation");
        attribute(out, "jid", jid);
        attribute(out, "affiliation", affiliation.as_str());
        out.push_str("/>");
    }
    out.push_str("</affiliations>");
    close_page(out, page);
}

/// Ends a list, with where it lies in the whole if that is to be said.
fn close_page(out: &mut String, page: Option<&PageInfo>) {
    if let Some(info) = page {
        page::write(out, info);
    }
    out.push_str("</pubsub>");
}

/// The default configuration (XEP-0060 §8.3).
pub(crate) fn write_default(out: &mut String, config: &NodeConfig) {
    out.push_str(OPEN_OWNER);
    out.push_str("<default>");
    form::write_configuration(out, "form", config);
    out.push_str("</default></pubsub>");
}

/// The options of a subscription that nobody configured (XEP-0060 §6.4).
pub(crate) fn write_default_options(out: &mut String, node: Option<&str>) {
    out.push_str(OPEN);
    open_list(out, "default", node);
    form::write_subscription_options(out, "form", &PLAIN);
    out.push_str("</default></pubsub>");
}

/// One's own subscriptions (XEP-0060 §5.6): node, JID, subscription id and state.
pub(crate) fn write_own_subscriptions<'s>(
    out: &mut String,
    node: Option<&str>,
    list: impl Iterator<Item = (&'s str, &'s str, &'s str, &'s str)>,
    page: Option<&PageInfo>,
) {
    out.push_str(OPEN);
    open_list(out, "subscriptions", node);
    for (node, jid, subscription, state) in list {
        write_subscription(out, Some(node), jid, subscription, state);
    }
    out.push_str("</subscriptions>");
    close_page(out, page);
}

/// One's own affiliations (XEP-0060 §5.7): node and affiliation.
pub(crate) fn write_own_affiliations<'s>(
    out: &mut String,
    node: Option<&str>,
    list: impl Iterator<Item = (&'s str, &'s str)>,
    page: Option<&PageInfo>,
) {
    out.push_str(OPEN);
    open_list(out, "affiliations", node);
    for (node, affiliation) in list {
        open(out, "affiliation", node);
        attribute(out, "affiliation", affiliation);
        out.push_str("/>");
    }
    out.push_str("</affiliations>");
    close_page(out, page);
}

/// The command by which owners ask for everybody who waits (XEP-0060 §8.7).
pub(crate) const GET_PENDING: &str = "http://jabber.org/protocol/pubsub#get-pending";

/// Its session: nothing is kept between its two steps, so all have the same.
pub(crate) const PENDING_SESSION: &str = "get-pending";

const OPEN: &str = "<pubsub xmlns='http://jabber.org/protocol/pubsub'>";
const OPEN_OWNER: &str = "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>";

fn open(out: &mut String, element: &str, node: &str) {
    out.push('<');
    out.push_str(element);
    attribute(out, "node", node);
}

fn open_list(out: &mut String, element: &str, node: Option<&str>) {
    out.push('<');
    out.push_str(element);
    if let Some(node) = node {
        attribute(out, "node", node);
    }
    out.push('>');
}

/// One item with its payload.
pub(crate) fn write_item(out: &mut String, item: &Item) {
    out.push_str("<item");
    attribute(out, "id", &item.id);
    attribute(out, "publisher", &item.publisher);
    if item.payload.is_empty() {
        out.push_str("/>");
        return;
    }
    out.push('>');
    out.push_str(&item.payload);
    out.push_str("</item>");
}

/// How far one subscription got (XEP-0060 §6.1.2, §8.6).
pub(crate) fn write_granted(
    out: &mut String,
    node: &str,
    jid: &str,
    subscription: &str,
    state: &str,
) {
    out.push_str(OPEN);
    write_subscription(out, Some(node), jid, subscription, state);
    out.push_str("</pubsub>");
}

fn write_subscription(
    out: &mut String,
    node: Option<&str>,
    jid: &str,
    subscription: &str,
    state: &str,
) {
    out.push_str("<subscription");
    if let Some(node) = node {
        attribute(out, "node", node);
    }
    attribute(out, "jid", jid);
    attribute(out, "subid", subscription);
    attribute(out, "subscription", state);
    out.push_str("/>");
}
