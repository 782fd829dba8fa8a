//! The form by which an owner is asked whether somebody may subscribe, and answers (XEP-0060 §8.6).

use std::borrow::Cow;

use super::{attribute, form};
use crate::address;
use crate::service::options;
use crate::service::vocabulary::Request;

/// What the form is about.
pub(crate) const FORM_TYPE: &str = "http://jabber.org/protocol/pubsub#subscribe_authorization";

/// The question.
pub(crate) fn write(out: &mut String, node: &str, jid: &str, subscription: &str) {
    form::open_titled(
        out,
        FORM_TYPE,
        "PubSub subscriber request",
        "Allow this entity to subscribe, or not; cancel to decide later.",
    );
    for (name, kind, label, value) in [
        ("pubsub#node", "text-single", "Node", node),
        (
            "pubsub#subid",
            "text-single",
            "Subscription id",
            subscription,
        ),
        (
            "pubsub#subscriber_jid",
            "jid-single",
            "Subscriber address",
            jid,
        ),
        (
            "pubsub#allow",
            "boolean",
            "Allow this address to subscribe to this node?",
            "false",
        ),
    ] {
        out.push_str("<field");
        attribute(out, "var", name);
        attribute(out, "type", kind);
        attribute(out, "label", label);
        out.push('>');
        form::write_value(out, value);
        out.push_str("</field>");
    }
    form::close(out);
}

/// The answer, if it says which subscription is allowed or not.
pub(crate) fn read(submission: form::Submission<'_>) -> Option<Request<'_>> {
    let (mut node, mut jid, mut subscription, mut is_allowed) = (None, None, None, None);
    for field in submission.fields {
        let value = field.values.into_iter().next().unwrap_or(Cow::Borrowed(""));
        match &*field.name {
            "pubsub#node" => node = Some(value),
            "pubsub#subid" => subscription = Some(value).filter(|id| !id.is_empty()),
            // The standard's own example has it without the second letter b.
            "pubsub#subscriber_jid" | "pusub#subscriber_jid" => jid = address::normalize(&value),
            "pubsub#allow" => is_allowed = options::boolean(&value),
            _ => {}
        }
    }
    Some(Request::Authorize {
        node: node.filter(|node| !node.is_empty())?,
        jid: jid?,
        subscription,
        is_allowed: is_allowed?,
    })
}
