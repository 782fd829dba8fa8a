//! Who is at the other end of a connection, as far as login has to know.

use std::net::{IpAddr, SocketAddr};

/// The other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Remote {
    pub(crate) address: IpAddr,
    /// Whether nobody can listen on the way: then a password may come as it is.
    pub(crate) is_private: bool,
}

impl Remote {
    /// The other end of a socket without encryption: only loopback is private.
    pub(crate) fn of_socket(address: SocketAddr) -> Self {
        let address = address.ip().to_canonical();
        Self {
            address,
            is_private: address.is_loopback(),
        }
    }
}
