//! The `pubsub` program: a server to start, and the verbs to talk to one.
//!
//! Reads the command line and hands over; each verb has its file. Nothing here knows XMPP.

mod browsers;
mod certificate;
mod gateway;
mod limits;
mod nodes;
mod outbox;
mod publish;
mod schema;
mod serve;
mod settings;
mod subscribe;
mod target;
mod token;
mod user;
mod web;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

/// Publish and subscribe over XMPP PubSub.
#[derive(Debug, Parser)]
#[command(name = "pubsub", version, about)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
    /// How to write the log, which goes to the standard error; what it tells is said by `RUST_LOG`
    #[arg(long, value_name = "FORMAT", global = true, default_value = "text")]
    log_format: LogFormat,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run a server until Ctrl-C
    Serve(serve::Arguments),
    /// Add, change, disable and remove accounts of a server with --data
    User(user::Arguments),
    /// Answer browsers before another XMPP server, until Ctrl-C
    Gateway(gateway::Arguments),
    /// Sign a channel token
    Token(token::Arguments),
    /// Publish one item to a node
    Publish(publish::Arguments),
    /// Print what happens to nodes, a line per event
    Subscribe(subscribe::Arguments),
    /// List the nodes of the service
    Nodes(nodes::Arguments),
    /// Print what the items of nodes look like: TypeScript, JSON Schema or XML Schema
    Schema(schema::Arguments),
    /// Look into the outbox of a store, and see to what a service refused
    Outbox(outbox::Arguments),
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// A line for people
    Text,
    /// A JSON object a line, with what is known of the connection in `span`
    Json,
}

fn start_log(format: LogFormat) {
    let log = tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into()),
        )
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => log.json().with_span_list(false).init(),
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    start_log(cli.log_format);
    let outcome = match cli.verb {
        Verb::Serve(arguments) => Box::pin(serve::run(arguments)).await,
        Verb::User(arguments) => user::run(arguments).await,
        Verb::Gateway(arguments) => gateway::run(arguments).await,
        Verb::Token(arguments) => token::run(arguments),
        Verb::Publish(arguments) => publish::run(arguments).await,
        Verb::Subscribe(arguments) => subscribe::run(arguments).await,
        Verb::Nodes(arguments) => nodes::run(arguments).await,
        Verb::Schema(arguments) => schema::run(arguments).await,
        Verb::Outbox(arguments) => outbox::run(arguments).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("pubsub: {}", explain(&*failure));
            ExitCode::FAILURE
        }
    }
}

/// What a failure says, and what caused it unless it says that itself.
fn explain(failure: &dyn std::error::Error) -> String {
    let mut text = failure.to_string();
    let mut cause = failure.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = error.source();
    }
    text
}

/// Why a verb ended without doing what it was asked to, as one line.
type Failure = Box<dyn std::error::Error + Send + Sync>;

#[cfg(test)]
mod tests {
    use super::explain;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Told {
        text: &'static str,
        source: Option<Box<Told>>,
    }

    #[test]
    fn what_caused_a_failure_is_told_once() {
        let told = |text, source| Told {
            text,
            source: Option::map(source, Box::new),
        };
        let cause = told("it is full", None);
        let failure = told("it broke: no room", Some(told("no room", Some(cause))));
        assert_eq!(explain(&failure), "it broke: no room: it is full");
    }
}
