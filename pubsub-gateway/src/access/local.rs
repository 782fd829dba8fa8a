//! Whether a request comes from a program on this machine.
//!
//! Pure. An address of the loopback interface is not enough: a reverse proxy on this machine has one too, and says in a header for whom it asks.
//! So has a browser on this machine, in whatever page it shows; so the request must be for this machine by name, or any page could have its own
//! name lead here and then be of the same origin (DNS rebinding). What a page asks of its own origin looks like what any program asks.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use http::header::HOST;

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

/// `names` are those of this machine besides those of the loopback interface.
pub(crate) fn is_local(peer: Option<SocketAddr>, headers: &HeaderMap, names: &[String]) -> bool {
    let is_loopback = peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    let is_forwarded = FORWARDED.iter().any(|name| headers.contains_key(*name));
    is_loopback && !is_forwarded && is_for_this_machine(headers, names)
}

/// Whether the host that the request names is this machine.
fn is_for_this_machine(headers: &HeaderMap, names: &[String]) -> bool {
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
    let is_named = names.iter().any(|own| own.eq_ignore_ascii_case(&name));
    is_loopback || is_named || name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::{FORWARDED, is_local};

    fn headers(host: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_str(host).unwrap());
        headers
    }

    #[test]
    fn only_programs_of_this_machine_are_local() {
        let headers = headers("localhost");
        for (peer, expected) in [
            ("127.0.0.1:1", true),
            ("127.8.8.8:1", true),
            ("[::1]:1", true),
            ("[::ffff:127.0.0.1]:1", true),
            ("192.168.0.1:1", false),
            ("[::ffff:10.0.0.1]:1", false),
        ] {
            assert_eq!(
                is_local(peer.parse().ok(), &headers, &[]),
                expected,
                "{peer}"
            );
        }
        assert!(!is_local(None, &headers, &[]));
    }

    #[test]
    fn a_request_must_mean_this_machine() {
        for (host, expected) in [
            ("localhost", true),
            ("localhost:8080", true),
            ("app.localhost:8080", true),
            ("127.0.0.1:8080", true),
            ("[::1]:8080", true),
            ("[::1]", true),
            ("Push.Example:8080", true),
            ("evil.example", false),
            ("evil.example:8080", false),
            ("localhost.evil.example", false),
            ("", false),
        ] {
            let names = ["push.example".to_owned()];
            let is_local = is_local("127.0.0.1:1".parse().ok(), &headers(host), &names);
            assert_eq!(is_local, expected, "{host}");
        }
        assert!(!is_local(
            "127.0.0.1:1".parse().ok(),
            &HeaderMap::new(),
            &[]
        ));
    }

    #[test]
    fn a_proxy_on_this_machine_is_not_its_clients() {
        for name in FORWARDED {
            let mut headers = headers("localhost");
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static("x"));
            assert!(
                !is_local("127.0.0.1:1".parse().ok(), &headers, &[]),
                "{name}"
            );
        }
    }
}
