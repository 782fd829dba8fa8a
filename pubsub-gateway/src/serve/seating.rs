//! A subscriber on its stream: seated in its channels, or told why not.

use std::sync::Arc;

use bytes::Bytes;
use http::Response;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

use super::head;
use crate::inner::Inner;
use crate::route::Opening;
use crate::subscriber::{Client, Connection, Direct, Stream, Talk, Times};

/// A subscriber that was let in.
pub(super) struct Seating<'v> {
    pub(super) inner: &'v Inner,
    pub(super) opening: Opening,
    /// What it has sent after its request.
    pub(super) sent: &'v [u8],
}

impl Seating<'_> {
    fn seat(self, socket: Option<TcpStream>) -> (Arc<Client>, Times, Option<Box<Talk>>) {
        let opening = self.opening;
        let head = head::write(&opening.head, opening.is_websocket);
        let times = opening.times;
        let (client, talk) = opening.seat(self.inner, socket, &head, self.sent);
        (client, times, talk)
    }
}

/// On a socket that its channels write to as well.
pub(super) fn direct(seating: Seating<'_>, stream: TcpStream) -> Connection<Direct> {
    let (client, times, talk) = seating.seat(Some(stream));
    Connection::new(Arc::clone(&client), Direct(client), times, talk)
}

/// On a stream that has to see every byte.
pub(super) fn shared(
    seating: Seating<'_>,
    stream: TlsStream<TcpStream>,
) -> Connection<Stream<Box<TlsStream<TcpStream>>>> {
    let (client, times, talk) = seating.seat(None);
    Connection::new(client, Stream(Box::new(stream)), times, talk)
}

/// Tells somebody why it may not listen.
pub(super) async fn refuse(
    inner: &Inner,
    refused: &Response<Bytes>,
    mut stream: impl AsyncWrite + Unpin,
) {
    inner.hub().measure().refused(refused.status());
    let answer = [&head::refusal(refused)[..], refused.body()].concat();
    let wait = inner.settings().limits.head_within;
    // Whoever does not read it does not miss it.
    let _ = timeout(wait, async {
        stream.write_all(&answer).await?;
        stream.shutdown().await
    })
    .await;
}
