//! An event as it was heard, its payload not decoded.

use std::sync::Arc;

use crate::session::stanza::NoticeKind;
use crate::{ItemId, NameError, NodeName};

/// What a session hears.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionEvent {
    /// The service tells something about a node.
    Node(RawEvent),
    /// The session is logged in (again).
    Online {
        /// The stream goes on where it broke: nothing was missed, and subscriptions hold. Otherwise events may
        /// have been missed.
        resumed: bool,
    },
    /// The connection is lost.
    Offline,
    /// This listener was too slow, and so many events are missing here.
    Lagged {
        /// How many.
        missed: u64,
    },
}

/// What the service tells about a node. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawEvent {
    /// The service.
    pub service: Arc<str>,
    /// The node.
    pub node: NodeName,
    /// What happened.
    pub kind: RawEventKind,
}

/// What happened to a node.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RawEventKind {
    /// An item was published, or replaced.
    Published {
        /// Its id. An item that the service sends without one gets one of its own.
        id: ItemId,
        /// Who published it, where the service says.
        publisher: Option<Arc<str>>,
        /// The payload: one element, complete in itself. Absent from nodes that do not deliver payloads.
        payload: Option<Arc<str>>,
    },
    /// An item was retracted.
    Retracted {
        /// Its id.
        id: ItemId,
    },
    /// All items were removed.
    Purged,
    /// The node is gone.
    Deleted {
        /// Where it lives on, as a URI.
        redirect: Option<Arc<str>>,
    },
    /// The node's configuration has changed.
    Configured,
    /// Our subscription has changed without our asking.
    Subscription {
        /// `subscribed`, `pending`, `unconfigured` or `none`.
        state: Arc<str>,
    },
}

impl RawEvent {
    /// `None` when an id is not one that an item can have.
    pub(super) fn from_notice(
        service: &Arc<str>,
        node: NodeName,
        notice: NoticeKind<'_>,
    ) -> Option<Self> {
        Some(Self {
            service: Arc::clone(service),
            node,
            kind: RawEventKind::from_notice(notice).ok()?,
        })
    }
}

impl RawEventKind {
    fn from_notice(notice: NoticeKind<'_>) -> Result<Self, NameError> {
        Ok(match notice {
            NoticeKind::Published {
                id,
                publisher,
                payload,
            } => Self::Published {
                id: id.map_or_else(|| Ok(ItemId::unique()), |id| ItemId::new(&*id))?,
                publisher: publisher.map(|publisher| publisher.as_ref().into()),
                payload: payload.map(|payload| payload.as_ref().into()),
            },
            NoticeKind::Retracted { id } => Self::Retracted {
                id: ItemId::new(&*id)?,
            },
            NoticeKind::Purged => Self::Purged,
            NoticeKind::Deleted { redirect } => Self::Deleted {
                redirect: redirect.map(|uri| uri.as_ref().into()),
            },
            NoticeKind::Configured => Self::Configured,
            NoticeKind::Subscription { state } => Self::Subscription {
                state: state.as_ref().into(),
            },
        })
    }
}
