//! How a save becomes changes: hooks, which nodes hear of it, and when it may be relied upon.
//!
//! The saving half of [`PubSub`]. With a store a save is done when row and outbox are durable (`stored`), without one when the service has
//! acknowledged (`direct`); `joined` saves in transactions of the caller. Does not know stanzas, sockets or how a payload is written.

mod direct;
mod joined;
mod step;
mod stored;

use std::fmt::Display;

pub use self::joined::{InTransaction, Transaction};
use self::step::Step;
pub(crate) use self::step::unreadable;
use crate::change::ChangeKind;
use crate::content::Content;
use crate::error::SaveError;
use crate::handle::PubSub;
use crate::name::{ItemId, NodeName};
use crate::payload::{EncodeError, EncodeErrorKind};
use crate::publish::Publish;
use crate::receipt::Receipt;

impl PubSub {
    /// Saves a value and publishes it: to the node of its model, and to its channels.
    ///
    /// The same as [`Publish::save_with`].
    ///
    /// # Errors
    ///
    /// See [`SaveError`].
    pub async fn save<M: Publish>(&self, model: &M) -> Result<Receipt, SaveError> {
        match self.depot() {
            Some(depot) => {
                let step = Step::save(self.registry(), model)?;
                self.write_one(depot, step).await
            }
            None => self.save_directly(model).await,
        }
    }

    /// Saves several values, in their order. With a store all of them or none, in one transaction.
    ///
    /// The same as [`Publish::save_all`]. When one of them cannot be written, or a hook does not want it, nothing is saved or sent.
    ///
    /// # Errors
    ///
    /// See [`SaveError`]. Without a store, the first that went wrong; the others were sent nevertheless.
    pub async fn save_all<M: Publish>(&self, models: &[M]) -> Result<Vec<Receipt>, SaveError> {
        match self.depot() {
            Some(_) if models.is_empty() => Ok(Vec::new()),
            Some(depot) => {
                let steps = models
                    .iter()
                    .map(|model| Step::save(self.registry(), model));
                let steps = steps.collect::<Result<_, _>>()?;
                self.write(depot, steps).await
            }
            None => self.save_all_directly(models).await,
        }
    }

    /// Deletes a value, and tells the node of its model and its channels.
    ///
    /// The same as [`Publish::delete_with`].
    ///
    /// # Errors
    ///
    /// See [`SaveError`].
    pub async fn delete<M: Publish>(&self, model: &M) -> Result<Receipt, SaveError> {
        match self.depot() {
            Some(depot) => {
                let step = Step::delete(self.registry(), model)?;
                self.write_one(depot, step).await
            }
            None => self.delete_directly(model).await,
        }
    }

    /// Deletes the value with this id, and tells the node of its model and the channels of the value as it was.
    ///
    /// Without a store the value is looked for among the items of its node. That there is none is no error: the receipt has no
    /// [`action`](Receipt::action) then.
    ///
    /// # Errors
    ///
    /// See [`SaveError`].
    pub async fn delete_by_id<M: Publish + 'static>(
        &self,
        id: impl Display + Send,
    ) -> Result<Receipt, SaveError> {
        let item = item_id::<M>(&id)?;
        match self.depot() {
            Some(depot) => {
                let step = Step::delete_by_id::<M>(self.registry(), item);
                self.write_one(depot, step).await
            }
            None => self.delete_directly_by_id::<M>(item).await,
        }
    }

    /// Publishes a value once more, as it was saved last: for subscribers that should look at it again.
    ///
    /// With a store the row is told as it is stored, whatever `model` says besides its id; that there is none is no error, the
    /// receipt has no [`action`](Receipt::action) then. Without a store the value itself is published. No hook runs: nothing has changed.
    ///
    /// # Errors
    ///
    /// See [`SaveError`]; [`StoreErrorKind::Row`](crate::store::StoreErrorKind::Row) when the model cannot read the row any more.
    pub async fn touch<M: Publish>(&self, model: &M) -> Result<Receipt, SaveError> {
        match self.depot() {
            Some(depot) => self.write_one(depot, Step::touch(model)?).await,
            None => self.touch_directly(model).await,
        }
    }

    /// Publishes anything to any node, as an item with a new id. The node is created where it is missing.
    ///
    /// With a store it waits in the outbox when this returns, and is delivered as changes of models are.
    ///
    /// # Errors
    ///
    /// See [`SaveError`].
    pub async fn publish(
        &self,
        node: &NodeName,
        content: impl Content,
    ) -> Result<Receipt, SaveError> {
        self.publish_as(node, &ItemId::unique(), content).await
    }

    /// Publishes anything to any node under a given id; an item with that id is replaced.
    ///
    /// # Errors
    ///
    /// See [`SaveError`].
    pub async fn publish_as(
        &self,
        node: &NodeName,
        item: &ItemId,
        content: impl Content,
    ) -> Result<Receipt, SaveError> {
        if let Some(depot) = self.depot() {
            let step = Step::publish(self.registry(), node, item, &content)?;
            drop(content);
            return self.write_one(depot, step).await;
        }
        let mut payload = String::new();
        content.write(&self.stamp(), &mut payload)?;
        drop(content);
        let kind = ChangeKind::Put {
            payload: payload.into(),
        };
        self.change_directly(node, item, kind).await
    }

    /// Retracts an item from a node.
    ///
    /// # Errors
    ///
    /// See [`SaveError`].
    pub async fn retract(&self, node: &NodeName, item: &ItemId) -> Result<Receipt, SaveError> {
        if let Some(depot) = self.depot() {
            let step = Step::retract(self.registry(), node, item);
            return self.write_one(depot, step).await;
        }
        let kind = ChangeKind::Retract {
            payload: None,
            notify: true,
        };
        self.change_directly(node, item, kind).await
    }
}

/// The id that a key is written as.
pub(crate) fn item_id<M: Publish>(id: &impl Display) -> Result<ItemId, EncodeError> {
    let field = M::DESCRIPTOR.id.unwrap_or("id");
    ItemId::new(id.to_string())
        .map_err(|error| EncodeError::new(field, EncodeErrorKind::Name(error)))
}
