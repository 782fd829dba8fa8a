//! A listener of our own: subscribers on sockets that we write ourselves, and everything else through hyper.
//!
//! The head of the first request of a connection is read here. A subscriber gets the socket for itself, without any buffer; a publisher is
//! answered one request after another; the bytes of any other request are handed to hyper as if nobody had read them. Through TLS it is the
//! same, with what TLS needs; HTTP/2 is hyper's from the beginning. Whoever serves, a client that reads nothing for too long is cut off.

mod head;
mod patient;
mod publisher;
mod rewind;
mod seating;
mod tls;
mod visit;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};

pub use self::tls::{Tls, TlsError};
use self::visit::Visit;
use crate::inner::Inner;

/// The pause after an error of the listener itself, such as too many open files.
const PAUSE: Duration = Duration::from_millis(100);
/// How long connections have to end after everybody was sent away.
const LINGER: Duration = Duration::from_secs(3);
/// More connections than this are not counted.
const MOST: u32 = u32::MAX >> 4;

/// How far the end of the server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Open,
    /// What is under way is finished.
    Draining,
    Over,
}

/// Serves until `shutdown` resolves, and then sends everybody away.
pub(crate) async fn serve(
    inner: Arc<Inner>,
    app: Router,
    listener: TcpListener,
    tls: Option<Tls>,
    shutdown: impl Future<Output = ()>,
) {
    let most = u32::try_from(inner.settings().limits.connections)
        .unwrap_or(MOST)
        .min(MOST);
    let room = Arc::new(Semaphore::new(most as usize));
    let (stage, watched) = watch::channel(Stage::Open);
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &room) => accepted,
            () = &mut shutdown => break,
        };
        let Some((stream, peer, permit)) = accepted else {
            continue;
        };
        let visit = Visit {
            inner: Arc::clone(&inner),
            app: app.clone(),
            peer,
            stage: watched.clone(),
            permit,
        };
        // Ends with the connection, or when the server is over.
        tokio::spawn(visit.begin(stream, tls.clone()));
    }
    drop(listener);
    stage.send_replace(Stage::Draining);
    inner.drain(inner.settings().drain).await;
    // All permits are back when the last connection has ended.
    let _ = timeout(LINGER, room.acquire_many(most)).await;
    stage.send_replace(Stage::Over);
}

/// The next connection, once there is room for it.
async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let permit = Arc::clone(room).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer, permit)),
        Err(error) => {
            tracing::warn!(%error, "cannot accept a connection");
            sleep(PAUSE).await;
            None
        }
    }
}
