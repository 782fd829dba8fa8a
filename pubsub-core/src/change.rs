//! What one save or delete says to one node.
//!
//! Knows the vocabulary (action, change, stamp). Does not know how a payload is written, who sends a change or whether it arrived.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::name::{ItemId, NodeName};

/// What happened to the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// It was saved for the first time.
    Create,
    /// It was saved again.
    Update,
    /// It was deleted.
    Delete,
}

impl Action {
    /// The word that stands for it on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is not an [`Action`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an action is one of `create`, `update`, `delete`")]
pub struct UnknownAction;

impl FromStr for Action {
    type Err = UnknownAction;

    fn from_str(word: &str) -> Result<Self, UnknownAction> {
        match word {
            "create" => Ok(Self::Create),
            "update" => Ok(Self::Update),
            "delete" => Ok(Self::Delete),
            _ => Err(UnknownAction),
        }
    }
}

/// Which actions of a model are published: `#[publish(on(...))]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actions {
    /// First saves are published.
    pub create: bool,
    /// Later saves are published.
    pub update: bool,
    /// Deletes retract the item.
    pub delete: bool,
}

impl Actions {
    /// Everything, the default.
    pub const ALL: Self = Self {
        create: true,
        update: true,
        delete: true,
    };
    /// Nothing: the start from which [`Actions::and`] adds.
    pub const NONE: Self = Self {
        create: false,
        update: false,
        delete: false,
    };

    /// These actions and one more.
    #[must_use]
    pub const fn and(mut self, action: Action) -> Self {
        match action {
            Action::Create => self.create = true,
            Action::Update => self.update = true,
            Action::Delete => self.delete = true,
        }
        self
    }

    /// Whether an action is among them.
    #[must_use]
    pub const fn contain(self, action: Action) -> bool {
        match action {
            Action::Create => self.create,
            Action::Update => self.update,
            Action::Delete => self.delete,
        }
    }
}

/// One thing to tell one node; a save makes one for the model's node and one for each of its channels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where it goes.
    pub node: NodeName,
    /// Which item it replaces, adds or removes.
    pub item: ItemId,
    /// What becomes of the item.
    pub kind: ChangeKind,
}

/// What becomes of the item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// It is published, replacing an earlier one of the same id.
    Put {
        /// The encoded `<entry/>`, complete in itself; shared by all the changes of one save.
        payload: Arc<str>,
    },
    /// It is retracted.
    Retract {
        /// The last row, encoded as it would have been published, for whoever needs what was there.
        payload: Option<Arc<str>>,
        /// Whether subscribers are told.
        notify: bool,
    },
}

/// The mark of the sender inside an entry: lets a subscriber drop repeats, tell a create from an update, and skip its own changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stamp {
    /// The number of the change: within its log and node, where there is a log; otherwise within its origin.
    pub sequence: Option<u64>,
    /// The id of the store whose outbox it was in. There the numbers of a node have no gaps.
    pub log: Option<Arc<str>>,
    /// What happened to the model.
    pub action: Option<Action>,
    /// Who made the change.
    pub origin: Option<Arc<str>>,
}

impl Stamp {
    /// The stamp of an action, without position and origin.
    #[must_use]
    pub const fn of(action: Action) -> Self {
        Self {
            sequence: None,
            log: None,
            action: Some(action),
            origin: None,
        }
    }

    /// Whether nothing is known: such a stamp is not written.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.sequence.is_none()
            && self.log.is_none()
            && self.action.is_none()
            && self.origin.is_none()
    }
}
