//! What a change tells, as plain rows for the view `pubsub_outbox`: the door for programs that write their own SQL, through whatever library.
//!
//! Knows columns and their order. Does not know a database, a transaction or a session: whoever inserts the rows decides when, and with what.

use std::sync::Arc;

use crate::ambient;
use crate::change::{Action, Stamp};
use crate::name::{ItemId, NodeName};
use crate::payload::{EncodeError, EncodeErrorKind};
use crate::publish::Publish;
use crate::store::EntryKind;

/// One row for the view `pubsub_outbox`: one thing to tell one node.
///
/// [`Publish::outbox_rows`] makes them. Inserted in a transaction of yours, beside the rows of your own tables, they are told once it
/// commits, and never if it does not:
///
/// ```
/// use pubsub_core::{Action, Publish};
///
/// #[derive(Publish)]
/// struct Tweet {
///     #[publish(id)]
///     id: i64,
///     text: String,
/// }
///
/// # fn main() -> Result<(), pubsub_core::EncodeError> {
/// let tweet = Tweet { id: 1, text: "hello".into() };
/// for row in tweet.outbox_rows(Action::Create)? {
///     // With sqlx, for example: row.values() bound in their order to a query of OutboxRow::INSERT.
///     let [node, item, kind, action, model, origin, payload] = row.values();
///     assert_eq!((item, kind, action), (Some("1"), Some("put"), Some("create")));
/// }
/// # Ok(())
/// # }
/// ```
///
/// The database must be the one of the store: migrations of the store make the view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Where it goes.
    pub node: NodeName,
    /// Which item it is about.
    pub item: ItemId,
    /// What it does to the item.
    pub kind: EntryKind,
    /// What happened to the value.
    pub action: Action,
    /// The node of its model.
    pub model: &'static str,
    /// Who made the change: the [origin](crate::PubSub::origin) of the handle of the process, if there is one. Subscribers that do not want to
    /// hear of their own changes tell them by it.
    pub origin: Option<Arc<str>>,
    /// The whole `<entry/>`, without a stamp: the relay writes that. With a delete it is the last row.
    pub payload: Arc<str>,
}

impl OutboxRow {
    /// The columns, in the order of [`values`](Self::values).
    pub const COLUMNS: [&'static str; 7] = [
        "node", "item", "kind", "action", "model", "origin", "payload",
    ];

    /// The statement that inserts one row, with places for the seven [`values`](Self::values). PostgreSQL and SQLite both read it.
    pub const INSERT: &'static str = "INSERT INTO pubsub_outbox (node, item, kind, action, model, origin, payload) VALUES ($1, $2, $3, $4, $5, $6, $7)";

    /// What goes into the columns, in their order.
    #[must_use]
    pub fn values(&self) -> [Option<&str>; 7] {
        [
            Some(self.node.as_str()),
            Some(self.item.as_str()),
            Some(self.kind.as_str()),
            Some(self.action.as_str()),
            Some(self.model),
            self.origin.as_deref(),
            Some(&self.payload),
        ]
    }

    /// One row a node that hears of the value; what [`Publish::outbox_rows`] is made of.
    pub(crate) fn of<M: Publish>(model: &M, action: Action) -> Result<Vec<Self>, EncodeError> {
        let is_told = M::DESCRIPTOR.actions.contain(action);
        if !is_told || (action != Action::Delete && !model.is_published()) {
            return Ok(Vec::new());
        }
        let own = NodeName::new(M::NODE)
            .map_err(|error| EncodeError::new("NODE", EncodeErrorKind::Name(error)))?;
        let mut nodes = vec![own];
        nodes.extend(model.channels()?);
        Self::to(nodes, model, action)
    }

    /// The same to these nodes, whether the model publishes the action or not.
    pub(crate) fn to<M: Publish>(
        nodes: Vec<NodeName>,
        model: &M,
        action: Action,
    ) -> Result<Vec<Self>, EncodeError> {
        if nodes.is_empty() {
            return Ok(Vec::new());
        }
        let item = item_of(model, action)?;
        let mut payload = String::with_capacity(512);
        model.encode_entry(&Stamp::default(), &mut payload)?;
        let payload: Arc<str> = payload.into();
        let origin: Option<Arc<str>> = ambient::current().ok().map(|pubsub| pubsub.origin().into());
        let kind = match action {
            Action::Create | Action::Update => EntryKind::Put,
            Action::Delete => EntryKind::Retract {
                notify: M::DESCRIPTOR.config.notify_retract.unwrap_or(true),
            },
        };
        let row = |node| Self {
            node,
            item: item.clone(),
            kind,
            action,
            model: M::NODE,
            origin: origin.clone(),
            payload: Arc::clone(&payload),
        };
        Ok(nodes.into_iter().map(row).collect())
    }
}

/// The id of a value's item. Without an id field only a new item can be told of.
fn item_of<M: Publish>(model: &M, action: Action) -> Result<ItemId, EncodeError> {
    match (model.item_id()?, action) {
        (Some(item), _) => Ok(item),
        (None, Action::Create) => Ok(ItemId::unique()),
        (None, Action::Update | Action::Delete) => {
            let reason = format!(
                "no field is marked #[publish(id)], so it is not known which item this {action} is about; mark one"
            );
            Err(EncodeError::new("id", EncodeErrorKind::Invalid(reason)))
        }
    }
}

#[cfg(all(test, feature = "derive"))]
mod tests {
    use super::OutboxRow;

    #[test]
    fn the_statement_names_the_columns_in_their_order() {
        let (_, after) = OutboxRow::INSERT.split_once('(').unwrap();
        let (columns, values) = after.split_once(')').unwrap();
        assert_eq!(columns, OutboxRow::COLUMNS.join(", "));
        assert_eq!(values.matches('$').count(), OutboxRow::COLUMNS.len());
    }
}
