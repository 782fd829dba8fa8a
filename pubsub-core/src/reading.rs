//! Reading rows back from the store: one by id, or a page of them with the position at which they were read.
//!
//! Knows how a query is put together and rows become values. Does not know SQL; what the node of a service holds is read in `handle`.

use std::fmt::Display;
use std::marker::PhantomData;

use thiserror::Error;

use crate::ambient::NotInstalled;
use crate::depot::Depot;
use crate::handle::PubSub;
use crate::name::{ItemId, NodeName};
use crate::payload::EncodeError;
use crate::position::Position;
use crate::publish::Publish;
use crate::registry::Descriptor;
use crate::saving::{item_id, unreadable};
use crate::store::{Condition, Direction, Query, Row, StoreError, StoreErrorKind, Value};

/// Why rows could not be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// There is no handle to read with.
    #[error(transparent)]
    NotInstalled(#[from] NotInstalled),
    /// The handle has no store.
    #[error(
        "this PubSub has no store, so there are no rows to read; set PUBSUB_STORE to sqlite:pubsub.db or a PostgreSQL URL, or read the items of the service with PubSub::items"
    )]
    NoStore,
    /// What was given cannot be an id.
    #[error(transparent)]
    Id(#[from] EncodeError),
    /// The store cannot answer; [`StoreErrorKind::Query`] for a field that the model does not have.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PubSub {
    /// The saved value with this id.
    ///
    /// # Errors
    ///
    /// See [`ReadError`].
    pub async fn get<M: Publish>(&self, id: impl Display + Send) -> Result<Option<M>, ReadError> {
        let item = item_id::<M>(&id)?;
        let row = self.row_of(M::DESCRIPTOR, &item).await?;
        row.map(|row| decode(&row)).transpose()
    }

    /// The saved values, page by page and filtered as the [`List`] is told.
    pub fn list<M: Publish>(&self) -> List<M> {
        List::new(Ok(self.clone()))
    }

    /// The row of an item of a model that is known by its description alone, as it is kept.
    ///
    /// # Errors
    ///
    /// See [`ReadError`].
    pub async fn row_of(
        &self,
        model: &'static Descriptor,
        item: &ItemId,
    ) -> Result<Option<Row>, ReadError> {
        let depot = self.readable(model).await?;
        Ok(depot.store().row(model, item).await?)
    }

    /// The rows of a model that is known by its description alone, as they are kept: for what shows rows of any model.
    ///
    /// # Errors
    ///
    /// See [`ReadError`].
    pub async fn rows_of(
        &self,
        model: &'static Descriptor,
        query: &Query,
    ) -> Result<Page<Row>, ReadError> {
        let depot = self.readable(model).await?;
        let found = depot.store().rows(model, query).await?;
        let node = NodeName::new(model.node)
            .map_err(|error| StoreError::new(StoreErrorKind::Query, error.to_string()))?;
        let log = depot.store().log();
        let channels = query.channels.iter().zip(&found.channels);
        Ok(Page {
            rows: found.rows,
            total: found.total,
            position: Position::numbered(&node, log, found.sequence),
            channels: channels
                .map(|(channel, last)| Position::numbered(channel, log, *last))
                .collect(),
        })
    }

    async fn readable(&self, model: &'static Descriptor) -> Result<&Depot, ReadError> {
        let depot = self.depot().ok_or(ReadError::NoStore)?;
        depot.prepare(model).await?;
        Ok(depot)
    }
}

/// A question for the rows of a model; answered by [`fetch`](Self::fetch), [`first`](Self::first) or [`count`](Self::count).
///
/// ```
/// # use pubsub_core::{PubSub, Publish, ReadError};
/// use pubsub_core::store::Condition;
///
/// # #[derive(Publish)]
/// # struct Tweet { #[publish(id)] id: i64, author: String, likes: u32 }
/// # async fn ask(pubsub: &PubSub) -> Result<(), ReadError> {
/// let page = pubsub
///     .list::<Tweet>()
///     .filter("author", "ann")
///     .filter("likes", Condition::AtLeast(10.into()))
///     .order_by("likes")
///     .descending()
///     .limit(20)
///     .fetch()
///     .await?;
/// let following = pubsub.subscribe_from::<Tweet>(&page.position).await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing is read until `fetch`, `first` or `count` is called"]
pub struct List<M> {
    pubsub: Result<PubSub, NotInstalled>,
    query: Query,
    model: PhantomData<fn() -> M>,
}

/// Values that a [`List`] found.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Page<M> {
    /// The values, in the order that was asked for.
    pub rows: Vec<M>,
    /// How many there are without limit and offset, when that was asked for.
    pub total: Option<u64>,
    /// The moment at which they were read: [`PubSub::subscribe_from`] goes on there.
    pub position: Position,
    /// The same moment in each of the channels that were named, for [`PubSub::subscribe_channel_from`].
    pub channels: Vec<Position>,
}

impl<M: Publish> List<M> {
    pub(crate) fn new(pubsub: Result<PubSub, NotInstalled>) -> Self {
        Self {
            pubsub,
            query: Query::default(),
            model: PhantomData,
        }
    }

    /// Only rows for which this holds, too. A plain value stands for [`Condition::Equal`], and `None` for a missing one.
    pub fn filter(mut self, field: impl Into<String>, condition: impl Into<Condition>) -> Self {
        self.query.conditions.push((field.into(), condition.into()));
        self
    }

    /// Sorts by a field, the smallest first; called again, by a further field where the ones before are equal. Without any, rows come in
    /// the order in which they were first saved.
    pub fn order_by(mut self, field: impl Into<String>) -> Self {
        self.query.order.push((field.into(), Direction::Ascending));
        self
    }

    /// Turns the field that was named last around: the largest first.
    pub fn descending(mut self) -> Self {
        if let Some((_, direction)) = self.query.order.last_mut() {
            *direction = Direction::Descending;
        }
        self
    }

    /// At most so many rows.
    pub fn limit(mut self, rows: u64) -> Self {
        self.query.limit = Some(rows);
        self
    }

    /// Without the first so many rows.
    pub fn offset(mut self, rows: u64) -> Self {
        self.query.offset = rows;
        self
    }

    /// Tells the position in this channel of the model as well: where to go on for somebody who is shown these rows and listens to that.
    pub fn with_channel(mut self, channel: &NodeName) -> Self {
        self.query.channels.push(channel.clone());
        self
    }

    /// Counts all rows besides, as if there were neither limit nor offset.
    pub fn with_total(mut self) -> Self {
        self.query.with_total = true;
        self
    }

    /// Reads the rows, and the position of that moment.
    ///
    /// # Errors
    ///
    /// See [`ReadError`].
    pub async fn fetch(&self) -> Result<Page<M>, ReadError> {
        self.ask(&self.query).await
    }

    /// Reads the first row.
    ///
    /// # Errors
    ///
    /// See [`ReadError`].
    pub async fn first(&self) -> Result<Option<M>, ReadError> {
        let query = Query {
            limit: Some(1),
            with_total: false,
            ..self.query.clone()
        };
        Ok(self.ask(&query).await?.rows.into_iter().next())
    }

    /// Counts the rows, whatever limit and offset say.
    ///
    /// # Errors
    ///
    /// See [`ReadError`].
    pub async fn count(&self) -> Result<u64, ReadError> {
        let query = Query {
            limit: Some(0),
            offset: 0,
            with_total: true,
            ..self.query.clone()
        };
        Ok(self.ask(&query).await?.total.unwrap_or_default())
    }

    async fn ask(&self, query: &Query) -> Result<Page<M>, ReadError> {
        let pubsub = self.pubsub.as_ref().map_err(|error| *error)?;
        let page = pubsub.rows_of(M::DESCRIPTOR, query).await?;
        let rows: Result<Vec<M>, ReadError> = page.rows.iter().map(decode).collect();
        Ok(Page {
            rows: rows?,
            total: page.total,
            position: page.position,
            channels: page.channels,
        })
    }
}

fn decode<M: Publish>(row: &Row) -> Result<M, ReadError> {
    match M::decode_entry(&row.payload) {
        Ok((value, _)) => Ok(value),
        Err(error) => Err(unreadable(M::NODE, &row.item, error).into()),
    }
}

impl<V: Into<Value>> From<V> for Condition {
    /// It is this value; of `None`, that it is missing.
    fn from(value: V) -> Self {
        Self::Equal(value.into())
    }
}

impl Condition {
    /// One of these values.
    pub fn one_of<V: Into<Value>>(values: impl IntoIterator<Item = V>) -> Self {
        Self::In(values.into_iter().map(Into::into).collect())
    }

    /// Its text contains this, in this case of letters.
    pub fn contains(text: impl Into<String>) -> Self {
        Self::Contains {
            text: text.into(),
            ignore_case: false,
        }
    }

    /// Its text starts with this, in this case of letters.
    pub fn starts_with(text: impl Into<String>) -> Self {
        Self::StartsWith {
            text: text.into(),
            ignore_case: false,
        }
    }

    /// Its text ends with this, in this case of letters.
    pub fn ends_with(text: impl Into<String>) -> Self {
        Self::EndsWith {
            text: text.into(),
            ignore_case: false,
        }
    }

    /// The same, whatever the case of ASCII letters. Changes nothing where no text is compared.
    #[must_use]
    pub fn ignoring_case(self) -> Self {
        let ignore_case = true;
        match self {
            Self::Equal(Value::Text(text)) => Self::EqualIgnoreCase(text.into_owned()),
            Self::Contains { text, .. } => Self::Contains { text, ignore_case },
            Self::StartsWith { text, .. } => Self::StartsWith { text, ignore_case },
            Self::EndsWith { text, .. } => Self::EndsWith { text, ignore_case },
            other => other,
        }
    }
}
