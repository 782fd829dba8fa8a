//! `pubsub subscribe`: what happens to nodes, a line per event, until Ctrl-C.

use std::io::Write as _;

use clap::Args;
use futures_util::StreamExt as _;
use futures_util::stream::select_all;
use pubsub_core::subscriber::RawXml;
use pubsub_core::{Event, NodeName, SubscribeError};
use serde::Serialize;

use crate::Failure;
use crate::target::Target;

/// What `subscribe` takes.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The nodes
    #[arg(required = true)]
    nodes: Vec<NodeName>,
    /// Print a JSON object per event
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: Target,
}

/// One event, as it is printed.
#[derive(Debug, Serialize)]
struct Line<'a> {
    node: &'a str,
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    publisher: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<&'a str>,
}

impl<'a> Line<'a> {
    fn of(node: &'a NodeName, event: &'a Event<RawXml>) -> Self {
        let bare = |event| Self {
            node: node.as_str(),
            event,
            id: None,
            publisher: None,
            payload: None,
        };
        match event {
            Event::Published {
                id,
                item,
                publisher,
                ..
            } => Self {
                id: Some(id.as_str()),
                publisher: publisher.as_ref().map(ToString::to_string),
                payload: Some(item.as_str()),
                ..bare("published")
            },
            Event::Retracted { id, last, .. } => Self {
                id: Some(id.as_str()),
                payload: last.as_ref().map(RawXml::as_str),
                ..bare("retracted")
            },
            Event::Purged => bare("purged"),
            Event::Deleted { .. } => bare("deleted"),
            Event::Configured => bare("configured"),
            _ => bare("unknown"),
        }
    }

    fn print(&self, as_json: bool) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        if as_json {
            serde_json::to_writer(&mut out, self)?;
        } else {
            write!(out, "{} {}", self.event, self.node)?;
            for part in [self.id, self.payload].into_iter().flatten() {
                // One line an event, whatever is in it.
                write!(out, " {}", part.replace(['\n', '\r'], " "))?;
            }
        }
        writeln!(out)?;
        Ok(out.flush()?)
    }
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let pubsub = arguments.target.connect().await?;
    let mut subscriptions = Vec::new();
    for node in &arguments.nodes {
        let subscription = pubsub.await_node(node).await?;
        let node = node.clone();
        subscriptions.push(subscription.map(move |event| (node.clone(), event)));
    }
    let mut events = select_all(subscriptions);
    loop {
        tokio::select! {
            next = events.next() => match next {
                Some((node, Ok(event))) => Line::of(&node, &event).print(arguments.json)?,
                Some((_, Err(SubscribeError::Closed { reason }))) => return Err(reason.into()),
                Some((node, Err(error))) => eprintln!("pubsub: {node}: {error}"),
                None => return Err("the connection is closed".into()),
            },
            interrupted = tokio::signal::ctrl_c() => {
                interrupted?;
                return Ok(pubsub.shutdown().await?);
            }
        }
    }
}
