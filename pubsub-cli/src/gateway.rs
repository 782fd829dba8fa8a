//! `pubsub gateway`: the HTTP side alone, before any XMPP server.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use pubsub_gateway::{Proxy, ProxySettings, dashboard};
use serde::Deserialize;
use tokio::net::TcpListener;

use crate::Failure;
use crate::browsers::{Options, Table};
use crate::certificate::Certificate;
use crate::serve::{asked_to_stop, warn_of};
use crate::settings::read_file;
use crate::target::Target;
use crate::web;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: Target,
    /// Where to answer HTTP
    #[arg(long, value_name = "ADDR")]
    http: SocketAddr,
    /// The WebSocket address of the XMPP server, which pages then find at /xmpp-websocket
    #[arg(long, value_name = "WS-URL")]
    xmpp_websocket: Option<String>,
    /// The BOSH address of the XMPP server, which pages then find at /xmpp-httpbind
    #[arg(long, value_name = "HTTP-URL")]
    xmpp_httpbind: Option<String>,
    /// The host that the two are asked for [default: the one that pages ask for]
    #[arg(long, value_name = "NAME")]
    xmpp_host: Option<String>,
    #[command(flatten)]
    browsers: Options,
    /// A TOML file with a table `gateway`
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    gateway: Table,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let file: File = read_file(arguments.config.as_deref())?;
    let certificate = arguments.browsers.certificate(&file.gateway)?;
    let tls = certificate
        .as_ref()
        .map(Certificate::for_gateway)
        .transpose()?;
    let browsers = arguments.browsers.into_browsers(file.gateway)?;
    warn_of(arguments.http, tls.is_some());
    if let Some((certificate, tls)) = certificate.zip(tls.clone())
        && let Some(renewal) = certificate.renewed_for(vec![web::replacing(tls)])
    {
        tokio::spawn(renewal.run());
    }
    let proxy = Proxy::new(ProxySettings {
        bosh: arguments.xmpp_httpbind,
        websocket: arguments.xmpp_websocket,
        host: arguments.xmpp_host,
        origins: browsers.origins.clone(),
        ..ProxySettings::default()
    })?;
    let listener = TcpListener::bind(arguments.http)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", arguments.http))?;
    let pubsub = arguments.target.connect().await?;
    let others = |_: &pubsub_gateway::Gateway| dashboard().merge(proxy.router());
    web::serve(&pubsub, browsers, tls, listener, others, asked_to_stop()).await?;
    pubsub.shutdown().await?;
    Ok(())
}
