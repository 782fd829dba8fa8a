//! A guestbook: whoever opens the page makes an account from it, enters a room, and sees each row the moment it is saved, as a message of
//! the room. It is what the article of 2012 did with ejabberd, in-band registration, multi-user chat and Strophe.
//!
//!     cargo run --example guestbook
//!
//! Open <http://localhost:8080> in two windows. Or sign from a terminal, and watch it appear:
//!
//!     curl localhost:8080/signatures -d author=ann -d text=hello
//!
//! `book` is the model and brings its rows into the room, `site` has the routes. The browser's half is `page.ts` and `xmpp.ts`, built into
//! `page.js` by `npm run build` in `web/`.

mod book;
mod site;

use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Parser;
use pubsub_core::PubSub;
use pubsub_server::{Config, Registration, Server};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// A book that everybody signs.
#[derive(Parser)]
struct Arguments {
    /// Where to answer HTTP, and XMPP over it
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where the signatures are kept
    #[arg(long, default_value = "sqlite:guestbook.db")]
    store: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("guestbook: {error}");
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

    let password = uuid::Uuid::now_v7().to_string();
    let server = Server::spawn(Config {
        listen: "127.0.0.1:0".parse()?,
        accounts: vec![("guestbook".to_owned(), password.clone())],
        // From one address, because all pages of one machine have it.
        registration: Registration::Open {
            per_address_and_hour: 100,
            per_hour: 1_000,
        },
        ..Config::default()
    })
    .await?;
    let url = format!(
        "xmpp://guestbook:{password}@{}?connect={}",
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
    let site = site::routes(server.domain(), server.http_service());
    // The room is there before the first page is.
    book::open(&server).await?;
    say(&format!("open http://{}", listener.local_addr()?));
    let signatures = pubsub.subscribe::<book::Signature>().await?;
    let reading = book::read_aloud(&server, signatures);
    let serving = axum::serve(
        listener,
        site.into_make_service_with_connect_info::<SocketAddr>(),
    );
    tokio::select! {
        served = serving.into_future() => served?,
        () = reading => {}
        () = told_to_end()? => {}
    }
    server.shutdown().await;
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
