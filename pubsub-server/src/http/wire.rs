//! The socket below an HTTP connection: gives up on a client that takes nothing, and leaves a [`Witness`] behind.

use std::future::Future;
use std::io::{ErrorKind, Result};
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

use crate::witness::Witness;

/// A socket that others may look after.
#[derive(Debug)]
pub(super) struct Wire {
    socket: Arc<TcpStream>,
    witness: Witness,
    patience: Duration,
    /// Runs while the client takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Wire {
    pub(super) fn new(socket: TcpStream, patience: Duration) -> Self {
        let socket = Arc::new(socket);
        Self {
            witness: Witness::new(socket.clone()),
            socket,
            patience,
            stalled: None,
        }
    }

    pub(super) fn witness(&self) -> Witness {
        self.witness.clone()
    }

    /// Notes what went wrong.
    fn noted<T>(&self, result: Result<T>) -> Result<T> {
        if result.is_err() {
            self.witness.note_failure();
        }
        result
    }

    fn poll_stalled(&mut self, context: &mut Context<'_>) -> Poll<Result<usize>> {
        let patience = self.patience;
        let stalled = self
            .stalled
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(Instant::now() + patience)));
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(self.noted(Err(ErrorKind::TimedOut.into())))
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let this = self.get_mut();
        loop {
            ready!(this.socket.poll_read_ready(context))?;
            match this.socket.try_read(buffer.initialize_unfilled()) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                result => {
                    let count = this.noted(result)?;
                    buffer.advance(count);
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<Result<usize>> {
        let this = self.get_mut();
        loop {
            match this.socket.poll_write_ready(context)? {
                Poll::Ready(()) => {}
                Poll::Pending => return this.poll_stalled(context),
            }
            match this.socket.try_write(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                result => {
                    this.stalled = None;
                    return Poll::Ready(this.noted(result));
                }
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(SockRef::from(&*self.socket).shutdown(Shutdown::Write))
    }
}
