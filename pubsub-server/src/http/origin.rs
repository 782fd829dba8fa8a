//! May a web page connect? Browsers say on whose behalf they ask, in `Origin`; what is not a browser does not. Pure.

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

/// Judges a request by its head.
pub(super) fn judge(headers: &HeaderMap, allowed: &Origins) -> Verdict {
    let Some(origin) = headers.get(ORIGIN) else {
        return Verdict::Own;
    };
    let Ok(origin) = origin.to_str() else {
        return Verdict::Refused;
    };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    if host.is_some_and(|host| is_same(origin, host)) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(origin: Option<&str>, host: Option<&str>, allowed: &Origins) -> Verdict {
        let mut headers = HeaderMap::new();
        for (name, value) in [(ORIGIN, origin), (HOST, host)] {
            if let Some(value) = value {
                headers.insert(name, value.parse().expect("a header value"));
            }
        }
        judge(&headers, allowed)
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
