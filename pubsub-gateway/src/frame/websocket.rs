//! Frames of a WebSocket (RFC 6455 §5.2) as a server sends them: unmasked and unfragmented.

const FINAL_TEXT: u8 = 0x81;
/// The reserved bit that says so.
const COMPRESSED: u8 = 0x40;
const FINAL_CLOSE: u8 = 0x88;
const FINAL_PONG: u8 = 0x8a;
/// An empty ping.
pub(crate) const PING: &[u8] = &[0x89, 0x00];
/// A close frame without a code.
pub(crate) const CLOSE: &[u8] = &[FINAL_CLOSE, 0x00];
/// The longest payload of a control frame.
const LONGEST_CONTROL: usize = 125;

/// Appends a frame with a whole message in it.
pub(crate) fn text(out: &mut Vec<u8>, payload: &[u8]) {
    frame(out, FINAL_TEXT, payload);
}

/// Appends a frame with a whole message in it that is compressed (RFC 7692 §6).
pub(crate) fn compressed(out: &mut Vec<u8>, payload: &[u8]) {
    frame(out, FINAL_TEXT | COMPRESSED, payload);
}

fn frame(out: &mut Vec<u8>, first: u8, payload: &[u8]) {
    out.reserve(payload.len() + 10);
    out.push(first);
    match payload.len() {
        length @ 0..=125 => out.extend(u8::try_from(length)),
        length => match u16::try_from(length) {
            Ok(length) => {
                out.push(126);
                out.extend_from_slice(&length.to_be_bytes());
            }
            Err(_) => {
                out.push(127);
                out.extend_from_slice(&(length as u64).to_be_bytes());
            }
        },
    }
    out.extend_from_slice(payload);
}

/// The answer to a ping.
pub(crate) fn pong(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let payload = payload.get(..LONGEST_CONTROL).unwrap_or(payload);
    frame(&mut out, FINAL_PONG, payload);
    out
}

/// A close frame (§5.5.1). A reason that is too long is cut.
pub(crate) fn close(code: u16, reason: &str) -> Vec<u8> {
    let mut end = reason.len().min(LONGEST_CONTROL - 2);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend_from_slice(reason.get(..end).unwrap_or_default().as_bytes());
    let mut out = Vec::new();
    frame(&mut out, FINAL_CLOSE, &payload);
    out
}

#[cfg(test)]
mod tests {
    use super::{close, pong, text};

    #[test]
    fn lengths_are_written_in_the_shortest_form() {
        for (length, head) in [
            (0, vec![0x81, 0]),
            (125, vec![0x81, 125]),
            (126, vec![0x81, 126, 0, 126]),
            (65_535, vec![0x81, 126, 0xff, 0xff]),
            (65_536, vec![0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let mut out = Vec::new();
            text(&mut out, &vec![b'x'; length]);
            assert_eq!(&out[..head.len()], head);
            assert_eq!(out.len(), head.len() + length);
        }
    }

    #[test]
    fn control_frames_stay_short() {
        assert_eq!(pong(&[1; 200]).len(), 2 + 125);
        assert_eq!(close(1008, "no"), [0x88, 4, 3, 0xf0, b'n', b'o']);
        let long = close(1013, &"é".repeat(100));
        assert!(long.len() <= 127 && std::str::from_utf8(&long[4..]).is_ok());
    }
}
