//! Ports for servers that cannot be asked which port the system gave them.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// Addresses on the loopback interface that were free a moment ago, all different.
///
/// Another program may take one before it is used; whoever starts a server tries again then.
///
/// # Panics
///
/// When no port is free.
#[must_use]
pub fn free_addresses<const N: usize>() -> [SocketAddr; N] {
    // All are held until each has one, so that no two are the same.
    let held = [(); N].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port"));
    held.map(|listener| listener.local_addr().expect("the address of a listener"))
}
