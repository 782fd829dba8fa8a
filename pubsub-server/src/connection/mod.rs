//! One task a client: logs it in, serves it, and keeps its session for a while when the connection is lost.
//!
//! `channel` reads frames and writes text, `login` and `binding` are the way in, `serving` is the loop for the rest of the connection,
//! `dialogue` and its children answer stanzas, `ending` is the way out. Only `channel`, `serving` and `ending` touch the socket.

mod account;
mod binding;
mod channel;
mod dialogue;
mod ending;
mod login;
mod pubsub;
mod serving;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

use self::channel::{Channel, End};
use self::serving::Serving;
use crate::host::Host;
use crate::listener::{Permit, told};
use crate::wire::stream::StreamError;

/// Serves one client until it leaves, is cut off, or the server goes down.
pub(crate) async fn serve<S>(
    socket: S,
    address: SocketAddr,
    host: Arc<Host>,
    permit: Permit,
    mut shutdown: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut channel = Channel::new(socket, &host.limits);
    // What comes before and after the long time in between is boxed, so that a client that stays costs no more memory than it needs.
    let entrance = Box::pin(async {
        let identity = login::log_in(&mut channel, &host, address).await?;
        binding::bind(&mut channel, &host, &identity).await
    });
    let entered = tokio::select! {
        entered = tokio::time::timeout(host.limits.login, entrance) => {
            entered.unwrap_or(Err(End::Failed(StreamError::TimedOut)))
        }
        () = told(&mut shutdown) => Err(End::Failed(StreamError::Shutdown)),
    };
    drop(shutdown);
    match entered {
        Ok(bound) => {
            tracing::debug!(jid = %bound.peer.actor.full, resumed = bound.is_resumed, "bound");
            let mut serving = Box::new(Serving::new(channel, host.clone(), bound));
            let end = serving.run().await;
            Box::pin(ending::finish(*serving, host, permit, end)).await;
        }
        Err(end) => {
            tracing::debug!(reason = %end, "not let in");
            Box::pin(ending::refuse(channel, &host, &end)).await;
        }
    }
}
