//! What all parts of a gateway share.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use pubsub_core::PubSub;
use tokio::time::{interval, sleep, timeout};

use crate::access::{Denied, Doorkeeper, Grant, Identity, Intent, Revocation, Stage, Wish};
use crate::channel::{Channel, ChannelName, Full, Hub, Upstream};
use crate::feed::{Echoes, Halves, Rows, follow};
use crate::gateway::Presence;
use crate::list::Directory;
use crate::plan::Plans;
use crate::route::Asked;
use crate::settings::Settings;
use crate::subscriber::Dismissal;

/// How often old messages and idle channels are looked for.
const SWEEP: Duration = Duration::from_secs(1);
/// How often some more are sent away.
const DRAIN_STEP: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub(crate) struct Inner {
    settings: Settings,
    pubsub: PubSub,
    hub: Arc<Hub>,
    plans: Plans,
    rows: Rows,
    directory: Arc<Directory>,
    echoes: Echoes,
    halves: Halves,
    doorkeeper: Doorkeeper,
    is_draining: AtomicBool,
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
        doorkeeper: Doorkeeper,
    ) -> Self {
        Self {
            settings,
            pubsub,
            hub: Arc::new(hub),
            plans,
            rows,
            directory,
            echoes: Echoes::default(),
            halves: Halves::default(),
            doorkeeper,
            is_draining: AtomicBool::new(false),
        }
    }

    /// Whether the service can be reached.
    pub(crate) fn is_online(&self) -> bool {
        let session = self.pubsub.session();
        session.is_none_or(|session| session.status().borrow().is_online())
    }

    /// Whether nobody is let in any more.
    pub(crate) fn is_draining(&self) -> bool {
        self.is_draining.load(Ordering::Relaxed)
    }

    /// Lets nobody in any more, and sends those who are here away, a few at a time, so that they do not all knock elsewhere at once.
    pub(crate) async fn drain(&self, within: Duration) {
        self.is_draining.store(true, Ordering::Relaxed);
        let to = self.elsewhere();
        let clients = self.hub.clients();
        let steps = (within.as_millis() / DRAIN_STEP.as_millis()).max(1);
        let at_once = clients
            .len()
            .div_ceil(usize::try_from(steps).unwrap_or(usize::MAX));
        for some in clients.chunks(at_once.max(1)) {
            for client in some {
                client.dismiss(Dismissal::Leaving(to.clone()));
            }
            sleep(DRAIN_STEP).await;
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

    pub(crate) fn halves(&self) -> &Halves {
        &self.halves
    }

    pub(crate) fn echoes(&self) -> &Echoes {
        &self.echoes
    }

    /// Whether what a channel tells is not for everybody.
    pub(crate) fn is_private(&self, channel: &ChannelName) -> bool {
        self.directory.is_private(channel)
    }

    /// Whether a request may do that with these channels.
    pub(crate) async fn may(
        &self,
        intent: Intent,
        channels: &[ChannelName],
        asked: &Asked<'_>,
    ) -> Result<Grant, Denied> {
        let private = channels.iter();
        let private: Vec<_> = private.filter(|channel| self.is_private(channel)).collect();
        self.doorkeeper
            .decide(Wish {
                intent,
                channels,
                private: &private,
                peer: asked.peer,
                uri: &asked.parts.uri,
                headers: asked.headers(),
                token: asked.token(),
            })
            .await
    }

    /// Who may read what, as of now.
    pub(crate) fn stage(&self) -> Stage {
        self.doorkeeper.stage()
    }

    /// Why somebody who was let in at that stage has to leave, if something has happened meanwhile. Whoever asks has its seat: what happens from
    /// now on finds it there.
    pub(crate) fn dismissal(&self, identity: Option<&Identity>, stage: Stage) -> Option<Dismissal> {
        if identity.is_some_and(|identity| self.doorkeeper.was_revoked(identity, stage)) {
            return Some(Dismissal::Revoked);
        }
        self.is_draining()
            .then(|| Dismissal::Leaving(self.elsewhere()))
    }

    fn elsewhere(&self) -> Option<Arc<str>> {
        self.settings.reconnect_to.as_deref().map(Into::into)
    }

    /// Who listens to a channel now.
    pub(crate) fn presence(&self, name: &ChannelName) -> Presence {
        let Some(channel) = self.hub.find(name) else {
            return Presence::default();
        };
        let members = channel.lanes().members();
        let identities = members.iter().filter_map(|client| client.identity());
        let mut subjects: Vec<_> = identities
            .filter_map(|identity| identity.subject.clone())
            .collect();
        subjects.sort();
        subjects.dedup();
        Presence {
            connections: members.len(),
            subjects,
        }
    }

    /// Takes back what was granted, and sends away who is here with it.
    pub(crate) fn revoke(&self, revocation: &Revocation) {
        self.doorkeeper.revoke(revocation);
        for client in self.hub.clients() {
            if client
                .identity()
                .is_some_and(|identity| revocation.concerns(identity))
            {
                client.dismiss(Dismissal::Revoked);
            }
        }
    }

    /// The channel of that name, with its subscription at the service begun.
    pub(crate) fn open(self: &Arc<Self>, name: &ChannelName) -> Result<Arc<Channel>, Unavailable> {
        self.open_for(name, None)
    }

    /// The same for somebody at that address.
    pub(crate) fn open_for(
        self: &Arc<Self>,
        name: &ChannelName,
        maker: Option<IpAddr>,
    ) -> Result<Arc<Channel>, Unavailable> {
        let opened = self.hub.open_for(name, maker);
        let (channel, is_new) = opened.map_err(|Full| Unavailable::Full)?;
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
