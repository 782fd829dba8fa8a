//! Accepts connections: so many in all, so many from one address, each in a task of its own, all of them gone when the server is.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::Instrument as _;

use crate::connection;
use crate::host::Host;
use crate::wire::stream::{self, StreamError};

/// How long to wait after the system refused a connection, as when it has no more file descriptors.
const PAUSE: Duration = Duration::from_millis(50);

/// Counts open connections.
#[derive(Debug, Default)]
struct Register {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// The right to be connected; ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    register: Arc<Mutex<Register>>,
    address: IpAddr,
}

impl Permit {
    fn take(
        register: &Arc<Mutex<Register>>,
        address: IpAddr,
        total: usize,
        per_address: usize,
    ) -> Option<Self> {
        let mut open = register.lock().unwrap_or_else(PoisonError::into_inner);
        let from_there = open.by_address.get(&address).copied().unwrap_or_default();
        if open.total >= total || from_there >= per_address {
            return None;
        }
        open.total += 1;
        open.by_address.insert(address, from_there + 1);
        Some(Self {
            register: register.clone(),
            address,
        })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut open = self.register.lock().unwrap_or_else(PoisonError::into_inner);
        open.total -= 1;
        if let Some(count) = open.by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.by_address.remove(&self.address);
            }
        }
    }
}

/// Accepts until `shutdown` says so, then gives every connection time to say goodbye.
pub(crate) async fn run(
    listener: TcpListener,
    host: Arc<Host>,
    mut shutdown: watch::Receiver<bool>,
) {
    let register = Arc::new(Mutex::new(Register::default()));
    let mut connections = JoinSet::new();
    let signal = shutdown.clone();
    loop {
        // All branches are cancel safe: accept, join_next and wait_for lose nothing.
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((socket, address)) => admit(&mut connections, &register, &host, socket, address, &signal),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
            () = told(&mut shutdown) => break,
        }
    }
    drop(listener);
    host.router.end_all(StreamError::Shutdown);
    let drained = async {
        while !connections.is_empty() {
            // Whoever was just being bound when the others were told hears it now.
            tokio::select! {
                _ = connections.join_next() => {}
                () = tokio::time::sleep(PAUSE) => host.router.end_all(StreamError::Shutdown),
            }
        }
    };
    if tokio::time::timeout(host.limits.shutdown, drained)
        .await
        .is_err()
    {
        tracing::warn!(
            left = connections.len(),
            "connections were cut off at shutdown"
        );
    }
}

/// Waits until the server is told to go down.
pub(crate) async fn told(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|is_down| *is_down).await;
}

fn admit(
    connections: &mut JoinSet<()>,
    register: &Arc<Mutex<Register>>,
    host: &Arc<Host>,
    socket: TcpStream,
    address: SocketAddr,
    shutdown: &watch::Receiver<bool>,
) {
    // Replies are written whole, so waiting for more to send along only costs time.
    let _ = socket.set_nodelay(true);
    let ip = address.ip().to_canonical();
    let limits = &host.limits;
    let Some(permit) = Permit::take(
        register,
        ip,
        limits.connections,
        limits.connections_per_address,
    ) else {
        tracing::warn!(%address, "too many connections");
        let mut words = String::new();
        stream::write_header(&mut words, &host.domain, "");
        StreamError::TooManyConnections.write(&mut words);
        // A fresh socket takes this much at once; if not, closing says enough.
        let _ = socket.try_write(words.as_bytes());
        return;
    };
    let span = tracing::info_span!("connection", %address);
    connections.spawn(
        connection::serve(socket, address, host.clone(), permit, shutdown.clone()).instrument(span),
    );
}
