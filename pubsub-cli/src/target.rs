//! Which server a verb talks to: `--url`, or `PUBSUB_URL`.

use clap::Args;
use pubsub_core::PubSub;

use crate::Failure;

/// The server to talk to.
#[derive(Debug, Args)]
pub(crate) struct Target {
    #[arg(
        long,
        env = "PUBSUB_URL",
        hide_env_values = true,
        value_name = "URL",
        help = "Whom to log in as, and where: xmpp://user:password@domain"
    )]
    url: String,
}

impl Target {
    /// Logs in. Models that happen to be linked are none of this program's business.
    pub(crate) async fn connect(&self) -> Result<PubSub, Failure> {
        Ok(PubSub::builder()
            .url(&self.url)?
            .without_models()
            .connect()
            .await?)
    }
}
