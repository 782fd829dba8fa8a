//! Compressed messages of a WebSocket (RFC 7692, permessage-deflate), each on its own.
//!
//! Without context from one message to the next a message is compressed once for all clients, and a client costs no memory for it. A client
//! whose offer cannot be met that way is not refused: it is sent messages as they are.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

/// What a flush ends with, and what is left out of a message (§7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];
/// The answer to an offer (§7.1).
const ACCEPTED: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

/// What an offer of extensions is answered, if one of them can be met.
pub(crate) fn negotiate(offers: &str) -> Option<&'static str> {
    offers.split(',').any(can_be_met).then_some(ACCEPTED)
}

fn can_be_met(offer: &str) -> bool {
    let mut parts = offer.split(';').map(str::trim);
    parts.next() == Some("permessage-deflate")
        && parts.all(|parameter| {
            let (name, value) = parameter
                .split_once('=')
                .map_or((parameter, None), |(name, value)| {
                    (name.trim(), Some(value.trim().trim_matches('"')))
                });
            match name {
                "server_no_context_takeover" | "client_no_context_takeover" => value.is_none(),
                // What we send is made with the largest window.
                "server_max_window_bits" => value == Some("15"),
                // What we get may be made with any.
                "client_max_window_bits" => value
                    .is_none_or(|bits| bits.parse().is_ok_and(|bits: u8| (8..=15).contains(&bits))),
                _ => false,
            }
        })
}

/// Compresses a message.
pub(crate) fn deflate(message: &[u8]) -> Vec<u8> {
    let mut compress = Compress::new(Compression::default(), false);
    let mut out = Vec::with_capacity(message.len() / 2 + 64);
    loop {
        let done = usize::try_from(compress.total_in()).unwrap_or(usize::MAX);
        let rest = message.get(done..).unwrap_or_default();
        let before = out.len();
        if compress
            .compress_vec(rest, &mut out, FlushCompress::Sync)
            .is_err()
        {
            return message.to_vec();
        }
        let is_taken = compress.total_in() >= message.len() as u64;
        if is_taken && out.len() < out.capacity() {
            break;
        }
        if out.len() == before || out.len() == out.capacity() {
            out.reserve(message.len() / 2 + 64);
        }
    }
    if out.ends_with(&TAIL) {
        out.truncate(out.len() - TAIL.len());
    }
    out
}

/// Why a message cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InflateError {
    TooBig,
    Broken,
}

/// Decompresses a message, up to so many bytes.
pub(crate) fn inflate(message: &[u8], most: usize) -> Result<Vec<u8>, InflateError> {
    let mut decompress = Decompress::new(false);
    let mut out = Vec::new();
    for part in [message, &TAIL] {
        let mut rest = part;
        while !rest.is_empty() {
            if out.len() > most {
                return Err(InflateError::TooBig);
            }
            let room = (most + 1 - out.len()).min(rest.len().saturating_mul(4).max(1024));
            out.reserve(room);
            let (taken, written) = (decompress.total_in(), out.len());
            let status = decompress
                .decompress_vec(rest, &mut out, FlushDecompress::Sync)
                .map_err(|_| InflateError::Broken)?;
            let taken = usize::try_from(decompress.total_in() - taken).unwrap_or(usize::MAX);
            rest = rest.get(taken..).unwrap_or_default();
            if status == Status::StreamEnd {
                break;
            }
            if taken == 0 && out.len() == written {
                return Err(InflateError::Broken);
            }
        }
    }
    if out.len() > most {
        return Err(InflateError::TooBig);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{InflateError, deflate, inflate, negotiate};

    #[test]
    fn offers_are_met_where_they_can_be() {
        for (offers, expected) in [
            ("permessage-deflate", true),
            ("permessage-deflate; client_max_window_bits", true),
            ("permessage-deflate; client_max_window_bits=\"10\"", true),
            (
                "permessage-deflate; server_no_context_takeover; server_max_window_bits=15",
                true,
            ),
            ("permessage-deflate; server_max_window_bits=10", false),
            (
                "permessage-deflate; server_max_window_bits=10, permessage-deflate",
                true,
            ),
            ("permessage-deflate; unknown", false),
            ("x-webkit-deflate-frame", false),
            ("", false),
        ] {
            assert_eq!(negotiate(offers).is_some(), expected, "{offers}");
        }
    }

    #[test]
    fn the_example_of_the_standard_is_read() {
        // RFC 7692 §7.2.3.1
        assert_eq!(
            inflate(&[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00], 100).unwrap(),
            b"Hello"
        );
        // §7.2.3.4: a block that is final
        assert_eq!(
            inflate(&[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00], 100).unwrap(),
            b"Hello"
        );
    }

    #[test]
    fn a_bomb_does_not_explode() {
        let bomb = deflate(&vec![0; 10_000_000]);
        assert!(bomb.len() < 20_000);
        assert_eq!(inflate(&bomb, 1000), Err(InflateError::TooBig));
        assert_eq!(inflate(&deflate(&[0; 1000]), 1000).unwrap().len(), 1000);
        assert_eq!(
            inflate(&[0xff, 0xff, 0xff], 1000),
            Err(InflateError::Broken)
        );
    }

    proptest! {
        #[test]
        fn messages_are_read_as_they_were_written(message in proptest::collection::vec(any::<u8>(), 0..5000)) {
            let deflated = deflate(&message);
            prop_assert_eq!(inflate(&deflated, 5000).unwrap(), message);
        }

        #[test]
        fn any_bytes_are_read_or_refused(message in proptest::collection::vec(any::<u8>(), 0..300), most in 0_usize..500) {
            if let Ok(inflated) = inflate(&message, most) {
                prop_assert!(inflated.len() <= most);
            }
        }
    }
}
