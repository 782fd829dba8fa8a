//! A WebSocket after its handshake: bytes go through both ways and nobody looks at them, until either side ends it or the proxy is gone.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::copy_bidirectional_with_sizes;
use tokio::sync::OwnedSemaphorePermit;

use super::{Inner, forwarding};

/// What is on its way in one direction.
const BUFFER: usize = 4 << 10;

/// Answers the client's handshake with the server's, and joins the two connections.
pub(super) fn splice(
    inner: &Arc<Inner>,
    mut answer: http::Response<Incoming>,
    client: OnUpgrade,
    permit: OwnedSemaphorePermit,
) -> Response {
    let server = hyper::upgrade::on(&mut answer);
    let mut life = inner.life.subscribe();
    let joined = async move {
        let (client, server) = match tokio::try_join!(client, server) {
            Ok(both) => both,
            Err(error) => {
                tracing::debug!(%error, "a WebSocket was not joined");
                return;
            }
        };
        let (mut client, mut server) = (TokioIo::new(client), TokioIo::new(server));
        let through = copy_bidirectional_with_sizes(&mut client, &mut server, BUFFER, BUFFER);
        if let Err(error) = through.await {
            tracing::debug!(%error, "a WebSocket has ended");
        }
    };
    // Ends with the connection, or with the proxy.
    tokio::spawn(async move {
        tokio::select! {
            () = joined => {}
            _ = life.changed() => {}
        }
        drop(permit);
    });
    let (mut head, _) = answer.into_parts();
    forwarding::to_client(&mut head.headers, true);
    Response::from_parts(head, Body::empty())
}
