//! One value or announcement of a save: what is written for it, and how the hooks of its model are called.
//!
//! Knows the type of the model, and hides it from all that follows. Does not know transactions.

use std::any::Any;
use std::sync::Arc;

use crate::change::{Action, ChangeKind, Stamp};
use crate::content::Content;
use crate::error::SaveError;
use crate::hooks::{HookError, Stage};
use crate::name::{ItemId, NodeName};
use crate::payload::{DecodeError, EncodeError, EncodeErrorKind};
use crate::publish::Publish;
use crate::registry::{Descriptor, Registry};
use crate::store::{EntryKind, Former, Piece, StoreError, StoreErrorKind};

/// What to write, and whom to ask about it.
pub(super) struct Step<'m> {
    pub(super) piece: Piece,
    hooks: Option<ModelHooks<'m>>,
}

/// Calls hooks with a value that the caller has.
type WithValue<'m> =
    Box<dyn Fn(&Registry, Stage, Action) -> Result<(), HookError> + Send + Sync + 'm>;
/// Calls hooks with a value that is read back.
type WithRow = fn(&Registry, Stage, &str, Action) -> Result<Result<(), HookError>, DecodeError>;

/// How the hooks of a model are called, once it is known what happened.
struct ModelHooks<'m> {
    /// Whether there are any that may refuse.
    may_refuse: bool,
    with_value: Option<WithValue<'m>>,
    with_row: WithRow,
}

/// Hooks that are still to run, without the value that was saved: it is read back.
pub(super) struct Late {
    with_row: WithRow,
    payload: Arc<str>,
    action: Action,
}

impl<'m> Step<'m> {
    /// A value is saved.
    pub(super) fn save<M: Publish>(registry: &Registry, model: &'m M) -> Result<Self, SaveError> {
        let item = model.item_id()?.unwrap_or_else(ItemId::unique);
        let mut payload = String::with_capacity(512);
        model.encode_entry(&Stamp::default(), &mut payload)?;
        let nodes = if model.is_published() {
            audience(model)?
        } else {
            Vec::new()
        };
        let piece = Piece::Save {
            model: M::DESCRIPTOR,
            item,
            payload: payload.into(),
            nodes,
            channels_of: channels_of::<M>,
        };
        let hooks = ModelHooks::of_value(registry, model);
        Ok(Self { piece, hooks })
    }

    /// A value is deleted.
    pub(super) fn delete<M: Publish>(registry: &Registry, model: &'m M) -> Result<Self, SaveError> {
        let piece = deletion::<M>(id_of(model)?);
        let hooks = ModelHooks::of_value(registry, model);
        Ok(Self { piece, hooks })
    }

    /// The value under an id is deleted.
    pub(super) fn delete_by_id<M: Publish + 'static>(registry: &Registry, item: ItemId) -> Self {
        let type_id = std::any::TypeId::of::<M>();
        let hooks = registry.has_hooks(type_id).then(|| ModelHooks {
            may_refuse: registry.has_hooks_at(type_id, Stage::AfterSave),
            with_value: None,
            with_row: run_with_row::<M>,
        });
        Self {
            piece: deletion::<M>(item),
            hooks,
        }
    }

    /// A row is told once more. Nothing happens to it, so no hook is asked.
    pub(super) fn touch<M: Publish>(model: &M) -> Result<Self, SaveError> {
        let piece = Piece::Touch {
            model: M::DESCRIPTOR,
            item: id_of(model)?,
            channels_of: channels_of::<M>,
        };
        Ok(Self { piece, hooks: None })
    }

    /// Something is published to a node.
    pub(super) fn publish(
        registry: &Registry,
        node: &NodeName,
        item: &ItemId,
        content: &impl Content,
    ) -> Result<Self, SaveError> {
        let mut payload = String::new();
        content.write(&Stamp::default(), &mut payload)?;
        let kind = if content.takes_stamp() {
            EntryKind::Put
        } else {
            EntryKind::Raw
        };
        Ok(Self::tell(registry, node, item, kind, Some(payload.into())))
    }

    /// An item is retracted from a node.
    pub(super) fn retract(registry: &Registry, node: &NodeName, item: &ItemId) -> Self {
        let kind = EntryKind::Retract { notify: true };
        Self::tell(registry, node, item, kind, None)
    }

    fn tell(
        registry: &Registry,
        node: &NodeName,
        item: &ItemId,
        kind: EntryKind,
        payload: Option<Arc<str>>,
    ) -> Self {
        let action = match kind {
            EntryKind::Put | EntryKind::Raw => None,
            EntryKind::Retract { .. } => Some(Action::Delete),
        };
        let piece = Piece::Tell {
            node: node.clone(),
            item: item.clone(),
            kind,
            action,
            model: registry.model(node.as_str()).map(|model| model.node.into()),
            payload,
        };
        Self { piece, hooks: None }
    }

    /// What a value tells without a row of it being written.
    pub(super) fn announce<M: Publish>(
        model: &M,
        item: &ItemId,
        action: Action,
    ) -> Result<Vec<Self>, SaveError> {
        let changes = model.changes(Some(action), item, &Stamp::default())?;
        let steps = changes.into_iter().map(|change| {
            let (kind, payload) = entry_of(change.kind);
            let piece = Piece::Tell {
                node: change.node,
                item: change.item,
                kind,
                action: Some(action),
                model: Some(M::NODE.into()),
                payload,
            };
            Self { piece, hooks: None }
        });
        Ok(steps.collect())
    }

    /// Of which model it is, if of one.
    pub(super) fn model(&self) -> Option<&'static Descriptor> {
        match &self.piece {
            Piece::Save { model, .. }
            | Piece::Delete { model, .. }
            | Piece::Touch { model, .. } => Some(model),
            Piece::Tell { .. } => None,
        }
    }

    /// The item it is about.
    pub(super) fn item(&self) -> &ItemId {
        match &self.piece {
            Piece::Save { item, .. }
            | Piece::Delete { item, .. }
            | Piece::Touch { item, .. }
            | Piece::Tell { item, .. } => item,
        }
    }

    /// The node whose numbers a receipt speaks of.
    pub(super) fn node(&self) -> &str {
        match &self.piece {
            Piece::Save { model, .. }
            | Piece::Delete { model, .. }
            | Piece::Touch { model, .. } => model.node,
            Piece::Tell { node, .. } => node.as_str(),
        }
    }

    /// Whether a hook has to be asked before it is certain.
    pub(super) fn may_be_refused(&self) -> bool {
        self.hooks.as_ref().is_some_and(|hooks| hooks.may_refuse)
    }

    /// Runs the hooks of a stage, now that it is known what happened.
    pub(super) fn run_hooks(
        &self,
        registry: &Registry,
        stage: Stage,
        former: &Former,
    ) -> Result<(), SaveError> {
        let (Some(hooks), Some(action)) = (&self.hooks, former.action) else {
            return Ok(());
        };
        // What is deleted is the row as it was, whatever the caller had of it.
        if let (Action::Delete, Some(row)) = (action, &former.payload) {
            match (hooks.with_row)(registry, stage, row, action) {
                Ok(outcome) => return Ok(outcome?),
                Err(error) if hooks.with_value.is_none() => {
                    return Err(unreadable(self.node(), self.item(), error).into());
                }
                Err(error) => {
                    tracing::warn!(node = self.node(), item = %self.item(), %error, "a row cannot be read back; hooks get the value that was passed");
                }
            }
        }
        match &hooks.with_value {
            Some(run) => Ok(run(registry, stage, action)?),
            None => Ok(()),
        }
    }

    /// What has to run after a commit that is somebody else's.
    pub(super) fn late(&self, former: &Former) -> Option<Late> {
        let (hooks, action) = (self.hooks.as_ref()?, former.action?);
        let payload = match &self.piece {
            Piece::Save { payload, .. } => Arc::clone(payload),
            _ => former.payload.clone()?,
        };
        Some(Late {
            with_row: hooks.with_row,
            payload,
            action,
        })
    }
}

impl Late {
    /// Runs the hooks of after the commit. What goes wrong is only reported: nobody can take the change back.
    pub(super) fn run(&self, registry: &Registry) {
        match (self.with_row)(registry, Stage::AfterCommit, &self.payload, self.action) {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "a hook failed after the commit"),
            Err(error) => {
                tracing::error!(%error, "a row cannot be read back for the hooks of after the commit");
            }
        }
    }
}

impl<'m> ModelHooks<'m> {
    fn of_value<M: Publish>(registry: &Registry, model: &'m M) -> Option<Self> {
        let type_id = model.as_any().map(Any::type_id)?;
        let with_value = move |registry: &Registry, stage, action| match model.as_any() {
            Some(value) => registry.run_hooks(stage, value, action),
            None => Ok(()),
        };
        registry.has_hooks(type_id).then(|| Self {
            may_refuse: registry.has_hooks_at(type_id, Stage::AfterSave),
            with_value: Some(Box::new(with_value)),
            with_row: run_with_row::<M>,
        })
    }
}

fn deletion<M: Publish>(item: ItemId) -> Piece {
    Piece::Delete {
        model: M::DESCRIPTOR,
        item,
        channels_of: channels_of::<M>,
    }
}

/// The id, which a delete cannot do without.
pub(super) fn id_of<M: Publish>(model: &M) -> Result<ItemId, SaveError> {
    model.item_id()?.ok_or(SaveError::NoId {
        model: M::DESCRIPTOR.type_name,
    })
}

/// The model's node and the channels of the value.
fn audience<M: Publish>(model: &M) -> Result<Vec<NodeName>, EncodeError> {
    let own = NodeName::new(M::NODE)
        .map_err(|error| EncodeError::new("NODE", EncodeErrorKind::Name(error)))?;
    let channels = model.channels()?;
    Ok(std::iter::once(own).chain(channels).collect())
}

fn channels_of<M: Publish>(row: &str) -> Result<Vec<NodeName>, DecodeError> {
    let (value, _) = M::decode_entry(row)?;
    value
        .channels()
        .map_err(|error| DecodeError::invalid("channels", error))
}

fn run_with_row<M: Publish>(
    registry: &Registry,
    stage: Stage,
    row: &str,
    action: Action,
) -> Result<Result<(), HookError>, DecodeError> {
    let (value, _) = M::decode_entry(row)?;
    Ok(match value.as_any() {
        Some(value) => registry.run_hooks(stage, value, action),
        None => Ok(()),
    })
}

/// A row that is not of its model, or no longer.
pub(crate) fn unreadable(node: &str, item: &ItemId, error: DecodeError) -> StoreError {
    let message = format!(
        "the row \"{item}\" of {node} cannot be read back ({error}); give new fields a default, or save it again"
    );
    StoreError::new(StoreErrorKind::Row, message).with(error)
}

fn entry_of(kind: ChangeKind) -> (EntryKind, Option<Arc<str>>) {
    match kind {
        ChangeKind::Put { payload } => (EntryKind::Put, Some(payload)),
        ChangeKind::Retract { payload, notify } => (EntryKind::Retract { notify }, payload),
    }
}
