//! A small shop with a JSON API, its own tables and a transaction a request: axum, sqlx, and SQLite or PostgreSQL. What is sold is told to
//! every subscriber, by the commit that sells it.
//!
//!     cargo run --example axum_app
//!     cargo run --example axum_app -- --database postgres://shop:secret@localhost/shop
//!     cargo run --example axum_app -- --url xmpp://shop:secret@example.org --listen 0.0.0.0:8080
//!
//! Sell something:
//!
//!     curl localhost:8080/products --json '{"name": "apple", "price": 30, "stock": 5}'
//!     curl localhost:8080/products
//!     curl localhost:8080/orders --json '{"product": 1, "quantity": 2, "customer": "ann"}'
//!     curl 'localhost:8080/orders?customer=ann&limit=10'
//!     curl localhost:8080/orders/1
//!     curl -X DELETE localhost:8080/orders/1
//!
//! Listen to it from another terminal, with the URL that the program prints (in quotes: it has an `&`):
//!
//!     PUBSUB_URL='xmpp://...' cargo run -p pubsub-cli -- subscribe /shop/Order /shop/Product customer-ann
//!
//! `shop` has the tables and the transactions, `api` the routes and what is asked of requests, `problem` the errors.

mod api;
mod problem;
mod shop;

use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Parser;
use pubsub_core::PubSub;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::shop::Shop;

/// A shop that tells what it sells.
#[derive(Parser)]
struct Arguments {
    /// Where to answer HTTP
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    #[arg(
        long,
        default_value = "sqlite:shop.db",
        help = "The tables of the shop, and the store: sqlite:path or postgres://user:password@host/database"
    )]
    database: String,
    #[arg(
        long,
        env = "PUBSUB_URL",
        help = "An XMPP server and an account; without it one runs inside: xmpp://user:password@host"
    )]
    url: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("axum_app: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let arguments = Arguments::parse();

    let builder = PubSub::builder().store(&arguments.database)?;
    let builder = match &arguments.url {
        Some(url) => builder.url(url)?,
        None => builder,
    };
    let pubsub = builder.connect().await?;
    let shop = Shop::open(&arguments.database, pubsub.clone()).await?;

    let listener = TcpListener::bind(arguments.listen).await?;
    say(&format!("listening on http://{}", listener.local_addr()?));
    if let Some(url) = pubsub.embedded_url() {
        say(&format!("subscribers may use PUBSUB_URL='{url}'"));
    }
    axum::serve(listener, api::routes(shop.clone()))
        .with_graceful_shutdown(told_to_end()?)
        .await?;
    shop.close().await;
    pubsub.shutdown().await?;
    Ok(())
}

/// Ready when somebody presses Ctrl-C, or ends the program as a service is ended.
fn told_to_end() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Whoever reads the output may have stopped.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
