//! For which host a request is, however it says so.
//!
//! Pure. HTTP/2 has it in `:authority` and HTTP/1.1 in `Host`, unless the whole address stands in the first line, and then that counts (RFC 9113
//! §8.3.1, RFC 9112 §3.2). Everything that looks at the host of a request looks at `Host`, once it has come through here.

use http::header::HOST;
use http::request::Parts;
use http::{HeaderValue, Version};

/// The request does not say for which host it is, or says it twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A request names one host.")]
pub(crate) struct NoHost;

/// Has `Host` say for whom the request is.
pub(crate) fn settle_host(parts: &mut Parts) -> Result<(), NoHost> {
    let mut named = parts.headers.get_all(HOST).iter();
    let is_one = named.next().is_some() && named.next().is_none();
    if parts.version == Version::HTTP_11 && !is_one {
        return Err(NoHost);
    }
    let Some(authority) = parts.uri.authority() else {
        return Ok(());
    };
    let authority = authority.as_str();
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let host = HeaderValue::from_str(host).map_err(|_| NoHost)?;
    parts.headers.insert(HOST, host);
    Ok(())
}

#[cfg(test)]
mod tests {
    use http::{Request, Version};

    use super::{NoHost, settle_host};

    #[test]
    fn whatever_says_the_host_is_in_one_place() {
        let (one, two) = (Version::HTTP_11, Version::HTTP_2);
        for (version, uri, hosts, expected) in [
            (one, "/x", &["a.example"][..], Ok("a.example")),
            (one, "/x", &[], Err(NoHost)),
            (one, "/x", &["a.example", "b.example"], Err(NoHost)),
            (
                one,
                "http://b.example:8/x",
                &["a.example"],
                Ok("b.example:8"),
            ),
            (two, "https://b.example/x", &[], Ok("b.example")),
            (
                two,
                "https://u:p@b.example/x",
                &["a.example"],
                Ok("b.example"),
            ),
            (two, "/x", &["a.example"], Ok("a.example")),
            (Version::HTTP_10, "/x", &[], Ok("")),
        ] {
            let mut request = Request::get(uri).version(version);
            for host in hosts {
                request = request.header("host", *host);
            }
            let (mut parts, ()) = request.body(()).unwrap().into_parts();
            let settled = settle_host(&mut parts);
            let host = parts.headers.get("host");
            let host = host.map_or("", |host| host.to_str().unwrap());
            assert_eq!(settled.map(|()| host), expected, "{uri} {hosts:?}");
        }
    }
}
