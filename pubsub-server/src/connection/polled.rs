//! An asynchronous socket as the blocking one that tungstenite speaks to: what is not ready "would block", and the task is woken when it is.

use std::io::{Read, Result, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A socket for the length of one poll.
pub(super) struct Polled<'p, 'c, S> {
    socket: &'p mut S,
    context: &'p mut Context<'c>,
}

impl<'p, 'c, S> Polled<'p, 'c, S> {
    pub(super) fn new(socket: &'p mut S, context: &'p mut Context<'c>) -> Self {
        Self { socket, context }
    }
}

impl<S: AsyncRead + Unpin> Read for Polled<'_, '_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let mut buffer = ReadBuf::new(buffer);
        ready(Pin::new(&mut *self.socket).poll_read(self.context, &mut buffer))?;
        Ok(buffer.filled().len())
    }
}

impl<S: AsyncWrite + Unpin> Write for Polled<'_, '_, S> {
    fn write(&mut self, buffer: &[u8]) -> Result<usize> {
        ready(Pin::new(&mut *self.socket).poll_write(self.context, buffer))
    }

    fn flush(&mut self) -> Result<()> {
        ready(Pin::new(&mut *self.socket).poll_flush(self.context))
    }
}

fn ready<T>(poll: Poll<Result<T>>) -> Result<T> {
    match poll {
        Poll::Ready(result) => result,
        Poll::Pending => Err(std::io::ErrorKind::WouldBlock.into()),
    }
}
