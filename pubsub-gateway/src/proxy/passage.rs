//! One request on its way to the server, and the answer on its way back.
//!
//! A client that goes away takes its request along: the connection to the server is closed too, and so the server knows that nobody waits.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, CACHE_CONTROL, CONTENT_LENGTH,
    HeaderMap, HeaderValue, ORIGIN, UPGRADE, VARY,
};
use http::request::Parts;
use http::{Method, StatusCode, Version};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::upgrade::OnUpgrade;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::{Door, Inner, forwarding, splice};
use crate::access::{is_allowed, is_same, settle_host};

/// What is sent to the server.
pub(super) type Outward = Full<Bytes>;

/// Hands a request on and its answer back.
pub(super) async fn pass(
    inner: &Arc<Inner>,
    door: Door,
    request: Request,
    peer: Option<IpAddr>,
) -> Response {
    let (mut parts, body) = request.into_parts();
    if settle_host(&mut parts).is_err() {
        return told(StatusCode::BAD_REQUEST, "a request names one host\n");
    }
    if !is_allowed(&inner.settings.origins, &parts.headers) {
        return told(
            StatusCode::FORBIDDEN,
            "pages of this origin may not connect here\n",
        );
    }
    let cors = foreign_origin(&parts.headers);
    let asked = parts.headers.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let mut response = if parts.method == Method::OPTIONS {
        preflight(asked)
    } else {
        match Arc::clone(&inner.room).try_acquire_owned() {
            Ok(permit) => {
                let upgrade = parts.extensions.remove::<OnUpgrade>();
                forward(inner, door, parts, body, peer, upgrade, permit).await
            }
            Err(_) => told(
                StatusCode::SERVICE_UNAVAILABLE,
                "there are too many requests\n",
            ),
        }
    };
    if let Some(origin) = cors {
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.append(VARY, HeaderValue::from_static("Origin"));
    }
    response
}

async fn forward(
    inner: &Arc<Inner>,
    door: Door,
    mut parts: Parts,
    body: Body,
    peer: Option<IpAddr>,
    upgrade: Option<OnUpgrade>,
    permit: OwnedSemaphorePermit,
) -> Response {
    let upstream = match door {
        Door::Bosh => &inner.bosh,
        Door::WebSocket => &inner.websocket,
    };
    let Some(upstream) = upstream else {
        return told(StatusCode::NOT_FOUND, "nothing is behind this\n");
    };
    let limited = Limited::new(body, inner.settings.body).collect();
    let body = match timeout(inner.settings.body_within, limited).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            return told(StatusCode::PAYLOAD_TOO_LARGE, "the request is too large\n");
        }
        Ok(Err(_)) => return told(StatusCode::BAD_REQUEST, "the request broke off\n"),
        Err(_) => return told(StatusCode::REQUEST_TIMEOUT, "the request came too slowly\n"),
    };
    let is_upgrade = door == Door::WebSocket && parts.headers.contains_key(UPGRADE);
    let host = inner.settings.host.as_deref();
    let host = match host {
        Some(host) => HeaderValue::from_str(host).ok(),
        // HTTP/2 has it elsewhere.
        None => parts
            .uri
            .authority()
            .and_then(|authority| HeaderValue::from_str(authority.as_str()).ok()),
    };
    forwarding::to_server(&mut parts.headers, peer, host, is_upgrade);
    parts
        .headers
        .entry(http::header::HOST)
        .or_insert_with(|| upstream.host.clone());
    parts.headers.remove(CONTENT_LENGTH);
    let mut request = http::Request::new(Full::new(body));
    *request.method_mut() = parts.method;
    *request.uri_mut() = upstream.uri.clone();
    *request.version_mut() = Version::HTTP_11;
    *request.headers_mut() = parts.headers;
    let asked = inner.client.request(request);
    let answer = match timeout(inner.settings.answer_within, asked).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => {
            tracing::warn!(%error, upstream = %upstream.uri, "the XMPP server cannot be reached");
            return told(
                StatusCode::BAD_GATEWAY,
                "the XMPP server cannot be reached\n",
            );
        }
        Err(_) => {
            tracing::warn!(upstream = %upstream.uri, "the XMPP server does not answer");
            return told(
                StatusCode::GATEWAY_TIMEOUT,
                "the XMPP server does not answer\n",
            );
        }
    };
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
        let Some(client) = upgrade.filter(|_| is_upgrade) else {
            return told(
                StatusCode::BAD_GATEWAY,
                "the XMPP server changes the protocol unasked\n",
            );
        };
        return splice::splice(inner, answer, client, permit);
    }
    let (mut head, body) = answer.into_parts();
    forwarding::to_client(&mut head.headers, false);
    Response::from_parts(head, Body::new(body))
}

/// The origin of the page that asks, if it is another than this one's.
fn foreign_origin(headers: &HeaderMap) -> Option<HeaderValue> {
    let origin = headers.get(ORIGIN)?;
    let is_same = origin.to_str().is_ok_and(|origin| is_same(origin, headers));
    (!is_same).then(|| origin.clone())
}

/// What a browser asks before a page of another origin may send more than a simple request.
fn preflight(wanted: Option<HeaderValue>) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    let methods = HeaderValue::from_static("GET, POST, OPTIONS");
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    let wanted = wanted.unwrap_or(HeaderValue::from_static("content-type"));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted);
    response
}

fn told(status: StatusCode, words: &'static str) -> Response {
    let mut response = (status, words).into_response();
    let never = HeaderValue::from_static("no-store");
    response.headers_mut().insert(CACHE_CONTROL, never);
    response
}
