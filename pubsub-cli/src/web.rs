//! `pubsub serve --http`: everything that browsers need, on one address.
//!
//! The gateway is a client of the server like any other: it logs in with an account that is made for it and known to nobody else.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use pubsub_core::PubSub;
use pubsub_gateway::settings::{Lists, Origins};
use pubsub_gateway::{Gateway, Settings, dashboard};
use pubsub_server::{Config, HttpClient, HttpService, RunningServer, Server};
use tokio::net::TcpListener;

use crate::Failure;
use crate::serve::say;

/// Serves XMPP and HTTP until it is asked to stop.
pub(crate) async fn run(
    config: Config,
    address: SocketAddr,
    origins: Vec<String>,
    stop: impl Future<Output = ()>,
) -> Result<(), Failure> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| format!("cannot listen on {address}: {error}"))?;
    let server = Server::spawn(config).await?;
    let pubsub = connect(&server).await?;
    let settings = Settings {
        // What the nodes hold is known from what they say of themselves.
        lists: Some(Lists {
            discover: true,
            ..Lists::default()
        }),
        origins: if origins.is_empty() {
            Origins::Same
        } else {
            Origins::Listed(origins)
        },
        ..Settings::default()
    };
    let gateway = Gateway::builder(pubsub.clone())
        .settings(settings)
        .build()?;
    let others = dashboard().merge(xmpp(server.http_service()));
    say(&format!("xmpp {} {}", server.addr(), server.domain()))?;
    say(&format!("http {}", listener.local_addr()?))?;
    gateway.serve_with(listener, others, stop).await;
    pubsub.shutdown().await?;
    server.shutdown().await;
    Ok(())
}

/// The gateway's own connection.
async fn connect(server: &RunningServer) -> Result<PubSub, Failure> {
    let [name, password] =
        ["gateway", "secret"].map(|word| format!("{word}-{}", uuid::Uuid::now_v7()));
    server.add_account(&name, &password).await?;
    let url = format!(
        "xmpp://{name}:{password}@{}?connect={}",
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

/// BOSH and WebSocket of the server, for every path that is not taken otherwise.
fn xmpp(service: HttpService) -> Router {
    Router::new().fallback(
        async move |ConnectInfo(address): ConnectInfo<SocketAddr>, request: Request| -> Response {
            let client = HttpClient {
                address,
                is_encrypted: false,
            };
            service.handle(request, client).await.map(Body::new)
        },
    )
}
