//! Short answers, and the headers that let pages of other origins read them (the CORS protocol of the Fetch standard).

use hyper::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, ALLOW,
    CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, VARY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};

use super::body::HttpBody;
use super::origin::Verdict;

/// An answer that is being put together.
#[derive(Debug)]
pub(super) struct Answer {
    response: Response<HttpBody>,
}

impl Answer {
    pub(super) fn new(status: StatusCode, body: HttpBody) -> Self {
        let mut response = Response::new(body);
        *response.status_mut() = status;
        Self { response }
    }

    pub(super) fn text(status: StatusCode, words: &'static str) -> Self {
        Self::new(status, HttpBody::bytes(words))
            .with(CONTENT_TYPE, "text/plain; charset=utf-8")
            .with(X_CONTENT_TYPE_OPTIONS, "nosniff")
    }

    /// What is said while the server goes down, and afterwards.
    pub(super) fn going_down() -> Self {
        Self::text(StatusCode::SERVICE_UNAVAILABLE, "the server goes down\n")
    }

    /// What a browser asks before a page of another origin may send more than a simple request.
    pub(super) fn preflight(headers: &HeaderMap) -> Self {
        let mut answer = Self::new(StatusCode::NO_CONTENT, HttpBody::default())
            .with(ALLOW, "GET, POST, OPTIONS")
            .with(ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS")
            .with(ACCESS_CONTROL_MAX_AGE, "86400");
        // Whatever headers it wants to send, they mean nothing here.
        let wanted = headers.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned();
        let wanted = wanted.unwrap_or(HeaderValue::from_static("content-type"));
        let given = answer.response.headers_mut();
        given.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted);
        answer
    }

    pub(super) fn with(mut self, name: HeaderName, value: &'static str) -> Self {
        let value = HeaderValue::from_static(value);
        self.response.headers_mut().insert(name, value);
        self
    }

    /// Lets the page that asked read it.
    pub(super) fn allowing(mut self, verdict: &Verdict) -> Self {
        let headers = self.response.headers_mut();
        headers.append(VARY, HeaderValue::from_static("Origin"));
        if let Verdict::Foreign(origin) = verdict
            && let Ok(origin) = HeaderValue::from_str(origin)
        {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(
                ACCESS_CONTROL_ALLOW_CREDENTIALS,
                HeaderValue::from_static("true"),
            );
        }
        self
    }

    pub(super) fn headers_mut(&mut self) -> &mut HeaderMap {
        self.response.headers_mut()
    }

    pub(super) fn build(mut self) -> Response<HttpBody> {
        let headers = self.response.headers_mut();
        headers
            .entry(CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
        self.response
    }
}
