//! Whether a request comes from a program on this machine.
//!
//! Pure. An address of the loopback interface is not enough: a reverse proxy on this machine has one too, and says in a header for whom it asks.

use std::net::SocketAddr;

use http::HeaderMap;

/// What proxies add to requests of others.
const FORWARDED: [&str; 7] = [
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "cf-connecting-ip",
];

pub(crate) fn is_local(peer: Option<SocketAddr>, headers: &HeaderMap) -> bool {
    let is_loopback = peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    is_loopback && !FORWARDED.iter().any(|name| headers.contains_key(*name))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::{FORWARDED, is_local};

    #[test]
    fn only_programs_of_this_machine_are_local() {
        let none = HeaderMap::new();
        for (peer, expected) in [
            ("127.0.0.1:1", true),
            ("127.8.8.8:1", true),
            ("[::1]:1", true),
            ("[::ffff:127.0.0.1]:1", true),
            ("192.168.0.1:1", false),
            ("[::ffff:10.0.0.1]:1", false),
        ] {
            assert_eq!(is_local(peer.parse().ok(), &none), expected, "{peer}");
        }
        assert!(!is_local(None, &none));
    }

    #[test]
    fn a_proxy_on_this_machine_is_not_its_clients() {
        for name in FORWARDED {
            let mut headers = HeaderMap::new();
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static("x"));
            assert!(!is_local("127.0.0.1:1".parse().ok(), &headers), "{name}");
        }
    }
}
