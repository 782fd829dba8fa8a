//! `pubsub nodes`: the nodes of the service, one a line.

use std::io::Write as _;

use clap::Args;

use crate::Failure;
use crate::target::Target;

/// What `nodes` takes.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: Target,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let pubsub = arguments.target.connect().await?;
    let mut out = std::io::stdout().lock();
    for node in pubsub.nodes().await? {
        writeln!(out, "{node}")?;
    }
    drop(out);
    Ok(pubsub.shutdown().await?)
}
