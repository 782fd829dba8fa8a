//! Chunks of HTTP/1.1 (RFC 9112 §7.1), for sockets that we write ourselves.

/// Appends one chunk; nothing for no bytes, because an empty chunk ends the body.
pub(crate) fn chunk(out: &mut Vec<u8>, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    out.extend_from_slice(format!("{:x}\r\n", bytes.len()).as_bytes());
    out.extend_from_slice(bytes);
    out.extend_from_slice(b"\r\n");
}

/// What ends a body.
pub(crate) const LAST: &[u8] = b"0\r\n\r\n";

#[cfg(test)]
mod tests {
    #[test]
    fn chunks_say_their_length() {
        let mut out = Vec::new();
        super::chunk(&mut out, b"0123456789abcdef");
        super::chunk(&mut out, b"");
        assert_eq!(out, b"10\r\n0123456789abcdef\r\n");
    }
}
