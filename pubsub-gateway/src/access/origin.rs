//! Which pages may use the gateway from a browser.
//!
//! Pure. Browsers send `Origin` with what a page does to another host, and with every WebSocket, for which they ask nobody: without this check
//! any page could open one with the cookies of its visitor (cross-site WebSocket hijacking).

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, HOST, ORIGIN, REFERER, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::settings::Origins;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether the page that makes this request may. Programs that are no browsers send no `Origin`.
pub(crate) fn is_allowed(origins: &Origins, headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else {
        return true;
    };
    let Ok(origin) = origin.to_str() else {
        return false;
    };
    is_listed(origins, origin, headers)
}

/// How long a browser need not ask again whether it may send a request: a day, of which each takes as much as it likes.
const A_DAY: HeaderValue = HeaderValue::from_static("86400");

/// Says in an answer which page may read it (CORS). Whether any page may; if not, nothing more is said of it.
///
/// Pages of listed origins may also send the cookies of their visitor, as they do with every WebSocket; where all origins may, none may do that.
pub(crate) fn let_read(answer: &mut HeaderMap, origins: &Origins, request: &HeaderMap) -> bool {
    let origin = match origins {
        Origins::Same => return false,
        Origins::Any => Some(HeaderValue::from_static("*")),
        Origins::Listed(listed) => {
            answer.append(VARY, HeaderValue::from_static("Origin"));
            match (request.get(ORIGIN), &listed[..]) {
                (Some(origin), _) => is_allowed(origins, request).then(|| origin.clone()),
                (None, [only]) => HeaderValue::from_str(only).ok(),
                (None, _) => None,
            }
        }
    };
    let Some(origin) = origin else { return false };
    answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    if *origins != Origins::Any {
        let yes = HeaderValue::from_static("true");
        answer.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, yes);
    }
    if request.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
        answer.insert(ACCESS_CONTROL_MAX_AGE, A_DAY);
    }
    true
}

/// Whether a page may have the answer as a script (JSONP). For that browsers send no `Origin`, and cookies all the same: without this check any
/// page could read what its visitor may. What they send says at least where the page is from, or that it is not from here.
pub(crate) fn may_call(origins: &Origins, headers: &HeaderMap) -> bool {
    if *origins == Origins::Any {
        return true;
    }
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &http::HeaderValue| value.to_str().ok())
    };
    match text(REFERER).and_then(origin_of) {
        Some(origin) => is_listed(origins, origin, headers),
        None => text(SEC_FETCH_SITE).is_none_or(|site| matches!(site, "same-origin" | "none")),
    }
}

/// The origin of an address.
fn origin_of(address: &str) -> Option<&str> {
    let (scheme, rest) = address.split_once("://")?;
    let host = rest.find('/').unwrap_or(rest.len());
    address.get(..scheme.len() + 3 + host)
}

fn is_listed(origins: &Origins, origin: &str, headers: &HeaderMap) -> bool {
    match origins {
        Origins::Any => true,
        Origins::Same => is_same(origin, headers),
        Origins::Listed(listed) => {
            is_same(origin, headers) || listed.iter().any(|one| one.eq_ignore_ascii_case(origin))
        }
    }
}

/// Whether the page was served by the host that the request is for. The scheme is left out: a proxy may have taken TLS off.
pub(crate) fn is_same(origin: &str, headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let Some((host, (scheme, page))) = host.zip(origin.split_once("://")) else {
        return false;
    };
    let standard = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return false,
    };
    let bare = |host: &'_ str| {
        host.strip_suffix(standard)
            .unwrap_or(host)
            .to_ascii_lowercase()
    };
    !page.is_empty() && bare(page) == bare(host)
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::{HOST, HeaderValue, ORIGIN};

    use super::{is_allowed, may_call};
    use crate::settings::Origins;

    fn check(origins: &Origins, origin: &str, host: &str, expected: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(ORIGIN, HeaderValue::from_str(origin).unwrap());
        headers.insert(HOST, HeaderValue::from_str(host).unwrap());
        assert_eq!(is_allowed(origins, &headers), expected, "{origin} {host}");
    }

    #[test]
    fn pages_of_the_same_host_are_allowed() {
        let same = Origins::Same;
        for (origin, host, expected) in [
            ("http://a.example", "a.example", true),
            ("https://a.example", "a.example", true),
            ("https://A.example:443", "a.EXAMPLE", true),
            ("http://a.example:8080", "a.example:8080", true),
            ("http://a.example:8081", "a.example:8080", false),
            ("http://a.example.evil", "a.example", false),
            ("http://evil", "a.example", false),
            ("null", "a.example", false),
            ("file://", "", false),
            ("ftp://a.example", "a.example", false),
        ] {
            check(&same, origin, host, expected);
        }
        assert!(is_allowed(&same, &HeaderMap::new()));
    }

    #[test]
    fn scripts_are_for_pages_that_may_read() {
        let listed = Origins::Listed(vec!["https://b.example".to_owned()]);
        for (headers, same, with_list) in [
            (&[][..], true, true),
            (&[("referer", "http://a.example/page?x")], true, true),
            (&[("referer", "https://b.example/page")], false, true),
            (&[("referer", "https://b.example")], false, true),
            (
                &[("referer", "https://evil.example/a.example")],
                false,
                false,
            ),
            (&[("sec-fetch-site", "same-origin")], true, true),
            (&[("sec-fetch-site", "none")], true, true),
            (&[("sec-fetch-site", "cross-site")], false, false),
            (&[("sec-fetch-site", "same-site")], false, false),
        ] {
            let mut map = HeaderMap::new();
            map.insert(HOST, HeaderValue::from_static("a.example"));
            for (name, value) in headers {
                map.insert(*name, HeaderValue::from_static(value));
            }
            assert_eq!(may_call(&Origins::Same, &map), same, "{headers:?}");
            assert_eq!(may_call(&listed, &map), with_list, "{headers:?}");
            assert!(may_call(&Origins::Any, &map));
        }
    }

    #[test]
    fn others_are_allowed_where_they_are_listed() {
        let listed = Origins::Listed(vec!["https://b.example".to_owned()]);
        check(&listed, "https://b.example", "a.example", true);
        check(&listed, "http://b.example", "a.example", false);
        check(&listed, "http://a.example", "a.example", true);
        check(&Origins::Any, "http://evil", "a.example", true);
    }
}
