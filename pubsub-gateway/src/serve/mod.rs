//! A listener of our own: subscribers on sockets that we write ourselves, and everything else through hyper.
//!
//! The head of the first request of a connection is read here. A subscriber gets the socket for itself, without any buffer; the bytes of any other
//! request are handed to hyper as if nobody had read them.

mod head;
mod rewind;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use bytes::BytesMut;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{Method, Version};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};

use self::head::Head;
use self::rewind::Rewind;
use crate::inner::Inner;
use crate::plan::Way;
use crate::route::{Asked, Door, open};
use crate::subscriber::{Connection, Direct};

/// What hyper needs at least.
const LEAST_BUFFER: usize = 8 << 10;
/// The pause after an error of the listener itself, such as too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until `shutdown` resolves, and then ends the connections.
pub(crate) async fn serve(
    inner: Arc<Inner>,
    app: Router,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) {
    let most = inner
        .settings()
        .limits
        .connections
        .min(Semaphore::MAX_PERMITS);
    let room = Arc::new(Semaphore::new(most));
    let (stop, stopped) = watch::channel(());
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
            stopped: stopped.clone(),
            permit,
        };
        // Ends with the connection, or when the server stops.
        tokio::spawn(visit.begin(stream));
    }
    drop(stop);
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

/// A connection that was accepted.
struct Visit {
    inner: Arc<Inner>,
    app: Router,
    peer: SocketAddr,
    stopped: watch::Receiver<()>,
    permit: OwnedSemaphorePermit,
}

impl Visit {
    /// Reads what the first request asks for, and has it answered.
    async fn begin(self, stream: TcpStream) {
        // A message must not wait for the one after it.
        let _ = stream.set_nodelay(true);
        let limits = &self.inner.settings().limits;
        let read = timeout(limits.head_within, head::read(&stream, limits.head));
        let Ok(Ok(Head { bytes, request })) = read.await else {
            return;
        };
        let prefixes = &self.inner.settings().prefixes;
        let subscriber = request
            .as_ref()
            .and_then(|request| Some((request, subscriber(prefixes, request)?)));
        match subscriber {
            Some((request, (way, rest))) => {
                let asked = Asked {
                    parts: &request.parts,
                    peer: Some(self.peer),
                    rest,
                };
                let sent = bytes.get(request.length..).unwrap_or_default();
                if let Some(connection) = admitted(&self.inner, way, &asked, stream, sent).await {
                    self.spawn(connection);
                }
            }
            None => self.through_hyper(stream, bytes).await,
        }
    }

    /// Goes on in a task of its own, which is smaller than this one.
    fn spawn(self, connection: Connection<Direct>) {
        let Self {
            mut stopped,
            permit,
            ..
        } = self;
        // Ends with the connection, or when the server stops.
        tokio::spawn(async move {
            tokio::select! {
                () = connection => {}
                _ = stopped.changed() => {}
            }
            drop(permit);
        });
    }

    async fn through_hyper(self, stream: TcpStream, read: BytesMut) {
        let Self {
            inner,
            app,
            peer,
            mut stopped,
            permit,
        } = self;
        let limits = &inner.settings().limits;
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head_within)
            .max_buf_size(limits.head.max(LEAST_BUFFER));
        let service = TowerToHyperService::new(app.layer(axum::Extension(ConnectInfo(peer))));
        let io = TokioIo::new(Rewind::new(read.freeze(), stream));
        let served = builder.serve_connection_with_upgrades(io, service);
        tokio::select! {
            served = served => {
                if let Err(error) = served {
                    tracing::debug!(%error, "a connection has ended");
                }
            }
            _ = stopped.changed() => {}
        }
        drop(permit);
    }
}

/// Where a request leads that wants to listen, and can be served without hyper.
fn subscriber<'r>(prefixes: &[String], request: &'r head::Read) -> Option<(Way, &'r str)> {
    let parts = &request.parts;
    let has_body = [CONTENT_LENGTH, TRANSFER_ENCODING]
        .iter()
        .any(|name| parts.headers.contains_key(name));
    if parts.method != Method::GET || parts.version != Version::HTTP_11 || has_body {
        return None;
    }
    let (door, rest) = prefixes.iter().find_map(|prefix| {
        let path = parts
            .uri
            .path()
            .strip_prefix(prefix.trim_end_matches('/'))?;
        Door::at(path)
    })?;
    let way = match door {
        Door::WebSocket => Way::WebSocket,
        Door::EventStream => Way::EventStream,
        Door::Stream => Way::Stream,
        Door::LongPolling | Door::Publish | Door::Statistics => return None,
    };
    let asked = Asked {
        parts,
        peer: None,
        rest,
    };
    let is_poll = way != Way::WebSocket && asked.mode().is_some();
    (!is_poll).then_some((way, rest))
}

/// Lets a subscriber in, or tells it why not.
async fn admitted(
    inner: &Arc<Inner>,
    way: Way,
    asked: &Asked<'_>,
    mut stream: TcpStream,
    sent: &[u8],
) -> Option<Connection<Direct>> {
    match open(inner, way, asked, true).await {
        Ok(opening) => {
            let head = head::write(&opening.head, opening.is_websocket);
            let times = opening.times;
            let (client, talk) = opening.seat(inner, Some(stream), &head, sent);
            Some(Connection::new(
                Arc::clone(&client),
                Direct(client),
                times,
                talk,
            ))
        }
        Err(refused) => {
            let answer = [&head::refusal(&refused)[..], refused.body()].concat();
            let wait = inner.settings().limits.head_within;
            // Whoever does not read it does not miss it.
            let _ = timeout(wait, async {
                stream.write_all(&answer).await?;
                stream.shutdown().await
            })
            .await;
            None
        }
    }
}
