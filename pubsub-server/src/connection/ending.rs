//! The way out: says why, closes the stream so that the last words arrive, and keeps a lost session for whoever resumes it (XEP-0198 §5).

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;

use super::carrier::Carrier;
use super::channel::Channel;
use super::end::End;
use super::serving::{Deferred, Serving};
use crate::admission::Permit;
use crate::host::Host;
use crate::router::{Outgoing, Parked, Peer, Turn, Wakes};
use crate::wire::management;
use crate::wire::stream::StreamError;

/// How long a client may take to read the last words, and then to close its side.
const FAREWELL: Duration = Duration::from_secs(2);

/// Everything after a bound client was served.
pub(super) async fn finish<C: Carrier>(
    serving: Serving<C>,
    host: Arc<Host>,
    permit: Permit,
    end: End,
) {
    let Serving {
        mut carrier,
        mut outgoing,
        dialogue,
        attachment,
        deferred,
        ..
    } = serving;
    let peer = dialogue.peer.clone();
    tracing::debug!(reason = %end, "connection ended");
    let mut counted = dialogue.handled;
    let is_resumable = dialogue.is_resumable;
    drop(dialogue);
    if let Some(deferred) = deferred
        && !complete(&host, deferred, &mut outgoing, end).await
    {
        counted = counted.map(|handled| handled.wrapping_sub(1));
    }
    let handled = counted.unwrap_or_default();
    match end {
        End::Replaced => {
            drop((carrier, permit));
            peer.outbox.park(attachment, Parked { outgoing, handled });
            return;
        }
        End::Lost => {
            drop((carrier, permit));
            let parked = Parked { outgoing, handled };
            if !is_resumable {
                peer.outbox.park(attachment, parked);
            } else if linger(&host, &peer, attachment, parked).await {
                return;
            }
        }
        // Silence is how a lost connection looks from here.
        End::Failed(StreamError::TimedOut) if is_resumable => {
            let mut words = Outgoing::new(C::IS_FRAMED);
            carrier.close(&mut words, Some(StreamError::TimedOut));
            let said = poll_fn(|context| carrier.poll_write(context, &mut words));
            let _ = tokio::time::timeout(FAREWELL, said).await;
            drop((carrier, permit));
            if linger(&host, &peer, attachment, Parked { outgoing, handled }).await {
                return;
            }
        }
        End::Closed | End::Failed(_) => {
            // A client that came back before its old connection was known to be lost has not read everything.
            let is_replaced = end == End::Failed(StreamError::Conflict);
            leave(&host, &peer, || {
                if is_replaced {
                    peer.outbox.unread(&mut outgoing)
                } else {
                    Vec::new()
                }
            });
            if let Some(handled) = counted.filter(|_| end == End::Failed(StreamError::Shutdown)) {
                let mut words = String::new();
                management::write_acknowledgement(&mut words, handled);
                outgoing.push_other(&words);
            }
            let stanzas = outgoing.take_count();
            host.measure.stanzas_out.add(stanzas.into());
            say_goodbye(&mut carrier, &mut outgoing, end).await;
            return;
        }
    }
    leave(&host, &peer, || peer.outbox.left_behind());
}

/// What the client has asked for last, and counts as handled, is done all the same; a session that is resumed has the answer. Returns false if there is no time.
async fn complete(host: &Host, deferred: Deferred, outgoing: &mut Outgoing, end: End) -> bool {
    let patience = match end {
        // It has waited already.
        End::Failed(StreamError::Shutdown) => Duration::ZERO,
        _ => host.limits.resumption,
    };
    let answer = tokio::time::timeout(patience, deferred).await;
    if let Ok(answer) = &answer
        && !answer.is_empty()
    {
        outgoing.push_stanza(answer);
    }
    answer.is_ok()
}

/// Tells a client that did not get in why, and closes.
pub(super) async fn refuse<C: Carrier>(mut channel: Channel<C>, host: &Host, end: End) {
    if matches!(end, End::Lost | End::Replaced) {
        return;
    }
    if !channel.is_open {
        channel.write_opening(host);
    }
    say_goodbye(&mut channel.carrier, &mut channel.outgoing, end).await;
}

/// Sends what is left and the last words, and closes in peace, all in a short time.
async fn say_goodbye<C: Carrier>(carrier: &mut C, outgoing: &mut Outgoing, end: End) {
    let error = match end {
        End::Failed(error) => Some(error),
        _ => None,
    };
    carrier.close(outgoing, error);
    let farewell = async {
        if poll_fn(|context| carrier.poll_write(context, outgoing))
            .await
            .is_ok()
        {
            poll_fn(|context| carrier.poll_closed(context)).await;
        }
    };
    let _ = tokio::time::timeout(FAREWELL, farewell).await;
}

/// Keeps the session until it is resumed (true), or its time is up or it is told to end (false).
async fn linger(host: &Host, peer: &Arc<Peer>, attachment: u64, parked: Parked) -> bool {
    let waiting = host.lingering.fetch_add(1, Ordering::Relaxed);
    let is_over = if waiting >= host.limits.connections || !peer.outbox.park(attachment, parked) {
        Ok(Turn::Serve)
    } else {
        let over = poll_fn(|context| match peer.outbox.watch(context, attachment) {
            Turn::Serve => Poll::Pending,
            turn => Poll::Ready(turn),
        });
        tokio::time::timeout(host.limits.resumption, over).await
    };
    host.lingering.fetch_sub(1, Ordering::Relaxed);
    matches!(is_over, Ok(Turn::Replaced)) || !peer.outbox.is_attached(attachment)
}

/// Takes the client out of the router, with what it awaits, and an anonymous one out of its subscriptions. What it has not read is looked at when nobody can
/// send it anything any more.
pub(super) fn leave(host: &Host, peer: &Arc<Peer>, unread: impl FnOnce() -> Vec<String>) {
    let is_last = host.router.unbind(peer);
    let mut wakes = Wakes::default();
    host.people.depart(&peer.actor, &mut wakes);
    host.people
        .return_messages(&peer.actor, &unread(), &mut wakes);
    drop(wakes);
    host.broker.end_session(peer.actor.session);
    if let Some(rooms) = &host.rooms {
        let mut wakes = Wakes::default();
        rooms.depart(&peer.actor.full, peer.actor.session, &mut wakes);
    }
    host.broker
        .absent(&peer.actor, !host.router.is_available(&peer.actor.bare));
    if is_last && peer.actor.is_anonymous {
        host.broker.depart(&peer.actor);
    }
}
