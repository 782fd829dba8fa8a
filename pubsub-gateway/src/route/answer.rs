//! What all answers have in common: headers against caches, for pages of other origins, and for those who are refused.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_EXPOSE_HEADERS,
    ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, EXPIRES, HeaderMap, HeaderName,
    HeaderValue,
};
use http::{Response, StatusCode};

use super::refusal::Refusal;
use crate::access::let_read;
use crate::settings::Origins;

/// Says why a request was refused.
pub(crate) const EXPLAIN: HeaderName = HeaderName::from_static("x-nginx-pushstream-explain");

/// Right after what a poll was answered.
pub(crate) const CURSOR: HeaderName = HeaderName::from_static("x-pubsub-cursor");

const EXPIRED: HeaderValue = HeaderValue::from_static("Thu, 01 Jan 1970 00:00:01 GMT");
const NEVER_CACHED: HeaderValue = HeaderValue::from_static("no-cache, no-store, must-revalidate");
const HEADERS: HeaderValue = HeaderValue::from_static(
    "If-Modified-Since,If-None-Match,Etag,Event-Id,Event-Type,Last-Event-Id,\
     Authorization,Content-Type,X-Nginx-PushStream-Mode",
);
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "Etag, Last-Modified, X-Nginx-PushStream-Explain, X-Pubsub-Cursor, Retry-After",
);

/// An answer of that status that no cache keeps.
pub(crate) fn answer<B>(status: StatusCode, body: B) -> Response<B> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(EXPIRES, EXPIRED);
    headers.insert(CACHE_CONTROL, NEVER_CACHED);
    response
}

/// An answer with a body of that type.
pub(crate) fn with_body(status: StatusCode, content_type: &str, body: Bytes) -> Response<Bytes> {
    let mut response = answer(status, body);
    if let Ok(content_type) = HeaderValue::from_str(content_type) {
        response.headers_mut().insert(CONTENT_TYPE, content_type);
    }
    response
}

/// What who is refused gets.
pub(crate) fn refused(refusal: &Refusal) -> Response<Bytes> {
    let mut response = answer(refusal.status, Bytes::new());
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    if !refusal.explain.is_empty()
        && let Ok(explain) = HeaderValue::from_str(&refusal.explain)
    {
        headers.insert(EXPLAIN, explain);
    }
    if let Some(allow) = refusal.allow {
        headers.insert(ALLOW, HeaderValue::from_static(allow));
    }
    if let Some((name, value)) = refusal.header {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    response
}

/// A body that has come to nothing, where one that never was would have hyper leave `Content-Length` out: clients of nginx find it in a 304.
struct Nothing;

impl http_body::Body for Nothing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(0)
    }
}

/// An answer as axum sends it.
pub(super) fn whole(response: Response<Bytes>) -> Response<Body> {
    if response.status() == StatusCode::NOT_MODIFIED {
        response.map(|_| Body::new(Nothing))
    } else {
        response.map(Body::from)
    }
}

/// Lets pages of other origins read the answer, where they may.
pub(crate) fn with_cors(
    headers: &mut HeaderMap,
    origins: &Origins,
    request: &HeaderMap,
    methods: &'static str,
) {
    if !let_read(headers, origins, request) {
        return;
    }
    headers.insert(
        ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static(methods),
    );
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
}
