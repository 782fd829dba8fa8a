//! The head of a request as it is read from a socket, and the head of an answer as it is written to one (RFC 9112).

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, CONTENT_LENGTH, HeaderName, HeaderValue, TRANSFER_ENCODING};
use http::{Request, Response, Version, request::Parts};
use tokio::io::{AsyncRead, ReadBuf};

use crate::access::settle_host;

/// More headers than this nobody sends.
const MOST_HEADERS: usize = 100;
/// What is read at once.
const READ: usize = 2048;

/// What was read of a connection so far.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) bytes: BytesMut,
    /// The request, if it is one that can be understood here.
    pub(super) request: Option<Read>,
}

/// A request without its body.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) parts: Parts,
    /// How long the head is.
    pub(super) length: usize,
}

/// Reads a head, or as much as there may be of one.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin), most: usize) -> io::Result<Head> {
    read_on(stream, BytesMut::new(), most).await
}

/// The same after what was read with the request before.
pub(super) async fn read_on(
    stream: &mut (impl AsyncRead + Unpin),
    mut bytes: BytesMut,
    most: usize,
) -> io::Result<Head> {
    if ends(&bytes, 0) {
        let request = parse(&bytes);
        return Ok(Head { bytes, request });
    }
    loop {
        let before = bytes.len();
        poll_fn(|context| some(Pin::new(&mut *stream), context, &mut bytes)).await?;
        if ends(&bytes, before) {
            let request = parse(&bytes);
            return Ok(Head { bytes, request });
        }
        if bytes.len() > most {
            return Ok(Head {
                bytes,
                request: None,
            });
        }
    }
}

/// Reads what there is. Nothing is kept for a client that has sent nothing.
fn some(
    stream: Pin<&mut impl AsyncRead>,
    context: &mut Context<'_>,
    bytes: &mut BytesMut,
) -> Poll<io::Result<()>> {
    let mut buffer = [0; READ];
    let mut buffer = ReadBuf::new(&mut buffer);
    ready!(stream.poll_read(context, &mut buffer))?;
    if buffer.filled().is_empty() {
        return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
    }
    bytes.extend_from_slice(buffer.filled());
    Poll::Ready(Ok(()))
}

/// Whether a head ends in what came last.
fn ends(bytes: &[u8], before: usize) -> bool {
    let from = before.saturating_sub(3);
    let news = bytes.get(from..).unwrap_or_default();
    memchr::memmem::find(news, b"\r\n\r\n").is_some()
        || memchr::memmem::find(news, b"\n\n").is_some()
}

fn parse(bytes: &[u8]) -> Option<Read> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(length) = parsed.parse(bytes).ok()? else {
        return None;
    };
    let version = match parsed.version? {
        1 => Version::HTTP_11,
        _ => Version::HTTP_10,
    };
    let mut request = Request::builder()
        .method(parsed.method?)
        .uri(parsed.path?)
        .version(version)
        .body(())
        .ok()?;
    for header in parsed.headers.iter() {
        let name = HeaderName::from_bytes(header.name.as_bytes()).ok()?;
        let value = HeaderValue::from_bytes(header.value).ok()?;
        request.headers_mut().append(name, value);
    }
    let (mut parts, ()) = request.into_parts();
    settle_host(&mut parts).ok()?;
    Some(Read { parts, length })
}

/// The head of an answer whose body comes in chunks, or of a handshake.
pub(super) fn write(response: &Response<()>, is_handshake: bool) -> Vec<u8> {
    let mut out = begin(response);
    if !is_handshake {
        line(&mut out, TRANSFER_ENCODING.as_str(), b"chunked");
        line(&mut out, CONNECTION.as_str(), b"close");
    }
    out.extend_from_slice(b"\r\n");
    out
}

/// The head of an answer after which the connection is closed.
pub(super) fn refusal(response: &Response<Bytes>) -> Vec<u8> {
    let mut out = begin(response);
    line(&mut out, CONNECTION.as_str(), b"close");
    out.extend_from_slice(b"\r\n");
    out
}

/// An answer with its body.
pub(super) fn answer(response: &Response<Bytes>, is_last: bool) -> Vec<u8> {
    let mut out = begin(response);
    let body = response.body();
    if !response.headers().contains_key(CONTENT_LENGTH) {
        let length = body.len().to_string();
        line(&mut out, CONTENT_LENGTH.as_str(), length.as_bytes());
    }
    if is_last {
        line(&mut out, CONNECTION.as_str(), b"close");
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(body);
    out
}

fn begin<B>(response: &Response<B>) -> Vec<u8> {
    let status = response.status();
    let reason = status.canonical_reason().unwrap_or_default();
    let mut out = format!("HTTP/1.1 {} {reason}\r\n", status.as_str()).into_bytes();
    for (name, value) in response.headers() {
        line(&mut out, name.as_str(), value.as_bytes());
    }
    let now = httpdate::fmt_http_date(std::time::SystemTime::now());
    line(&mut out, "date", now.as_bytes());
    out
}

fn line(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::{ends, parse};

    #[test]
    fn the_end_of_a_head_is_found_across_reads() {
        let head = b"GET / HTTP/1.1\r\nA: b\r\n\r\n";
        for before in 0..head.len() {
            assert!(ends(head, before), "{before}");
        }
        assert!(!ends(&head[..head.len() - 1], 0));
    }

    #[test]
    fn a_request_is_read_and_what_is_none_is_left_to_others() {
        let read = parse(b"GET /ws/a?x HTTP/1.1\r\nHost: h\r\nA: 1\r\nA: 2\r\n\r\nrest").unwrap();
        assert_eq!(read.parts.uri.path(), "/ws/a");
        assert_eq!(read.parts.headers.get_all("a").iter().count(), 2);
        assert_eq!(read.length, 45);
        for none in [
            &b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..],
            b"\x16\x03\x01\r\n\r\n",
            b"GET /\xff HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\r\nA\0: b\r\n\r\n",
        ] {
            assert!(parse(none).is_none());
        }
    }
}
