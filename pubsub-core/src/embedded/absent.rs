//! What stands there without the feature `embedded`: a server that nobody can start, and words that say so.

use crate::error::{Error, ErrorKind};

/// A server that there is none of.
#[derive(Debug)]
pub(crate) enum Embedded {}

impl Embedded {
    #[expect(
        clippy::unused_async,
        reason = "the server that can be started takes its time"
    )]
    pub(crate) async fn start() -> Result<Self, Error> {
        let reason = "no server is named; set PUBSUB_URL, give a URL to the builder, or turn on the feature `embedded` of pubsub-core";
        Err(Error::new(ErrorKind::Configuration, reason))
    }

    pub(crate) fn url(&self) -> &str {
        match *self {}
    }

    #[expect(
        clippy::unused_async,
        reason = "the server that can be stopped takes its time"
    )]
    pub(crate) async fn shutdown(self) {
        match self {}
    }
}
