//! What a unit does, decided in memory: the action of each piece, the rows as they will be, and the entries.
//!
//! Knows the meaning of the pieces. Does not touch the database.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::ground::{Ground, RowState};
use super::work::{Ready, Work};
use crate::change::Action;
use crate::name::{ItemId, NodeName};
use crate::registry::Descriptor;
use crate::saving::unreadable as unreadable_row;
use crate::store::sql::statement::{Arg, ArgType};
use crate::store::{ChannelsOf, EntryKind, Former, Piece, StoreError, StoreErrorKind, Written};

/// A unit that has been thought through and not been accepted yet.
#[derive(Debug)]
pub(super) struct Draft {
    pieces: Vec<(Former, Vec<Drafted>)>,
    /// The rows that it changed, as they were, in the order of the changes.
    undo: Vec<(&'static str, ItemId, RowState)>,
    /// Why it cannot be carried out.
    refusal: Option<StoreError>,
}

/// An entry, but for its lane and number.
#[derive(Debug)]
pub(super) struct Drafted {
    pub(super) node: NodeName,
    pub(super) item: ItemId,
    pub(super) kind: EntryKind,
    pub(super) action: Option<Action>,
    pub(super) model: Arg,
    pub(super) origin: Option<Arc<str>>,
    pub(super) payload: Option<Arc<str>>,
}

/// An entry with its number.
#[derive(Debug)]
pub(super) struct Numbered {
    pub(super) sequence: u64,
    pub(super) entry: Drafted,
}

impl Draft {
    /// Thinks a unit through, and changes the rows in memory.
    pub(super) fn of(work: &Work, ground: &mut Ground) -> Self {
        let mut draft = Self {
            pieces: Vec::with_capacity(work.unit.pieces.len()),
            undo: Vec::new(),
            refusal: None,
        };
        for (piece, ready) in work.unit.pieces.iter().zip(&work.ready) {
            let (former, mut entries) = draft.piece(piece, ready, ground);
            if work.unit.is_suppressed {
                entries.clear();
            }
            for entry in &mut entries {
                entry.origin.clone_from(&work.unit.origin);
            }
            draft.pieces.push((former, entries));
        }
        draft
    }

    fn piece(
        &mut self,
        piece: &Piece,
        ready: &Ready,
        ground: &mut Ground,
    ) -> (Former, Vec<Drafted>) {
        match piece {
            Piece::Save { .. } => self.save(piece, ready, ground),
            Piece::Delete {
                model,
                item,
                channels_of,
                may_show,
            } => {
                let Some((row, former)) = present(ground, model, item) else {
                    return nothing();
                };
                self.undo.push((model.node, item.clone(), row.clone()));
                let shown = Some(&former).filter(|former| may_show(former));
                let gone = (retraction(model), Some(Action::Delete), shown);
                let entries = everywhere(row, model, item, *channels_of, gone);
                row.replace(None, None);
                (found(Action::Delete, Some(former)), entries)
            }
            Piece::Touch {
                model,
                item,
                channels_of,
                may_show,
            } => {
                let Some((row, former)) = present(ground, model, item) else {
                    return nothing();
                };
                if !may_show(&former) {
                    // One that cannot be read may not be shown, but that is not what anybody wants.
                    let unreadable = channels_of(&former).err();
                    self.refusal = unreadable.map(|error| unreadable_row(model.node, item, error));
                    return nothing();
                }
                let put = (EntryKind::Put, Some(Action::Update), Some(&former));
                let entries = everywhere(row, model, item, *channels_of, put);
                (found(Action::Update, Some(former)), entries)
            }
            Piece::Tell {
                node,
                item,
                kind,
                action,
                model,
                payload,
            } => {
                let entry = Drafted {
                    node: node.clone(),
                    item: item.clone(),
                    kind: *kind,
                    action: *action,
                    model: model.clone().into(),
                    origin: None,
                    payload: payload.clone(),
                };
                let former = Former {
                    action: *action,
                    payload: None,
                };
                (former, vec![entry])
            }
        }
    }

    fn save(
        &mut self,
        piece: &Piece,
        ready: &Ready,
        ground: &mut Ground,
    ) -> (Former, Vec<Drafted>) {
        let Piece::Save {
            model,
            item,
            payload,
            nodes,
            channels_of,
        } = piece
        else {
            return nothing();
        };
        let birth = ground.birth();
        let Some(row) = ground.row(model.node, item) else {
            return nothing();
        };
        self.undo.push((model.node, item.clone(), row.clone()));
        let former = row.payload.clone();
        let action = match former {
            Some(_) => Action::Update,
            None => Action::Create,
        };
        let mut entries = Vec::new();
        if model.actions.contain(action) {
            let put = (EntryKind::Put, Some(action), Some(payload));
            entries.extend(nodes.iter().map(|node| drafted(node, model, item, put)));
            // Where it was heard of before, and is not any more. Unless this value is not told at all.
            if !nodes.is_empty() && former.is_some() && !model.channels.is_empty() {
                let gone = (retraction(model), None, None);
                let channels = row.channels(*channels_of);
                let left = channels.iter().filter(|channel| !nodes.contains(channel));
                entries.extend(left.map(|node| drafted(node, model, item, gone)));
            }
        }
        if former.is_none() {
            row.birth = birth;
        }
        row.replace(Some(payload.clone()), Some(ready.values.clone()));
        (found(action, former), entries)
    }

    /// Why it cannot be carried out, if it cannot.
    pub(super) fn refusal(&mut self) -> Option<StoreError> {
        self.refusal.take()
    }

    /// What the pieces found.
    pub(super) fn formers(&self) -> Vec<Former> {
        self.pieces
            .iter()
            .map(|(former, _)| former.clone())
            .collect()
    }

    /// Who is going to be told.
    pub(super) fn nodes(&self) -> BTreeSet<NodeName> {
        let entries = self.pieces.iter().flat_map(|(_, entries)| entries);
        entries.map(|entry| entry.node.clone()).collect()
    }

    /// Accepts it: numbers the entries and appends them. Their lanes have been locked.
    pub(super) fn number(
        self,
        ground: &mut Ground,
        all: &mut Vec<Numbered>,
    ) -> Result<Vec<Written>, StoreError> {
        let mut written = Vec::with_capacity(self.pieces.len());
        for (former, drafted) in self.pieces {
            let mut entries = Vec::with_capacity(drafted.len());
            for entry in drafted {
                let lane = ground.lanes.get_mut(&entry.node).ok_or_else(|| {
                    let message = format!("the counter of node {} was not read", entry.node);
                    StoreError::new(StoreErrorKind::Database, message)
                })?;
                lane.last += 1;
                entries.push((entry.node.clone(), lane.last));
                all.push(Numbered {
                    sequence: lane.last,
                    entry,
                });
            }
            written.push(Written { former, entries });
        }
        Ok(written)
    }

    /// Forgets it: puts the rows back as they were.
    pub(super) fn undo(self, ground: &mut Ground) {
        for (node, item, before) in self.undo.into_iter().rev() {
            if let Some(row) = ground.row(node, &item) {
                *row = before;
            }
        }
    }
}

fn nothing() -> (Former, Vec<Drafted>) {
    let former = Former {
        action: None,
        payload: None,
    };
    (former, Vec::new())
}

fn found(action: Action, payload: Option<Arc<str>>) -> Former {
    Former {
        action: Some(action),
        payload,
    }
}

/// The row of an item, if there is one.
fn present<'a>(
    ground: &'a mut Ground,
    model: &Descriptor,
    item: &ItemId,
) -> Option<(&'a mut RowState, Arc<str>)> {
    let row = ground.row(model.node, item)?;
    let payload = row.payload.clone()?;
    Some((row, payload))
}

fn retraction(model: &Descriptor) -> EntryKind {
    EntryKind::Retract {
        notify: model.config.notify_retract.unwrap_or(true),
    }
}

/// The same for the node of the model and the channels of a row, if the model publishes such actions.
fn everywhere(
    row: &mut RowState,
    model: &'static Descriptor,
    item: &ItemId,
    channels_of: ChannelsOf,
    what: What<'_>,
) -> Vec<Drafted> {
    let is_told = what.1.is_none_or(|action| model.actions.contain(action));
    let Some(node) = NodeName::new(model.node).ok().filter(|_| is_told) else {
        return Vec::new();
    };
    let mut entries = vec![drafted(&node, model, item, what)];
    if !model.channels.is_empty() {
        let channels = row.channels(channels_of);
        let others = channels.iter().filter(|channel| **channel != node);
        entries.extend(others.map(|channel| drafted(channel, model, item, what)));
    }
    entries
}

/// What an entry says: its kind, its action, its payload.
type What<'a> = (EntryKind, Option<Action>, Option<&'a Arc<str>>);

fn drafted(
    node: &NodeName,
    model: &'static Descriptor,
    item: &ItemId,
    (kind, action, payload): What<'_>,
) -> Drafted {
    Drafted {
        node: node.clone(),
        item: item.clone(),
        kind,
        action,
        model: Arg::Word(model.node),
        origin: None,
        payload: payload.cloned(),
    }
}

impl Drafted {
    /// The arguments of its columns from the item on.
    pub(super) fn args(self) -> [Arg; 6] {
        [
            (&self.item).into(),
            self.kind.as_str().into(),
            self.action.map(Action::as_str).into(),
            match self.model {
                Arg::Null(_) => Arg::Null(ArgType::Text),
                model => model,
            },
            self.origin.into(),
            self.payload.into(),
        ]
    }
}
