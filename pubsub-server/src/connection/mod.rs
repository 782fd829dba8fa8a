//! One task a client: logs it in, serves it, and keeps its session for a while when the connection is lost.
//!
//! A `carrier` moves elements: `stream` over TCP, `websocket` and `bosh` over HTTP. Above it no one knows which: `channel` waits for what comes,
//! `login` and `binding` are the way in, `serving` is the loop for the rest of the connection, `dialogue` and its children answer stanzas,
//! `ending` is the way out.

mod account;
mod archive;
mod attendance;
mod binding;
mod bosh;
mod carrier;
mod channel;
mod destination;
mod dialogue;
mod end;
mod ending;
mod login;
mod managing;
mod passing;
mod pending;
mod polled;
mod pubsub;
mod remote;
mod serving;
mod stream;
mod websocket;

pub(crate) use self::bosh::BoshStream;
pub(crate) use self::remote::Remote;
pub(crate) use self::stream::XmlStream;
pub(crate) use self::websocket::WebSocket;

use std::sync::Arc;

use self::carrier::Carrier;
use self::channel::Channel;
use self::end::End;
use self::serving::Serving;
use crate::admission::Permit;
use crate::host::Host;
use crate::listener::told;
use crate::wire::stream::StreamError;

/// Serves one client until it leaves, is cut off, or the server goes down.
pub(crate) async fn serve<C: Carrier>(carrier: C, remote: Remote, host: Arc<Host>, permit: Permit) {
    let mut shutdown = host.shutdown.subscribe();
    let mut channel = Channel::new(carrier);
    // What comes before and after the long time in between is boxed, so that a client that stays costs no more memory than it needs.
    let entrance = Box::pin(async {
        let identity = login::log_in(&mut channel, &host, remote).await?;
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
            Box::pin(ending::refuse(channel, &host, end)).await;
        }
    }
}
