//! Heads on their way through: what concerns one connection stays behind (RFC 9110 §7.6), and the server is told for whom it is asked. Pure.

use std::net::IpAddr;

use http::header::{
    CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE, VIA,
};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");
const NAME: HeaderValue = HeaderValue::from_static("1.1 pubsub-gateway");

/// What a connection keeps for itself.
const OF_ONE_CONNECTION: [HeaderName; 9] = [
    CONNECTION,
    KEEP_ALIVE,
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    PROXY_CONNECTION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Makes the head of a request from `peer` fit for the server; its upgrade is put back if it asks for one.
pub(super) fn to_server(
    headers: &mut HeaderMap,
    peer: Option<IpAddr>,
    host: Option<HeaderValue>,
    is_upgrade: bool,
) {
    let upgrade = headers.get(UPGRADE).cloned();
    strip(headers);
    if let Some(upgrade) = upgrade.filter(|_| is_upgrade) {
        headers.insert(UPGRADE, upgrade);
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    }
    if let Some(host) = host {
        headers.insert(HOST, host);
    }
    // The page was judged here; the server would judge it by another host.
    headers.remove(ORIGIN);
    headers.append(VIA, NAME);
    let is_local = peer.is_some_and(|peer| peer.to_canonical().is_loopback());
    if is_local && headers.contains_key(FORWARDED_FOR) {
        // Another proxy on this machine, which knows for whom it asks.
        return;
    }
    headers.remove(FORWARDED_FOR);
    headers.remove(FORWARDED_PROTO);
    let peer = peer.and_then(|peer| HeaderValue::from_str(&peer.to_canonical().to_string()).ok());
    if let Some(peer) = peer {
        headers.insert(FORWARDED_FOR, peer);
    }
}

/// Makes the head of an answer fit for the client.
pub(super) fn to_client(headers: &mut HeaderMap, is_upgrade: bool) {
    let upgrade = headers.get(UPGRADE).cloned();
    strip(headers);
    if let Some(upgrade) = upgrade.filter(|_| is_upgrade) {
        headers.insert(UPGRADE, upgrade);
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    }
    // Which pages may read it is said here.
    let of_cors: Vec<HeaderName> = headers
        .keys()
        .filter(|name| name.as_str().starts_with("access-control-"))
        .cloned()
        .collect();
    for name in of_cors {
        headers.remove(name);
    }
}

fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in OF_ONE_CONNECTION.iter().chain(&named) {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use http::header::HeaderMap;

    use super::{to_client, to_server};

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    fn value<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
        headers.get(name).map(|value| value.to_str().unwrap())
    }

    #[test]
    fn what_is_of_one_connection_stays_behind() {
        let mut request = headers(&[
            ("connection", "keep-alive, x-private"),
            ("keep-alive", "timeout=5"),
            ("x-private", "1"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("content-type", "text/xml"),
            ("origin", "http://a"),
        ]);
        to_server(&mut request, None, None, false);
        let names: Vec<_> = request
            .keys()
            .map(|name| name.as_str().to_owned())
            .collect();
        assert_eq!(names, ["content-type", "via"]);

        let mut upgrade = headers(&[("connection", "Upgrade"), ("upgrade", "websocket")]);
        to_server(&mut upgrade, None, Some("other".parse().unwrap()), true);
        assert_eq!(value(&upgrade, "upgrade"), Some("websocket"));
        assert_eq!(value(&upgrade, "connection"), Some("upgrade"));
        assert_eq!(value(&upgrade, "host"), Some("other"));

        let mut answer = headers(&[
            ("connection", "close"),
            ("access-control-allow-origin", "*"),
            ("content-type", "text/xml"),
        ]);
        to_client(&mut answer, false);
        assert_eq!(answer.len(), 1);
    }

    #[test]
    fn the_server_is_told_for_whom_it_is_asked() {
        for (peer, given, expected) in [
            (Some("192.0.2.1"), None, Some("192.0.2.1")),
            (Some("::ffff:192.0.2.1"), None, Some("192.0.2.1")),
            (Some("192.0.2.1"), Some("127.0.0.1"), Some("192.0.2.1")),
            (Some("127.0.0.1"), Some("192.0.2.1"), Some("192.0.2.1")),
            (Some("127.0.0.1"), None, Some("127.0.0.1")),
            (None, Some("127.0.0.1"), None),
        ] {
            let mut request = headers(&[]);
            if let Some(given) = given {
                request.insert("x-forwarded-for", given.parse().unwrap());
                request.insert("x-forwarded-proto", "https".parse().unwrap());
            }
            to_server(
                &mut request,
                peer.map(|peer| peer.parse().unwrap()),
                None,
                false,
            );
            assert_eq!(
                value(&request, "x-forwarded-for"),
                expected,
                "{peer:?} {given:?}"
            );
            let is_believed = peer == Some("127.0.0.1") && given.is_some();
            assert_eq!(request.contains_key("x-forwarded-proto"), is_believed);
        }
    }
}
