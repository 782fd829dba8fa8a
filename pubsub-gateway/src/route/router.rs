//! The routes as axum serves them, to be nested into any application.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use bytes::Bytes;
use http::{Method, StatusCode, Version};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use super::answer::{whole, with_cors};
use super::handshake::handshake;
use super::health::{health, metrics};
use super::poll::poll;
use super::publish::publish;
use super::request::{Asked, Door};
use super::statistics::statistics;
use super::stream::open;
use crate::access::{Intent, NoHost, settle_host};
use crate::inner::Inner;
use crate::plan::Way;
use crate::subscriber::{Connection, Stream, StreamBody};

pub(crate) fn router(inner: Arc<Inner>) -> Router {
    let mut router = Router::new();
    for name in Door::names() {
        router = router
            .route(&format!("/{name}"), any(answer))
            .route(&format!("/{name}/"), any(answer))
            .route(&format!("/{name}/{{*channels}}"), any(answer));
    }
    router.with_state(inner)
}

/// Other routes, for those who may see the statistics.
pub(crate) fn inspected(inner: Arc<Inner>, routes: Router) -> Router {
    routes.layer(from_fn_with_state(inner, inspect))
}

async fn inspect(State(inner): State<Arc<Inner>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let peer = parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map(|peer| peer.0);
    let granted = match settle_host(&mut parts) {
        Err(NoHost) => Err(super::Refusal::bad(NoHost.to_string())),
        Ok(()) => {
            let asked = Asked {
                parts: &parts,
                peer,
                rest: "",
            };
            let granted = inner.may(Intent::Inspect, &[], &asked).await;
            granted.map_err(super::Refusal::from)
        }
    };
    match granted {
        Ok(_) => next.run(Request::from_parts(parts, body)).await,
        Err(refusal) => super::answer::refused(&refusal).map(Body::from),
    }
}

async fn answer(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    let response = found(&inner, request).await;
    let status = response.status();
    if status.is_client_error() || status.is_server_error() {
        inner.hub().measure().refused(status);
    }
    response
}

async fn found(inner: &Arc<Inner>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    if let Err(NoHost) = settle_host(&mut parts) {
        let refusal = super::Refusal::bad(NoHost.to_string());
        return super::answer::refused(&refusal).map(Body::from);
    }
    let peer = parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map(|peer| peer.0);
    let upgrade = parts.extensions.remove::<OnUpgrade>();
    let Some((door, rest)) = Door::at(parts.uri.path()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let asked = Asked {
        parts: &parts,
        peer,
        rest,
    };
    let way = match door {
        Door::Publish => return publish(inner, &asked, body).await.map(Body::from),
        Door::Statistics => return statistics(inner, &asked).await.map(Body::from),
        Door::Health => return health(inner, &asked).map(Body::from),
        Door::Metrics => return metrics(inner, &asked).await.map(Body::from),
        Door::WebSocket => Way::WebSocket,
        Door::EventStream => Way::EventStream,
        Door::Stream => Way::Stream,
        Door::LongPolling => Way::LongPolling,
    };
    if let Some(response) = answered_whole(inner, way, &asked).await {
        return whole(response);
    }
    match (way, upgrade) {
        (Way::WebSocket, upgrade) => websocket(inner, &asked, upgrade).await,
        (way, _) => stream(inner, way, &asked).await,
    }
}

/// What is answered at once or after a wait, but whole: polls, and questions about what may be asked.
async fn answered_whole(
    inner: &Arc<Inner>,
    way: Way,
    asked: &Asked<'_>,
) -> Option<http::Response<Bytes>> {
    if asked.parts.method == Method::OPTIONS && way != Way::WebSocket {
        let mut response = http::Response::new(Bytes::new());
        let origins = &inner.settings().origins;
        with_cors(response.headers_mut(), origins, asked.headers(), "GET");
        return Some(response);
    }
    match (asked.mode(), way) {
        (_, Way::WebSocket) => None,
        (Some(waits), way) => Some(poll(inner, way, asked, waits).await),
        (None, Way::LongPolling) => {
            let waits = inner.plans().of(way).endpoint.waits;
            Some(poll(inner, way, asked, waits).await)
        }
        (None, _) => None,
    }
}

async fn stream(inner: &Arc<Inner>, way: Way, asked: &Asked<'_>) -> Response {
    match open(inner, way, asked, false).await {
        Err(refused) => refused.map(Body::from),
        Ok(opening) => {
            let (parts, ()) = opening.head.clone().into_parts();
            let times = opening.times;
            let (client, _) = opening.seat(inner, None, &[], &[]);
            Response::from_parts(parts, Body::new(StreamBody::new(client, times)))
        }
    }
}

async fn websocket(inner: &Arc<Inner>, asked: &Asked<'_>, upgrade: Option<OnUpgrade>) -> Response {
    let opening = match open(inner, Way::WebSocket, asked, false).await {
        Ok(opening) => opening,
        Err(refused) => return refused.map(Body::from),
    };
    let Some(upgrade) = upgrade.filter(|_| asked.parts.version == Version::HTTP_11) else {
        let refused = handshake(&http::HeaderMap::new()).err();
        let refusal = refused.unwrap_or_else(super::Refusal::not_found);
        return super::answer::refused(&refusal).map(Body::from);
    };
    let head = opening.head.clone().map(|()| Body::empty());
    let inner = Arc::clone(inner);
    // Ends with the connection.
    tokio::spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let times = opening.times;
        let (client, talk) = opening.seat(&inner, None, &[], &[]);
        Connection::new(client, Stream(TokioIo::new(upgraded)), times, talk).await;
    });
    head
}
