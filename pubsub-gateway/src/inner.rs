//! What all parts of a gateway share.

use std::sync::Arc;
use std::time::Instant;

use pubsub_core::PubSub;
use tokio::time::{interval, timeout};

use crate::channel::{Channel, ChannelName, Full, Hub, Upstream};
use crate::feed::{Echoes, Rows, follow};
use crate::list::Directory;
use crate::plan::Plans;
use crate::settings::Settings;

/// How often old messages and idle channels are looked for.
const SWEEP: std::time::Duration = std::time::Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Inner {
    settings: Settings,
    pubsub: PubSub,
    hub: Arc<Hub>,
    plans: Plans,
    rows: Rows,
    directory: Arc<Directory>,
    echoes: Echoes,
}

/// Why a channel cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unavailable {
    /// There are as many as there may be.
    Full,
    /// The service refuses its node.
    Refused(Arc<str>),
    /// The service cannot be asked now.
    Away(Arc<str>),
}

impl Inner {
    pub(crate) fn new(
        settings: Settings,
        pubsub: PubSub,
        hub: Hub,
        plans: Plans,
        rows: Rows,
        directory: Arc<Directory>,
    ) -> Self {
        Self {
            settings,
            pubsub,
            hub: Arc::new(hub),
            plans,
            rows,
            directory,
            echoes: Echoes::default(),
        }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn pubsub(&self) -> &PubSub {
        &self.pubsub
    }

    pub(crate) fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    pub(crate) fn plans(&self) -> &Plans {
        &self.plans
    }

    pub(crate) fn rows(&self) -> &Rows {
        &self.rows
    }

    /// The models that are known.
    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }

    pub(crate) fn echoes(&self) -> &Echoes {
        &self.echoes
    }

    /// The channel of that name, with its subscription at the service begun.
    pub(crate) fn open(self: &Arc<Self>, name: &ChannelName) -> Result<Arc<Channel>, Unavailable> {
        let (channel, is_new) = self.hub.open(name).map_err(|Full| Unavailable::Full)?;
        if is_new && !self.hub.is_events(name) {
            // Ends when the channel is given up.
            tokio::spawn(follow(Arc::clone(self), Arc::clone(&channel)));
        }
        Ok(channel)
    }

    /// Waits until what happens at the node of the channel is heard.
    pub(crate) async fn ready(&self, channel: &Channel) -> Result<(), Unavailable> {
        let mut upstream = channel.upstream();
        let is_known = |upstream: &Upstream| !matches!(upstream, Upstream::Pending);
        let known = timeout(self.settings.limits.upstream, upstream.wait_for(is_known)).await;
        match known {
            Ok(Ok(upstream)) => match &*upstream {
                Upstream::Failed {
                    reason,
                    is_transient: true,
                } => Err(Unavailable::Away(Arc::clone(reason))),
                Upstream::Failed { reason, .. } => Err(Unavailable::Refused(Arc::clone(reason))),
                Upstream::Pending | Upstream::Live | Upstream::None => Ok(()),
            },
            // The channel was given up just now.
            Ok(Err(_)) => Ok(()),
            Err(_) => Err(Unavailable::Away("the service does not answer".into())),
        }
    }

    /// Looks after the channels for as long as the gateway lives.
    pub(crate) fn keep_tidy(self: &Arc<Self>) {
        let hub = Arc::downgrade(&self.hub);
        // Ends when the gateway is dropped.
        tokio::spawn(async move {
            let mut ticks = interval(SWEEP);
            loop {
                ticks.tick().await;
                let Some(hub) = hub.upgrade() else { return };
                hub.sweep(Instant::now());
            }
        });
    }
}
