//! A connection on which everything has come already, cut into pieces; and the first bytes of one, cut anywhere.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::proxied::{Beginning, LONGEST, judge};

/// What a client has sent, piece by piece, and then its end. What is written to it is forgotten.
#[derive(Debug)]
pub(super) struct Pieces {
    left: VecDeque<Vec<u8>>,
}

impl Pieces {
    /// All of it at once.
    pub(super) fn whole(bytes: &[u8]) -> Self {
        Self::cut(bytes, &[])
    }

    /// Cut into pieces of these lengths, again and again; of none, if there are none.
    pub(super) fn cut(mut bytes: &[u8], lengths: &[u8]) -> Self {
        let mut left = VecDeque::new();
        let mut lengths = lengths.iter().cycle();
        while !bytes.is_empty() {
            let length = lengths
                .next()
                .map_or(usize::MAX, |length| usize::from(*length) + 1);
            let (piece, rest) = bytes.split_at(length.min(bytes.len()));
            left.push_back(piece.to_vec());
            bytes = rest;
        }
        Self { left }
    }
}

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(mut piece) = self.left.pop_front() {
            let rest = piece.split_off(piece.len().min(buffer.remaining()));
            buffer.put_slice(&piece);
            if !rest.is_empty() {
                self.left.push_front(rest);
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Pieces {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// The PROXY header: once enough has come to judge, more changes nothing, and what is a header is behind what it takes.
///
/// # Panics
///
/// When that does not hold.
pub fn proxy(bytes: &[u8]) {
    let bytes = bytes.get(..LONGEST).unwrap_or(bytes);
    let mut decided: Option<String> = None;
    for length in 1..=bytes.len() {
        let start = bytes.get(..length).unwrap_or_default();
        let judged = judge(start);
        if let Ok(Beginning::Header(taken, _)) = &judged {
            assert!(*taken <= length, "a header of {taken} bytes in {length}");
        }
        let is_final = !matches!(judged, Ok(Beginning::Incomplete));
        let told = match judged {
            Ok(beginning) => format!("{beginning:?}"),
            Err(_) => "refused".to_owned(),
        };
        match &decided {
            Some(before) => assert_eq!(*before, told, "after {length} bytes"),
            None if is_final => decided = Some(told),
            None => {}
        }
    }
    assert!(bytes.len() < LONGEST || decided.is_some(), "never decided");
}
