//! One table of the options of a node: how each is called, read, written and limited. Configuration forms, submitted forms, publish-options
//! and node meta-data all go through it, so an option exists in one place.

use std::borrow::Cow;
use std::num::NonZeroU64;

use super::{AccessModel, MaxItems, NodeConfig, NotificationType, PublishModel, SendLast};
use crate::service::error::ServiceError;

/// How a client should show and fill an option (XEP-0004 field types).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Boolean,
    Text,
    /// Several values; written as one, a line each.
    Texts,
    /// The same of JIDs.
    Addresses,
    Choice(&'static [&'static str]),
    /// Several of them; written as one, a line each.
    Choices(&'static [&'static str]),
}

/// One option of the table.
pub(crate) struct NodeOption {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) kind: Kind,
    pub(crate) read: fn(&NodeConfig) -> Cow<'_, str>,
    pub(super) write: fn(&mut NodeConfig, &str) -> Result<(), ServiceError>,
}

macro_rules! flag {
    ($name:literal, $label:literal, $field:ident) => {
        NodeOption {
            name: $name,
            label: $label,
            kind: Kind::Boolean,
            read: |config| Cow::Borrowed(if config.$field { "1" } else { "0" }),
            write: |config, value| {
                config.$field = boolean(value)
                    .ok_or_else(|| not_one_of($name, value, "1, 0, true or false"))?;
                Ok(())
            },
        }
    };
}

macro_rules! text {
    ($name:literal, $label:literal, $field:ident, $longest:expr) => {
        NodeOption {
            name: $name,
            label: $label,
            kind: Kind::Text,
            read: |config| Cow::Borrowed(config.$field.as_str()),
            write: |config, value| {
                config.$field = bounded($name, value, $longest)?;
                Ok(())
            },
        }
    };
}

macro_rules! choice {
    ($name:literal, $label:literal, $field:ident, [$($word:literal => $value:expr),+], $refuse:expr) => {
        NodeOption {
            name: $name,
            label: $label,
            kind: Kind::Choice(&[$($word),+]),
            read: |config| {
                $(if config.$field == $value { return Cow::Borrowed($word); })+
                Cow::Borrowed("")
            },
            write: |config, value| {
                config.$field = match value {
                    $($word => $value,)+
                    other => return Err($refuse(other)),
                };
                Ok(())
            },
        }
    };
}

/// The options this service acts on, in the order in which forms list them.
pub(crate) const OPTIONS: &[NodeOption] = &[
    text!("pubsub#title", "A short name for the node", title, SHORT),
    text!(
        "pubsub#description",
        "A description of the node",
        description,
        LONG
    ),
    text!(
        "pubsub#type",
        "The namespace of the payloads",
        payload_type,
        SHORT
    ),
    text!(
        "pubsub#language",
        "The language of the payloads",
        language,
        SHORT
    ),
    NodeOption {
        name: "pubsub#contact",
        label: "Whom to ask about the node",
        kind: Kind::Addresses,
        read: |config| Cow::Owned(config.contacts.join("\n")),
        write: |config, value| {
            config.contacts = lines("pubsub#contact", value)?;
            Ok(())
        },
    },
    flag!(
        "pubsub#subscribe",
        "Let others subscribe",
        takes_subscriptions
    ),
    choice!("pubsub#access_model", "Who may subscribe and read", access_model,
        ["open" => AccessModel::Open, "presence" => AccessModel::Presence, "roster" => AccessModel::Roster,
            "authorize" => AccessModel::Authorize, "whitelist" => AccessModel::Whitelist],
        |model: &str| ServiceError::UnsupportedAccessModel { model: model.to_owned() }),
    NodeOption {
        name: "pubsub#roster_groups_allowed",
        label: "The groups of the owner's roster that may subscribe and read, with access model roster",
        kind: Kind::Texts,
        read: |config| Cow::Owned(config.roster_groups.join("\n")),
        write: |config, value| {
            config.roster_groups = lines("pubsub#roster_groups_allowed", value)?;
            Ok(())
        },
    },
    choice!("pubsub#publish_model", "Who may publish", publish_model,
        ["publishers" => PublishModel::Publishers, "subscribers" => PublishModel::Subscribers, "open" => PublishModel::Open],
        |value: &str| not_one_of("pubsub#publish_model", value, "publishers, subscribers or open")),
    flag!("pubsub#persist_items", "Keep items", persist_items),
    NodeOption {
        name: "pubsub#max_items",
        label: "How many items to keep: a number, or max",
        kind: Kind::Text,
        read: |config| match config.max_items {
            MaxItems::Max => Cow::Borrowed("max"),
            MaxItems::Count(count) => Cow::Owned(count.to_string()),
        },
        write: |config, value| {
            config.max_items = match value {
                "max" => MaxItems::Max,
                count => MaxItems::Count(number("pubsub#max_items", count)?),
            };
            Ok(())
        },
    },
    NodeOption {
        name: "pubsub#item_expire",
        label: "After how many seconds an item is removed: a number, or max for never",
        kind: Kind::Text,
        read: |config| match config.item_expire {
            None => Cow::Borrowed("max"),
            Some(seconds) => Cow::Owned(seconds.to_string()),
        },
        write: |config, value| {
            // Without a value, and as 0, clients ask for items that stay.
            config.item_expire = match value {
                "max" | "" => None,
                seconds => NonZeroU64::new(seconds.parse().map_err(|_| {
                    not_one_of("pubsub#item_expire", seconds, "a number of seconds, or max")
                })?),
            };
            Ok(())
        },
    },
    NodeOption {
        name: "pubsub#max_payload_size",
        label: "The largest payload in bytes; 0 for the limit of the service",
        kind: Kind::Text,
        read: |config| Cow::Owned(config.max_payload_size.to_string()),
        write: |config, value| {
            config.max_payload_size = number("pubsub#max_payload_size", value)?;
            Ok(())
        },
    },
    flag!(
        "pubsub#deliver_notifications",
        "Notify subscribers at all",
        deliver_notifications
    ),
    flag!(
        "pubsub#deliver_payloads",
        "Send payloads with notifications",
        deliver_payloads
    ),
    flag!(
        "pubsub#notify_retract",
        "Notify when items are removed",
        notify_retract
    ),
    flag!(
        "pubsub#notify_delete",
        "Notify when the node is deleted",
        notify_delete
    ),
    flag!(
        "pubsub#notify_config",
        "Notify when the configuration changes",
        notify_config
    ),
    flag!(
        "pubsub#notify_sub",
        "Tell owners who subscribes and unsubscribes",
        notify_sub
    ),
    flag!(
        "pubsub#presence_based_delivery",
        "Notify only clients that have sent presence",
        presence_based_delivery
    ),
    flag!(
        "pubsub#purge_offline",
        "Remove items when their publisher goes offline",
        purge_offline
    ),
    flag!(
        "pubsub#tempsub",
        "End subscriptions when the subscriber goes offline",
        tempsub
    ),
    choice!("pubsub#send_last_published_item", "When to send the newest item unasked", send_last,
        ["never" => SendLast::Never, "on_sub" => SendLast::OnSubscription, "on_sub_and_presence" => SendLast::OnSubscriptionAndPresence],
        |value: &str| not_one_of("pubsub#send_last_published_item", value, "never, on_sub or on_sub_and_presence")),
    choice!("pubsub#notification_type", "The type of notification messages", notification_type,
        ["headline" => NotificationType::Headline, "normal" => NotificationType::Normal],
        |value: &str| not_one_of("pubsub#notification_type", value, "headline or normal")),
];

/// Options of the standard that have one possible value here: clients that spell out that value are not refused.
pub(super) const FIXED: &[(&str, &[&str])] = &[
    ("pubsub#node_type", &["leaf"]),
    ("pubsub#collection", &[""]),
    ("pubsub#body_xslt", &[""]),
    ("pubsub#dataform_xslt", &[""]),
    ("pubsub#itemreply", &["publisher"]),
];

/// A value of the type boolean (XEP-0004 §3.3).
pub(crate) fn boolean(value: &str) -> Option<bool> {
    match value {
        "1" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    }
}

fn number(name: &str, value: &str) -> Result<usize, ServiceError> {
    value
        .parse()
        .map_err(|_| not_one_of(name, value, "a number"))
}

/// A name takes at most so many bytes.
const SHORT: usize = 4096;
/// A description takes more: programs put into it what the items of the node look like.
const LONG: usize = 65_536;

/// Several values, a line each.
fn lines(name: &str, value: &str) -> Result<Vec<String>, ServiceError> {
    let value = bounded(name, value, SHORT)?;
    let all = value.lines().filter(|line| !line.is_empty());
    Ok(all.map(str::to_owned).collect())
}

fn bounded(name: &str, value: &str, longest: usize) -> Result<String, ServiceError> {
    if value.len() > longest {
        return Err(ServiceError::InvalidOption {
            reason: format!("{name} is longer than {longest} bytes"),
        });
    }
    Ok(value.to_owned())
}

pub(super) fn not_one_of(name: &str, value: &str, allowed: &str) -> ServiceError {
    let shown: String = value.chars().take(40).collect();
    ServiceError::InvalidOption {
        reason: format!("{name} cannot be \"{shown}\"; write {allowed}"),
    }
}
