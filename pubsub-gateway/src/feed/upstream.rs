//! The subscription of one channel at the service, for as long as the channel lives.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use pubsub_core::session::{AccessRule, PubSubError};
use pubsub_core::subscriber::RawXml;
use pubsub_core::{Event, SubscribeError, Subscription};

use super::item::{Said, said};
use crate::channel::{Channel, Info, Upstream, announce};
use crate::inner::Inner;

/// The first pause after a failure, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(30));

/// Follows the node until the channel is given up.
pub(crate) async fn follow(inner: Arc<Inner>, channel: Arc<Channel>) {
    tokio::select! {
        () = channel.given_up() => {}
        () = keep_following(&inner, &channel) => {}
    }
}

async fn keep_following(inner: &Inner, channel: &Arc<Channel>) {
    let node = channel.name().node();
    let mut is_known = inner.directory().learn(node).await;
    let mut pause = PAUSES.0;
    let mut was_live = false;
    loop {
        // Whoever listens must not become the owner of the node: its publisher makes it.
        match inner.pubsub().await_node(node).await {
            Ok(subscription) => {
                if was_live {
                    // Nobody knows what happened in between.
                    inner.hub().reset(channel, false);
                }
                channel.set_upstream(Upstream::Live);
                (was_live, pause) = (true, PAUSES.0);
                hear(inner, channel, subscription, &mut is_known).await;
            }
            Err(error) => {
                tracing::debug!(%node, %error, "cannot subscribe");
                channel.set_upstream(failure(&error));
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

/// Hands on what the service tells, until it ends.
async fn hear(
    inner: &Inner,
    channel: &Arc<Channel>,
    mut subscription: Subscription<RawXml>,
    is_known: &mut bool,
) {
    // What comes together is announced together, so that it is written together.
    let mut news = None;
    while let Some(event) = unhurried(channel, &mut news, subscription.next()).await {
        match event {
            Ok(event) => {
                if let Some(payload) = payload(&event) {
                    let node = channel.name().node();
                    // Of a node that was not there before, the very first row is one, too.
                    let directory = inner.directory();
                    let recognized = directory.recognize(node, payload, !*is_known);
                    unhurried(channel, &mut news, recognized).await;
                    *is_known = true;
                }
                let place = tell(inner, channel, event);
                news = news.or(place);
            }
            Err(SubscribeError::Gap { .. }) => inner.hub().reset(channel, false),
            Err(SubscribeError::Refused(error)) if !error.is_transient() => {
                // The node is there now, or again, and does not let us in.
                tracing::debug!(channel = %channel.name(), %error, "the subscription is refused");
                channel.set_upstream(failure(&SubscribeError::Refused(error)));
                return announce_all(channel, &mut news);
            }
            Err(error @ SubscribeError::Closed { .. }) => {
                tracing::debug!(channel = %channel.name(), %error, "the subscription has ended");
            }
            Err(error) => {
                tracing::debug!(channel = %channel.name(), %error, "an item was passed over");
            }
        }
    }
    announce_all(channel, &mut news);
    let reason = Arc::from("the connection to the service has ended");
    channel.set_upstream(Upstream::Failed {
        reason,
        is_transient: true,
    });
}

/// Waits for something. What is to be announced does not wait with it.
async fn unhurried<T>(
    channel: &Arc<Channel>,
    news: &mut Option<u64>,
    something: impl Future<Output = T>,
) -> T {
    let mut something = pin!(something);
    if let Some(done) = something.as_mut().now_or_never() {
        return done;
    }
    announce_all(channel, news);
    something.await
}

fn announce_all(channel: &Arc<Channel>, news: &mut Option<u64>) {
    if let Some(place) = news.take() {
        announce(channel, place);
    }
}

fn payload(event: &Event<RawXml>) -> Option<&str> {
    match event {
        Event::Published { item, .. } => Some(item.as_str()),
        Event::Retracted { last, .. } => last.as_ref().map(RawXml::as_str),
        _ => None,
    }
}

/// Does what an event says. The place of a message that is still to be announced.
fn tell(inner: &Inner, channel: &Arc<Channel>, event: Event<RawXml>) -> Option<u64> {
    let (hub, node) = (inner.hub(), channel.name().node());
    let said = said(inner.rows(), node, &event);
    let (info, place) = match (said, &event) {
        (Some(Said::Content(content, is_stored)), _) => {
            let is_stored = is_stored && hub.settings().store;
            hub.keep(channel, content, is_stored).unzip()
        }
        (Some(Said::Deletion(text)), _) => {
            let info = Info::of(channel);
            let text = Some(&*text).filter(|text| !text.is_empty());
            hub.delete(channel, text);
            (Some(info), None)
        }
        (None, Event::Purged) => {
            hub.reset(channel, true);
            return None;
        }
        (None, Event::Deleted { .. }) => {
            hub.delete(channel, None);
            return None;
        }
        // Of no interest to those who listen.
        (None, _) => return None,
    };
    if let Event::Published { id, .. } = event
        && let Some(info) = info
    {
        inner.echoes().hear(&id, info);
    }
    place
}

/// What subscribers are told of a node that cannot be subscribed to.
fn failure(error: &SubscribeError) -> Upstream {
    let (reason, is_transient) = match error {
        SubscribeError::Refused(PubSubError::Forbidden { .. }) => {
            ("the service does not let us subscribe", false)
        }
        SubscribeError::Refused(PubSubError::Closed { rule, .. }) => (
            match rule {
                AccessRule::Whitelist => "the node is for those on its list",
                AccessRule::Authorize => "the owner of the node has to approve first",
                _ => "the node is closed",
            },
            false,
        ),
        SubscribeError::Refused(PubSubError::NotFound { .. }) => ("there is no such node", false),
        SubscribeError::Refused(error) if !error.is_transient() => ("the service refuses", false),
        _ => ("the service cannot be reached", true),
    };
    Upstream::Failed {
        reason: reason.into(),
        is_transient,
    }
}
