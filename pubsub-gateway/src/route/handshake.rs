//! The opening handshake of a WebSocket (RFC 6455 §4.2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{
    CONNECTION, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{Response, StatusCode};
use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};

use super::answer::answer;
use super::refusal::Refusal;

const MANDATORY: [HeaderName; 4] = [
    UPGRADE,
    CONNECTION,
    SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_VERSION,
];

/// The answer to a handshake.
pub(crate) fn handshake(headers: &HeaderMap) -> Result<Response<Bytes>, Refusal> {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let has_all = MANDATORY.iter().all(|name| text(name).is_some());
    let is_upgrade = text(&UPGRADE).is_some_and(|upgrade| has_token(upgrade, "websocket"))
        && text(&CONNECTION).is_some_and(|connection| has_token(connection, "upgrade"));
    if !has_all || !is_upgrade {
        return Err(Refusal::bad(
            "Don't have at least one of the mandatory headers: Connection, Upgrade, Sec-WebSocket-Key and Sec-WebSocket-Version",
        ));
    }
    if !text(&SEC_WEBSOCKET_VERSION).is_some_and(|version| matches!(version.trim(), "8" | "13")) {
        return Err(Refusal {
            header: Some(("sec-websocket-version", "8, 13")),
            ..Refusal::bad("Version not supported. Supported versions: 8, 13")
        });
    }
    let key = text(&SEC_WEBSOCKET_KEY).unwrap_or_default();
    let mut response = answer(StatusCode::SWITCHING_PROTOCOLS, Bytes::new());
    let headers = response.headers_mut();
    headers.insert(UPGRADE, HeaderValue::from_static("WebSocket"));
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    if let Ok(accept) = HeaderValue::from_str(&accept(key)) {
        headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    }
    Ok(response)
}

fn has_token(list: &str, token: &str) -> bool {
    list.split(',')
        .any(|item| item.trim().eq_ignore_ascii_case(token))
}

fn accept(key: &str) -> String {
    // What the standard asks for; nothing rests on it being hard to invert.
    let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    context.update(key.trim().as_bytes());
    context.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    STANDARD.encode(context.finish())
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::{accept, handshake};

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        list.iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn the_key_of_the_standard_is_accepted() {
        assert_eq!(
            accept("dGhlIHNhbXBsZSBub25jZQ=="),
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        );
    }

    #[test]
    fn c_ws_1_all_four_headers_are_needed() {
        let all = [
            ("upgrade", "websocket"),
            ("connection", "keep-alive, Upgrade"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("sec-websocket-version", "13"),
        ];
        let response = handshake(&headers(&all)).unwrap();
        assert_eq!(response.status(), 101);
        for missing in 0..all.len() {
            let mut some = all.to_vec();
            some.remove(missing);
            assert_eq!(handshake(&headers(&some)).unwrap_err().status, 400);
        }
    }

    #[test]
    fn c_ws_2_other_versions_are_refused() {
        for (version, expected) in [("8", 101), ("13", 101), ("7", 400), ("x", 400)] {
            let answer = handshake(&headers(&[
                ("upgrade", "WebSocket"),
                ("connection", "Upgrade"),
                ("sec-websocket-key", "x"),
                ("sec-websocket-version", version),
            ]));
            let status = answer.map_or_else(|refusal| refusal.status, |answer| answer.status());
            assert_eq!(status, expected, "{version}");
        }
    }
}
