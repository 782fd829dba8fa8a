//! Makes a piece of a stream stand alone: the namespaces that a stream header would declare are declared on it (RFC 7395 §3.3.3, XEP-0206 §3).

use bytes::{BufMut, BytesMut};

/// Appends `piece`, an element as the server writes it inside a stream.
pub(crate) fn write(out: &mut BytesMut, piece: &[u8]) {
    let declaration = declaration(piece);
    out.reserve(piece.len() + declaration.len());
    let (start, rest) = piece.split_at(name_end(piece));
    out.put_slice(start);
    out.put_slice(declaration.as_bytes());
    out.put_slice(rest);
}

/// The piece on its own.
pub(crate) fn of(piece: &str) -> String {
    let (start, rest) = piece.split_at(name_end(piece.as_bytes()));
    format!("{start}{}{rest}", declaration(piece.as_bytes()))
}

/// What is missing on the root. Stanzas and stream elements inherit; whatever else the server writes declares its namespace itself.
fn declaration(piece: &[u8]) -> &'static str {
    match piece.get(1..name_end(piece)) {
        Some(b"message" | b"iq" | b"presence") => " xmlns='jabber:client'",
        Some(name) if name.starts_with(b"stream:") => {
            " xmlns:stream='http://etherx.jabber.org/streams'"
        }
        _ => "",
    }
}

fn name_end(piece: &[u8]) -> usize {
    piece
        .iter()
        .position(|byte| matches!(byte, b' ' | b'/' | b'>'))
        .unwrap_or(piece.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stanzas_and_stream_elements_declare_what_they_inherit() {
        for (piece, expected) in [
            (
                "<message to='a'/>",
                "<message xmlns='jabber:client' to='a'/>",
            ),
            ("<iq>x</iq>", "<iq xmlns='jabber:client'>x</iq>"),
            ("<presence/>", "<presence xmlns='jabber:client'/>"),
            (
                "<stream:features><a/></stream:features>",
                "<stream:features xmlns:stream='http://etherx.jabber.org/streams'><a/></stream:features>",
            ),
            ("<success xmlns='urn:x'/>", "<success xmlns='urn:x'/>"),
            ("<r xmlns='urn:xmpp:sm:3'/>", "<r xmlns='urn:xmpp:sm:3'/>"),
            ("", ""),
        ] {
            let mut out = BytesMut::new();
            write(&mut out, piece.as_bytes());
            assert_eq!(out, expected.as_bytes());
        }
    }
}
