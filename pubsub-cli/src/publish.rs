//! `pubsub publish`: one item, from the command line or from standard input.

use std::io::{IsTerminal as _, Read as _, Write as _};

use clap::Args;
use pubsub_core::{ItemId, NodeName, Xml};

use crate::Failure;
use crate::target::Target;

/// What `publish` takes.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The node
    node: NodeName,
    /// One XML element, or text to put into an Atom entry; `-`, or nothing, reads it from standard input
    payload: Option<String>,
    /// The id of the item; publishing an id again replaces the item
    #[arg(long)]
    id: Option<ItemId>,
    #[command(flatten)]
    target: Target,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let payload = match arguments.payload.as_deref() {
        None | Some("-") => from_standard_input()?,
        Some(payload) => payload.to_owned(),
    };
    let payload = payload.trim();
    if payload.is_empty() {
        return Err("there is nothing to publish; give an XML element or text".into());
    }
    let pubsub = arguments.target.connect().await?;
    let id = arguments.id.unwrap_or_else(ItemId::unique);
    let receipt = if payload.starts_with('<') {
        pubsub
            .publish_as(&arguments.node, &id, Xml(payload))
            .await?
    } else {
        pubsub.publish_as(&arguments.node, &id, payload).await?
    };
    writeln!(std::io::stdout(), "{}", receipt.item())?;
    Ok(pubsub.shutdown().await?)
}

fn from_standard_input() -> Result<String, Failure> {
    let mut input = std::io::stdin();
    if input.is_terminal() {
        eprintln!("reading the payload from the terminal; end it with Ctrl-D");
    }
    let mut payload = String::new();
    input.read_to_string(&mut payload)?;
    Ok(payload)
}
