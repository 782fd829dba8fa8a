//! What random people ask, and what happens without being asked: numbers that pick from small sets, so that requests meet.

use std::borrow::Cow;
use std::sync::Arc;

use proptest::prelude::*;

use crate::service::access::Affiliation;
use crate::service::options::Field;
use crate::service::personal;
use crate::service::vocabulary::{
    Actor, Filter, NewItem, Page, PageStart, Request, Selection, SubscriptionChange,
};

/// Who asks what; numbers pick from small sets so that requests meet.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) who: u8,
    pub(super) verb: u8,
    node: u8,
    items: Vec<(u8, u8)>,
    option: u8,
    pub(super) whom: u8,
    word: u8,
}

/// What nobody asks for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    /// Somebody's presence is shown to somebody, or hidden again.
    Presence,
    /// Somebody comes into the group of somebody's friends, or leaves it.
    Group,
    /// A client is no longer there.
    Absence,
    /// An account is gone.
    Departure,
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let items = proptest::collection::vec((0..6_u8, 0..50_u8), 0..4);
    (
        0..5_u8,
        0..28_u8,
        0..4_u8,
        items,
        0..22_u8,
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
            ("pubsub#access_model", "roster"),
            ("pubsub#roster_groups_allowed", "Friends"),
            ("pubsub#subscribe", "0"),
            ("pubsub#deliver_notifications", "0"),
            ("pubsub#deliver_payloads", "0"),
            ("pubsub#notify_sub", "1"),
            ("pubsub#send_last_published_item", "on_sub_and_presence"),
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
            6 => ("pubsub#show-values", "dnd"),
            7 => ("pubsub#include_body", "1"),
            8 => ("pubsub#show-values", ""),
            _ => return Vec::new(),
        };
        vec![Field {
            name: name.into(),
            values: vec![value.into()],
        }]
    }

    fn page_start(&self) -> PageStart<'static> {
        let id = self.node.to_string();
        match self.word {
            0 => PageStart::First,
            1 => PageStart::Last,
            2 => PageStart::After(id.into()),
            3 => PageStart::Before(id.into()),
            _ => PageStart::Index(self.whom.into()),
        }
    }

    /// What happens without a request, if it is that.
    pub(super) fn event(&self) -> Option<Event> {
        Some(match self.verb {
            22 | 23 => Event::Presence,
            24 | 25 => Event::Group,
            26 => Event::Absence,
            27 => Event::Departure,
            _ => return None,
        })
    }

    /// The last of them belongs to an account.
    fn node(&self) -> Cow<'static, str> {
        match self.node {
            3 => personal::key("user0@localhost", "n").into(),
            number => format!("/{number}").into(),
        }
    }

    /// An id that the service may have given.
    fn subscription(&self) -> Option<Cow<'static, str>> {
        let given = u128::from(self.option) << 64;
        (self.whom == 0).then(|| format!("{given:032x}").into())
    }

    fn jid(&self) -> Arc<str> {
        let other = actor(self.whom);
        if self.word.is_multiple_of(2) {
            other.bare
        } else {
            other.full
        }
    }

    fn affiliation(&self) -> Affiliation {
        Affiliation::ALL[usize::from(self.word)]
    }

    fn ids(&self) -> Vec<Cow<'static, str>> {
        let ids = self.items.iter().map(|(id, _)| id.to_string().into());
        ids.collect()
    }

    fn items(&self) -> Vec<NewItem<'static>> {
        let one = |&(id, size): &(u8, u8)| NewItem {
            id: (id > 0).then(|| id.to_string().into()),
            payload: "x".repeat(usize::from(size)).into(),
            payload_elements: usize::from(size > 0),
        };
        self.items.iter().map(one).collect()
    }

    /// A page of a list, which may begin where nothing is.
    fn page(&self) -> Option<Page<'static>> {
        let place = || format!("{:032x} {}", self.option, self.jid()).into();
        let from = match self.option % 5 {
            0 => return None,
            1 => PageStart::Last,
            2 => PageStart::Index(self.option.into()),
            3 => PageStart::After(place()),
            _ => PageStart::Before(place()),
        };
        let max = Some(self.items.len());
        Some(Page { max, from })
    }

    pub(crate) fn request(&self) -> Request<'static> {
        match self.verb {
            0 => Request::Create {
                node: Some(self.node()),
                form: self.form(),
            },
            1 => Request::Configure {
                node: self.node(),
                form: self.form(),
            },
            2 => Request::Delete {
                node: self.node(),
                redirect: (self.word > 2).then(|| "xmpp:x?;node=y".into()),
            },
            3 => Request::Purge { node: self.node() },
            4..=6 => Request::Publish {
                node: self.node(),
                items: self.items(),
                options: Vec::new(),
            },
            7 => Request::Publish {
                node: self.node(),
                items: self.items(),
                options: self.form(),
            },
            8 => Request::Retract {
                node: self.node(),
                ids: self.ids(),
                notify: true,
            },
            9..=16 => self.about_people(),
            _ => self.look(),
        }
    }

    /// Subscriptions and affiliations change.
    fn about_people(&self) -> Request<'static> {
        match self.verb {
            9 => Request::Subscribe {
                node: self.node(),
                jid: self.jid(),
                awaits: self.option.is_multiple_of(2),
                form: self.terms(),
            },
            10 => Request::Unsubscribe {
                node: self.node(),
                jid: self.jid(),
                subscription: self.subscription(),
            },
            11 => Request::SetSubscriptions {
                node: self.node(),
                changes: [self.jid(), actor(self.whom).bare]
                    .into_iter()
                    .take(1 + usize::from(self.word / 3))
                    .enumerate()
                    .map(|(index, jid)| SubscriptionChange {
                        jid,
                        subscription: self.subscription(),
                        is_subscribed: (usize::from(self.option) + index).is_multiple_of(2),
                    })
                    .collect(),
            },
            12 => Request::SetAffiliations {
                node: self.node(),
                changes: [self.whom, self.option % 5]
                    .into_iter()
                    .take(1 + self.items.len() % 2)
                    .map(|number| (actor(number).bare, self.affiliation()))
                    .collect(),
            },
            13 | 14 => Request::SetSubscriptionOptions {
                node: self.node(),
                jid: self.jid(),
                subscription: self.subscription(),
                form: self.terms(),
            },
            _ => Request::Authorize {
                node: self.node(),
                jid: self.jid(),
                subscription: self.subscription(),
                is_allowed: self.option.is_multiple_of(2),
            },
        }
    }

    /// Nothing changes.
    fn look(&self) -> Request<'static> {
        match self.verb {
            17 => Request::Pending { node: self.node() },
            18 => Request::Archive {
                node: self.node(),
                filter: Filter {
                    ids: if self.word > 2 {
                        self.ids()
                    } else {
                        Vec::new()
                    },
                    ..Filter::default()
                },
                page: Page {
                    max: Some(self.option.into()),
                    from: self.page_start(),
                },
            },
            19 => Request::Subscriptions {
                node: self.node(),
                page: self.page(),
            },
            20 => Request::Affiliations {
                node: self.node(),
                page: self.page(),
            },
            21 => Request::SubscriptionOptions {
                node: self.node(),
                jid: self.jid(),
                subscription: self.subscription(),
            },
            _ => Request::Items {
                node: self.node(),
                selection: match self.word {
                    0 => Selection::All,
                    1 => Selection::Latest(self.option.into()),
                    2 => Selection::ById(self.ids()),
                    _ => Selection::Page(Page {
                        max: Some(self.option.into()),
                        from: self.page_start(),
                    }),
                },
                subscription: self.subscription(),
            },
        }
    }
}
