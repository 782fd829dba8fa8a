//! The handle that `save()` without arguments uses: one for the process, and this is the only file that owns it.
//!
//! Everything else in the crate takes its handle as a parameter.

use std::sync::{PoisonError, RwLock};

use thiserror::Error;

use crate::handle::PubSub;

static INSTALLED: RwLock<Option<PubSub>> = RwLock::new(None);

/// No handle is installed, so there is nowhere to publish to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "no PubSub is installed in this process; call PubSub::from_env() first, or pass one to save_with()"
)]
pub struct NotInstalled;

/// Another handle is installed already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "a PubSub is installed in this process already; share that one, or shut it down first, or pass the second to save_with()"
)]
pub struct AlreadyInstalled;

/// The handle that the process has installed.
///
/// # Errors
///
/// [`NotInstalled`] before the first installation and after the installed handle was shut down.
pub fn current() -> Result<PubSub, NotInstalled> {
    INSTALLED
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
        .ok_or(NotInstalled)
}

/// Installs a handle unless there is one.
pub(crate) fn install(pubsub: &PubSub) -> Result<(), AlreadyInstalled> {
    let mut installed = INSTALLED.write().unwrap_or_else(PoisonError::into_inner);
    if installed.is_some() {
        return Err(AlreadyInstalled);
    }
    *installed = Some(pubsub.clone());
    Ok(())
}

/// Takes the handle away if it is the installed one.
pub(crate) fn uninstall(pubsub: &PubSub) {
    let mut installed = INSTALLED.write().unwrap_or_else(PoisonError::into_inner);
    if installed
        .as_ref()
        .is_some_and(|current| current.is_same(pubsub))
    {
        *installed = None;
    }
}
