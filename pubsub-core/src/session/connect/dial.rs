//! The TCP connection: every address of every place in turn, until one accepts.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::resolve::endpoints;
use crate::session::{ConnectError, SessionConfig};

/// Connects; the second value says whether the peer is on this machine.
pub(super) async fn dial(config: &SessionConfig) -> Result<(TcpStream, bool), ConnectError> {
    let mut last = ConnectError::Unreachable {
        address: config.account.domain().to_string(),
        source: Arc::new(io::Error::from(io::ErrorKind::NotFound)),
    };
    let places = endpoints(config).await;
    // The first place must not use up the time of the others.
    let patience = config.connect_deadline / u32::try_from(places.len() + 1).unwrap_or(u32::MAX);
    for place in places {
        let address = format!("{}:{}", place.host, place.port);
        let unreachable = |source: io::Error| ConnectError::Unreachable {
            address: address.clone(),
            source: Arc::new(source),
        };
        let addresses = match lookup_host((place.host.as_str(), place.port)).await {
            Ok(addresses) => addresses,
            Err(error) => {
                last = unreachable(error);
                continue;
            }
        };
        for address in addresses {
            match open(address, patience).await {
                Ok(stream) => return Ok((stream, address.ip().is_loopback())),
                Err(error) => last = unreachable(error),
            }
        }
    }
    Err(last)
}

async fn open(address: SocketAddr, patience: Duration) -> io::Result<TcpStream> {
    let stream = timeout(patience, TcpStream::connect(address))
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    // Requests are small and answered one by one; waiting to fill a segment would cost 40 ms each.
    stream.set_nodelay(true)?;
    tracing::debug!(%address, "connected");
    Ok(stream)
}
