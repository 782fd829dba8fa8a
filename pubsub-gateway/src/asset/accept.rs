//! What a browser accepts, and what it has already.
//!
//! Pure: headers in, decisions out (RFC 9110 §12.5.3 and §13.1.2).

use http::HeaderMap;
use http::header::{ACCEPT_ENCODING, IF_NONE_MATCH};

/// Whether the answer may be compressed with gzip.
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    let mut of_all = None;
    for part in lists(headers, ACCEPT_ENCODING) {
        let (name, weight) = part.split_once(';').unwrap_or((part, ""));
        let is_wanted = !is_zero(weight);
        match name.trim() {
            coding
                if coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip") =>
            {
                return is_wanted;
            }
            "*" => of_all = Some(is_wanted),
            _ => {}
        }
    }
    of_all.unwrap_or(false)
}

/// Whether the browser has it already, under this tag.
pub(super) fn has_already(headers: &HeaderMap, tag: &str) -> bool {
    lists(headers, IF_NONE_MATCH)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

/// The parts of a header that is a list, over all its lines.
fn lists(headers: &HeaderMap, name: http::HeaderName) -> impl Iterator<Item = &str> {
    let lines = headers
        .get_all(name)
        .into_iter()
        .filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

/// Whether the weight is `q=0`, which means: not this one.
fn is_zero(weight: &str) -> bool {
    let Some((name, value)) = weight.split_once('=') else {
        return false;
    };
    name.trim().eq_ignore_ascii_case("q")
        && value
            .trim()
            .parse::<f32>()
            .is_ok_and(|weight| weight <= 0.0)
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::{ACCEPT_ENCODING, IF_NONE_MATCH};
    use proptest::prelude::*;

    use super::{has_already, takes_gzip};

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        for (accepted, expected) in [
            ("gzip, deflate, br", true),
            ("br;q=1.0, gzip;q=0.8, *;q=0.1", true),
            ("GZIP", true),
            ("*", true),
            ("", false),
            ("identity", false),
            ("br", false),
            ("gzip;q=0", false),
            ("gzip; q=0.000, *", false),
            ("*;q=0", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, accepted.parse().unwrap());
            assert_eq!(takes_gzip(&headers), expected, "{accepted}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }

    #[test]
    fn a_tag_is_recognised() {
        for (known, expected) in [
            ("\"a\"", true),
            ("\"b\", \"a\"", true),
            ("W/\"a\"", true),
            ("*", true),
            ("\"b\"", false),
            ("a", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(IF_NONE_MATCH, known.parse().unwrap());
            assert_eq!(has_already(&headers, "\"a\""), expected, "{known}");
        }
    }

    proptest! {
        #[test]
        fn any_header_is_read(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let mut headers = HeaderMap::new();
            if let Ok(value) = http::HeaderValue::from_bytes(&bytes) {
                headers.insert(ACCEPT_ENCODING, value.clone());
                headers.insert(IF_NONE_MATCH, value);
            }
            takes_gzip(&headers);
            has_already(&headers, "\"a\"");
        }
    }
}
