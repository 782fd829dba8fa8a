//! Why a request is not answered with rows, as its client is told.

use http::StatusCode;
use pubsub_core::schema::push_string;

use crate::access::Denied;

/// A status and a body of JSON, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) body: String,
}

impl Refusal {
    /// The arguments make no sense; the words say which and why.
    pub(super) fn bad(error: impl AsRef<str>) -> Self {
        let mut body = String::from("{\"error\":");
        push_string(&mut body, error.as_ref());
        body.push('}');
        Self {
            status: StatusCode::BAD_REQUEST,
            body,
        }
    }

    /// A value is not of its field's kind.
    pub(super) fn mismatched() -> Self {
        Self::bad("Invalid resource lookup data provided (mismatched type).")
    }

    /// There is no such thing.
    pub(super) fn missing() -> Self {
        Self::bare(StatusCode::NOT_FOUND)
    }

    /// A status alone.
    pub(super) fn bare(status: StatusCode) -> Self {
        Self {
            status,
            body: String::new(),
        }
    }

    /// Somebody may not.
    pub(super) fn denied(denied: &Denied) -> Self {
        let refusal = Self::bad(&denied.explain);
        Self {
            status: if denied.is_unauthorized {
                StatusCode::UNAUTHORIZED
            } else {
                StatusCode::FORBIDDEN
            },
            ..refusal
        }
    }

    /// Something went wrong here, which is noted; the client only learns that.
    pub(super) fn failed(what: &str, error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "{what}");
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            body: FAILED.to_owned(),
        }
    }

    /// It cannot be done now, but may be soon.
    pub(super) fn away(what: &str, error: &dyn std::fmt::Display) -> Self {
        tracing::warn!(%error, "{what}");
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            body: FAILED.to_owned(),
        }
    }
}

const FAILED: &str =
    "{\"error_message\":\"Sorry, this request could not be processed. Please try again later.\"}";
