//! What all answers of the list API have in common: their type, what caches may do with them, and which pages may read them.

use axum::body::Body;
use axum::response::Response;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_EXPOSE_HEADERS,
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, VARY,
    WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use http::{Method, StatusCode};

use super::refusal::Refusal;
use crate::access::let_read;
use crate::settings::Origins;

/// The moment at which the rows of an answer were read.
pub(super) const POSITION: HeaderName = HeaderName::from_static("pubsub-position");

const METHODS: HeaderValue = HeaderValue::from_static("GET,HEAD,OPTIONS");

/// A body of JSON.
pub(super) fn json(status: StatusCode, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // What is there now is told with the position at which it was; an older answer would have another.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// Rows, and when they were read.
pub(super) fn rows(body: String, position: Option<&str>) -> Response {
    let mut response = json(StatusCode::OK, body);
    let position = position.map(HeaderValue::from_str);
    if let Some(Ok(position)) = position {
        response.headers_mut().insert(POSITION, position);
    }
    response
}

pub(super) fn refused(refusal: Refusal) -> Response {
    if refusal.body.is_empty() {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = refusal.status;
        return response;
    }
    let mut response = json(refusal.status, refusal.body);
    if refusal.status == StatusCode::UNAUTHORIZED {
        let bearer = HeaderValue::from_static("Bearer");
        response.headers_mut().insert(WWW_AUTHENTICATE, bearer);
    }
    response
}

/// The same place, spelled as it should be.
pub(super) fn moved(path: &str, query: Option<&str>) -> Response {
    let mut location = format!("{path}/");
    if let Some(query) = query {
        location.push('?');
        location.push_str(query);
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// For any method that only says which there are.
pub(super) fn methods(method: &Method) -> Response {
    let mut response = Response::new(Body::from("GET,HEAD,OPTIONS"));
    if method != Method::OPTIONS {
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    }
    let headers = response.headers_mut();
    headers.insert(ALLOW, METHODS);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}

/// What every answer says besides.
pub(super) fn finish(mut response: Response, origins: &Origins, request: &HeaderMap) -> Response {
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("Accept"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !let_read(headers, origins, request) {
        return response;
    }
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(
        ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("Content-Type, Authorization, X-Requested-With"),
    );
    headers.insert(
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("Pubsub-Position"),
    );
    response
}
