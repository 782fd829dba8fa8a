//! How connections over TCP are encrypted: plain structs with a default for each field.

use std::net::SocketAddr;

use crate::tls::Tls;

/// Encryption of connections over TCP.
#[derive(Clone, Debug)]
pub struct Encryption {
    /// The certificate.
    pub tls: Tls,
    /// Who has to encrypt where STARTTLS is offered (RFC 6120 §5). Default: whoever is not on this machine.
    pub demand: Demand,
    /// Where to listen for clients that encrypt from the first byte (XEP-0368). Default: nowhere.
    pub direct: Option<SocketAddr>,
}

impl Encryption {
    /// STARTTLS with that certificate, and the defaults.
    #[must_use]
    pub fn new(tls: Tls) -> Self {
        Self {
            tls,
            demand: Demand::default(),
            direct: None,
        }
    }
}

/// Who has to encrypt before logging in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Demand {
    /// Whoever is not on this machine.
    #[default]
    Outside,
    /// Everybody.
    Everybody,
    /// Nobody; a password is taken as it is only over TLS and on this machine all the same.
    Nobody,
}
