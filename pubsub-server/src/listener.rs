//! Accepts connections, of XMPP and of HTTP, each in a task of its own, and lets them go in peace when the server goes down.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tracing::Instrument as _;

use crate::accounts::{AccountEnd, Accounts as _};
use crate::broker;
use crate::connection::{self, Remote};
use crate::host::Host;
use crate::http;
use crate::proxied;
use crate::service::vocabulary::Actor;
use crate::wire::stream::{self, StreamError};

/// How long to wait after the system refused a connection, as when it has no more file descriptors.
const PAUSE: Duration = Duration::from_millis(50);

/// How often the items that have expired are removed from nodes that nobody asks for.
const SWEEP: Duration = Duration::from_mins(1);

/// How long to wait after the accounts could not be asked.
const RETRY: Duration = Duration::from_secs(1);

/// Where a server listens.
#[derive(Debug)]
pub(crate) struct Listeners {
    pub(crate) xmpp: TcpListener,
    /// For clients that encrypt from the first byte.
    pub(crate) direct: Option<TcpListener>,
    pub(crate) http: Option<TcpListener>,
    pub(crate) components: Option<TcpListener>,
}

/// Accepts until the server is told to go down, then gives every connection time to say goodbye.
pub(crate) async fn run(listeners: Listeners, host: Arc<Host>) {
    let _crew = Dismissal(&host);
    let Listeners {
        xmpp,
        direct,
        http,
        components,
    } = listeners;
    let mut shutdown = host.shutdown.subscribe();
    // All branches are cancel safe: accept and wait_for lose nothing.
    tokio::select! {
        () = accept(&xmpp, |socket, address| admit(&host, socket, address, Way::Stream)) => {}
        () = accept_some(direct.as_ref(), |socket, address| admit(&host, socket, address, Way::Tls)) => {}
        () = accept_some(http.as_ref(), |socket, address| admit(&host, socket, address, Way::Http)) => {}
        () = accept_some(components.as_ref(), |socket, address| admit_component(&host, socket, address)) => {}
        () = sweep(&host) => {}
        () = keep_rooms(&host) => {}
        () = end_accounts(&host) => {}
        () = told(&mut shutdown) => {}
    }
    drop((xmpp, direct, components));
    host.router.end_all(StreamError::Shutdown);
    let drained = async {
        loop {
            // Whoever was just being bound when the others were told hears it now.
            tokio::select! {
                () = host.crew.ended() => break,
                // The last words of a BOSH session go out with its next request.
                () = accept_some(http.as_ref(), |socket, address| admit(&host, socket, address, Way::Http)) => {}
                () = tokio::time::sleep(PAUSE) => host.router.end_all(StreamError::Shutdown),
            }
        }
    };
    if tokio::time::timeout(host.limits.shutdown, drained)
        .await
        .is_err()
    {
        tracing::warn!(
            left = host.crew.len(),
            "connections were cut off at shutdown"
        );
    }
    #[cfg(feature = "durable")]
    if let (Some(rooms), Some(database)) = (&host.rooms, &host.database)
        && let Err(error) = rooms.keep(database).await
    {
        tracing::error!(%error, "the last changes of rooms could not be kept");
    }
}

/// Waits until the server is told to go down.
pub(crate) async fn told(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|is_down| *is_down).await;
}

/// Cuts off whoever is left.
struct Dismissal<'h>(&'h Host);

impl Drop for Dismissal<'_> {
    fn drop(&mut self) {
        self.0.crew.dismiss();
    }
}

/// Removes what has expired, again and again.
async fn sweep(host: &Host) {
    loop {
        tokio::time::sleep(SWEEP).await;
        host.broker.sweep(broker::now());
    }
}

/// Writes rooms that last, again and again.
async fn keep_rooms(host: &Host) {
    #[cfg(feature = "durable")]
    if let (Some(rooms), Some(database)) = (&host.rooms, &host.database) {
        rooms.keep_on(database).await;
    }
    let _ = host;
    std::future::pending::<()>().await;
}

/// Ends the connections of accounts that end, and what was theirs with those that are gone.
async fn end_accounts(host: &Host) {
    loop {
        let (username, error) = match host.accounts.ended().await {
            Ok(AccountEnd::Removed(username)) => (username, StreamError::AccountRemoved),
            Ok(AccountEnd::Disabled(username)) => (username, StreamError::AccountDisabled),
            Err(error) => {
                tracing::error!(%error, "it is not known which accounts have ended");
                tokio::time::sleep(RETRY).await;
                continue;
            }
        };
        let bare: Arc<str> = format!("{username}@{}", host.domain).into();
        tracing::info!(jid = %bare, reason = error.words().1, "an account has ended");
        host.router.end_account(&bare, error);
        if error == StreamError::AccountRemoved {
            host.broker.depart(&Actor {
                full: bare.clone(),
                bare: bare.clone(),
                is_anonymous: false,
                session: 0,
            });
            host.forget(&bare).await;
        }
    }
}

async fn accept(listener: &TcpListener, admit: impl Fn(TcpStream, SocketAddr)) {
    loop {
        match listener.accept().await {
            Ok((socket, address)) => {
                // Replies are written whole, so waiting for more to send along only costs time.
                let _ = socket.set_nodelay(true);
                admit(socket, address);
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// The same, where there may be nothing to listen on.
async fn accept_some(listener: Option<&TcpListener>, admit: impl Fn(TcpStream, SocketAddr)) {
    match listener {
        Some(listener) => accept(listener, admit).await,
        None => std::future::pending().await,
    }
}

fn admit_component(host: &Arc<Host>, socket: TcpStream, address: SocketAddr) {
    let remote = Remote::of_socket(address);
    // Nothing can be said before it is known which it is.
    if let Some(permit) = host.clients.admit(remote.address) {
        let permit = permit.among(&host.carried.components);
        let span = tracing::info_span!("component", %address);
        let serve = connection::component::serve(socket, host.clone(), permit);
        host.crew.spawn(serve.instrument(span));
    }
}

/// With what a connection begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Stream,
    Tls,
    Http,
}

fn admit(host: &Arc<Host>, mut socket: TcpStream, peer: SocketAddr, way: Way) {
    if !proxied::is_believed(peer, &host.proxies) {
        receive(host, socket, peer, way);
        return;
    }
    let task_host = host.clone();
    host.crew.spawn(async move {
        let told = proxied::read(&mut socket, peer);
        match tokio::time::timeout(task_host.limits.login, told).await {
            Ok(Ok(address)) => receive(&task_host, socket, address, way),
            Ok(Err(error)) => {
                tracing::warn!(%peer, %error, "a proxy does not say for whom it speaks");
            }
            Err(_) => tracing::warn!(%peer, "a proxy takes too long to say for whom it speaks"),
        }
    });
}

/// Serves a client from there in a task of its own, if there is room for it.
fn receive(host: &Arc<Host>, socket: TcpStream, address: SocketAddr, way: Way) {
    if way == Way::Http {
        http::admit(host, socket, address);
        return;
    }
    let remote = Remote::of_socket(address);
    let Some(permit) = host.clients.admit(remote.address) else {
        tracing::warn!(%address, "too many connections");
        if way == Way::Stream {
            let mut words = String::new();
            stream::write_header(&mut words, &host.domain, "");
            StreamError::TooManyConnections.write(&mut words);
            words.push_str("</stream:stream>");
            // A fresh socket takes this much at once; if not, closing says enough.
            let _ = socket.try_write(words.as_bytes());
        }
        return;
    };
    let permit = permit.among(&host.carried.tcp);
    if way == Way::Stream {
        let span = connection::span("tcp", address.ip());
        let serve = connection::serve_tcp(socket, remote, host.clone(), permit);
        host.crew.spawn(serve.instrument(span));
    } else {
        let span = connection::span("tls", address.ip());
        let serve = connection::serve_tls(socket, remote, host.clone(), permit);
        host.crew.spawn(serve.instrument(span));
    }
}
