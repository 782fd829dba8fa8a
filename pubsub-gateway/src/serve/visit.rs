//! One connection, from its first byte to whoever serves it.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use axum::Router;
use axum::extract::ConnectInfo;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{Method, Version};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::timeout;

use super::Stage;
use super::head::{self, Head};
use super::publisher::{Publisher, publishes};
use super::rewind::Rewind;
use super::tls::Tls;
use crate::inner::Inner;
use crate::plan::Way;
use crate::route::{Asked, Door, open};
use crate::subscriber::{Connection, Direct};

/// What hyper needs at least.
const LEAST_BUFFER: usize = 8 << 10;
/// So many requests may be under way in one connection of HTTP/2.
const MOST_STREAMS: u32 = 200;

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
    pub(super) async fn begin(self, mut stream: TcpStream, tls: Option<Tls>) {
        // A message must not wait for the one after it.
        let _ = stream.set_nodelay(true);
        let within = self.inner.settings().limits.head_within;
        if let Some(tls) = tls {
            match timeout(within, tls.acceptor().accept(stream)).await {
                Ok(Ok(stream)) => self.through_hyper(stream).await,
                Ok(Err(error)) => tracing::debug!(%error, "a connection cannot be encrypted"),
                Err(_) => {}
            }
            return;
        }
        let read = timeout(
            within,
            head::read(&stream, self.inner.settings().limits.head),
        );
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
            return self
                .through_hyper(Rewind::new(bytes.freeze(), stream))
                .await;
        };
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

    /// Goes on in a task of its own, which is smaller than this one.
    fn spawn(self, connection: Connection<Direct>) {
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

    async fn through_hyper(self, stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) {
        let Self {
            inner,
            app,
            peer,
            mut stage,
            permit,
        } = self;
        let limits = &inner.settings().limits;
        let mut builder = auto::Builder::new(TokioExecutor::new());
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
        let served = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
        let mut served = pin!(served);
        loop {
            tokio::select! {
                served = &mut served => {
                    if let Err(error) = served {
                        tracing::debug!(%error, "a connection has ended");
                    }
                    break;
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
            inner.hub().measure().refused(refused.status());
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
