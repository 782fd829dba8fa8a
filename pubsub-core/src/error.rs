//! The errors of the front door: of starting, and of saving. Those of single requests are in `session`.

use std::error::Error as StdError;
use std::fmt;

use thiserror::Error;

use crate::ambient::NotInstalled;
use crate::hooks::HookError;
use crate::name::NodeName;
use crate::payload::EncodeError;
use crate::session::PubSubError;
use crate::store::StoreError;

/// Why a [`PubSub`](crate::PubSub) could not be started or stopped.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    source: Box<dyn StdError + Send + Sync>,
}

/// What kind of trouble an [`Error`](struct@Error) is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The URL, an environment variable or another setting cannot be used. Somebody has to change it.
    Configuration,
    /// The models of the program do not fit together: two publish to one node. Somebody has to change the code.
    Models,
    /// The server does not accept the credentials. Somebody has to change them.
    Authentication,
    /// The server cannot be reached, or does not speak to us. It may pass.
    Connection,
    /// A node of the models could not be set up at the service.
    Node,
    /// The embedded server could not be started.
    Embedded,
    /// The store cannot be opened, or is in use by a program that it cannot be shared with.
    Store,
    /// A handle is installed in this process already.
    AlreadyInstalled,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            kind,
            source: source.into(),
        }
    }

    /// What kind of trouble it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = match self.kind {
            ErrorKind::Configuration | ErrorKind::AlreadyInstalled => return self.source.fmt(f),
            ErrorKind::Models => "the models do not fit together",
            ErrorKind::Authentication => "cannot log in",
            ErrorKind::Connection => "cannot connect",
            ErrorKind::Node => "cannot set up a node",
            ErrorKind::Embedded => "cannot start the embedded server",
            ErrorKind::Store => "cannot use the store",
        };
        write!(f, "{about}: {}", self.source)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}

/// Why a save, delete or publish did not become durable, or without a store did not reach the service.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SaveError {
    /// There is no handle to save with. Nothing was sent.
    #[error(transparent)]
    NotInstalled(#[from] NotInstalled),
    /// The value cannot be written. Nothing was sent.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// A hook does not want it. Nothing was written or sent.
    #[error(transparent)]
    Vetoed(#[from] HookError),
    /// A delete or touch of a value whose model has no `#[publish(id)]` field. Nothing was sent.
    #[error(
        "{model} has no field marked #[publish(id)], so its items cannot be told apart; mark one, or use PubSub::delete_by_id with the id of the receipt"
    )]
    NoId {
        /// The type.
        model: &'static str,
    },
    /// The store did not take it. Nothing was written, and nobody will be told.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A transaction was asked for, and there is no store that could have one. Nothing was done.
    #[error(
        "this PubSub has no store, so there is no transaction to save in; set PUBSUB_STORE, or give the builder a store"
    )]
    NoStore,
    /// The service refused it, or did not answer. When a save concerns several nodes, others may have accepted it.
    #[error(transparent)]
    Publish(#[from] PubSubError),
}

impl SaveError {
    /// Whether the same call may succeed later without anybody changing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Publish(error) => error.is_transient(),
            Self::Store(error) => error.is_transient(),
            _ => false,
        }
    }

    /// The node that refused, if one did.
    #[must_use]
    pub fn node(&self) -> Option<&NodeName> {
        match self {
            Self::Publish(error) => error.node(),
            _ => None,
        }
    }
}
