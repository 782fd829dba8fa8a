//! What a model is: a payload with a node of its own.
//!
//! Knows which nodes hear of a change and what they are told. Does not know how a change is stored or sent.

use std::any::Any;
use std::sync::Arc;

use crate::ambient;
use crate::change::{Action, Change, ChangeKind, Stamp};
use crate::error::SaveError;
use crate::handle::PubSub;
use crate::name::{ItemId, NodeName};
use crate::outbox_row::OutboxRow;
use crate::payload::{self, DecodeError, EncodeError, EncodeErrorKind, Payload};
use crate::receipt::Receipt;
use crate::registry::Descriptor;

/// A model whose changes are published: what `#[derive(Publish)]` writes for you.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a published model",
    label = "has no node",
    note = "add `#[derive(Publish)]` to `{Self}`"
)]
pub trait Publish: Payload + Send + Sync {
    /// The node that hears of every change: `/{crate}/{Type}` unless the model says otherwise.
    const NODE: &'static str;
    /// Everything known about the model without a value of it.
    const DESCRIPTOR: &'static Descriptor;
    /// Whether the type borrows nothing, so that hooks can be called with it.
    const IS_OWNED: bool = true;

    /// The id of this value's item, from the field marked `#[publish(id)]`; `None` when the model has no such field, and every save is a new item.
    ///
    /// # Errors
    ///
    /// When the field's text cannot be an id.
    fn item_id(&self) -> Result<Option<ItemId>, EncodeError> {
        Ok(None)
    }

    /// The nodes that hear of this value besides [`NODE`](Self::NODE): `#[publish(channels(...))]` filled in.
    ///
    /// # Errors
    ///
    /// When a field makes a name that no node can have.
    fn channels(&self) -> Result<Vec<NodeName>, EncodeError> {
        Ok(Vec::new())
    }

    /// Whether this value is to be published at all: `#[publish(when = path)]`.
    fn is_published(&self) -> bool {
        true
    }

    /// This value for hooks, which know the type only at run time; `None` for a model that borrows.
    fn as_any(&self) -> Option<&dyn Any> {
        None
    }

    /// Writes what the fields marked `title` and `updated` add to the entry.
    ///
    /// # Errors
    ///
    /// When such a field cannot be written as XML.
    fn write_head(&self, out: &mut String) -> Result<(), EncodeError> {
        let _ = out;
        Ok(())
    }

    /// Writes the whole entry.
    ///
    /// # Errors
    ///
    /// When a field cannot be written as XML; `out` is then as it was.
    fn encode_entry(&self, stamp: &Stamp, out: &mut String) -> Result<(), EncodeError> {
        payload::encode_with_head(self, Self::write_head, stamp, out)
    }

    /// Reads an entry, or the bare payload.
    ///
    /// # Errors
    ///
    /// When it is not an entry of this model.
    fn decode_entry(xml: &str) -> Result<(Self, Stamp), DecodeError> {
        payload::decode(xml)
    }

    /// Everything that one save or delete tells: a change for the model's node, then one for each channel, in the order they are written down.
    /// The entry is encoded once and shared. Empty when the model does not publish this action, or not this value.
    ///
    /// Without an action it is not known whether the value is new; it is told then as long as the model publishes either.
    /// A delete is told even if `when` says no by now: the value may have been published before.
    ///
    /// # Errors
    ///
    /// When the value cannot be written as XML, or makes a name that no node can have.
    fn changes(
        &self,
        action: Option<Action>,
        item: &ItemId,
        stamp: &Stamp,
    ) -> Result<Vec<Change>, EncodeError> {
        let descriptor = Self::DESCRIPTOR;
        let actions = descriptor.actions;
        let is_told = action.map_or(actions.create || actions.update, |action| {
            actions.contain(action)
        });
        if !is_told || (action != Some(Action::Delete) && !self.is_published()) {
            return Ok(Vec::new());
        }
        let mut entry = String::with_capacity(512);
        self.encode_entry(
            &Stamp {
                action,
                ..stamp.clone()
            },
            &mut entry,
        )?;
        let payload: Arc<str> = entry.into();
        let kind = match action {
            None | Some(Action::Create | Action::Update) => ChangeKind::Put { payload },
            Some(Action::Delete) => ChangeKind::Retract {
                payload: Some(payload),
                notify: descriptor.config.notify_retract.unwrap_or(true),
            },
        };
        let own = NodeName::new(Self::NODE)
            .map_err(|error| EncodeError::new("NODE", EncodeErrorKind::Name(error)))?;
        let mut nodes = vec![own];
        nodes.extend(self.channels()?);
        Ok(nodes
            .into_iter()
            .map(|node| Change {
                node,
                item: item.clone(),
                kind: kind.clone(),
            })
            .collect())
    }

    /// Everything that a change of this value tells, as rows for the view `pubsub_outbox`: for programs that write the row of the value
    /// themselves, with an ORM or another library, and insert these beside it in the same transaction. See [`OutboxRow`].
    ///
    /// A row for the model's node, then one for each channel. None when the model does not publish this action, or not this value. Without
    /// an id field a create gets a new id. Hooks do not run.
    ///
    /// # Errors
    ///
    /// When the value cannot be written as XML, makes a name that no node can have, or has no id to be updated or deleted by.
    fn outbox_rows(&self, action: Action) -> Result<Vec<OutboxRow>, EncodeError> {
        OutboxRow::of(self, action)
    }

    /// Publishes this value through the handle of the process: to the model's node and to its channels. Returns when
    /// the service has it.
    ///
    /// Saving again replaces the item with the same id; a model without an id field makes a new item each time.
    /// Hooks registered with [`after_save`](crate::after_save) run first and may refuse.
    ///
    /// # Errors
    ///
    /// See [`SaveError`].
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped the value may have been published, to some or all of its nodes.
    fn save(&self) -> impl Future<Output = Result<Receipt, SaveError>> + Send {
        async { ambient::current()?.save(self).await }
    }

    /// [`save`](Self::save) through this handle.
    ///
    /// # Errors
    ///
    /// See [`SaveError`].
    fn save_with(
        &self,
        pubsub: &PubSub,
    ) -> impl Future<Output = Result<Receipt, SaveError>> + Send {
        pubsub.save(self)
    }

    /// Saves several values, pipelined and in their order. When one of them cannot be written, or a hook does not want it,
    /// nothing is sent.
    ///
    /// # Errors
    ///
    /// The first that went wrong; the others were sent nevertheless.
    fn save_all(models: &[Self]) -> impl Future<Output = Result<Vec<Receipt>, SaveError>> + Send {
        async { ambient::current()?.save_all(models).await }
    }

    /// Retracts this value from the model's node and from its channels.
    ///
    /// # Errors
    ///
    /// See [`SaveError`]; a model without an id field cannot be deleted this way.
    fn delete(&self) -> impl Future<Output = Result<Receipt, SaveError>> + Send {
        async { ambient::current()?.delete(self).await }
    }

    /// [`delete`](Self::delete) through this handle.
    ///
    /// # Errors
    ///
    /// See [`SaveError`].
    fn delete_with(
        &self,
        pubsub: &PubSub,
    ) -> impl Future<Output = Result<Receipt, SaveError>> + Send {
        pubsub.delete(self)
    }
}
