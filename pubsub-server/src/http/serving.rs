//! The server's own HTTP listener: one task a connection, over TLS where the settings say so, HTTP/1.1 by hyper.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tracing::Instrument as _;

use super::client::HttpClient;
use super::wire::Wire;
use super::{HttpService, body::HttpBody};
use crate::admission::Permit;
use crate::connection::Remote;
use crate::host::Host;
use crate::listener::told;
use crate::witness::Witness;

/// How much of a request is buffered.
const BUFFER: usize = 16 * 1024;

/// Serves a connection in a task of its own, if there is room for it.
pub(crate) fn admit(host: &Arc<Host>, socket: TcpStream, address: SocketAddr) {
    let remote = Remote::of_socket(address);
    let Some(permit) = host.http_connections.admit(remote.address) else {
        tracing::warn!(%address, "too many HTTP connections");
        let refusal =
            b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        // A fresh socket takes this much at once; if not, and over TLS, closing says enough.
        if !host.http.encrypted {
            let _ = socket.try_write(refusal);
        }
        return;
    };
    let span = tracing::info_span!("http", %address);
    let wire = Wire::new(socket, host.http.write);
    let witness = wire.witness();
    let client = |is_encrypted| HttpClient {
        address,
        is_encrypted,
    };
    let tls = host.encryption.as_ref().filter(|_| host.http.encrypted);
    let Some(tls) = tls.map(|encryption| encryption.tls.clone()) else {
        let serve = serve(host.clone(), wire, witness, client(false), permit);
        host.crew.spawn(serve.instrument(span));
        return;
    };
    let (client, task_host) = (client(true), host.clone());
    let serve = async move {
        let handshake = Box::pin(tls.secure_http(wire));
        match tokio::time::timeout(task_host.limits.login, handshake).await {
            Ok(Ok(stream)) => serve(task_host, stream, witness, client, permit).await,
            Ok(Err(error)) => tracing::debug!(%error, "the TLS handshake failed"),
            Err(_) => tracing::debug!("the TLS handshake took too long"),
        }
    };
    host.crew.spawn(serve.instrument(span));
}

async fn serve<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(
    host: Arc<Host>,
    stream: S,
    witness: Witness,
    client: HttpClient,
    permit: Permit,
) {
    let service = HttpService::new(host.clone());
    let answer = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(witness.clone());
        let service = service.clone();
        async move { Ok::<hyper::Response<HttpBody>, Infallible>(service.handle(request, client).await) }
    });
    // Whoever comes when the server goes down fetches the last words of a session, and has to be quick.
    let is_down = *host.shutdown.borrow();
    let head = if is_down {
        host.http.head.min(host.limits.shutdown / 2)
    } else {
        host.http.head
    };
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .keep_alive(!is_down)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), answer)
        .with_upgrades();
    let mut connection = pin!(connection);
    let mut shutdown = host.shutdown.subscribe();
    let result = tokio::select! {
        result = &mut connection => result,
        () = told(&mut shutdown), if !is_down => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "an HTTP connection ended");
    }
    drop(permit);
}
