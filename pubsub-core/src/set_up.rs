//! The nodes of the program's models: made, configured and described, at the start and after every connection to a service that may have lost them.
//!
//! Where nodes can be awaited a missing one is not made: perhaps this program only subscribes, and whoever makes a node owns it. There the session makes it,
//! with all that is said here, before the first change of the model. Knows models and their wishes. Does not know how a node is asked for.

use futures_util::{TryStreamExt as _, stream};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::name::NodeName;
use crate::outlet::Outlet;
use crate::registry::{Descriptor, Registry};
use crate::schema::Outline;
use crate::session::{PubSubError, Status};

/// How many nodes are set up at once.
const AT_ONCE: usize = 64;

/// What becomes of a node that is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// It is made: nobody else can, or subscribers need it.
    Made,
    /// It is left to whoever publishes first, where the service lets subscribers await it.
    Left,
}

/// Configures and describes the nodes of the models, and makes those that are missing.
///
/// # Errors
///
/// When the service cannot do it now. What it will not do is only noted: perhaps this program only subscribes, and if it publishes, that will tell.
pub(crate) async fn set_up(
    outlet: &Outlet,
    registry: &Registry,
    missing: Missing,
) -> Result<(), PubSubError> {
    let is_left = missing == Missing::Left && outlet.can_await();
    stream::iter(registry.models().map(Ok))
        .try_for_each_concurrent(AT_ONCE, |model| set_up_one(outlet, model, is_left))
        .await
}

/// Sets up the node of a model of which something is saved for the first time, beside what is saved: in a store that several programs share, one may deliver it that
/// does not know the model.
pub(crate) fn take_up(outlet: &Outlet, model: &'static Descriptor) {
    if outlet.is_first_save(model.node) && outlet.is_online() {
        let outlet = outlet.clone();
        // Ends with its answers, or with the session.
        tokio::spawn(async move {
            if let Err(error) = set_up_one(&outlet, model, false).await {
                tracing::debug!(model = model.type_name, %error, "a node cannot be set up for now");
            }
        });
    }
}

async fn set_up_one(
    outlet: &Outlet,
    model: &'static Descriptor,
    is_left: bool,
) -> Result<(), PubSubError> {
    // The registry has checked the name.
    let Ok(node) = NodeName::new(model.node) else {
        return Ok(());
    };
    // Our own that is missing was lost by the service.
    let is_left = is_left && !outlet.has_made(model.node);
    let ready = if is_left {
        outlet.configure(&node, &model.config).await
    } else {
        match outlet.make(model.node).await {
            Ok(true) => return Ok(()),
            Ok(false) => outlet.ensure(&node, &model.config).await,
            Err(error) => Err(error),
        }
    };
    match ready {
        Err(PubSubError::NotFound { .. }) if is_left => return Ok(()),
        Err(error) if error.is_transient() => return Err(error),
        Err(error) => {
            tracing::warn!(%node, model = model.type_name, %error, "a node cannot be set up");
            return Ok(());
        }
        Ok(()) => {}
    }
    let text = match Outline::of(model).to_text() {
        Ok(text) => text,
        Err(error) => {
            tracing::warn!(%node, model = model.type_name, %error, "the node will not say what its model looks like");
            return Ok(());
        }
    };
    match outlet.describe(&node, model.schema.namespace, &text).await {
        Err(PubSubError::NotFound { .. }) if is_left => Ok(()),
        Err(error) if error.is_transient() => Err(error),
        Err(error) => {
            // It belongs to somebody else, or the service has no place for so much.
            tracing::debug!(%node, model = model.type_name, %error, "a node cannot be described");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// A task that sets the nodes up again whenever a connection begins that is not the continuation of another. It ends with this value.
#[derive(Debug)]
pub(crate) struct Keeper {
    task: AbortHandle,
}

impl Keeper {
    /// Begins to act on what `status` has not told yet. Without models there is nothing to keep.
    pub(crate) fn start(
        outlet: Outlet,
        registry: Registry,
        missing: Missing,
        mut status: watch::Receiver<Status>,
    ) -> Option<Self> {
        registry.models().next()?;
        let mut is_online = status.borrow().is_online();
        let task = tokio::spawn(async move {
            while status.changed().await.is_ok() {
                let is_new = match &*status.borrow_and_update() {
                    Status::Online { resumed } => !resumed || !is_online,
                    Status::Closed { .. } => return,
                    Status::Connecting | Status::Offline { .. } => continue,
                };
                is_online = true;
                if is_new && let Err(error) = set_up(&outlet, &registry, missing).await {
                    tracing::debug!(%error, "a node cannot be set up for now");
                }
            }
        });
        Some(Self {
            task: task.abort_handle(),
        })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.task.abort();
    }
}
