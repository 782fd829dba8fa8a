//! Whether settings make sense, and what of them is read from files.

use std::path::PathBuf;

use crate::channel::ChannelNameError;
use crate::list::ResourceError;
use crate::settings::Settings;

/// Settings that make no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The events channel cannot be called so.
    #[error("the events channel cannot be called \"{name}\": {error}")]
    Events {
        /// The name.
        name: String,
        /// What is wrong with it.
        error: ChannelNameError,
    },
    /// A resource of the list API does not fit its model.
    #[error(transparent)]
    Resource(#[from] ResourceError),
    /// The file of a header cannot be used.
    #[error("the header cannot be read from {}: {reason}", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// Something is set to zero that cannot be.
    #[error("{0} cannot be zero; leave it out to switch it off")]
    Zero(&'static str),
}

/// Whether nothing is set to what cannot be.
pub(crate) fn check(settings: &Settings) -> Result<(), BuildError> {
    let endpoints = [
        &settings.websocket,
        &settings.event_stream,
        &settings.stream,
        &settings.long_polling,
    ];
    for endpoint in endpoints {
        if endpoint
            .ping_interval
            .is_some_and(|interval| interval.is_zero())
        {
            return Err(BuildError::Zero("the ping interval"));
        }
        if endpoint.connection_ttl.is_some_and(|ttl| ttl.is_zero()) {
            return Err(BuildError::Zero("the life of a connection"));
        }
    }
    Ok(())
}

/// Puts what the files of headers hold in the place of their names.
pub(crate) fn read_headers(settings: &mut Settings) -> Result<(), BuildError> {
    let endpoints = [
        &mut settings.websocket,
        &mut settings.event_stream,
        &mut settings.stream,
        &mut settings.long_polling,
    ];
    for endpoint in endpoints {
        let Some(path) = endpoint.header_file.take() else {
            continue;
        };
        let read = match endpoint.header {
            Some(_) => Err("the endpoint has a header beside it; leave one of them out".to_owned()),
            None => std::fs::read_to_string(&path).map_err(|error| error.to_string()),
        };
        let read = read.map_err(|reason| BuildError::Header { path, reason });
        endpoint.header = Some(read?);
    }
    Ok(())
}
