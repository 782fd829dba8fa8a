//! Writes notifications (XEP-0060 §7.1.2, §7.2.2, §8.2 to §8.6, §8.8).
//!
//! A message is written once for all subscribers: everything after the `to` attribute. Each recipient costs the short head only.

use std::fmt::Write as _;

use super::{attribute, authorization, body, escaped, form, reply};
use crate::moment;
use crate::service::terms::SubscriptionState;
use crate::service::vocabulary::{Announcement, Notification};

/// What stands before the recipient's address in every message.
pub(crate) const HEAD: &str = "<message to='";

/// What ends every message.
pub(crate) const END: &str = "</message>";

/// Everything of the message that follows the recipient's address, its closing quote included.
pub(crate) fn write_tail(out: &mut String, service: &str, id: u64, notification: &Notification) {
    out.push('\'');
    attribute(out, "from", service);
    // What is asked of an owner is to be answered, so it is no headline.
    if !matches!(notification.announcement, Announcement::Request { .. }) {
        attribute(out, "type", notification.config.notification_type.as_str());
    }
    out.push_str(" id='");
    let _ = write!(out, "n{id:x}");
    if let Announcement::Answered {
        jid,
        subscription,
        is_subscribed,
    } = &notification.announcement
    {
        let state = if *is_subscribed { "subscribed" } else { "none" };
        out.push_str("'>");
        reply::write_granted(out, &notification.node, jid, subscription, state);
        out.push_str(END);
        return;
    }
    if let Announcement::Request { jid, subscription } = &notification.announcement {
        out.push_str("'>");
        authorization::write(out, &notification.node, jid, subscription);
        out.push_str(END);
        return;
    }
    out.push_str("'>");
    write_event(out, notification);
    if let Announcement::Published {
        items,
        is_late: true,
    } = &notification.announcement
        && let Some(item) = items.last()
    {
        out.push_str("<delay xmlns='urn:xmpp:delay'");
        attribute(out, "stamp", &moment::write(item.published));
        out.push_str("/>");
    }
    out.push_str(END);
}

fn write_event(out: &mut String, notification: &Notification) {
    out.push_str("<event xmlns='http://jabber.org/protocol/pubsub#event'>");
    let node = &*notification.node;
    match &notification.announcement {
        Announcement::Published { items, .. } => {
            open(out, "items", node);
            out.push('>');
            for item in items.iter() {
                open_item(out, &item.id, &item.publisher);
                if notification.config.deliver_payloads && !item.payload.is_empty() {
                    out.push('>');
                    out.push_str(&item.payload);
                    out.push_str("</item>");
                } else {
                    out.push_str("/>");
                }
            }
            out.push_str("</items>");
        }
        Announcement::Retracted { ids } => {
            open(out, "items", node);
            out.push('>');
            for id in ids {
                out.push_str("<retract");
                attribute(out, "id", id);
                out.push_str("/>");
            }
            out.push_str("</items>");
        }
        Announcement::Purged => {
            open(out, "purge", node);
            out.push_str("/>");
        }
        Announcement::Deleted { redirect } => {
            open(out, "delete", node);
            match redirect {
                Some(uri) => {
                    out.push_str("><redirect");
                    attribute(out, "uri", uri);
                    out.push_str("/></delete>");
                }
                None => out.push_str("/>"),
            }
        }
        Announcement::Configured => {
            open(out, "configuration", node);
            if notification.config.deliver_payloads {
                out.push('>');
                form::write_configuration(out, "result", &notification.config);
                out.push_str("</configuration>");
            } else {
                out.push_str("/>");
            }
        }
        Announcement::Answered { .. } | Announcement::Request { .. } => {}
        Announcement::SubscriptionChanged {
            jid,
            subscription,
            state,
        } => {
            open(out, "subscription", node);
            attribute(out, "jid", jid);
            attribute(out, "subid", subscription);
            attribute(
                out,
                "subscription",
                state.map_or("none", SubscriptionState::as_str),
            );
            out.push_str("/>");
        }
    }
    out.push_str("</event>");
}

/// What goes before the end of a message to a JID with several subscriptions (XEP-0060 §12.14, XEP-0131).
pub(crate) fn write_headers<'s>(out: &mut String, ids: impl Iterator<Item = &'s str>) {
    out.push_str("<headers xmlns='http://jabber.org/protocol/shim'>");
    for id in ids {
        out.push_str("<header name='SubID'>");
        super::text(out, id);
        out.push_str("</header>");
    }
    out.push_str("</headers>");
}

/// What goes before the end of a message to somebody who wants a body too (`pubsub#include_body`).
pub(crate) fn write_body(out: &mut String, notification: &Notification) {
    let Announcement::Published { items, .. } = &notification.announcement else {
        return;
    };
    if !notification.config.deliver_payloads {
        return;
    }
    let words: Vec<String> = items.iter().filter_map(|item| body::of(item)).collect();
    if !words.is_empty() {
        out.push_str("<body>");
        super::text(out, &words.join("\n"));
        out.push_str("</body>");
    }
}

fn open(out: &mut String, element: &str, node: &str) {
    out.push('<');
    out.push_str(element);
    attribute(out, "node", node);
}

fn open_item(out: &mut String, id: &str, publisher: &str) {
    out.push_str("<item id='");
    escaped(out, id);
    out.push_str("' publisher='");
    escaped(out, publisher);
    out.push('\'');
}
