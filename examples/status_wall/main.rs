//! A wall of statuses: a form, the latest fifty, and every open page shows what is saved, before anybody reloads. It is the demo of
//! django-pubsub, over XMPP in the page: WebSocket, or BOSH where that does not get through.
//!
//!     cargo run --example status_wall
//!
//! Open http://localhost:8080 in two windows. Or post from a terminal, and watch it appear:
//!
//!     curl localhost:8080/statuses -d author=ann -d text=hello
//!
//! `status` is the model, `page` writes the HTML, `site` has the routes. The browser's half is `page.ts`, built into `page.js` by
//! `npm run build` in `web/`.

mod page;
mod site;
mod status;

use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Parser;
use pubsub_core::PubSub;
use pubsub_server::{Config, Server};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// A wall on which everybody writes.
#[derive(Parser)]
struct Arguments {
    /// Where to answer HTTP, and XMPP over it
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where the statuses are kept
    #[arg(long, default_value = "sqlite:wall.db")]
    store: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("status_wall: {error}");
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

    // Pages log in without a name and may only listen; what is on the wall comes through the form.
    let password = uuid::Uuid::now_v7().to_string();
    let server = Server::spawn(Config {
        listen: "127.0.0.1:0".parse()?,
        accounts: vec![("wall".to_owned(), password.clone())],
        anonymous: true,
        ..Config::default()
    })
    .await?;
    let url = format!(
        "xmpp://wall:{password}@{}?connect={}",
        server.domain(),
        server.addr()
    );
    let pubsub = PubSub::builder()
        .url(&url)?
        .store(&arguments.store)?
        .connect()
        .await?;
    pubsub.install()?;

    let listener = TcpListener::bind(arguments.listen).await?;
    say(&format!("open http://{}", listener.local_addr()?));
    let site = site::routes(server.domain(), server.http_service());
    axum::serve(
        listener,
        site.into_make_service_with_connect_info::<SocketAddr>(),
    )
    .with_graceful_shutdown(told_to_end(server)?)
    .await?;
    pubsub.shutdown().await?;
    Ok(())
}

/// Ready when somebody presses Ctrl-C, or ends the program as a service is ended; open pages are told to come back later.
fn told_to_end(server: pubsub_server::RunningServer) -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        server.shutdown().await;
    })
}

/// Whoever reads the output may have stopped.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
