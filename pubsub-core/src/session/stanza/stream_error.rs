//! Reads a stream error (RFC 6120 §4.9), with which a server says why it hangs up.

use pubsub_xml::{Reader, XmlError};

use super::namespace::STREAM_ERRORS;
use crate::session::ConnectError;

/// The error whose root `reader` has entered.
pub(in crate::session) fn stream_error(mut reader: Reader<'_>) -> Result<ConnectError, XmlError> {
    let mut condition = "undefined-condition".to_owned();
    let mut text = None;
    while let Some(child) = reader.child()? {
        if child.is("text", STREAM_ERRORS) {
            text = Some(reader.text()?.into_owned());
            continue;
        }
        if child.namespace == STREAM_ERRORS {
            child.local.clone_into(&mut condition);
        }
        reader.skip()?;
    }
    Ok(ConnectError::Stream { condition, text })
}
