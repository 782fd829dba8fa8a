//! Where the rows of a resource come from: the store of this program, or else the items that the node keeps.
//!
//! Knows both and hides which it is. From a store come all rows, filtered and sorted by the database. Without one there are as many as the node keeps, which the service
//! is asked for at most once a second.

use std::collections::HashMap;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pubsub_core::session::PubSubError;
use pubsub_core::store::{Query, StoreErrorKind};
use pubsub_core::{Descriptor, ItemId, NodeName, Position, PubSub, ReadError, SubscribeError};
use serde_json::Value as Json;
use tokio::sync::Mutex;

use super::refusal::Refusal;
use super::resource::Resource;
use super::sieve::{Plain, select};

/// How long the items of a node that were read are good enough for the next request.
const FRESH: Duration = Duration::from_secs(1);
/// The positions of so many channels of a model are kept for that time.
const MOST_POSITIONS: usize = 1000;

/// Rows, in the order that was asked for.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) rows: Vec<Row>,
    /// How many there are without limit and offset.
    pub(super) total: u64,
    /// The moment at which they were read: in the node of the model, or in each of the channels that were named, as it is handed out.
    pub(super) position: String,
}

/// One row: the id of its item and its payload.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) item: String,
    pub(super) payload: Arc<str>,
}

/// The items of one node as they were read last.
#[derive(Debug, Default)]
pub(super) struct Snapshots {
    latest: Mutex<Option<Snapshot>>,
    /// Of channels of the model.
    positions: std::sync::Mutex<Positions>,
}

/// Where channels were, and when that was read.
type Positions = HashMap<NodeName, (Instant, Position)>;

#[derive(Debug, Clone)]
struct Snapshot {
    rows: Arc<[Row]>,
    plain: Arc<[Plain]>,
    position: Position,
    read: Instant,
}

/// The rows that a query asks for.
pub(super) async fn rows(
    pubsub: &PubSub,
    resource: &Resource,
    snapshots: &Snapshots,
    query: &Query,
) -> Result<Found, Refusal> {
    if let Some(model) = stored(pubsub, resource) {
        let page = pubsub.rows_of(model, query).await;
        let page = page.map_err(|error| unread(resource, &error))?;
        return Ok(Found {
            rows: page
                .rows
                .into_iter()
                .map(|row| Row {
                    item: row.item.as_str().to_owned(),
                    payload: row.payload,
                })
                .collect(),
            total: page.total.unwrap_or_default(),
            position: told(&page.position, &page.channels),
        });
    }
    // First, so that nothing happens between the two that neither shows.
    let (channels, not_before) = snapshots.positions(pubsub, resource, query).await?;
    let snapshot = snapshots.of(pubsub, resource, not_before).await?;
    let (places, total) = select(resource, &snapshot.plain, query);
    let rows = places
        .into_iter()
        .filter_map(|place| snapshot.rows.get(place));
    Ok(Found {
        rows: rows.cloned().collect(),
        total: total as u64,
        position: told(&snapshot.position, &channels),
    })
}

/// Positions as they are handed out.
fn told(own: &Position, channels: &[Position]) -> String {
    if channels.is_empty() {
        return own.to_string();
    }
    let channels: Vec<_> = channels.iter().map(Position::to_string).collect();
    channels.join(",")
}

/// The row of an item.
pub(super) async fn row(
    pubsub: &PubSub,
    resource: &Resource,
    snapshots: &Snapshots,
    id: &str,
) -> Result<Option<Row>, Refusal> {
    // What cannot be an id is the id of nothing.
    let Ok(item) = ItemId::new(id) else {
        return Ok(None);
    };
    if let Some(model) = stored(pubsub, resource) {
        let row = pubsub.row_of(model, &item).await;
        let row = row.map_err(|error| unread(resource, &error))?;
        return Ok(row.map(|row| Row {
            item: row.item.as_str().to_owned(),
            payload: row.payload,
        }));
    }
    let snapshot = snapshots.of(pubsub, resource, None).await?;
    let found = snapshot.rows.iter().find(|row| row.item == item.as_str());
    Ok(found.cloned())
}

/// The model, if a store of this program keeps its rows.
fn stored(pubsub: &PubSub, resource: &Resource) -> Option<&'static Descriptor> {
    let model = resource.model.filter(|model| model.is_stored);
    model.filter(|_| pubsub.store().is_some())
}

impl Snapshots {
    /// Where the channels are that a query names, or were a moment ago, and which moment is the latest of these.
    async fn positions(
        &self,
        pubsub: &PubSub,
        resource: &Resource,
        query: &Query,
    ) -> Result<(Vec<Position>, Option<Instant>), Refusal> {
        let mut positions = Vec::with_capacity(query.channels.len());
        let mut latest = None;
        for channel in &query.channels {
            if let Some((read, position)) = self.known().get(channel) {
                latest = latest.max(Some(*read));
                positions.push(position.clone());
                continue;
            }
            let position = pubsub.position_of(channel).await;
            let position = position.map_err(|error| unheard(resource, &error))?;
            // It may be as late as this.
            let read = Instant::now();
            latest = Some(read);
            let mut known = self.known();
            if known.len() < MOST_POSITIONS {
                known.insert(channel.clone(), (read, position.clone()));
            }
            drop(known);
            positions.push(position);
        }
        Ok((positions, latest))
    }

    /// What was read of channels a moment ago.
    fn known(&self) -> MutexGuard<'_, Positions> {
        // No code that can panic runs while it is held.
        let known = self.positions.lock();
        let mut known = known.unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, (read, _)| read.elapsed() < FRESH);
        known
    }

    /// The items as they are, or were a moment ago. Whoever asks meanwhile waits for the same answer.
    async fn of(
        &self,
        pubsub: &PubSub,
        resource: &Resource,
        not_before: Option<Instant>,
    ) -> Result<Snapshot, Refusal> {
        let mut latest = self.latest.lock().await;
        if let Some(snapshot) = latest
            .as_ref()
            .filter(|it| it.read.elapsed() < FRESH && Some(it.read) >= not_before)
        {
            return Ok(snapshot.clone());
        }
        let read = Instant::now();
        let (items, position) = match pubsub.items_of(&resource.node).await {
            Ok(items) => {
                let position = items.position().clone();
                (items.into_vec(), position)
            }
            // Nothing of this model was published yet, so nobody has made its node.
            Err(SubscribeError::Refused(PubSubError::NotFound { .. }))
                if resource.model.is_some() =>
            {
                (Vec::new(), Position::beginning(&resource.node))
            }
            Err(error) => return Err(unheard(resource, &error)),
        };
        let (mut rows, mut plain) = (Vec::new(), Vec::new());
        for item in items {
            let row = Row {
                item: item.id.as_str().to_owned(),
                payload: item.item.as_str().into(),
            };
            match plainly(resource, &row) {
                Some(json) => {
                    plain.push(json);
                    rows.push(row);
                }
                // Anybody who may publish may publish anything.
                None => {
                    tracing::debug!(node = %resource.node, item = row.item, "an item is no row of the model");
                }
            }
        }
        let snapshot = Snapshot {
            rows: rows.into(),
            plain: plain.into(),
            position,
            read,
        };
        *latest = Some(snapshot.clone());
        Ok(snapshot)
    }
}

/// A row with its plain values. One that is no object has none.
pub(super) fn plainly(resource: &Resource, row: &Row) -> Option<Plain> {
    let json = resource.plain.row(&row.item, &row.payload).ok()?;
    match serde_json::from_str(&json).ok()? {
        Json::Object(members) => Some(members),
        _ => Some(Plain::default()),
    }
}

fn unread(resource: &Resource, error: &ReadError) -> Refusal {
    match error {
        ReadError::Store(error) if error.kind() == StoreErrorKind::Query => {
            tracing::debug!(resource = resource.name, %error, "a question that the store refuses");
            Refusal::mismatched()
        }
        ReadError::Store(error) if error.kind() == StoreErrorKind::Busy => {
            Refusal::away("the store is busy", error)
        }
        error => Refusal::failed("rows cannot be read", error),
    }
}

fn unheard(resource: &Resource, error: &SubscribeError) -> Refusal {
    match error {
        SubscribeError::Refused(PubSubError::NotFound { .. }) => Refusal::missing(),
        SubscribeError::Refused(refused) if refused.is_transient() => {
            Refusal::away("the service cannot be asked", refused)
        }
        error => {
            let what = format!("the items of {} cannot be read", resource.node);
            Refusal::failed(&what, error)
        }
    }
}
