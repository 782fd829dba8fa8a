//! May a web page connect? Browsers say on whose behalf they ask, in `Origin`; what is not a browser does not. Pure.
//!
//! A page is at home here if its origin is the host that was asked for. That alone is not enough for a browser on this very machine: anybody can
//! let a name of his own point to the loopback interface, and his page has that name for its origin (DNS rebinding). So whoever asks from there
//! must have asked for a name that nobody else can have.

use std::net::IpAddr;

use hyper::Uri;
use hyper::header::{HOST, HeaderMap, ORIGIN};

use crate::config::Origins;

/// What the `Origin` of a request means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// No page asks, or one of the server's own origin.
    Own,
    /// A page of this origin, which may.
    Foreign(String),
    /// A page that may not.
    Refused,
}

/// The host that a request is for. The address counts more than the header (RFC 9112 §3.2.2), and HTTP/2 has it nowhere else (RFC 9113 §8.3.1).
pub(super) fn host_of<'r>(uri: &'r Uri, headers: &'r HeaderMap) -> Option<&'r str> {
    match uri.authority() {
        Some(authority) => Some(authority.as_str()),
        None => headers.get(HOST)?.to_str().ok(),
    }
}

/// Judges a request by its head. `host` is the one that it is for, `domain` the server's own name, and `is_local` whether it comes from this machine
/// without a proxy.
pub(super) fn judge(
    headers: &HeaderMap,
    host: Option<&str>,
    allowed: &Origins,
    domain: &str,
    is_local: bool,
) -> Verdict {
    let Some(origin) = headers.get(ORIGIN) else {
        return Verdict::Own;
    };
    let Ok(origin) = origin.to_str() else {
        return Verdict::Refused;
    };
    let is_own = |host: &str| is_same(origin, host) && (!is_local || is_name_of_ours(host, domain));
    if host.is_some_and(is_own) {
        return Verdict::Own;
    }
    let is_allowed = match allowed {
        Origins::Same => false,
        Origins::These(list) => list.iter().any(|one| one.eq_ignore_ascii_case(origin)),
        Origins::Any => true,
    };
    if is_allowed {
        Verdict::Foreign(origin.to_owned())
    } else {
        Verdict::Refused
    }
}

/// Whether a page of `origin` is one of the server that was addressed as `host`. The scheme is not compared: behind a proxy the server does not
/// know its own.
fn is_same(origin: &str, host: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else {
        return false;
    };
    let usual = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return false,
    };
    let trimmed = |authority: &str| {
        authority
            .strip_suffix(usual)
            .unwrap_or(authority)
            .to_ascii_lowercase()
    };
    !host.is_empty() && trimmed(authority) == trimmed(host)
}

/// Whether no other machine can be called so: an address, a name below `localhost`, or the domain of the server.
fn is_name_of_ours(host: &str, domain: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    let name = name.to_ascii_lowercase();
    address.parse::<IpAddr>().is_ok()
        || name == "localhost"
        || name.ends_with(".localhost")
        || name == domain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_this_machine_only_names_that_nobody_else_can_have_are_at_home() {
        for (host, expected) in [
            ("localhost:5280", Verdict::Own),
            ("app.localhost:5280", Verdict::Own),
            ("127.0.0.1:5280", Verdict::Own),
            ("[::1]:5280", Verdict::Own),
            ("chat.example", Verdict::Own),
            ("evil.example:5280", Verdict::Refused),
            ("evil-localhost:5280", Verdict::Refused),
        ] {
            let mut headers = HeaderMap::new();
            let origin = format!("http://{host}");
            headers.insert(ORIGIN, origin.parse().expect("a header value"));
            let verdict = judge(&headers, Some(host), &Origins::Same, "chat.example", true);
            assert_eq!(verdict, expected, "{host}");
            let from_afar = judge(&headers, Some(host), &Origins::Same, "chat.example", false);
            assert_eq!(from_afar, Verdict::Own, "{host}");
        }
    }

    fn verdict(origin: Option<&str>, host: Option<&str>, allowed: &Origins) -> Verdict {
        let mut headers = HeaderMap::new();
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().expect("a header value"));
        }
        judge(&headers, host, allowed, "localhost", false)
    }

    #[test]
    fn the_address_says_for_whom_a_request_is() {
        let mut headers = HeaderMap::new();
        let at = |address: &str| address.parse::<Uri>().expect("an address");
        assert_eq!(host_of(&at("/page"), &headers), None);
        headers.insert(HOST, "a.example".parse().expect("a header value"));
        assert_eq!(host_of(&at("/page"), &headers), Some("a.example"));
        let whole = at("http://b.example:80/page");
        assert_eq!(host_of(&whole, &headers), Some("b.example:80"));
    }

    #[test]
    fn pages_of_the_same_origin_may_and_others_must_be_named() {
        let named = Origins::These(vec!["https://example.org".to_owned()]);
        let foreign = |origin: &str| Verdict::Foreign(origin.to_owned());
        let cases = [
            (None, Some("a"), &Origins::Same, Verdict::Own),
            (Some("http://a"), Some("a"), &Origins::Same, Verdict::Own),
            (Some("http://a"), Some("A:80"), &Origins::Same, Verdict::Own),
            (
                Some("https://a:443"),
                Some("a"),
                &Origins::Same,
                Verdict::Own,
            ),
            (
                Some("https://a"),
                Some("a:80"),
                &Origins::Same,
                Verdict::Refused,
            ),
            (
                Some("http://a:8080"),
                Some("a:8080"),
                &Origins::Same,
                Verdict::Own,
            ),
            (
                Some("http://[::1]:80"),
                Some("[::1]"),
                &Origins::Same,
                Verdict::Own,
            ),
            (
                Some("http://a:8080"),
                Some("a:8081"),
                &Origins::Same,
                Verdict::Refused,
            ),
            (
                Some("http://evil.a"),
                Some("a"),
                &Origins::Same,
                Verdict::Refused,
            ),
            (
                Some("http://a.evil"),
                Some("a"),
                &Origins::Same,
                Verdict::Refused,
            ),
            (Some("http://"), Some(""), &Origins::Same, Verdict::Refused),
            (Some("null"), Some("null"), &Origins::Same, Verdict::Refused),
            (
                Some("file://a"),
                Some("a"),
                &Origins::Same,
                Verdict::Refused,
            ),
            (Some("http://a"), None, &Origins::Same, Verdict::Refused),
            (
                Some("https://example.org"),
                Some("a"),
                &named,
                foreign("https://example.org"),
            ),
            (
                Some("https://Example.org"),
                Some("a"),
                &named,
                foreign("https://Example.org"),
            ),
            (
                Some("http://example.org"),
                Some("a"),
                &named,
                Verdict::Refused,
            ),
            (Some("http://a"), Some("a"), &named, Verdict::Own),
            (Some("null"), Some("a"), &named, Verdict::Refused),
            (Some("null"), Some("a"), &Origins::Any, foreign("null")),
        ];
        for (origin, host, allowed, expected) in cases {
            assert_eq!(
                verdict(origin, host, allowed),
                expected,
                "{origin:?} {host:?}"
            );
        }
    }
}
