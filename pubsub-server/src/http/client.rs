//! Who asks: the other end of the connection, or the one that a proxy on this machine speaks for. Pure.

use std::net::{IpAddr, SocketAddr};

use hyper::header::HeaderMap;

use crate::connection::Remote;

/// The other end of an HTTP connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpClient {
    /// Its address.
    pub address: SocketAddr,
    /// Whether the connection is encrypted.
    pub is_encrypted: bool,
}

/// What a proxy says of the client that it speaks for.
const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_SCHEME: &str = "x-forwarded-proto";

/// By any of these a proxy is known.
const OF_PROXIES: [&str; 4] = [FORWARDED_FOR, "x-real-ip", "forwarded", "via"];

impl HttpClient {
    /// Whom login has to do with. A proxy is believed only on this machine, and a connection through it is private if its own is encrypted.
    pub(super) fn remote(self, headers: &HeaderMap) -> Remote {
        let direct = Remote::of_socket(self.address);
        let is_forwarded = OF_PROXIES.iter().any(|name| headers.contains_key(*name));
        if !direct.is_private || !is_forwarded {
            return Remote {
                is_private: direct.is_private || self.is_encrypted,
                ..direct
            };
        }
        let last = |name| {
            let value = headers.get_all(name).iter().next_back()?.to_str().ok()?;
            value.rsplit(',').next().map(str::trim)
        };
        let address = last(FORWARDED_FOR)
            .and_then(|address| address.parse::<IpAddr>().ok())
            .map(|address| address.to_canonical());
        let is_encrypted = last(FORWARDED_SCHEME) == Some("https");
        Remote {
            address: address.unwrap_or(direct.address),
            is_private: is_encrypted || address.is_some_and(|address| address.is_loopback()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Case = (
        &'static str,
        bool,
        &'static [(&'static str, &'static str)],
        &'static str,
        bool,
    );

    #[test]
    fn proxies_on_this_machine_are_believed() {
        let local = "127.0.0.1:1";
        let far = "192.0.2.1:1";
        let cases: [Case; 10] = [
            (local, false, &[], "127.0.0.1", true),
            ("[::ffff:127.0.0.1]:1", false, &[], "127.0.0.1", true),
            (far, false, &[], "192.0.2.1", false),
            (far, true, &[], "192.0.2.1", true),
            (
                local,
                false,
                &[("x-forwarded-for", "203.0.113.9")],
                "203.0.113.9",
                false,
            ),
            (
                local,
                false,
                &[
                    ("x-forwarded-for", "127.0.0.1, 203.0.113.9"),
                    ("x-forwarded-proto", "https"),
                ],
                "203.0.113.9",
                true,
            ),
            (
                local,
                false,
                &[("x-forwarded-for", "127.0.0.1")],
                "127.0.0.1",
                true,
            ),
            (
                local,
                false,
                &[("x-forwarded-for", "nobody")],
                "127.0.0.1",
                false,
            ),
            (local, false, &[("via", "1.1 proxy")], "127.0.0.1", false),
            (
                far,
                false,
                &[
                    ("x-forwarded-for", "127.0.0.1"),
                    ("x-forwarded-proto", "https"),
                ],
                "192.0.2.1",
                false,
            ),
        ];
        for (address, is_encrypted, given, expected, is_private) in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in given {
                headers.append(*name, value.parse().expect("a header value"));
            }
            let client = HttpClient {
                address: address.parse().expect("an address"),
                is_encrypted,
            };
            let expected = Remote {
                address: expected.parse().expect("an address"),
                is_private,
            };
            assert_eq!(client.remote(&headers), expected, "{address} {given:?}");
        }
    }
}
