//! Where the doors are, for clients that know the domain only (XEP-0156 §3, RFC 6415).

use hyper::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};

use super::answer::Answer;
use super::body::HttpBody;
use crate::host::Host;
use crate::wire::attribute;

pub(super) const PATH: &str = "/.well-known/host-meta";
pub(super) const JSON_PATH: &str = "/.well-known/host-meta.json";

/// The relations of XEP-0156, with the scheme that a link has without encryption and with it.
const WEBSOCKET: &str = "urn:xmpp:alt-connections:websocket";
const BOSH: &str = "urn:xmpp:alt-connections:xbosh";

/// The answer to a request for either of the two, which asked for the host `asked`.
pub(super) fn answer<B>(
    host: &Host,
    request: &Request<B>,
    asked: Option<&str>,
    is_encrypted: bool,
    is_json: bool,
) -> Response<HttpBody> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return Answer::text(StatusCode::METHOD_NOT_ALLOWED, "ask with GET\n").build();
    }
    let Some(authority) = asked.filter(|asked| is_sound(asked)) else {
        return Answer::text(StatusCode::BAD_REQUEST, "the request names no host\n").build();
    };
    let forwarded = request.headers().get("x-forwarded-proto");
    let is_secure = is_encrypted || forwarded.is_some_and(|scheme| scheme == "https");
    let end = if is_secure { "s" } else { "" };
    let websocket = format!("ws{end}://{authority}{}", host.http.websocket_path);
    let bosh = format!("http{end}://{authority}{}", host.http.bosh_path);
    let (kind, text) = if is_json {
        ("application/json", json(&websocket, &bosh))
    } else {
        ("application/xrd+xml; charset=utf-8", xrd(&websocket, &bosh))
    };
    let mut answer = Answer::new(StatusCode::OK, HttpBody::bytes(text))
        .with(CACHE_CONTROL, "max-age=300")
        .with(ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer.build()
}

/// Whether a host is one as the client wrote it: letters, digits, and what addresses are written with.
fn is_sound(host: &str) -> bool {
    !host.is_empty()
        && host.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']')
        })
}

fn xrd(websocket: &str, bosh: &str) -> String {
    let mut out = String::from(
        "<?xml version='1.0' encoding='utf-8'?>\n<XRD xmlns='http://docs.oasis-open.org/ns/xri/xrd-1.0'>",
    );
    for (relation, link) in [(WEBSOCKET, websocket), (BOSH, bosh)] {
        out.push_str("<Link");
        attribute(&mut out, "rel", relation);
        attribute(&mut out, "href", link);
        out.push_str("/>");
    }
    out.push_str("</XRD>\n");
    out
}

/// Relations, authorities and paths of settings need no escaping but for quotes in a path.
fn json(websocket: &str, bosh: &str) -> String {
    let link = |relation: &str, link: &str| {
        let link = link.replace('\\', "\\\\").replace('"', "\\\"");
        format!("{{\"rel\":\"{relation}\",\"href\":\"{link}\"}}")
    };
    format!(
        "{{\"links\":[{},{}]}}\n",
        link(WEBSOCKET, websocket),
        link(BOSH, bosh)
    )
}
