//! `pubsub serve --http`: everything that browsers need, on one address.
//!
//! The gateway is a client of the server like any other: it logs in with an account that is made for it and known to nobody else.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use pubsub_core::PubSub;
use pubsub_gateway::{Gateway, Tls, dashboard_beside, settings};
use pubsub_server::{Config, HttpClient, HttpService, RunningServer, Server};
use tokio::net::TcpListener;

use crate::Failure;
use crate::browsers::Browsers;
use crate::certificate::Replace;
use crate::serve::say;

/// Serves XMPP and HTTP until it is asked to stop.
pub(crate) async fn run(
    mut config: Config,
    address: SocketAddr,
    browsers: Browsers,
    tls: Option<Tls>,
    stop: impl Future<Output = ()>,
) -> Result<(), Failure> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| format!("cannot listen on {address}: {error}"))?;
    config.http.origins = match browsers.origins.clone() {
        settings::Origins::Same => pubsub_server::Origins::default(),
        settings::Origins::Listed(list) => pubsub_server::Origins::These(list),
        settings::Origins::Any => pubsub_server::Origins::Any,
    };
    let server = Server::spawn(config).await?;
    let pubsub = connect(&server).await?;
    let is_encrypted = tls.is_some();
    let service = server.http_service();
    let others = |gateway: &Gateway| {
        dashboard_beside(gateway.inspected(statistics(service.clone())))
            .merge(xmpp(service, is_encrypted))
    };
    say(&format!("xmpp {} {}", server.addr(), server.domain()))?;
    if let Some(address) = server.direct_tls_addr() {
        say(&format!("xmpps {address} {}", server.domain()))?;
    }
    serve(&pubsub, browsers, tls, listener, others, stop).await?;
    pubsub.shutdown().await?;
    server.shutdown().await;
    Ok(())
}

/// Answers browsers until it is asked to stop.
pub(crate) async fn serve(
    pubsub: &PubSub,
    browsers: Browsers,
    tls: Option<Tls>,
    listener: TcpListener,
    others: impl FnOnce(&Gateway) -> Router,
    stop: impl Future<Output = ()>,
) -> Result<(), Failure> {
    let gateway = Gateway::builder(pubsub.clone())
        .settings(browsers.settings)
        .build()?;
    let others = others(&gateway);
    let scheme = if tls.is_some() { "https" } else { "http" };
    say(&format!("{scheme} {}", listener.local_addr()?))?;
    match tls {
        Some(tls) => gateway.serve_tls_with(listener, tls, others, stop).await,
        None => gateway.serve_with(listener, others, stop).await,
    }
    Ok(())
}

/// Gives a gateway another certificate.
pub(crate) fn replacing(tls: Tls) -> Replace {
    Box::new(move |certificate, key| {
        tls.replace(certificate, key)
            .map_err(|error| error.to_string())
    })
}

/// The gateway's own connection.
async fn connect(server: &RunningServer) -> Result<PubSub, Failure> {
    let [name, password] =
        ["gateway", "secret"].map(|word| format!("{word}-{}", uuid::Uuid::now_v7()));
    server.add_passing_account(&name, &password).await?;
    let url = format!(
        "xmpp://{name}:{password}@{}?connect={}&tls=off",
        server.domain(),
        within_reach(server.addr())
    );
    Ok(PubSub::builder()
        .url(&url)?
        .without_models()
        .connect()
        .await?)
}

/// A server that listens everywhere is reached over loopback.
fn within_reach(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

/// What the XMPP server is doing, for the dashboard.
fn statistics(service: HttpService) -> Router {
    let measured = service.clone();
    let answer = async move || {
        let now = service.statistics();
        let body = serde_json::json!({
            "tcp": now.tcp,
            "websocket": now.websocket,
            "bosh": now.bosh,
            "nodes": now.nodes,
            "subscriptions": now.subscriptions,
            "awaited": now.awaited,
            "items": now.items,
            "stored_bytes": now.stored_bytes,
            "published": now.published,
            "delivered": now.delivered,
        });
        ([(CACHE_CONTROL, "no-store")], Json(body))
    };
    let metrics = async move || {
        let kind = (CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
        ([kind, (CACHE_CONTROL, "no-store")], measured.metrics())
    };
    Router::new()
        .route("/pubsub/server.json", get(answer))
        .route("/pubsub/server.metrics", get(metrics))
}

/// BOSH and WebSocket of the server, for every path that is not taken otherwise.
fn xmpp(service: HttpService, is_encrypted: bool) -> Router {
    Router::new().fallback(
        async move |ConnectInfo(address): ConnectInfo<SocketAddr>, request: Request| -> Response {
            let client = HttpClient {
                address,
                is_encrypted,
            };
            service.handle(request, client).await.map(Body::new)
        },
    )
}
