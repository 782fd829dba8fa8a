//! What can go wrong with a request, and how it is told: a status, and `{"error": "..."}`.
//!
//! Whose fault it is decides: the caller is told what to do, the operator reads the log.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pubsub_core::SaveError;
use serde::Serialize;

#[derive(Debug)]
pub enum Problem {
    /// What is asked for is not there.
    NotFound,
    /// It cannot be done as things are.
    Conflict(String),
    /// The request makes no sense, though it is well-formed.
    Invalid(String),
    /// The request cannot be read.
    Unreadable(StatusCode, String),
    /// It may work later.
    Busy(String),
    /// It is our fault.
    Internal(String),
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        // SQLITE_BUSY, and what PostgreSQL says to the loser of a deadlock.
        let is_busy = |code: &str| matches!(code, "5" | "517" | "40P01" | "40001");
        match &error {
            sqlx::Error::PoolTimedOut => Self::Busy(error.to_string()),
            sqlx::Error::Database(said) if said.code().is_some_and(|code| is_busy(&code)) => {
                Self::Busy(error.to_string())
            }
            _ => Self::Internal(error.to_string()),
        }
    }
}

impl From<SaveError> for Problem {
    fn from(error: SaveError) -> Self {
        match error {
            // A control character, for example: nobody could be told of it.
            SaveError::Encode(error) => Self::Invalid(error.to_string()),
            SaveError::Vetoed(error) => Self::Conflict(error.to_string()),
            error if error.is_transient() => Self::Busy(error.to_string()),
            error => Self::Internal(error.to_string()),
        }
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Self::Unreadable(rejection.status(), rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::Unreadable(rejection.status(), rejection.body_text())
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::Unreadable(rejection.status(), rejection.body_text())
    }
}

#[derive(Serialize)]
struct Body<'a> {
    error: &'a str,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, error) = match &self {
            Self::NotFound => (StatusCode::NOT_FOUND, "there is no such thing"),
            Self::Conflict(reason) => (StatusCode::CONFLICT, &**reason),
            Self::Invalid(reason) => (StatusCode::UNPROCESSABLE_ENTITY, &**reason),
            Self::Unreadable(status, reason) => (*status, &**reason),
            Self::Busy(reason) => {
                tracing::warn!(%reason, "a request has to be repeated");
                let later = "too much is going on; try again in a moment";
                (StatusCode::SERVICE_UNAVAILABLE, later)
            }
            Self::Internal(reason) => {
                tracing::error!(%reason, "a request failed");
                let sorry = "something went wrong here; it is in the log";
                (StatusCode::INTERNAL_SERVER_ERROR, sorry)
            }
        };
        let mut response = (status, Json(Body { error })).into_response();
        if let Self::Busy(_) = self {
            let seconds = HeaderValue::from_static("1");
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}
