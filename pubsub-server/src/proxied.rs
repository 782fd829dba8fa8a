//! Connections that a load balancer passes on: it says first for whom it speaks, in the PROXY protocol (version 1 or 2). Only peers of the settings are
//! believed. One of them may also speak for itself: what begins like XMPP, TLS or HTTP has no such header.

use std::io;
use std::net::{IpAddr, SocketAddr};

use ppp::{HeaderResult, v1, v2};
use tokio::io::{AsyncReadExt as _, Interest};
use tokio::net::TcpStream;

/// The longest header that is read: in version 2 what says more than addresses may follow.
pub(crate) const LONGEST: usize = 1024;

/// The longest header of version 1.
const LONGEST_TEXT: usize = 107;

/// What the two versions begin with.
const BEGINNINGS: [&[u8]; 2] = [b"PROXY ", v2::PROTOCOL_PREFIX];

/// Whether the peer is one of those that are believed.
pub(crate) fn is_believed(peer: SocketAddr, proxies: &[IpAddr]) -> bool {
    let peer = peer.ip().to_canonical();
    proxies.iter().any(|proxy| proxy.to_canonical() == peer)
}

/// What the beginning of a connection says.
#[derive(Debug)]
pub(crate) enum Beginning {
    /// The peer speaks for itself.
    Own,
    /// More must come before it can be told.
    Incomplete,
    /// A header so long, and for whom the peer speaks if that is somebody else.
    Header(usize, Option<SocketAddr>),
}

/// Reads the header, if there is one, and nothing behind it. Returns for whom the peer speaks.
pub(crate) async fn read(socket: &mut TcpStream, peer: SocketAddr) -> io::Result<SocketAddr> {
    let mut buffer = [0; LONGEST];
    let mut seen = 0;
    loop {
        let count = socket.peek(&mut buffer).await?;
        let start = buffer.get(..count).unwrap_or_default();
        if start.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match judge(start)? {
            Beginning::Own => return Ok(peer),
            Beginning::Incomplete => {
                if count == seen {
                    // What is there stays readable, so this is the only way to wait for more.
                    socket.ready(Interest::READABLE).await?;
                    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                }
                seen = count;
            }
            Beginning::Header(length, told) => {
                let header = buffer.get_mut(..length).ok_or_else(|| wrong("too long"))?;
                socket.read_exact(header).await?;
                return Ok(told.unwrap_or(peer));
            }
        }
    }
}

/// Judges what has come so far, of which there is something, and at most [`LONGEST`].
pub(crate) fn judge(start: &[u8]) -> io::Result<Beginning> {
    // A request of HTTP may begin with the same letter.
    if !BEGINNINGS.iter().any(|one| begins_alike(start, one)) {
        return Ok(Beginning::Own);
    }
    if !is_whole(start) && start.len() < LONGEST {
        return Ok(Beginning::Incomplete);
    }
    let (length, told) = match HeaderResult::parse(first_line(start)) {
        HeaderResult::V1(Ok(header)) => (header.header.len(), of_text(header.addresses)),
        HeaderResult::V2(Ok(header)) => (header.header.len(), of_bytes(&header)),
        HeaderResult::V1(Err(error)) => return Err(wrong(error)),
        HeaderResult::V2(Err(error)) => return Err(wrong(error)),
    };
    Ok(Beginning::Header(length, told))
}

/// Whether all of a header has come. The parser cannot be asked: half of a port or an address is a wrong one to it.
fn is_whole(start: &[u8]) -> bool {
    if start.first() == Some(&b'P') {
        return start.len() >= LONGEST_TEXT || start.contains(&b'\n');
    }
    let length = start.get(14..16).and_then(|length| length.try_into().ok());
    let length = length.map(|length| usize::from(u16::from_be_bytes(length)));
    length.is_some_and(|length| start.len() >= 16 + length)
}

/// A header of version 1 without what follows, which the parser would take for more of it if the line ends wrongly; another as it is.
fn first_line(start: &[u8]) -> &[u8] {
    let end = start.iter().position(|byte| *byte == b'\n');
    match (start.first(), end) {
        (Some(b'P'), Some(end)) => start.get(..=end).unwrap_or(start),
        _ => start,
    }
}

/// Whether one of the two begins with the other.
fn begins_alike(one: &[u8], other: &[u8]) -> bool {
    one.iter().zip(other).all(|(one, other)| one == other)
}

fn wrong(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

fn of_text(addresses: v1::Addresses) -> Option<SocketAddr> {
    match addresses {
        v1::Addresses::Unknown => None,
        v1::Addresses::Tcp4(told) => Some((told.source_address, told.source_port).into()),
        v1::Addresses::Tcp6(told) => Some((told.source_address, told.source_port).into()),
    }
}

fn of_bytes(header: &v2::Header<'_>) -> Option<SocketAddr> {
    match (header.command, header.addresses) {
        (v2::Command::Proxy, v2::Addresses::IPv4(told)) => {
            Some((told.source_address, told.source_port).into())
        }
        (v2::Command::Proxy, v2::Addresses::IPv6(told)) => {
            Some((told.source_address, told.source_port).into())
        }
        // It asks for itself, as to see whether we are there, or for somebody without an address.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Beginning, judge};

    #[test]
    fn a_header_is_told_from_a_request_as_soon_as_they_differ() {
        for start in [
            "P",
            "PROXY",
            "PROXY TCP4 1",
            "\r\n",
            "\r\n\r\n\0\r\nQUIT\n!",
        ] {
            let judged = judge(start.as_bytes());
            assert!(matches!(judged, Ok(Beginning::Incomplete)), "{start:?}");
        }
        for start in [
            "PO",
            "POST / ",
            "PROPFIND",
            "GET",
            "<?xml",
            "\u{16}\u{3}",
            "\r\r",
        ] {
            let judged = judge(start.as_bytes());
            assert!(matches!(judged, Ok(Beginning::Own)), "{start:?}");
        }
    }
}
