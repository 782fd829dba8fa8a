//! Which pages may use the gateway from a browser.
//!
//! Pure. Browsers send `Origin` with what a page does to another host, and with every WebSocket, for which they ask nobody: without this check
//! any page could open one with the cookies of its visitor (cross-site WebSocket hijacking).

use http::HeaderMap;
use http::header::{HOST, ORIGIN};

use crate::settings::Origins;

/// Whether the page that makes this request may. Programs that are no browsers send no `Origin`.
pub(crate) fn is_allowed(origins: &Origins, headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else {
        return true;
    };
    let Ok(origin) = origin.to_str() else {
        return false;
    };
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

    use super::is_allowed;
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
    fn others_are_allowed_where_they_are_listed() {
        let listed = Origins::Listed(vec!["https://b.example".to_owned()]);
        check(&listed, "https://b.example", "a.example", true);
        check(&listed, "http://b.example", "a.example", false);
        check(&listed, "http://a.example", "a.example", true);
        check(&Origins::Any, "http://evil", "a.example", true);
    }
}
