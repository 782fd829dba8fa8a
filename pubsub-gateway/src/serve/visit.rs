//! One connection, from its first byte to whoever serves it.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{Method, Version};
use hyper::rt::Executor;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{interval, timeout};

use super::Stage;
use super::head::{self, Head};
use super::patient::Patient;
use super::publisher::{Publisher, publishes};
use super::rewind::Rewind;
use super::seating::{Seating, direct, refuse, shared};
use super::tls::Tls;
use crate::inner::Inner;
use crate::plan::Way;
use crate::route::{Asked, Door, open};
use crate::subscriber::{Connection, Wire, watched};

/// What hyper needs at least.
const LEAST_BUFFER: usize = 8 << 10;
/// So many requests may be under way in one connection of HTTP/2.
const MOST_STREAMS: u32 = 200;

/// HTTP/2, as TLS calls it (RFC 9113 §3.1).
const H2: &[u8] = b"h2";
/// How a connection of HTTP/2 begins, up to where a head would end (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\n";

/// A connection that was accepted.
pub(super) struct Visit {
    pub(super) inner: Arc<Inner>,
    pub(super) app: Router,
    pub(super) peer: SocketAddr,
    pub(super) stage: watch::Receiver<Stage>,
    /// Its place among the connections that there may be.
    pub(super) permit: OwnedSemaphorePermit,
}

impl Visit {
    /// Reads what the first request asks for, and has it answered.
    pub(super) async fn begin(self, stream: TcpStream, tls: Option<Tls>) {
        // A message must not wait for the one after it.
        let _ = stream.set_nodelay(true);
        let Some(tls) = tls else {
            return self.first(stream, direct).await;
        };
        let within = self.inner.settings().limits.head_within;
        let mut stage = self.stage.clone();
        let accepted = tokio::select! {
            accepted = timeout(within, tls.acceptor().accept(stream)) => accepted,
            _ = stage.wait_for(|stage| *stage == Stage::Over) => return,
        };
        match accepted {
            Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(H2) => {
                self.through_hyper(stream, true).await;
            }
            Ok(Ok(stream)) => self.first(stream, shared).await,
            Ok(Err(error)) => tracing::debug!(%error, "a connection cannot be encrypted"),
            Err(_) => {}
        }
    }

    /// Reads the head of the first request. A subscriber is served on what `seated` makes of the stream, any other by hyper.
    async fn first<S, W>(self, mut stream: S, seated: fn(Seating<'_>, S) -> Connection<W>)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
        W: Wire + Send + Unpin + 'static,
    {
        let limits = &self.inner.settings().limits;
        let read = timeout(limits.head_within, head::read(&mut stream, limits.head));
        let mut stage = self.stage.clone();
        let read = tokio::select! {
            read = read => read,
            _ = stage.wait_for(|stage| *stage == Stage::Over) => return,
        };
        let Ok(Ok(head)) = read else {
            return;
        };
        let Head { bytes, request } = if publishes(&head) {
            let publisher = Publisher {
                inner: &self.inner,
                stream: &mut stream,
                peer: self.peer,
                stage: self.stage.clone(),
            };
            // Apart, so that those who listen need no room for it.
            match Box::pin(publisher.serve(head)).await {
                Some(head) => head,
                None => return,
            }
        } else {
            head
        };
        let prefixes = &self.inner.settings().prefixes;
        let subscriber = request
            .as_ref()
            .and_then(|request| Some((request, subscriber(prefixes, request)?)));
        let Some((request, (way, rest))) = subscriber else {
            let is_second = bytes.starts_with(PREFACE);
            return self
                .through_hyper(Rewind::new(bytes.freeze(), stream), is_second)
                .await;
        };
        let asked = Asked {
            parts: &request.parts,
            peer: Some(self.peer),
            rest,
        };
        match open(&self.inner, way, &asked, true).await {
            Ok(opening) => {
                let sent = bytes.get(request.length..).unwrap_or_default();
                let inner = &self.inner;
                let seating = Seating {
                    inner,
                    opening,
                    sent,
                };
                let connection = seated(seating, stream);
                self.spawn(connection);
            }
            Err(refused) => refuse(&self.inner, &refused, stream).await,
        }
    }

    /// Goes on in a task of its own, which is smaller than this one.
    fn spawn<W: Wire + Send + Unpin + 'static>(self, connection: Connection<W>) {
        let Self {
            mut stage, permit, ..
        } = self;
        // Ends with the connection, or when the server is over.
        tokio::spawn(async move {
            tokio::select! {
                () = connection => {}
                _ = stage.wait_for(|stage| *stage == Stage::Over) => {}
            }
            drop(permit);
        });
    }

    /// Has hyper serve it; `is_second` says that it speaks HTTP/2.
    async fn through_hyper(
        self,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        is_second: bool,
    ) {
        let Self {
            inner,
            app,
            peer,
            mut stage,
            permit,
        } = self;
        let limits = &inner.settings().limits;
        let streams = Arc::new(AtomicUsize::new(0));
        let executor = Watching {
            limit: limits.stalled,
            streams: Arc::clone(&streams),
        };
        // hyper gives up a connection of HTTP/1.1 by itself that asks nothing more.
        let mut idle = interval(limits.head_within);
        idle.reset();
        let mut was_idle = false;
        let mut builder = auto::Builder::new(executor);
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head_within)
            .max_buf_size(limits.head.max(LEAST_BUFFER));
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(MOST_STREAMS)
            .max_header_list_size(u32::try_from(limits.head).unwrap_or(u32::MAX));
        let service = TowerToHyperService::new(app.layer(axum::Extension(ConnectInfo(peer))));
        let stream = TokioIo::new(Patient::new(stream, limits.stalled));
        let served = builder.serve_connection_with_upgrades(stream, service);
        let mut served = pin!(served);
        loop {
            tokio::select! {
                served = &mut served => {
                    if let Err(error) = served {
                        tracing::debug!(%error, "a connection has ended");
                    }
                    break;
                }
                _ = idle.tick(), if is_second => {
                    if streams.load(Ordering::Relaxed) > 0 {
                        was_idle = false;
                    } else if was_idle {
                        break;
                    } else {
                        was_idle = true;
                        served.as_mut().graceful_shutdown();
                    }
                }
                _ = stage.changed() => {
                    if *stage.borrow_and_update() == Stage::Over {
                        break;
                    }
                    served.as_mut().graceful_shutdown();
                }
            }
        }
        drop(permit);
    }
}

/// Runs the streams of a connection of HTTP/2, as long as somebody reads them: they have one socket and one limit of room each.
#[derive(Debug, Clone)]
struct Watching {
    limit: Duration,
    /// How many there are.
    streams: Arc<AtomicUsize>,
}

/// A stream that is there.
struct Present(Arc<AtomicUsize>);

impl Present {
    fn new(streams: &Arc<AtomicUsize>) -> Self {
        streams.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(streams))
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<F> Executor<F> for Watching
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, stream: F) {
        // Ends with the stream, or with its connection.
        let present = Present::new(&self.streams);
        let stream = watched(stream, self.limit);
        tokio::spawn(async move {
            stream.await;
            drop(present);
        });
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
        _ => return None,
    };
    let asked = Asked {
        parts,
        peer: None,
        rest,
    };
    let is_poll = way != Way::WebSocket && asked.mode().is_some();
    (!is_poll).then_some((way, rest))
}
