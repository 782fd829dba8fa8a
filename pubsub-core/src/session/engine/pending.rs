//! A request on its way through the session: what it asks, how long it may take, whom to tell.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::budget::Ticket;
use crate::session::home::Home;
use crate::session::{PubSubError, Receipt, Target};
use crate::{Change, ChangeKind, NodeConfig, NodeName};

/// Whom a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::session) enum Recipient {
    /// The PubSub service.
    Service,
    /// Our own server, about our own account.
    Server,
    /// Any other entity.
    Entity(Arc<str>),
}

/// A request with an answer that its caller reads.
#[derive(Debug)]
pub(in crate::session) struct Request {
    pub(in crate::session) recipient: Recipient,
    /// `get` or `set`.
    pub(in crate::session) kind: &'static str,
    pub(in crate::session) body: String,
    /// Asking twice does no harm, so it may be sent again when a connection broke.
    pub(in crate::session) is_repeatable: bool,
}

/// What is asked, and whom to tell.
#[derive(Debug)]
pub(in crate::session) enum Task {
    Change {
        change: Change,
        config: NodeConfig,
        /// What must be there before, if the service lets others await it.
        home: Option<Arc<Home>>,
        reply: oneshot::Sender<Result<Receipt, PubSubError>>,
    },
    Request {
        request: Request,
        target: Target,
        reply: oneshot::Sender<Result<String, PubSubError>>,
    },
}

/// What a task has been through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Past {
    /// Nothing.
    New,
    /// It was sent on a stream that is gone, so it may have taken effect.
    Sent,
    /// It may be what made the server close a stream, or refuse several items at once; it is sent alone.
    Suspect,
}

/// A task with its circumstances.
#[derive(Debug)]
pub(in crate::session) struct Pending {
    pub(in crate::session) task: Task,
    pub(in crate::session) called: Instant,
    pub(in crate::session) ticket: Option<Ticket>,
    pub(super) order: u64,
    pub(super) may_create: bool,
    pub(super) past: Past,
    /// It goes with the options that the node must have.
    pub(super) with_options: bool,
}

impl Pending {
    pub(in crate::session) fn new(task: Task, ticket: Ticket) -> Self {
        Self {
            task,
            called: Instant::now(),
            ticket: Some(ticket),
            order: 0,
            may_create: true,
            past: Past::New,
            with_options: false,
        }
    }

    pub(super) fn is_suspect(&self) -> bool {
        self.past == Past::Suspect
    }

    /// Nobody waits for it any more.
    pub(super) fn is_abandoned(&self) -> bool {
        match &self.task {
            Task::Change { reply, .. } => reply.is_closed(),
            Task::Request { reply, .. } => reply.is_closed(),
        }
    }

    /// The node that it changes an item of.
    pub(super) fn changed_node(&self) -> Option<&NodeName> {
        match &self.task {
            Task::Change { change, .. } => Some(&change.node),
            Task::Request { .. } => None,
        }
    }

    /// It publishes an item: node, wishes for the node.
    pub(super) fn publication(&self) -> Option<(&Change, &NodeConfig)> {
        match &self.task {
            Task::Change { change, config, .. } => {
                matches!(change.kind, ChangeKind::Put { .. }).then_some((change, config))
            }
            Task::Request { .. } => None,
        }
    }

    /// What must be there before it is published.
    pub(super) fn home(&self) -> Option<&Arc<Home>> {
        match &self.task {
            Task::Change { change, home, .. } => home
                .as_ref()
                .filter(|_| matches!(change.kind, ChangeKind::Put { .. })),
            Task::Request { .. } => None,
        }
    }

    /// Sending it again does no harm: an item replaces itself, and gone is gone.
    pub(super) fn is_repeatable(&self) -> bool {
        match &self.task {
            Task::Change { .. } => true,
            Task::Request { request, .. } => request.is_repeatable,
        }
    }

    pub(super) fn target(&self) -> Target {
        match &self.task {
            Task::Change { change, .. } => Target::Node(change.node.clone()),
            Task::Request { target, .. } => target.clone(),
        }
    }

    /// Tells the caller that it failed.
    pub(super) fn fail(self, error: PubSubError) {
        match self.task {
            Task::Change { reply, .. } => {
                super::measure::failed(&error);
                let _ = reply.send(Err(error));
            }
            Task::Request { reply, .. } => {
                let _ = reply.send(Err(error));
            }
        }
    }

    /// Tells the caller of a change that the service has it.
    pub(super) fn acknowledge(self) {
        if let Task::Change { change, reply, .. } = self.task {
            super::measure::acknowledged(self.called);
            let Change { node, item, .. } = change;
            let _ = reply.send(Ok(Receipt { node, item }));
        }
    }

    /// Tells the caller that time is up.
    pub(super) fn expire(self, after: Duration, is_online: bool) {
        let target = self.target();
        if is_online {
            self.fail(PubSubError::Timeout { target, after });
        } else {
            self.fail(PubSubError::Disconnected { target });
        }
    }
}
