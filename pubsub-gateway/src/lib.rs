//! HTTP push over XMPP PubSub: WebSocket, Server-Sent Events, long polling and streaming for browsers.
//!
//! A gateway subscribes to nodes through pubsub-core when a browser asks for them, and hands on what happens there. Clients of
//! nginx-push-stream-module work unchanged.
//!
//! ```no_run
//! use pubsub_core::PubSub;
//! use pubsub_gateway::Gateway;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let pubsub = PubSub::from_env().await?;
//! let gateway = Gateway::builder(pubsub).build()?;
//!
//! // Inside an application that has routes of its own…
//! let app: axum::Router = axum::Router::new().nest("/events", gateway.router());
//!
//! // …or alone.
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! gateway.serve(listener, std::future::pending()).await;
//! # Ok(())
//! # }
//! ```
//!
//! # The way of a message
//!
//! `feed` hears an item of a node and makes a message of it; `channel` numbers it, holds it for a while and brings it to everybody who is
//! subscribed; `frame` writes it once for each transport; `subscriber` knows what each client is still to be sent and writes it; `route` is
//! what requests are answered, `access` says whether they may, `list` shows what there is already, and `serve` is a listener that keeps idle connections small.

mod access;
mod asset;
mod channel;
mod check;
mod feed;
mod frame;
mod gateway;
mod inner;
mod list;
mod measure;
mod page;
mod plan;
mod proxy;
mod route;
mod serve;
pub mod settings;
mod subscriber;

pub use self::access::{
    Access, AccessRequest, Claims, Deciding, Denied, Grant, Intent, KeyError, Revocation,
    TokenChannels, TokenError, TokenKey,
};
pub use self::asset::assets;
pub use self::channel::{ChannelName, ChannelNameError};
pub use self::check::BuildError;
pub use self::feed::RowJson;
pub use self::frame::Mode;
pub use self::gateway::{Builder, Gateway, Presence};
pub use self::list::ResourceError;
pub use self::page::{dashboard, dashboard_beside};
pub use self::proxy::{Proxy, ProxyError, ProxySettings};
pub use self::serve::{Tls, TlsError};
pub use self::settings::Settings;
