//! An answer that says no, and why.

use std::borrow::Cow;

use http::StatusCode;

use crate::access::Denied;
use crate::channel::PathError;
use crate::frame::json_text;
use crate::inner::Unavailable;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// Said in the header `X-Nginx-PushStream-Explain`.
    pub(crate) explain: Cow<'static, str>,
    /// The methods that are allowed instead.
    pub(crate) allow: Option<&'static str>,
    /// Another header.
    pub(crate) header: Option<(&'static str, &'static str)>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, explain: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            explain: explain.into(),
            allow: None,
            header: None,
        }
    }

    pub(crate) fn forbidden(explain: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, explain)
    }

    pub(crate) fn bad(explain: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, explain)
    }

    pub(crate) fn method(allow: &'static str) -> Self {
        Self {
            allow: Some(allow),
            ..Self::new(StatusCode::METHOD_NOT_ALLOWED, "")
        }
    }

    pub(crate) fn late() -> Self {
        let explain = "The message did not arrive in time.";
        Self::new(StatusCode::REQUEST_TIMEOUT, explain)
    }

    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "")
    }

    /// The gateway ends.
    pub(crate) fn closing() -> Self {
        Self {
            header: Some(("retry-after", "1")),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "The gateway is closing.")
        }
    }

    /// The reason of a close frame, for a WebSocket that is open already.
    pub(crate) fn reason(&self) -> String {
        let (status, explain) = (self.status.as_u16(), json_text(&self.explain));
        format!("{{\"http_status\": {status}, \"explain\":{explain}}}")
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        if denied.is_unauthorized {
            return Self {
                header: Some(("www-authenticate", "Bearer")),
                ..Self::new(StatusCode::UNAUTHORIZED, denied.explain)
            };
        }
        Self::forbidden(denied.explain)
    }
}

impl From<PathError> for Refusal {
    fn from(error: PathError) -> Self {
        match error {
            PathError::Name(crate::channel::ChannelNameError::Reserved) => {
                Self::forbidden(error.to_string())
            }
            error => Self::bad(error.to_string()),
        }
    }
}

impl From<Unavailable> for Refusal {
    fn from(error: Unavailable) -> Self {
        match error {
            Unavailable::Full => Self::forbidden("Number of channels were exceeded."),
            Unavailable::Refused(reason) => {
                Self::forbidden(format!("Channel cannot be subscribed: {reason}."))
            }
            Unavailable::Away(reason) => Self {
                header: Some(("retry-after", "5")),
                ..Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    format!("Channel cannot be subscribed now: {reason}."),
                )
            },
        }
    }
}
