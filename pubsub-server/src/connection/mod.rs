//! One task a client: logs it in, serves it, and keeps its session for a while when the connection is lost.
//!
//! A `carrier` moves elements: `stream` over TCP, `websocket` and `bosh` over HTTP. Above it no one knows which: `channel` waits for what comes,
//! `login`, `binding` and `inline` are the way in, `serving` is the loop for the rest of the connection, `dialogue` and its children answer stanzas,
//! `ending` is the way out.

mod account;
mod archive;
mod attendance;
mod binding;
mod bosh;
mod carrier;
mod channel;
mod commanding;
pub(crate) mod component;
mod contacts;
mod destination;
mod dialogue;
mod end;
mod ending;
mod inline;
mod learning;
mod login;
mod managing;
mod pace;
mod passing;
mod pending;
mod polled;
mod pubsub;
mod remote;
mod security;
mod serving;
mod standing;
mod stream;
mod visiting;
mod websocket;

pub(crate) use self::bosh::BoshStream;
pub(crate) use self::remote::Remote;
pub(crate) use self::websocket::WebSocket;

/// For `crate::fuzzing`.
#[cfg(any(test, fuzzing))]
pub(crate) mod carrying {
    pub(crate) use super::carrier::{Carrier, Incoming};
    pub(crate) use super::end::End;
    pub(crate) use super::stream::XmlStream;
}

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::net::TcpStream;

use self::carrier::Carrier;
use self::channel::Channel;
use self::end::End;
use self::login::Entered;
use self::security::Security;
use self::serving::Serving;
use self::stream::XmlStream;
use crate::admission::Permit;
use crate::host::Host;
use crate::listener::told;
use crate::tls;
use crate::wire::stream::StreamError;

/// What is logged of a connection: its number, how it comes and from where, and who it is once that is known.
pub(crate) fn span(transport: &'static str, address: IpAddr) -> tracing::Span {
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    let id = NUMBER.fetch_add(1, Ordering::Relaxed);
    tracing::info_span!("connection", id, transport, %address, jid = tracing::field::Empty)
}

/// Serves one client until it leaves, is cut off, or the server goes down. What carries it is encrypted by others, or not at all.
pub(crate) async fn serve<C: Carrier>(carrier: C, remote: Remote, host: Arc<Host>, permit: Permit) {
    attend(carrier, remote, Security::Elsewhere, host, permit).await;
}

/// Serves a client over TCP, who may or must encrypt first (RFC 6120 §5).
pub(crate) async fn serve_tcp(socket: TcpStream, remote: Remote, host: Arc<Host>, permit: Permit) {
    let security = Security::of(&host, remote);
    let carrier = XmlStream::new(socket, &host.limits);
    let asked = attend(carrier, remote, security, host.clone(), permit).await;
    if let Some((carrier, permit)) = asked {
        match carrier.into_socket() {
            Some(socket) => Box::pin(serve_tls(socket, remote, host, permit)).await,
            // It was said in the clear, perhaps by somebody else, and would be taken for what is said in private.
            None => tracing::warn!("a client said more after it had asked for encryption"),
        }
    }
}

/// Serves a client over TLS, from the handshake on.
pub(crate) async fn serve_tls(socket: TcpStream, remote: Remote, host: Arc<Host>, permit: Permit) {
    let Some(encryption) = &host.encryption else {
        return;
    };
    let mut shutdown = host.shutdown.subscribe();
    let handshake = tokio::select! {
        shaken = tokio::time::timeout(host.limits.login, Box::pin(encryption.tls.secure(socket))) => shaken,
        () = told(&mut shutdown) => return,
    };
    drop(shutdown);
    let socket = match handshake {
        Ok(Ok(socket)) => socket,
        Ok(Err(error)) => {
            tracing::debug!(%error, "the TLS handshake failed");
            return;
        }
        Err(_) => {
            tracing::debug!("the TLS handshake took too long");
            return;
        }
    };
    let security = Security::Tls(tls::exporter(&socket));
    let remote = Remote {
        is_private: true,
        ..remote
    };
    let carrier = XmlStream::new(socket, &host.limits);
    attend(carrier, remote, security, host.clone(), permit).await;
}

/// Serves one client to its end; or gives it back when it wants to encrypt.
async fn attend<C: Carrier>(
    carrier: C,
    remote: Remote,
    security: Security,
    host: Arc<Host>,
    permit: Permit,
) -> Option<(C, Permit)> {
    let mut shutdown = host.shutdown.subscribe();
    let mut channel = Channel::new(carrier);
    // What comes before and after the long time in between is boxed, so that a client that stays costs no more memory than it needs.
    let entrance = Box::pin(async {
        match login::log_in(&mut channel, &host, remote, &security).await? {
            Entered::User(identity) => binding::bind(&mut channel, &host, &identity)
                .await
                .map(Some),
            Entered::Asking(login) => inline::enter(&mut channel, &host, login).await.map(Some),
            Entered::Securing => Ok(None),
        }
    });
    let entered = tokio::select! {
        entered = tokio::time::timeout(host.limits.login, entrance) => {
            entered.unwrap_or(Err(End::Failed(StreamError::TimedOut)))
        }
        () = told(&mut shutdown) => Err(End::Failed(StreamError::Shutdown)),
    };
    drop(shutdown);
    match entered {
        Ok(None) => return Some((channel.carrier, permit)),
        Ok(Some(bound)) => {
            tracing::Span::current().record("jid", &*bound.peer.actor.full);
            tracing::debug!(resumed = bound.is_resumed, "bound");
            let mut serving = Box::new(Serving::new(channel, host.clone(), bound));
            let end = serving.run().await;
            if end == End::Failed(StreamError::SlowReader) {
                host.measure.slow_readers.add(1);
            }
            Box::pin(ending::finish(*serving, host, permit, end)).await;
        }
        Err(end) => {
            tracing::debug!(reason = %end, "not let in");
            Box::pin(ending::refuse(channel, &host, end)).await;
        }
    }
    None
}
