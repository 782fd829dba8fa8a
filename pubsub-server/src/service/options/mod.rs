//! The configuration of a node (XEP-0060 §16.4.4): its options as types, and how submitted fields change it. How each option is called, read,
//! written and limited is in `table`.

mod table;

use std::borrow::Cow;
use std::num::NonZeroU64;

use self::table::FIXED;
use self::table::not_one_of;
pub(crate) use self::table::{Kind, OPTIONS, boolean};
use super::error::ServiceError;

/// Who may subscribe and read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccessModel {
    /// Everybody who is not an outcast.
    #[default]
    Open,
    /// Owners, publishers, members and whoever may see the presence of an owner.
    Presence,
    /// Owners, publishers, members and whoever is in one of `pubsub#roster_groups_allowed` in the roster of an owner.
    Roster,
    /// Everybody who is not an outcast may ask, and an owner decides.
    Authorize,
    /// Owners, publishers and members.
    Whitelist,
}

/// Who may publish.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PublishModel {
    /// Owners and publishers.
    #[default]
    Publishers,
    /// They and every subscriber.
    Subscribers,
    /// Everybody who is not an outcast.
    Open,
}

/// When the newest item is sent without being asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SendLast {
    /// Not at all.
    #[default]
    Never,
    /// After a subscription is made.
    OnSubscription,
    /// After a subscription is made and when a subscriber becomes available.
    OnSubscriptionAndPresence,
}

/// The `type` of the messages that carry notifications.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NotificationType {
    /// `headline`: never kept for later.
    #[default]
    Headline,
    /// `normal`.
    Normal,
}

impl NotificationType {
    /// The word of the standard.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Headline => "headline",
            Self::Normal => "normal",
        }
    }
}

/// How many items a node keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MaxItems {
    /// As many as the service allows for one node.
    #[default]
    Max,
    /// That many, or fewer if the service allows fewer.
    Count(usize),
}

/// The configuration of one node; its default is what a node has that nobody configured.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "they are the standard's options, each on or off by itself"
)]
pub struct NodeConfig {
    /// `pubsub#title`
    pub title: String,
    /// `pubsub#description`
    pub description: String,
    /// `pubsub#type`: the namespace of the payloads.
    pub payload_type: String,
    /// `pubsub#language`: the language that payloads are mostly in.
    pub language: String,
    /// `pubsub#contact`: the addresses of those who answer questions.
    pub contacts: Vec<String>,
    /// `pubsub#subscribe`: whether anybody may subscribe. Who is subscribed already stays so.
    pub takes_subscriptions: bool,
    /// `pubsub#access_model`
    pub access_model: AccessModel,
    /// `pubsub#roster_groups_allowed`: the groups of [`AccessModel::Roster`].
    pub roster_groups: Vec<String>,
    /// `pubsub#publish_model`
    pub publish_model: PublishModel,
    /// `pubsub#persist_items`
    pub persist_items: bool,
    /// `pubsub#max_items`
    pub max_items: MaxItems,
    /// `pubsub#item_expire`: after so many seconds an item is removed; none: never.
    pub item_expire: Option<NonZeroU64>,
    /// `pubsub#max_payload_size` in bytes; 0 is the limit of the service.
    pub max_payload_size: usize,
    /// `pubsub#deliver_notifications`: whether subscribers hear of anything; if not, they read when they like to.
    pub deliver_notifications: bool,
    /// `pubsub#deliver_payloads`
    pub deliver_payloads: bool,
    /// `pubsub#notify_retract`: also covers purging.
    pub notify_retract: bool,
    /// `pubsub#notify_delete`
    pub notify_delete: bool,
    /// `pubsub#notify_config`
    pub notify_config: bool,
    /// `pubsub#notify_sub`: whether owners hear who subscribes and unsubscribes.
    pub notify_sub: bool,
    /// `pubsub#presence_based_delivery`: whether only clients that have sent presence are notified.
    pub presence_based_delivery: bool,
    /// `pubsub#purge_offline`: whether items go when their publisher goes offline.
    pub purge_offline: bool,
    /// `pubsub#tempsub`: whether subscriptions end when the subscriber goes offline.
    pub tempsub: bool,
    /// `pubsub#send_last_published_item`
    pub send_last: SendLast,
    /// `pubsub#notification_type`
    pub notification_type: NotificationType,
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self {
            title: String::new(),
            description: String::new(),
            payload_type: String::new(),
            language: String::new(),
            contacts: Vec::new(),
            takes_subscriptions: true,
            access_model: AccessModel::Open,
            roster_groups: Vec::new(),
            publish_model: PublishModel::Publishers,
            persist_items: true,
            max_items: MaxItems::Max,
            item_expire: None,
            max_payload_size: 0,
            deliver_notifications: true,
            deliver_payloads: true,
            notify_retract: true,
            notify_delete: true,
            notify_config: false,
            notify_sub: false,
            presence_based_delivery: false,
            purge_offline: false,
            tempsub: false,
            send_last: SendLast::Never,
            notification_type: NotificationType::Headline,
        }
    }
}

/// One field of a submitted form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field<'x> {
    pub(crate) name: Cow<'x, str>,
    pub(crate) values: Vec<Cow<'x, str>>,
}

impl NodeConfig {
    /// This configuration with the submitted fields applied; fields left out keep their values.
    pub(crate) fn with(&self, fields: &[Field<'_>]) -> Result<Self, ServiceError> {
        let mut config = self.clone();
        for field in fields {
            let value = field.values.first().map_or("", |value| value.as_ref());
            if let Some(option) = OPTIONS.iter().find(|option| option.name == field.name) {
                if matches!(option.kind, Kind::Texts | Kind::Addresses) {
                    (option.write)(&mut config, &field.values.join("\n"))?;
                } else {
                    (option.write)(&mut config, value)?;
                }
                continue;
            }
            match FIXED.iter().find(|(name, _)| *name == field.name) {
                Some((_, values)) if values.contains(&value) => {}
                Some(("pubsub#node_type" | "pubsub#collection", _)) => {
                    return Err(ServiceError::Unsupported {
                        feature: "collections",
                    });
                }
                Some((name, [""])) => return Err(not_one_of(name, value, "nothing")),
                Some((name, values)) => return Err(not_one_of(name, value, &values.join(" or "))),
                None if field.name == "FORM_TYPE" => {}
                None => {
                    return Err(ServiceError::InvalidOption {
                        reason: format!("this service has no option {}", field.name),
                    });
                }
            }
        }
        Ok(config)
    }

    /// The names of the fields whose values this configuration does not have (XEP-0060 §7.1.5).
    pub(crate) fn unmet(&self, fields: &[Field<'_>]) -> Vec<String> {
        fields
            .iter()
            .filter(|field| field.name != "FORM_TYPE")
            .filter_map(|field| {
                let asked = field.values.first().map_or("", |value| value.as_ref());
                match self.with(std::slice::from_ref(field)) {
                    Ok(config) if config == *self => None,
                    Ok(_) => {
                        let has = OPTIONS
                            .iter()
                            .find(|option| option.name == field.name)
                            .map(|option| (option.read)(self));
                        Some(format!(
                            "{} is \"{}\", not \"{asked}\"",
                            field.name,
                            has.unwrap_or_default()
                        ))
                    }
                    Err(error) => Some(error.to_string()),
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field<'x>(name: &'x str, value: &'x str) -> Field<'x> {
        Field {
            name: name.into(),
            values: vec![value.into()],
        }
    }

    #[test]
    fn every_option_reads_back_what_was_written() {
        for option in OPTIONS {
            let values: &[&str] = match option.kind {
                Kind::Boolean => &["0", "1"],
                Kind::Text | Kind::Texts | Kind::Addresses => &["7"],
                Kind::Choice(words) | Kind::Choices(words) => words,
            };
            for value in values {
                let config = NodeConfig::default()
                    .with(&[field(option.name, value)])
                    .expect(option.name);
                assert_eq!((option.read)(&config), *value, "{}", option.name);
                assert_eq!(
                    config.unmet(&[field(option.name, value)]),
                    Vec::<String>::new()
                );
            }
        }
    }

    #[test]
    fn a_refusal_names_the_field() {
        for (name, value) in [
            ("pubsub#access_model", "nobody"),
            ("pubsub#max_items", "many"),
            ("pubsub#item_expire", "soon"),
            ("pubsub#persist_items", "perhaps"),
            ("pubsub#node_type", "collection"),
            ("pubsub#colour", "green"),
        ] {
            let error = NodeConfig::default()
                .with(&[field(name, value)])
                .expect_err(name)
                .to_string();
            assert!(error.contains(name) || error.contains(value), "{error}");
        }
    }

    #[test]
    fn an_unmet_option_says_what_the_node_has() {
        let unmet = NodeConfig::default().unmet(&[
            field("pubsub#access_model", "whitelist"),
            field("pubsub#max_items", "max"),
        ]);
        assert_eq!(
            unmet,
            ["pubsub#access_model is \"open\", not \"whitelist\""]
        );
    }
}
