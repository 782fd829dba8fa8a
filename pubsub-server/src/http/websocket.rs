//! The door of WebSocket: the handshake of RFC 6455 §4.2 for the subprotocol of RFC 7395, after which the connection is served like any other.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{
    CONNECTION, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use hyper::{Method, Request, StatusCode, Version};
use hyper_util::rt::TokioIo;
use ring::digest;
use tracing::Instrument as _;

use super::answer::Answer;
use super::body::HttpBody;
use crate::connection::{self, Remote, WebSocket};
use crate::host::Host;

/// The subprotocol of RFC 7395 §3.1.
const PROTOCOL: &str = "xmpp";

/// What every server hashes with the client's key (RFC 6455 §1.3).
const SALT: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Answers a request to become a WebSocket, and has it served if it may.
pub(super) fn accept<B>(host: &Arc<Host>, mut request: Request<B>, remote: Remote) -> Answer {
    let accept = match handshake(&request) {
        Ok(accept) => accept,
        Err(answer) => return *answer,
    };
    let Some(permit) = host.clients.admit(remote.address) else {
        tracing::warn!(address = %remote.address, "too many connections");
        let words = "there are too many connections\n";
        return Answer::text(StatusCode::SERVICE_UNAVAILABLE, words);
    };
    let permit = permit.among(&host.carried.websocket);
    let upgrade = hyper::upgrade::on(&mut request);
    let span = connection::span("websocket", remote.address);
    let task_host = host.clone();
    let serve = async move {
        match upgrade.await {
            Ok(socket) => {
                let carrier = WebSocket::new(TokioIo::new(socket), &task_host.limits);
                connection::serve(carrier, remote, task_host, permit).await;
            }
            Err(error) => tracing::debug!(%error, "the connection did not become a WebSocket"),
        }
    };
    host.crew.spawn(serve.instrument(span));
    let mut answer = Answer::new(StatusCode::SWITCHING_PROTOCOLS, HttpBody::default())
        .with(CONNECTION, "Upgrade")
        .with(UPGRADE, "websocket")
        .with(SEC_WEBSOCKET_PROTOCOL, PROTOCOL);
    answer.headers_mut().insert(SEC_WEBSOCKET_ACCEPT, accept);
    answer
}

/// The server's half of the handshake, or why there is none.
fn handshake<B>(request: &Request<B>) -> Result<HeaderValue, Box<Answer>> {
    let headers = request.headers();
    let refuse = |status, words| Box::new(Answer::text(status, words));
    if request.method() != Method::GET || request.version() < Version::HTTP_11 {
        let words = "a WebSocket begins with a GET of HTTP/1.1\n";
        return Err(refuse(StatusCode::METHOD_NOT_ALLOWED, words));
    }
    if !has_token(headers, &UPGRADE, "websocket") || !has_token(headers, &CONNECTION, "upgrade") {
        let words = "this is a WebSocket for XMPP (RFC 7395)\n";
        return Err(Box::new(upgrade_required(words)));
    }
    if headers.get(SEC_WEBSOCKET_VERSION) != Some(&HeaderValue::from_static("13")) {
        let words = "version 13 of WebSocket is spoken here\n";
        return Err(Box::new(
            upgrade_required(words).with(SEC_WEBSOCKET_VERSION, "13"),
        ));
    }
    if !has_token(headers, &SEC_WEBSOCKET_PROTOCOL, PROTOCOL) {
        let words = "the subprotocol must be xmpp (RFC 7395)\n";
        return Err(refuse(StatusCode::BAD_REQUEST, words));
    }
    let key = headers.get(SEC_WEBSOCKET_KEY).map(HeaderValue::as_bytes);
    let is_key = |key: &&[u8]| STANDARD.decode(key).is_ok_and(|nonce| nonce.len() == 16);
    let accept = key.filter(is_key).and_then(|key| {
        let digest = digest::digest(
            &digest::SHA1_FOR_LEGACY_USE_ONLY,
            &[key, SALT.as_bytes()].concat(),
        );
        HeaderValue::from_str(&STANDARD.encode(digest)).ok()
    });
    accept.ok_or_else(|| refuse(StatusCode::BAD_REQUEST, "the key is no key\n"))
}

fn upgrade_required(words: &'static str) -> Answer {
    Answer::text(StatusCode::UPGRADE_REQUIRED, words)
        .with(CONNECTION, "Upgrade")
        .with(UPGRADE, "websocket")
}

/// Whether a header that is a list has that word.
fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|word| word.trim().eq_ignore_ascii_case(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

    fn request(changes: &[(&str, Option<&str>)]) -> Request<()> {
        let mut request = Request::new(());
        for (name, value) in [
            ("upgrade", "WebSocket"),
            ("connection", "keep-alive, Upgrade"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-protocol", "other, xmpp"),
            ("sec-websocket-key", KEY),
        ] {
            let change = changes.iter().find(|(changed, _)| *changed == name);
            if let Some(value) = change.map_or(Some(value), |(_, value)| *value) {
                let name: HeaderName = name.parse().expect("a name");
                request
                    .headers_mut()
                    .insert(name, value.parse().expect("a value"));
            }
        }
        request
    }

    #[test]
    fn the_example_of_the_standard_is_accepted() {
        let accept = handshake(&request(&[])).expect("a handshake");
        assert_eq!(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn what_is_no_handshake_is_told_why() {
        for (change, status) in [
            (("upgrade", None), 426),
            (("upgrade", Some("h2c")), 426),
            (("connection", Some("close")), 426),
            (("sec-websocket-version", Some("8")), 426),
            (("sec-websocket-protocol", None), 400),
            (("sec-websocket-protocol", Some("xmppp")), 400),
            (("sec-websocket-key", None), 400),
            (("sec-websocket-key", Some("short")), 400),
        ] {
            let answer = handshake(&request(&[change])).expect_err("a refusal");
            assert_eq!(answer.build().status(), status, "{change:?}");
        }
        let mut post = request(&[]);
        *post.method_mut() = Method::POST;
        let answer = handshake(&post).expect_err("a refusal");
        assert_eq!(answer.build().status(), 405);
    }
}
