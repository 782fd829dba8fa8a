//! Whether a request comes from a program on this machine.
//!
//! Pure. An address of the loopback interface is not enough: a reverse proxy on this machine has one too, and says in a header for whom it asks.
//! So has a browser on this machine, in whatever page it shows; such a request must be for this machine by name, or any page could have its own
//! name lead here and then be of the same origin (DNS rebinding).

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use http::header::{HOST, ORIGIN};

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
    let is_forwarded = FORWARDED.iter().any(|name| headers.contains_key(*name));
    let is_by_page = headers.contains_key(ORIGIN) || headers.contains_key("sec-fetch-site");
    is_loopback && !is_forwarded && (!is_by_page || is_for_this_machine(headers))
}

/// Whether the host that the request names is this machine.
fn is_for_this_machine(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(HOST).and_then(|host| host.to_str().ok()) else {
        return false;
    };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => name,
        _ => host,
    };
    let name = name
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_ascii_lowercase();
    let is_loopback = name
        .parse::<IpAddr>()
        .is_ok_and(|ip| ip.to_canonical().is_loopback());
    is_loopback || name == "localhost" || name.ends_with(".localhost")
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
    fn a_page_in_a_browser_of_this_machine_must_mean_this_machine() {
        for (host, expected) in [
            ("localhost", true),
            ("localhost:8080", true),
            ("app.localhost:8080", true),
            ("127.0.0.1:8080", true),
            ("[::1]:8080", true),
            ("[::1]", true),
            ("evil.example", false),
            ("evil.example:8080", false),
            ("localhost.evil.example", false),
            ("", false),
        ] {
            for name in ["origin", "sec-fetch-site"] {
                let mut headers = HeaderMap::new();
                headers.insert("host", HeaderValue::from_str(host).unwrap());
                assert!(is_local("127.0.0.1:1".parse().ok(), &headers), "{host}");
                headers.insert(HeaderName::from_static(name), HeaderValue::from_static("x"));
                assert_eq!(
                    is_local("127.0.0.1:1".parse().ok(), &headers),
                    expected,
                    "{host}"
                );
            }
        }
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
