//! The way out: says why, closes the stream so that the last words arrive, and keeps a lost session for whoever resumes it (XEP-0198 §5).

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::channel::{Channel, End};
use super::serving::Serving;
use crate::host::Host;
use crate::listener::Permit;
use crate::router::{Parked, Peer, Turn};
use crate::wire::stream::{self, StreamError};

/// How long a client may take to read the last words, and then to close its side.
const FAREWELL: Duration = Duration::from_secs(2);

/// Everything after a bound client was served.
pub(super) async fn finish<S>(serving: Serving<S>, host: Arc<Host>, permit: Permit, end: End)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let peer = serving.dialogue.peer.clone();
    tracing::debug!(jid = %peer.actor.full, reason = %end, "connection ended");
    let (attachment, handled) = (
        serving.attachment,
        serving.dialogue.handled.unwrap_or_default(),
    );
    let is_resumable = serving.dialogue.is_resumable;
    match end {
        End::Lost | End::Replaced => {
            let Serving {
                socket,
                outgoing,
                dialogue,
                ..
            } = serving;
            drop((socket, dialogue, permit));
            if end == End::Replaced {
                peer.outbox.park(attachment, Parked { outgoing, handled });
                return;
            }
            if is_resumable && linger(&host, &peer, attachment, Parked { outgoing, handled }).await
            {
                return;
            }
        }
        // Silence is how a lost connection looks from here.
        End::Failed(StreamError::TimedOut) if is_resumable => {
            let Serving {
                mut socket,
                outgoing,
                dialogue,
                ..
            } = serving;
            let mut words = String::new();
            StreamError::TimedOut.write(&mut words);
            let _ = tokio::time::timeout(FAREWELL, socket.write_all(words.as_bytes())).await;
            drop((socket, dialogue, permit));
            if linger(&host, &peer, attachment, Parked { outgoing, handled }).await {
                return;
            }
        }
        End::Closed | End::Failed(_) => {
            leave(&host, &peer);
            let Serving {
                mut socket,
                outgoing,
                ..
            } = serving;
            let mut words = String::new();
            match end {
                End::Failed(error) => error.write(&mut words),
                _ => words.push_str("</stream:stream>"),
            }
            let farewell = async {
                socket.write_all(outgoing.unsent()).await?;
                say_goodbye(&mut socket, &words).await
            };
            let _ = tokio::time::timeout(FAREWELL, farewell).await;
            return;
        }
    }
    leave(&host, &peer);
}

/// Tells a client that did not get in why, and closes.
pub(super) async fn refuse<S>(mut channel: Channel<S>, host: &Host, end: &End)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut words = String::new();
    if !channel.is_open {
        stream::write_header(
            &mut words,
            &host.domain,
            &format!("{:016x}", rand::random::<u64>()),
        );
    }
    match end {
        End::Failed(error) => error.write(&mut words),
        End::Closed => words.push_str("</stream:stream>"),
        End::Lost | End::Replaced => return,
    }
    let _ = tokio::time::timeout(FAREWELL, say_goodbye(&mut channel.socket, &words)).await;
}

/// Writes the last words and waits for the other side to close: a socket that is closed with unread input resets the connection, and the
/// last words would be lost with it.
async fn say_goodbye<S>(socket: &mut S, words: &str) -> std::io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    socket.write_all(words.as_bytes()).await?;
    socket.shutdown().await?;
    let mut rest = [0; 1024];
    while socket.read(&mut rest).await? > 0 {}
    Ok(())
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

/// Takes the client out of the router, and an anonymous one out of its subscriptions.
fn leave(host: &Host, peer: &Arc<Peer>) {
    if host.router.unbind(peer) && peer.actor.is_anonymous {
        host.broker.depart(&peer.actor.bare);
    }
}
