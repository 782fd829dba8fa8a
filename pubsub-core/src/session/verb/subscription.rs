//! Subscribing (XEP-0060 §6.1, §6.2) and seeing who is subscribed (§5.6, §8.8).

use std::sync::Arc;
use std::sync::atomic::Ordering;

use pubsub_xml::{Reader, XmlError};

use super::{Request, about, set};
use crate::NodeName;
use crate::session::stanza::attribute;
use crate::session::stanza::namespace::{PUBSUB, PUBSUB_OWNER};
use crate::session::{PubSubError, Session, Status};

/// Whom the events of a subscription go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subscriber {
    /// The account: every session of it hears the events, whichever subscribed. The subscription outlives this session.
    Account,
    /// This session, by its full address. The subscription is of no use to the next one.
    Session,
}

/// How far a subscription got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubscriptionState {
    /// Events come.
    Subscribed,
    /// An owner must approve first, or the node does not exist yet and is awaited.
    Pending,
    /// Options must be set first.
    Unconfigured,
    /// No subscription.
    None,
}

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The node; absent where the service leaves it out.
    pub node: Option<NodeName>,
    /// Who is subscribed.
    pub subscriber: Arc<str>,
    /// How far it got.
    pub state: SubscriptionState,
    /// What tells it from others of the same subscriber, where the service has several.
    pub id: Option<String>,
}

impl Session {
    /// Subscribes to a node. Waits until the session was online once, as it needs our address. Subscribing again changes nothing.
    ///
    /// # Errors
    ///
    /// See [`PubSubError`].
    pub async fn subscribe(
        &self,
        node: &NodeName,
        subscriber: Subscriber,
    ) -> Result<Subscription, PubSubError> {
        let address = self.own_address(node, subscriber).await?;
        let request = set(subscribe(node, &address, ""));
        self.granted(request, node, address).await
    }

    /// Subscribes to a node, or awaits it where it does not exist and [the service knows how](Self::can_await): then the answer is
    /// [`Pending`](SubscriptionState::Pending), and [`RawEventKind::Subscription`](crate::session::RawEventKind::Subscription) says what came of it, before the first
    /// event. The wish ends with the session and with [`unsubscribe`](Self::unsubscribe).
    ///
    /// # Errors
    ///
    /// See [`PubSubError`]; [`NotFound`](PubSubError::NotFound) where the service does not know how.
    pub async fn subscribe_or_await(
        &self,
        node: &NodeName,
        subscriber: Subscriber,
    ) -> Result<Subscription, PubSubError> {
        let address = self.own_address(node, subscriber).await?;
        if !self.can_await() {
            return self.subscribe(node, subscriber).await;
        }
        let request = set(subscribe(node, &address, AWAIT));
        self.granted(request, node, address).await
    }

    /// Whether one can await nodes at the service (`urn:pubsub:await:1`), as it said when we logged in last.
    #[must_use]
    pub fn can_await(&self) -> bool {
        self.shared().awaits_nodes.load(Ordering::Relaxed)
    }

    async fn granted(
        &self,
        request: Request,
        node: &NodeName,
        address: Arc<str>,
    ) -> Result<Subscription, PubSubError> {
        let granted = self
            .ask(request, about(node), |body| subscriptions(body, PUBSUB))
            .await?;
        // Some services answer with nothing when all is well (XEP-0060 §6.1.2 says SHOULD).
        Ok(granted.into_iter().next().unwrap_or(Subscription {
            node: Some(node.clone()),
            subscriber: address,
            state: SubscriptionState::Subscribed,
            id: None,
        }))
    }

    /// Ends a subscription, or the wish for one.
    ///
    /// # Errors
    ///
    /// [`Refused`](PubSubError::Refused) with `not-subscribed` when there is none.
    pub async fn unsubscribe(
        &self,
        node: &NodeName,
        subscriber: Subscriber,
    ) -> Result<(), PubSubError> {
        let address = self.own_address(node, subscriber).await?;
        self.end(node, &address, None).await
    }

    /// Ends exactly this subscription.
    ///
    /// # Errors
    ///
    /// As of [`unsubscribe`](Self::unsubscribe).
    pub async fn end_subscription(
        &self,
        node: &NodeName,
        subscription: &Subscription,
    ) -> Result<(), PubSubError> {
        self.end(node, &subscription.subscriber, subscription.id.as_deref())
            .await
    }

    async fn end(
        &self,
        node: &NodeName,
        address: &str,
        id: Option<&str>,
    ) -> Result<(), PubSubError> {
        self.ask(set(unsubscribe(node, address, id)), about(node), |_| Ok(()))
            .await
    }

    /// Our own subscriptions.
    ///
    /// # Errors
    ///
    /// See [`PubSubError`].
    pub async fn subscriptions(&self) -> Result<Vec<Subscription>, PubSubError> {
        let read = |body: &str| subscriptions(body, PUBSUB);
        self.list(PUBSUB, "<subscriptions/>", self.whole_service(), read)
            .await
    }

    /// Everybody's subscriptions to a node that is ours.
    ///
    /// # Errors
    ///
    /// [`Forbidden`](PubSubError::Forbidden) for all but owners of the node.
    pub async fn subscribers(&self, node: &NodeName) -> Result<Vec<Subscription>, PubSubError> {
        let mut list = "<subscriptions".to_owned();
        attribute(&mut list, "node", node.as_str());
        list.push_str("/>");
        let read = |body: &str| subscriptions(body, PUBSUB_OWNER);
        self.list(PUBSUB_OWNER, &list, about(node), read).await
    }

    async fn own_address(
        &self,
        node: &NodeName,
        subscriber: Subscriber,
    ) -> Result<Arc<str>, PubSubError> {
        let mut status = self.shared().status.subscribe();
        let closed = || PubSubError::SessionClosed {
            target: about(node),
        };
        let address = loop {
            if let Some(address) = self.address() {
                break address;
            }
            status
                .wait_for(|status| matches!(status, Status::Online { .. } | Status::Closed { .. }))
                .await
                .map_err(|_| closed())?;
            if self.address().is_none() {
                return Err(closed());
            }
        };
        Ok(match address.split_once('/') {
            Some((account, _)) if subscriber == Subscriber::Account => account.into(),
            _ => address,
        })
    }
}

/// What stands beside the request of whoever awaits.
const AWAIT: &str = "<await xmlns='urn:pubsub:await:1'/>";

fn subscribe(node: &NodeName, address: &str, beside: &str) -> String {
    let mut body = format!("<pubsub xmlns='{PUBSUB}'><subscribe");
    attribute(&mut body, "node", node.as_str());
    attribute(&mut body, "jid", address);
    body.extend(["/>", beside, "</pubsub>"]);
    body
}

fn unsubscribe(node: &NodeName, address: &str, id: Option<&str>) -> String {
    let mut body = format!("<pubsub xmlns='{PUBSUB}'><unsubscribe");
    attribute(&mut body, "node", node.as_str());
    attribute(&mut body, "jid", address);
    if let Some(id) = id {
        attribute(&mut body, "subid", id);
    }
    body.push_str("/></pubsub>");
    body
}

/// Every subscription in an answer, on whatever level it stands. A list names its node once, outside.
fn subscriptions(body: &str, namespace: &str) -> Result<Vec<Subscription>, XmlError> {
    let mut found = Vec::new();
    if body.is_empty() {
        return Ok(found);
    }
    let mut reader = Reader::new(body);
    reader.root()?;
    while let Some(child) = reader.child()? {
        if child.is("subscription", namespace) {
            found.extend(subscription(&reader, None));
        } else if child.is("subscriptions", namespace) {
            let node = reader.attribute("node");
            while let Some(child) = reader.child()? {
                if child.is("subscription", namespace) {
                    found.extend(subscription(&reader, node.as_deref()));
                }
                reader.skip()?;
            }
            continue;
        }
        reader.skip()?;
    }
    Ok(found)
}

fn subscription(reader: &Reader<'_>, node: Option<&str>) -> Option<Subscription> {
    let own = reader.attribute("node");
    let node = own.as_deref().or(node);
    Some(Subscription {
        node: node.and_then(|node| NodeName::new(node).ok()),
        subscriber: reader.attribute("jid")?.as_ref().into(),
        state: match reader.attribute("subscription").as_deref() {
            Some("pending") => SubscriptionState::Pending,
            Some("unconfigured") => SubscriptionState::Unconfigured,
            Some("none") => SubscriptionState::None,
            _ => SubscriptionState::Subscribed,
        },
        id: reader.attribute("subid").map(std::borrow::Cow::into_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::{AWAIT, SubscriptionState, subscribe, subscriptions, unsubscribe};
    use crate::NodeName;
    use crate::session::stanza::namespace::{PUBSUB, PUBSUB_OWNER};

    #[test]
    fn requests_name_the_subscriber() {
        let node = NodeName::new("n").unwrap();
        assert_eq!(
            subscribe(&node, "a@x", ""),
            "<pubsub xmlns='http://jabber.org/protocol/pubsub'><subscribe node='n' jid='a@x'/></pubsub>"
        );
        assert_eq!(
            subscribe(&node, "a@x", AWAIT),
            "<pubsub xmlns='http://jabber.org/protocol/pubsub'><subscribe node='n' jid='a@x'/>\
             <await xmlns='urn:pubsub:await:1'/></pubsub>"
        );
        assert_eq!(
            unsubscribe(&node, "a@x", Some("s")),
            "<pubsub xmlns='http://jabber.org/protocol/pubsub'><unsubscribe node='n' jid='a@x' subid='s'/></pubsub>"
        );
    }

    #[test]
    fn answers_of_every_shape_are_read() {
        let one = "<pubsub xmlns='http://jabber.org/protocol/pubsub'>\
                   <subscription node='n' jid='a@x' subid='7' subscription='pending'/></pubsub>";
        let found = subscriptions(one, PUBSUB).unwrap();
        let first = found.first().unwrap();
        assert_eq!(first.state, SubscriptionState::Pending);
        assert_eq!(first.id.as_deref(), Some("7"));
        let list = "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><subscriptions node='n'>\
                    <subscription jid='a@x' subscription='subscribed'/><subscription jid='b@x'/></subscriptions></pubsub>";
        let found = subscriptions(list, PUBSUB_OWNER).unwrap();
        assert_eq!(found.len(), 2);
        assert!(
            found
                .iter()
                .all(|one| one.node.as_ref().is_some_and(|node| node.as_str() == "n"))
        );
        assert!(subscriptions("", PUBSUB).unwrap().is_empty());
    }
}
