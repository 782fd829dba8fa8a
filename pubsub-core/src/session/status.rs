//! How the session stands to its server, for whoever watches it.

use std::sync::Arc;

use tokio::time::Instant;

use super::ConnectError;

/// How the session stands to its server.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Status {
    /// An attempt to connect is under way.
    Connecting,
    /// Logged in.
    Online {
        /// The stream of the last connection goes on: no event was missed.
        resumed: bool,
    },
    /// The connection is lost, or could not be made; another attempt follows.
    Offline {
        /// Why.
        reason: Arc<ConnectError>,
        /// When.
        next_attempt: Instant,
    },
    /// Over: shut down, or refused by the server for good.
    Closed {
        /// Why, unless it was asked for.
        reason: Option<Arc<ConnectError>>,
    },
}

impl Status {
    /// Logged in.
    #[must_use]
    pub fn is_online(&self) -> bool {
        matches!(self, Self::Online { .. })
    }

    /// Over.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed { .. })
    }
}
