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
    let entrance = async {
        let identity = login::log_in(&mut channel, &host, address).await?;
        binding::bind(&mut channel, &host, &identity).await
    };
    // Boxed, so that a client that stays does not hold the memory of its way in.
    let entered = tokio::select! {
        entered = tokio::time::timeout(host.limits.login, Box::pin(entrance)) => {
            entered.unwrap_or(Err(End::Failed(StreamError::TimedOut)))
        }
        () = told(&mut shutdown) => Err(End::Failed(StreamError::Shutdown)),
    };
    drop(shutdown);
    match entered {
        Ok(bound) => {
            tracing::debug!(jid = %bound.peer.actor.full, resumed = bound.is_resumed, "bound");
            let serving = Serving::new(channel, host.clone(), bound);
            ending::run(serving, host, permit).await;
        }
        Err(end) => {
            tracing::debug!(reason = %end, "not let in");
            ending::refuse(channel, &host, &end).await;
        }
    }
}
