//! Every commit of everybody, live: the page of Julython. The first page comes from the list API, what is pushed from then on over HTTP push, on
//! a channel for everybody, one for each user and one for each project.
//!
//!     cargo run --example commits_live
//!
//! Open <http://localhost:8080>, and push something as GitHub tells of it:
//!
//!     curl http://localhost:8080/hooks/github --json @examples/commits_live/push.json
//!     curl 'http://localhost:8080/api/v1/commit/?limit=2&project__name=octocat/hello-world'
//!     curl -N http://localhost:8080/events/ev/global
//!
//! To be told by GitHub, set a webhook there: content type `application/json`, the event `push`, and a secret, that this program has in
//! `WEBHOOK_SECRET`. What is not signed with it is refused then, the form of the page too.
//!
//! The page knows the rows by `rows.ts`, which is written from the models:
//!
//!     cargo run --example commits_live -- --types > examples/commits_live/rows.ts
//!
//! `model` is what is kept, `webhook` reads what GitHub says, `site` has the routes. The browser's half is `page.ts`, built into `page.js` by
//! `npm run build` in `web/`.

mod model;
mod site;
mod webhook;

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use pubsub_core::schema::typescript_of;
use pubsub_core::{PubSub, Publish};
use pubsub_gateway::settings::{AccessRules, Lists, Resource};
use pubsub_gateway::{Gateway, Settings};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::model::{Book, Commit, User};
use crate::webhook::Secret;

/// Over so long a time the pages that are open at the end are sent away, lest all of them come back in the same moment.
const FAREWELL: Duration = Duration::from_secs(1);

/// Commits as they are pushed.
#[derive(Parser)]
struct Arguments {
    /// Where to answer HTTP
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    #[arg(
        long,
        env = "WEBHOOK_SECRET",
        hide_env_values = true,
        help = "The secret of the webhook at GitHub; without it anybody can push"
    )]
    secret: Option<String>,
    /// Print the types of the rows for the page, and end
    #[arg(long)]
    types: bool,
    /// Where the commits are kept
    #[arg(long, default_value = "sqlite:commits.db")]
    store: String,
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
            eprintln!("commits_live: {error}");
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

    let builder = PubSub::builder().store(&arguments.store)?;
    let builder = match &arguments.url {
        Some(url) => builder.url(url)?,
        None => builder,
    };
    let pubsub = builder.connect().await?;
    let gateway = Gateway::builder(pubsub.clone())
        .settings(settings())
        .build()?;
    if arguments.types {
        std::io::stdout().write_all(typescript_of(&gateway.outlines()).as_bytes())?;
        return Ok(pubsub.shutdown().await?);
    }
    let book = Arc::new(Book::new(pubsub.clone()));

    let listener = TcpListener::bind(arguments.listen).await?;
    say(&format!("open http://{}", listener.local_addr()?));
    let site = site::routes(&gateway, book, arguments.secret.as_deref().map(Secret::new));
    axum::serve(
        listener,
        site.into_make_service_with_connect_info::<SocketAddr>(),
    )
    .with_graceful_shutdown(told_to_end(gateway)?)
    .await?;
    pubsub.shutdown().await?;
    Ok(())
}

/// The lists as Julython had them: the latest commits first, users and projects as links, and filters across them. What somebody pushes is
/// for everybody to see, so the channels of users are not private.
fn settings() -> Settings {
    let commits = Resource {
        node: Commit::NODE.to_owned(),
        order: vec!["-timestamp".to_owned(), "-id".to_owned()],
        links: BTreeMap::from([
            ("user".to_owned(), "user".to_owned()),
            ("project".to_owned(), "project".to_owned()),
        ]),
        ..Resource::default()
    };
    let users = Resource {
        node: User::NODE.to_owned(),
        order: vec!["name".to_owned()],
        ..Resource::default()
    };
    Settings {
        access: AccessRules {
            private: Vec::new(),
            ..AccessRules::default()
        },
        lists: Some(Lists {
            resources: vec![commits, users],
            ..Lists::default()
        }),
        ..Settings::default()
    }
}

/// Ready when somebody presses Ctrl-C, or ends the program as a service is ended. Then the open pages are sent away, and come back when it is
/// there again: their connections end by themselves never, and the server waits for every one.
fn told_to_end(gateway: Gateway) -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        gateway.drain(FAREWELL).await;
    })
}

/// Whoever reads the output may have stopped.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
