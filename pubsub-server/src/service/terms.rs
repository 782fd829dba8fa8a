//! On what terms somebody is subscribed (XEP-0060 §4.2, §6.3): the state of the subscription and its options.
//!
//! Most subscriptions are plain: granted, without options, the only one of their JID. Those a node keeps as JID and id alone. All others are
//! here, so that whoever has no use for options pays nothing for them.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Bound;
use std::sync::Arc;

use equivalent::{Comparable, Equivalent};
use imbl::{OrdMap, OrdSet};

use super::error::ServiceError;
use super::node::bare_of;
use super::options::{Field, Kind, boolean};
use super::shows::{Shows, WORDS};
use crate::moment;

/// How far a subscription got. None at all is the third state of the standard; nobody is ever `unconfigured` here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SubscriptionState {
    /// Hears of the node.
    #[default]
    Subscribed,
    /// Waits for an owner to approve.
    Pending,
}

impl SubscriptionState {
    /// The word of the standard.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Subscribed => "subscribed",
            Self::Pending => "pending",
        }
    }
}

/// When a subscription ends by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expiry {
    /// Not at all.
    #[default]
    Never,
    /// At that moment, in seconds since 1970.
    At(u64),
    /// When the subscriber is no longer available.
    Presence,
}

/// The state and the options of one subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How far it got.
    pub state: SubscriptionState,
    /// `pubsub#deliver`: whether anything is sent.
    pub deliver: bool,
    /// `pubsub#include_body`: whether messages have a body too.
    pub include_body: bool,
    /// `pubsub#show-values`: while what is shown by a client it is notified.
    pub shows: Shows,
    /// `pubsub#expire`
    pub expire: Expiry,
    /// Whether a restart keeps it, apart from the expiry: an anonymous user never comes back.
    pub is_kept: bool,
}

/// What a plain subscription is.
pub(crate) static PLAIN: Terms = Terms {
    state: SubscriptionState::Subscribed,
    deliver: true,
    include_body: false,
    shows: Shows::ALL,
    expire: Expiry::Never,
    is_kept: true,
};

/// One option of a subscription.
pub(crate) struct SubscriptionOption {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) kind: Kind,
    pub(crate) read: fn(&Terms) -> Cow<'static, str>,
    write: fn(&mut Terms, &str) -> bool,
    /// What may be written.
    allowed: &'static str,
}

/// The options that this service acts on.
pub(crate) const SUBSCRIPTION_OPTIONS: &[SubscriptionOption] = &[
    SubscriptionOption {
        name: "pubsub#deliver",
        label: "Send notifications",
        kind: Kind::Boolean,
        read: |terms| flag(terms.deliver),
        write: |terms, value| boolean(value).map(|is| terms.deliver = is).is_some(),
        allowed: "1, 0, true or false",
    },
    SubscriptionOption {
        name: "pubsub#include_body",
        label: "Send a message body besides the payload",
        kind: Kind::Boolean,
        read: |terms| flag(terms.include_body),
        write: |terms, value| boolean(value).map(|is| terms.include_body = is).is_some(),
        allowed: "1, 0, true or false",
    },
    SubscriptionOption {
        name: "pubsub#show-values",
        label: "Notify only clients whose presence is one of these",
        kind: Kind::Choices(WORDS),
        read: |terms| terms.shows.write(),
        write: |terms, value| {
            let shows = Shows::read(value);
            shows.map(|shows| terms.shows = shows).is_some()
        },
        allowed: "chat, online, away, xa or dnd",
    },
    SubscriptionOption {
        name: "pubsub#expire",
        label: "When the subscription ends: a date and time, presence, or nothing for never",
        kind: Kind::Text,
        read: |terms| match terms.expire {
            Expiry::Never => Cow::Borrowed(""),
            Expiry::Presence => Cow::Borrowed("presence"),
            Expiry::At(seconds) => Cow::Owned(moment::write(seconds)),
        },
        write: |terms, value| {
            terms.expire = match value {
                "" => Expiry::Never,
                "presence" => Expiry::Presence,
                value => match moment::read(value) {
                    Some(seconds) => Expiry::At(seconds),
                    None => return false,
                },
            };
            true
        },
        allowed: "a moment as 2030-01-31T12:00:00Z, presence, or nothing",
    },
];

/// Options of the standard that have one possible value here.
const FIXED: &[(&str, &[&str])] = &[
    ("pubsub#digest", &["0", "false"]),
    ("pubsub#subscription_type", &["items"]),
    ("pubsub#subscription_depth", &["1"]),
];

fn flag(is_on: bool) -> Cow<'static, str> {
    Cow::Borrowed(if is_on { "1" } else { "0" })
}

impl Terms {
    /// Whether the subscription needs nothing but its id.
    pub(crate) fn is_plain(&self) -> bool {
        Self {
            is_kept: true,
            ..self.clone()
        } == PLAIN
    }

    /// Whether notifications are sent.
    pub(crate) fn hears(&self) -> bool {
        self.deliver && self.state == SubscriptionState::Subscribed
    }

    /// Whether a restart must still know it.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.is_kept && self.expire != Expiry::Presence
    }

    /// These terms with the submitted fields applied; fields left out keep their values.
    pub(crate) fn with(&self, fields: &[Field<'_>]) -> Result<Self, ServiceError> {
        let mut terms = self.clone();
        for field in fields {
            let value = field.values.first().map_or("", |value| value.as_ref());
            let mut options = SUBSCRIPTION_OPTIONS.iter();
            let allowed = if let Some(option) = options.find(|option| option.name == field.name) {
                let all;
                let value = if matches!(option.kind, Kind::Choices(_)) {
                    all = field.values.join("\n");
                    &all
                } else {
                    value
                };
                if (option.write)(&mut terms, value) {
                    continue;
                }
                option.allowed.to_owned()
            } else {
                match FIXED.iter().find(|(name, _)| *name == field.name) {
                    Some((_, values)) if values.contains(&value) => continue,
                    Some((_, values)) => values.join(" or "),
                    None => {
                        return Err(ServiceError::InvalidSubscriptionOption {
                            reason: format!("subscriptions have no option {} here", field.name),
                        });
                    }
                }
            };
            let shown: String = value.chars().take(40).collect();
            return Err(ServiceError::InvalidSubscriptionOption {
                reason: format!("{} cannot be \"{shown}\"; write {allowed}", field.name),
            });
        }
        Ok(terms)
    }
}

/// One subscription at a node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subscription<'n> {
    pub(crate) jid: &'n Arc<str>,
    pub(crate) id: &'n Arc<str>,
    pub(crate) terms: &'n Terms,
    /// Whether it is kept as JID and id alone.
    pub(crate) is_plain: bool,
}

/// JID and id of a subscription.
type Key = (Arc<str>, Arc<str>);

/// What stands before all subscriptions of that JID, to look for the first of them.
struct Before<'j>(&'j str);

impl Equivalent<Key> for Before<'_> {
    fn equivalent(&self, _: &Key) -> bool {
        false
    }
}

impl Comparable<Key> for Before<'_> {
    fn compare(&self, (jid, _): &Key) -> Ordering {
        self.0.cmp(jid).then(Ordering::Less)
    }
}

/// What stands behind all of them.
struct Behind<'j>(&'j str);

impl Equivalent<Key> for Behind<'_> {
    fn equivalent(&self, _: &Key) -> bool {
        false
    }
}

impl Comparable<Key> for Behind<'_> {
    fn compare(&self, (jid, _): &Key) -> Ordering {
        self.0.cmp(jid).then(Ordering::Greater)
    }
}

/// The subscriptions of a node that are not plain: by JID, then by id. A copy shares all that does not change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Particular {
    all: OrdMap<Key, Arc<Terms>>,
    /// Those that end at a moment, the next one first.
    ending: OrdSet<(u64, Arc<str>, Arc<str>)>,
}

impl Particular {
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether what its clients show matters to what that JID is sent.
    pub(crate) fn minds_show(&self, jid: &str) -> bool {
        self.of(jid).any(|one| one.terms.shows != Shows::ALL)
    }

    pub(crate) fn is_ending(&self) -> bool {
        !self.ending.is_empty()
    }

    pub(crate) fn has(&self, jid: &str) -> bool {
        self.of(jid).next().is_some()
    }

    /// Those of exactly that JID.
    pub(crate) fn of<'n>(&'n self, jid: &str) -> impl Iterator<Item = Subscription<'n>> {
        self.starting_at(jid)
            .take_while(move |one| **one.jid == *jid)
    }

    /// Those of one account, by bare JID and by full JIDs.
    pub(crate) fn of_account<'n>(
        &'n self,
        bare: &'n str,
    ) -> impl Iterator<Item = Subscription<'n>> {
        self.starting_at(bare)
            .take_while(move |one| one.jid.starts_with(bare))
            .filter(move |one| bare_of(one.jid) == bare)
    }

    /// Those of that JID and of all that come after it.
    pub(crate) fn starting_at<'n>(
        &'n self,
        jid: &str,
    ) -> impl Iterator<Item = Subscription<'n>> + use<'n> {
        self.all
            .range((Bound::Included(Before(jid)), Bound::Unbounded))
            .map(each)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Subscription<'_>> {
        self.all.iter().map(each)
    }

    /// Those of that JID and of all that come before it, backwards; all without a JID.
    pub(crate) fn ending_at<'n>(
        &'n self,
        jid: Option<&str>,
    ) -> impl Iterator<Item = Subscription<'n>> + use<'n> {
        let end = jid.map_or(Bound::Unbounded, |jid| Bound::Included(Behind(jid)));
        self.all.range((Bound::Unbounded, end)).rev().map(each)
    }

    /// The JIDs, each once.
    pub(crate) fn jids(&self) -> impl Iterator<Item = &Arc<str>> {
        let mut last: Option<&Arc<str>> = None;
        self.all
            .keys()
            .map(|(jid, _)| jid)
            .filter(move |jid| last.replace(jid) != Some(jid))
    }

    /// Those that have ended by then: JID and id.
    pub(crate) fn ended(&self, now: u64) -> impl Iterator<Item = (&Arc<str>, &Arc<str>)> {
        self.ending
            .iter()
            .take_while(move |(moment, ..)| *moment <= now)
            .map(|(_, jid, id)| (jid, id))
    }

    pub(crate) fn put(
        &mut self,
        jid: &Arc<str>,
        id: &Arc<str>,
        terms: Arc<Terms>,
    ) -> Option<Arc<Terms>> {
        let before = self.remove(jid, id);
        if let Expiry::At(moment) = terms.expire {
            self.ending.insert((moment, jid.clone(), id.clone()));
        }
        self.all.insert((jid.clone(), id.clone()), terms);
        before
    }

    pub(crate) fn remove(&mut self, jid: &Arc<str>, id: &Arc<str>) -> Option<Arc<Terms>> {
        let terms = self.all.remove(&(jid.clone(), id.clone()))?;
        if let Expiry::At(moment) = terms.expire {
            self.ending.remove(&(moment, jid.clone(), id.clone()));
        }
        Some(terms)
    }
}

fn each<'n>(((jid, id), terms): (&'n Key, &'n Arc<Terms>)) -> Subscription<'n> {
    Subscription {
        jid,
        id,
        terms,
        is_plain: false,
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
        for (name, value) in [
            ("pubsub#deliver", "0"),
            ("pubsub#include_body", "1"),
            ("pubsub#expire", "2030-01-31T12:00:00Z"),
            ("pubsub#expire", "presence"),
            ("pubsub#expire", ""),
            ("pubsub#show-values", "chat\nonline"),
        ] {
            let terms = PLAIN.with(&[field(name, value)]).expect(name);
            let option = SUBSCRIPTION_OPTIONS
                .iter()
                .find(|option| option.name == name);
            assert_eq!((option.expect(name).read)(&terms), value);
        }
    }

    #[test]
    fn a_refusal_names_the_field() {
        for (name, value) in [
            ("pubsub#deliver", "perhaps"),
            ("pubsub#expire", "soon"),
            ("pubsub#show-values", "asleep"),
            ("pubsub#digest", "1"),
            ("pubsub#colour", "green"),
        ] {
            let error = PLAIN.with(&[field(name, value)]).expect_err(name);
            assert!(error.to_string().contains(name), "{error}");
        }
    }

    #[test]
    fn nothing_is_left_of_what_was_removed() {
        let mut all = Particular::default();
        let (jid, id): (Arc<str>, Arc<str>) = ("a@x".into(), "1".into());
        let lease = Arc::new(Terms {
            expire: Expiry::At(7),
            ..PLAIN.clone()
        });
        assert_eq!(all.put(&jid, &id, lease.clone()), None);
        assert_eq!(all.put(&jid, &id, lease.clone()), Some(lease.clone()));
        assert_eq!(all.of("a@x").count(), 1);
        assert_eq!(all.ended(6).count(), 0);
        assert_eq!(all.ended(7).count(), 1);
        assert_eq!(all.remove(&jid, &id), Some(lease));
        assert_eq!(all, Particular::default());
    }
}
