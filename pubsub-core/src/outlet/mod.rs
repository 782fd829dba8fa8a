//! Where changes go and events come from: a session, or a recorder in a test.
//!
//! The one place that knows both. What is above it saves and subscribes the same way with either.

mod followed;
mod homes;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, join, join_all};
use tokio::sync::watch;
use tokio::time::timeout;

use self::followed::Followed;
pub(crate) use self::followed::{Absence, Granted};
use self::homes::Homes;
use crate::change::{Change, ChangeKind};
use crate::name::{ItemId, NodeName};
use crate::node_config::{NodeConfig, Setting};
use crate::registry::Registry;
use crate::session::{
    Filter, Item as RawItem, ItemQuery, Listener, PubSubError, Session, Status, Subscriber,
    SubscriptionState,
};
use crate::testing::Hub;

/// How many items are asked for at once when all are wanted.
const PAGE: u32 = 500;

/// A way out, and back. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) enum Outlet {
    /// To a service.
    Session(Session, Followed, Homes),
    /// To nobody else.
    Hub(Hub),
}

/// The items of a node.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) items: Vec<RawItem>,
    /// Where they could not be read in one moment: what was there last before the first of them was read.
    pub(crate) newest: Option<Vec<RawItem>>,
}

impl Outlet {
    /// To the service of a session, for a program with these models.
    pub(crate) fn to(session: Session, registry: &Registry) -> Self {
        Self::Session(session, Followed::default(), Homes::of(registry))
    }

    /// Sends a change; changes of one node keep the order in which this is called, before anything is awaited.
    ///
    /// A deletion with words is told first, as an item that says that it was deleted, and then carried out. That there was nothing to
    /// delete is no failure of it.
    pub(crate) fn send(
        &self,
        change: Change,
        setting: Setting,
    ) -> impl Future<Output = Result<(), PubSubError>> + Send + use<> {
        let answer = match self {
            Self::Session(session, followed, homes) => {
                let absent = &followed.absent;
                let wanted =
                    (!absent.is_empty()).then(|| (Arc::clone(absent), change.node.clone()));
                let publish = |change| {
                    session.publish_from(change, setting.config, homes.of_model(setting.model))
                };
                let farewell = farewell(&change).map(publish);
                Either::Left((farewell, publish(change), wanted))
            }
            Self::Hub(hub) => Either::Right(hub.accept(change)),
        };
        async {
            match answer {
                Either::Left((None, publishing, wanted)) => {
                    publishing.await?;
                    if let Some((absent, node)) = wanted {
                        absent.appeared(&node);
                    }
                    Ok(())
                }
                Either::Left((Some(farewell), retracting, _)) => {
                    match join(farewell, retracting).await {
                        (Ok(_), Ok(_) | Err(PubSubError::NotFound { .. })) => Ok(()),
                        (Err(error), _) | (_, Err(error)) => Err(error),
                    }
                }
                Either::Right(accepted) => accepted,
            }
        }
    }

    /// Whether the service can be reached, as far as is known.
    pub(crate) fn is_online(&self) -> bool {
        match self {
            Self::Session(session, ..) => session.status().borrow().is_online(),
            Self::Hub(_) => true,
        }
    }

    /// Whether a node need not be made to be subscribed to.
    pub(crate) fn can_await(&self) -> bool {
        match self {
            Self::Session(session, ..) => session.can_await(),
            Self::Hub(_) => true,
        }
    }

    /// Whether this program has made the node of a model, at the first change of it.
    pub(crate) fn has_made(&self, model: &str) -> bool {
        match self {
            Self::Session(_, _, homes) => homes.is_ours(model),
            Self::Hub(_) => false,
        }
    }

    /// Makes the node of a model with all that is known of it, where the service takes that in one step. Whether it did.
    pub(crate) async fn make(&self, model: &str) -> Result<bool, PubSubError> {
        match self {
            Self::Session(session, _, homes) if session.can_await() => {
                match homes.of_model(Some(model)) {
                    Some(home) => session.create_home(&home).await,
                    None => Ok(false),
                }
            }
            Self::Session(..) | Self::Hub(_) => Ok(false),
        }
    }

    /// Whether this is the first time that something of the model is saved, while its node may still have to be made.
    pub(crate) fn is_first_save(&self, model: &str) -> bool {
        match self {
            Self::Session(session, _, homes) => homes.is_new(model) && session.can_await(),
            Self::Hub(_) => false,
        }
    }

    /// Makes sure that the node is configured so, if it exists.
    pub(crate) async fn configure(
        &self,
        node: &NodeName,
        config: &NodeConfig,
    ) -> Result<(), PubSubError> {
        match self {
            Self::Session(session, ..) if !config.is_empty() => {
                session.configure(node, config).await
            }
            Self::Session(..) | Self::Hub(_) => Ok(()),
        }
    }

    /// Makes sure that the node exists, and is configured so.
    pub(crate) async fn ensure(
        &self,
        node: &NodeName,
        config: &NodeConfig,
    ) -> Result<(), PubSubError> {
        match self {
            Self::Session(session, ..) => session.ensure(node, config).await,
            Self::Hub(_) => Ok(()),
        }
    }

    /// Has the meta-data of the node say this. A recorder keeps none.
    pub(crate) async fn describe(
        &self,
        node: &NodeName,
        payload_type: &str,
        description: &str,
    ) -> Result<(), PubSubError> {
        match self {
            Self::Session(session, ..) => session
                .describe(node, payload_type, description)
                .await
                .map(drop),
            Self::Hub(_) => Ok(()),
        }
    }

    /// What the meta-data of the node say of it.
    pub(crate) async fn description(&self, node: &NodeName) -> Result<Option<String>, PubSubError> {
        match self {
            Self::Session(session, ..) => {
                let told = session.discover_node(node).await?;
                let form = told.meta_data();
                let description = form.and_then(|form| form.value("pubsub#description"));
                Ok(description.map(str::to_owned))
            }
            Self::Hub(_) => Ok(None),
        }
    }

    /// Counts one more subscription to the node.
    pub(crate) fn begin_following(&self, node: &NodeName) {
        if let Self::Session(_, followed, _) = self {
            followed.begin(node);
        }
    }

    /// Counts one less, and tells the service when it was the last.
    pub(crate) async fn end_following(&self, node: &NodeName) {
        if let Self::Session(session, followed, _) = self
            && followed.end(node)
            && let Err(error) = session.unsubscribe(node, Subscriber::Session).await
        {
            tracing::debug!(%node, %error, "cannot unsubscribe");
        }
    }

    /// Asks the service for the events of the node; whether they come already, or the node is only awaited. Asking again changes nothing.
    pub(crate) async fn subscribe(&self, node: &NodeName) -> Result<Granted, PubSubError> {
        match self {
            Self::Session(session, ..) => {
                let granted = session
                    .subscribe_or_await(node, Subscriber::Session)
                    .await?;
                let is_awaited = granted.state == SubscriptionState::Pending && session.can_await();
                Ok(if is_awaited {
                    Granted::Awaited
                } else {
                    Granted::Live
                })
            }
            Self::Hub(_) => Ok(Granted::Live),
        }
    }

    /// Counts one more node that is asked for from time to time, because it does not exist.
    pub(crate) fn miss(&self, node: &NodeName) -> Absence {
        match self {
            Self::Session(_, followed, _) => Absence::begin(&followed.absent, node),
            Self::Hub(_) => Absence::begin(&Arc::default(), node),
        }
    }

    pub(crate) fn listen(&self, node: &NodeName, capacity: usize) -> Listener {
        let filter = Filter::Nodes(vec![node.clone()]);
        match self {
            Self::Session(session, ..) => session.listen(filter, capacity),
            Self::Hub(hub) => hub.listen(filter, capacity),
        }
    }

    /// The items that were published last, oldest first; all of them when the node has no more than `most`.
    pub(crate) async fn recent(
        &self,
        node: &NodeName,
        most: u32,
    ) -> Result<Vec<RawItem>, PubSubError> {
        match self {
            Self::Session(session, ..) => {
                Ok(session.items(node, &ItemQuery::Latest(most)).await?.items)
            }
            Self::Hub(hub) => Ok(hub.recent(node, most)),
        }
    }

    /// All items, in the order of the service.
    pub(crate) async fn items(&self, node: &NodeName) -> Result<Held, PubSubError> {
        match self {
            Self::Session(session, ..) => all_items(session, node).await,
            Self::Hub(hub) => Ok(Held {
                items: hub.recent(node, u32::MAX),
                newest: None,
            }),
        }
    }

    pub(crate) async fn item(
        &self,
        node: &NodeName,
        id: &ItemId,
    ) -> Result<Option<RawItem>, PubSubError> {
        match self {
            Self::Session(session, ..) => {
                let page = session.items(node, &ItemQuery::Ids(vec![id.clone()])).await;
                match page {
                    Ok(page) => Ok(page.items.into_iter().find(|item| item.id == *id)),
                    // Services differ in what they say of an item that is not there.
                    Err(PubSubError::NotFound { .. }) => Ok(None),
                    Err(error) => Err(error),
                }
            }
            Self::Hub(hub) => Ok(hub.item(node, id)),
        }
    }

    /// How much the service keeps of a node.
    pub(crate) async fn retention(&self, node: &NodeName) -> Result<Retention, PubSubError> {
        match self {
            Self::Session(session, ..) => {
                let form = session.configuration(node).await?;
                let most = form.value("pubsub#max_items");
                Ok(Retention {
                    is_kept: !matches!(form.value("pubsub#persist_items"), Some("0" | "false")),
                    most: most.and_then(|most| most.parse().ok()),
                })
            }
            Self::Hub(hub) => Ok(Retention {
                is_kept: true,
                most: hub.most(),
            }),
        }
    }

    pub(crate) async fn nodes(&self) -> Result<Vec<NodeName>, PubSubError> {
        match self {
            Self::Session(session, ..) => session.nodes().await,
            Self::Hub(hub) => Ok(hub.nodes()),
        }
    }

    /// How many changes may wait to be sent, and how many bytes of payload among them.
    pub(crate) fn capacity(&self) -> (usize, usize) {
        match self {
            Self::Session(session, ..) => session.capacity(),
            Self::Hub(_) => (usize::MAX, usize::MAX),
        }
    }

    /// How the service can be reached; `None` when it always can.
    pub(crate) fn status(&self) -> Option<watch::Receiver<Status>> {
        match self {
            Self::Session(session, ..) => Some(session.status()),
            Self::Hub(_) => None,
        }
    }

    /// Why the outlet is closed, when nobody asked it to be.
    pub(crate) fn failure(&self) -> Option<String> {
        match self {
            Self::Session(session, ..) => match &*session.status().borrow() {
                Status::Closed { reason } => reason.as_ref().map(ToString::to_string),
                _ => None,
            },
            Self::Hub(_) => None,
        }
    }

    /// Ends the subscriptions, waits for what is under way, but not longer than `limit`, then closes.
    pub(crate) async fn shutdown(&self, limit: Duration) {
        match self {
            Self::Session(session, followed, _) => {
                let nodes = followed.take_all();
                if session.status().borrow().is_online() {
                    let ends = nodes
                        .iter()
                        .map(|node| session.unsubscribe(node, Subscriber::Session));
                    // What cannot be told in time is left to the service.
                    let _ = timeout(limit, join_all(ends)).await;
                }
                session.shutdown(limit).await;
            }
            Self::Hub(hub) => hub.close(),
        }
    }
}

/// How much of a node is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Retention {
    /// Whether items are kept at all.
    pub(crate) is_kept: bool,
    /// How many, at most.
    pub(crate) most: Option<u32>,
}

/// What subscribers are told of a deletion before it is carried out, if it has words and they are to be told.
fn farewell(change: &Change) -> Option<Change> {
    match &change.kind {
        ChangeKind::Retract {
            payload: Some(payload),
            notify: true,
        } => Some(Change {
            node: change.node.clone(),
            item: change.item.clone(),
            kind: ChangeKind::Put {
                payload: Arc::clone(payload),
            },
        }),
        _ => None,
    }
}

/// Page after page where the service has pages; otherwise what it gives at once.
async fn all_items(session: &Session, node: &NodeName) -> Result<Held, PubSubError> {
    let first = session.items(node, &ItemQuery::FirstPage(PAGE)).await?;
    let mut items = first.items;
    let is_complete = |items: &[RawItem], count: Option<u64>| {
        items.is_empty() || count.is_some_and(|count| items.len() as u64 >= count)
    };
    if first.last.is_none() || is_complete(&items, first.count) {
        return Ok(Held {
            items,
            newest: None,
        });
    }
    // Items move while pages are turned: nothing that happens from here on counts as seen.
    let newest = session.items(node, &ItemQuery::Latest(1)).await?.items;
    let mut query = ItemQuery::FirstPage(PAGE);
    items.clear();
    loop {
        let page = session.items(node, &query).await?;
        let is_empty = page.items.is_empty();
        items.extend(page.items);
        if is_empty || is_complete(&items, page.count) {
            break;
        }
        match page.last {
            Some(last) => query = ItemQuery::PageAfter(PAGE, last),
            None => break,
        }
    }
    Ok(Held {
        items: latest(items),
        newest: Some(newest),
    })
}

/// An item that moved while pages were turned comes twice; its later state counts.
fn latest(mut items: Vec<RawItem>) -> Vec<RawItem> {
    let mut seen = HashSet::new();
    items.reverse();
    items.retain(|item| seen.insert(item.id.clone()));
    items.reverse();
    items
}
