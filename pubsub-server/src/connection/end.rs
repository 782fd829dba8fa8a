//! Why a connection is over.

use pubsub_xml::{FrameError, XmlError};

use crate::wire::stream::StreamError;

/// Why a connection is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum End {
    #[error("the connection was lost")]
    Lost,
    #[error("the client closed the stream")]
    Closed,
    #[error("{}", .0.words().1)]
    Failed(StreamError),
    #[error("another connection has resumed the session")]
    Replaced,
}

impl From<StreamError> for End {
    fn from(error: StreamError) -> Self {
        Self::Failed(error)
    }
}

impl From<FrameError> for StreamError {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::Restricted => Self::RestrictedXml,
            FrameError::TooLong(_) => Self::TooBig,
            FrameError::TooDeep(_) => Self::TooDeep,
            _ => Self::NotWellFormed,
        }
    }
}

impl From<FrameError> for End {
    fn from(error: FrameError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<XmlError> for StreamError {
    fn from(error: XmlError) -> Self {
        match error {
            XmlError::Restricted(_) | XmlError::Entity(_) => Self::RestrictedXml,
            XmlError::UnexpectedText(_) | XmlError::UnexpectedElement(_) => Self::BadFormat,
            XmlError::TooComplex(_) => Self::TooDeep,
            _ => Self::NotWellFormed,
        }
    }
}

impl From<XmlError> for End {
    fn from(error: XmlError) -> Self {
        Self::Failed(error.into())
    }
}
