//! A file that is part of the program: answered with a tag, so that a browser that has it is told so, and compressed.
//!
//! It is compressed when the first browser asks, once, and kept. Knows nothing of what is in it.

use std::convert::Infallible;
use std::io::Write as _;
use std::sync::OnceLock;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, StatusCode};

use super::accept::{has_already, takes_gzip};

/// A file with everything that is said of it.
#[derive(Debug)]
pub(crate) struct File {
    kind: &'static str,
    text: &'static str,
    /// Whether pages of other origins may load it.
    is_shared: bool,
    policy: Option<&'static str>,
    packed: OnceLock<Option<Bytes>>,
}

impl File {
    /// One that every page may load: a script is no secret, and a module of another origin needs this.
    pub(crate) const fn shared(kind: &'static str, text: &'static str) -> Self {
        Self::new(kind, text, true, None)
    }

    /// One for pages of the same origin.
    pub(crate) const fn own(kind: &'static str, text: &'static str) -> Self {
        Self::new(kind, text, false, None)
    }

    /// A page, with what it may load (Content-Security-Policy).
    pub(crate) const fn page(text: &'static str, policy: &'static str) -> Self {
        Self::new("text/html; charset=utf-8", text, false, Some(policy))
    }

    const fn new(
        kind: &'static str,
        text: &'static str,
        is_shared: bool,
        policy: Option<&'static str>,
    ) -> Self {
        Self {
            kind,
            text,
            is_shared,
            policy,
            packed: OnceLock::new(),
        }
    }

    /// Answers GET and HEAD.
    pub(crate) fn route(&'static self) -> MethodRouter {
        get(async |request: Request| Ok::<_, Infallible>(self.answer(request.headers())))
    }

    fn answer(&self, asked: &HeaderMap) -> Response {
        let packed = self.packed().filter(|_| takes_gzip(asked));
        let tag = self.tag(packed.is_some());
        let is_known = has_already(asked, &tag);
        let body = match packed {
            _ if is_known => Body::empty(),
            Some(packed) => Body::from(packed.clone()),
            None => Body::from(self.text),
        };
        let mut response = Response::new(body);
        if is_known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        let headers = response.headers_mut();
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(ETAG, tag);
        }
        let mut say = |name: HeaderName, value: &'static str| {
            headers.insert(name, HeaderValue::from_static(value))
        };
        // To be asked for each time, and answered with 304: a new version is there at once.
        say(CACHE_CONTROL, "no-cache");
        say(VARY, "Accept-Encoding");
        say(CONTENT_TYPE, self.kind);
        say(X_CONTENT_TYPE_OPTIONS, "nosniff");
        if self.is_shared {
            say(ACCESS_CONTROL_ALLOW_ORIGIN, "*");
            say(
                HeaderName::from_static("cross-origin-resource-policy"),
                "cross-origin",
            );
        }
        if let Some(policy) = self.policy {
            say(CONTENT_SECURITY_POLICY, policy);
            say(HeaderName::from_static("referrer-policy"), "no-referrer");
        }
        if packed.is_some() && !is_known {
            say(CONTENT_ENCODING, "gzip");
        }
        response
    }

    /// Compressed, where that makes it smaller.
    fn packed(&self) -> Option<&Bytes> {
        let pack = || {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(self.text.as_bytes()).ok()?;
            let packed = encoder.finish().ok()?;
            (packed.len() < self.text.len()).then(|| packed.into())
        };
        self.packed.get_or_init(pack).as_ref()
    }

    /// The same for the same bytes, whichever gateway sends them.
    fn tag(&self, is_packed: bool) -> String {
        let length = self.text.len();
        let hash = self
            .text
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        let form = if is_packed { "-gzip" } else { "" };
        format!("\"{length:x}-{hash:016x}{form}\"")
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;
    use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, ETAG, HeaderMap, IF_NONE_MATCH};
    use http_body_util::BodyExt as _;

    use super::File;

    fn asked(pairs: &[(http::HeaderName, &str)]) -> HeaderMap {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().unwrap()));
        pairs.collect()
    }

    async fn body(response: axum::response::Response) -> Vec<u8> {
        response
            .into_body()
            .collect()
            .await
            .unwrap()
            .to_bytes()
            .to_vec()
    }

    #[tokio::test]
    async fn a_file_is_sent_whole_packed_or_not_at_all() {
        let text: &'static str = "hello ".repeat(100).leak();
        let file = File::own("text/plain", text);
        let plain = file.answer(&HeaderMap::new());
        let tag = plain.headers()[ETAG].to_str().unwrap().to_owned();
        assert!(!plain.headers().contains_key(CONTENT_ENCODING));
        assert_eq!(body(plain).await, text.as_bytes());

        let packed = file.answer(&asked(&[(ACCEPT_ENCODING, "gzip")]));
        let packed_tag = packed.headers()[ETAG].to_str().unwrap().to_owned();
        assert_eq!(packed.headers()[CONTENT_ENCODING], "gzip");
        assert_ne!(packed_tag, tag);
        let mut unpacked = String::new();
        let packed = body(packed).await;
        GzDecoder::new(&packed[..])
            .read_to_string(&mut unpacked)
            .unwrap();
        assert_eq!(unpacked, text);

        let known = file.answer(&asked(&[
            (ACCEPT_ENCODING, "gzip"),
            (IF_NONE_MATCH, &packed_tag),
        ]));
        assert_eq!(known.status(), 304);
        assert_eq!(known.headers()[ETAG], packed_tag.as_str());
        assert!(body(known).await.is_empty());
        assert_eq!(
            file.answer(&asked(&[(IF_NONE_MATCH, &packed_tag)]))
                .status(),
            200
        );
    }

    #[tokio::test]
    async fn what_packing_makes_no_smaller_stays_as_it_is() {
        let file = File::own("text/plain", "x");
        let response = file.answer(&asked(&[(ACCEPT_ENCODING, "gzip")]));
        assert!(!response.headers().contains_key(CONTENT_ENCODING));
        assert_eq!(body(response).await, b"x");
    }
}
