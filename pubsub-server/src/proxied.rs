//! Connections that a load balancer passes on: it says first for whom it speaks, in the PROXY protocol (version 1 or 2). Only peers of the settings are
//! believed. One of them may also speak for itself: what begins like XMPP, TLS or HTTP has no such header.

use std::io;
use std::net::{IpAddr, SocketAddr};

use ppp::{HeaderResult, PartialResult as _, v1, v2};
use tokio::io::{AsyncReadExt as _, Interest};
use tokio::net::TcpStream;

/// The longest header that is read. Version 1 has at most 107 bytes; in version 2 what says more than addresses may follow.
const LONGEST: usize = 1024;

/// What the two versions begin with.
const BEGINNINGS: [&[u8]; 2] = [b"PROXY ", b"\r\n\r\n\0\r\nQUIT\n"];

/// Whether the peer is one of those that are believed.
pub(crate) fn is_believed(peer: SocketAddr, proxies: &[IpAddr]) -> bool {
    let peer = peer.ip().to_canonical();
    proxies.iter().any(|proxy| proxy.to_canonical() == peer)
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
        if !may_be_header(start) {
            return Ok(peer);
        }
        let header = HeaderResult::parse(start);
        if header.is_incomplete() && count < LONGEST {
            if count == seen {
                // What is there stays readable, so this is the only way to wait for more.
                socket.ready(Interest::READABLE).await?;
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            seen = count;
            continue;
        }
        let (length, told) = match header {
            HeaderResult::V1(Ok(header)) => (header.header.len(), of_text(header.addresses)),
            HeaderResult::V2(Ok(header)) => (header.header.len(), of_bytes(&header)),
            HeaderResult::V1(Err(error)) => return Err(wrong(error)),
            HeaderResult::V2(Err(error)) => return Err(wrong(error)),
        };
        let header = buffer.get_mut(..length).ok_or_else(|| wrong("too long"))?;
        socket.read_exact(header).await?;
        return Ok(told.unwrap_or(peer));
    }
}

/// Whether a header can begin so. A request of HTTP may begin with the same letter.
fn may_be_header(start: &[u8]) -> bool {
    BEGINNINGS.iter().any(|beginning| {
        start
            .iter()
            .zip(*beginning)
            .all(|(one, other)| one == other)
    })
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
    use super::may_be_header;

    #[test]
    fn a_header_is_told_from_a_request_as_soon_as_they_differ() {
        for start in [
            "P",
            "PROXY",
            "PROXY TCP4 1",
            "\r\n",
            "\r\n\r\n\0\r\nQUIT\n!",
        ] {
            assert!(may_be_header(start.as_bytes()), "{start:?}");
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
            assert!(!may_be_header(start.as_bytes()), "{start:?}");
        }
    }
}
