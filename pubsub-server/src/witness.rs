//! Whether what was written to a connection may have been lost: its client has torn it down since. Knows sockets, not what is said on them.
//!
//! Writing succeeds as soon as the system has taken the bytes. A page that is left closes its connection with the answer unread, or before it
//! comes; either way its system answers with a reset, and this is the only sign that the answer never reached anybody.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use socket2::SockRef;
use tokio::net::TcpStream;

/// Looks after one connection, also after it was closed. Holding it keeps the socket.
#[derive(Clone, Debug)]
pub(crate) struct Witness {
    socket: Arc<TcpStream>,
    is_broken: Arc<AtomicBool>,
}

impl Witness {
    pub(crate) fn new(socket: Arc<TcpStream>) -> Self {
        Self {
            socket,
            is_broken: Arc::default(),
        }
    }

    /// Notes that reading or writing failed.
    pub(crate) fn note_failure(&self) {
        self.is_broken.store(true, Ordering::Relaxed);
    }

    /// Whether the client has torn the connection down.
    pub(crate) fn is_broken(&self) -> bool {
        if !self.is_broken.load(Ordering::Relaxed)
            && !matches!(SockRef::from(&*self.socket).take_error(), Ok(None))
        {
            self.note_failure();
        }
        self.is_broken.load(Ordering::Relaxed)
    }
}
