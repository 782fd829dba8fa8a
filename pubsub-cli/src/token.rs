//! `pubsub token`: signs a channel token, for programs without a library for it and for trying out.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use pubsub_gateway::Claims;

use crate::Failure;
use crate::browsers::token_key;
use crate::serve::say;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The key, as `serve --token-key` takes it
    #[arg(long = "token-key", value_name = "FILE")]
    key: PathBuf,
    /// A channel that may be listened to; a name that ends in * stands for all that begin so; may be given several times
    #[arg(long, value_name = "CHANNEL", required_unless_present = "publish")]
    subscribe: Vec<String>,
    /// A channel that may be published to; may be given several times
    #[arg(long, value_name = "CHANNEL")]
    publish: Vec<String>,
    /// Whose token it is
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,
    /// A name by which it can be revoked
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// For how long it holds
    #[arg(long = "for", value_name = "SECONDS", default_value_t = 3600)]
    seconds: u64,
}

pub(crate) fn run(arguments: Arguments) -> Result<(), Failure> {
    let key = token_key(&arguments.key)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let mut claims = Claims {
        subject: arguments.subject,
        id: arguments.id,
        issued: Some(now),
        expires: now.saturating_add(arguments.seconds),
        ..Claims::default()
    };
    claims.channels.subscribe = arguments.subscribe;
    claims.channels.publish = arguments.publish;
    say(&key.sign(&claims)?)
}
