//! The requests of XEP-0060 (and the discovery of XEP-0030), one file a group. In each, writing the request and reading
//! the answer are pure functions; the method on [`Session`](super::Session) only puts them together.

mod affiliation;
mod configuration;
mod discovery;
mod item;
mod node;
mod paging;
mod subscription;

pub use self::affiliation::{Affiliation, NodeAffiliation, UserAffiliation};
pub use self::discovery::{Entity, Identity};
pub use self::item::{Item, ItemPage, ItemQuery};
pub use self::subscription::{Subscriber, Subscription, SubscriptionState};

use pubsub_xml::XmlError;

use super::engine::{Recipient, Request};
use super::{PubSubError, Session, Target};
use crate::NodeName;

impl Session {
    /// Asks the service about `target` and reads the answer.
    async fn ask<T>(
        &self,
        request: Request,
        target: Target,
        read: impl FnOnce(&str) -> Result<T, XmlError>,
    ) -> Result<T, PubSubError> {
        let body = self.request(request, target.clone()).await?;
        read(&body).map_err(|error| PubSubError::AnswerMalformed {
            target,
            reason: error.to_string(),
        })
    }

    /// What a request about the service as a whole is about.
    fn whole_service(&self) -> Target {
        Target::Service(self.service().unwrap_or_else(|| "PubSub".into()))
    }
}

fn about(node: &NodeName) -> Target {
    Target::Node(node.clone())
}

/// A question to the service, which may be asked twice.
fn get(body: String) -> Request {
    Request {
        recipient: Recipient::Service,
        kind: "get",
        body,
        is_repeatable: true,
    }
}

/// An order to the service that says the same when it is given twice.
fn set(body: String) -> Request {
    Request {
        recipient: Recipient::Service,
        kind: "set",
        body,
        is_repeatable: true,
    }
}

/// An order that must not be given twice: whether the first one was obeyed could not be told from the answer to the second.
fn set_once(body: String) -> Request {
    Request {
        is_repeatable: false,
        ..set(body)
    }
}
