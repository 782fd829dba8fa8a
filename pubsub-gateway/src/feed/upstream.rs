//! The subscription of one channel at the service, for as long as the channel lives.

use std::sync::Arc;
use std::time::Duration;

use pubsub_core::session::{AccessRule, PubSubError};
use pubsub_core::subscriber::RawXml;
use pubsub_core::{Event, SubscribeError, Subscription};

use super::item::{Said, said};
use crate::channel::{Channel, Info, Upstream};
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
    while let Some(event) = subscription.next().await {
        match event {
            Ok(event) => {
                if let Some(payload) = payload(&event) {
                    let node = channel.name().node();
                    // Of a node that was not there before, the very first row is one, too.
                    let directory = inner.directory();
                    directory.recognize(node, payload, !*is_known).await;
                    *is_known = true;
                }
                tell(inner, channel, event);
            }
            Err(SubscribeError::Gap { .. }) => inner.hub().reset(channel, false),
            Err(SubscribeError::Refused(error)) if !error.is_transient() => {
                // The node is there now, or again, and does not let us in.
                tracing::debug!(channel = %channel.name(), %error, "the subscription is refused");
                channel.set_upstream(failure(&SubscribeError::Refused(error)));
                return;
            }
            Err(error @ SubscribeError::Closed { .. }) => {
                tracing::debug!(channel = %channel.name(), %error, "the subscription has ended");
            }
            Err(error) => {
                tracing::debug!(channel = %channel.name(), %error, "an item was passed over");
            }
        }
    }
    let reason = Arc::from("the connection to the service has ended");
    channel.set_upstream(Upstream::Failed {
        reason,
        is_transient: true,
    });
}

fn payload(event: &Event<RawXml>) -> Option<&str> {
    match event {
        Event::Published { item, .. } => Some(item.as_str()),
        Event::Retracted { last, .. } => last.as_ref().map(RawXml::as_str),
        _ => None,
    }
}

fn tell(inner: &Inner, channel: &Arc<Channel>, event: Event<RawXml>) {
    let (hub, node) = (inner.hub(), channel.name().node());
    let said = said(inner.rows(), node, &event);
    let info = match (said, &event) {
        (Some(Said::Content(content, is_stored)), _) => {
            let is_stored = is_stored && hub.settings().store;
            hub.publish(channel, content, is_stored)
        }
        (Some(Said::Deletion(text)), _) => {
            let info = Info::of(channel);
            let text = Some(&*text).filter(|text| !text.is_empty());
            hub.delete(channel, text);
            Some(info)
        }
        (None, Event::Purged) => return hub.reset(channel, true),
        (None, Event::Deleted { .. }) => {
            hub.delete(channel, None);
            return;
        }
        // Of no interest to those who listen.
        (None, _) => return,
    };
    if let Event::Published { id, .. } = event
        && let Some(info) = info
    {
        inner.echoes().hear(&id, info);
    }
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
