//! Which characters XML 1.0 allows where (§2.2 Char, Namespaces §4 NCName).
//!
//! The tests that run over every byte of every stanza are written so that the compiler turns them into vector
//! instructions; the slow path behind them is exact.

#![expect(
    clippy::needless_bitwise_bool,
    reason = "branches would keep the loops from becoming vector code"
)]

/// How many bytes are looked at together.
const LANE: usize = 16;

/// Whether the text needs no second look as it is written: no markup, no carriage return, nothing forbidden.
///
/// May answer `false` for text that is harmless (a byte 0xEF starts both U+FFFF and ordinary characters).
pub(crate) fn is_plain_text(text: &[u8]) -> bool {
    all_lanes(text, |byte| {
        suspicious(byte) | (byte == b'<') | (byte == b'>') | (byte == b'&')
    })
}

/// [`is_plain_text`] for an attribute value, where white space and quotes need escaping too.
pub(crate) fn is_plain_attribute(text: &[u8]) -> bool {
    all_lanes(text, |byte| {
        (byte < 0x20)
            | (byte == 0xEF)
            | (byte == b'<')
            | (byte == b'>')
            | (byte == b'&')
            | (byte == b'"')
            | (byte == b'\'')
    })
}

/// A control character other than tab and line feed, or the first byte of U+FFFE and U+FFFF.
const fn suspicious(byte: u8) -> bool {
    ((byte < 0x20) & (byte != b'\t') & (byte != b'\n')) | (byte == 0xEF)
}

fn all_lanes(bytes: &[u8], stops: impl Fn(u8) -> bool + Copy) -> bool {
    let lanes = bytes.chunks_exact(LANE);
    let rest = lanes.remainder();
    for lane in lanes {
        if lane.iter().fold(false, |found, &byte| found | stops(byte)) {
            return false;
        }
    }
    !rest.iter().any(|&byte| stops(byte))
}

/// XML 1.0 §2.2: `Char`. Surrogates cannot occur in a Rust string.
pub(crate) const fn is_char(character: char) -> bool {
    !matches!(
        character,
        '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}'
    )
}

/// XML 1.0 §2.3: `S`.
pub(crate) const fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// XML 1.0 §2.3: `NameStartChar` without the colon.
pub(crate) const fn starts_name(character: char) -> bool {
    matches!(character,
        'A'..='Z' | 'a'..='z' | '_'
        | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}'
        | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

/// XML 1.0 §2.3: `NameChar` without the colon.
pub(crate) const fn continues_name(character: char) -> bool {
    starts_name(character)
        || matches!(character,
            '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// The length in bytes of the `NCName` at the start of `text`; zero when there is none.
pub(crate) fn ncname_len(text: &str) -> usize {
    let mut ascii = 0;
    for &byte in text.as_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'_' => ascii += 1,
            b'0'..=b'9' | b'-' | b'.' if ascii > 0 => ascii += 1,
            0x80.. => return ncname_len_of_any_script(text),
            _ => return ascii,
        }
    }
    ascii
}

fn ncname_len_of_any_script(text: &str) -> usize {
    let mut end = 0;
    for (offset, character) in text.char_indices() {
        let fits = if offset == 0 {
            starts_name(character)
        } else {
            continues_name(character)
        };
        if !fits {
            break;
        }
        end = offset + character.len_utf8();
    }
    end
}

#[cfg(test)]
mod tests {
    use super::{is_char, is_plain_attribute, is_plain_text, ncname_len};

    #[test]
    fn plain_never_hides_a_character_that_needs_work() {
        for code in 0..=0x1_0000_u32 {
            let Some(character) = char::from_u32(code) else {
                continue;
            };
            let text = format!("0123456789{character}0123456789");
            if is_plain_text(text.as_bytes()) {
                assert!(is_char(character), "U+{code:04X} is forbidden");
                assert!(
                    !matches!(character, '<' | '>' | '&' | '\r'),
                    "{character} is markup"
                );
            }
            if is_plain_attribute(text.as_bytes()) {
                assert!(is_char(character) && !"<>&\"'\t\n\r".contains(character));
            }
        }
    }

    #[test]
    fn names_end_where_the_standard_says() {
        for (text, length) in [
            ("abc>", 3),
            ("a-b.c1 x", 6),
            ("1a", 0),
            ("-a", 0),
            ("", 0),
            ("é:x", 2),
            ("aé\u{B7}>", 5),
            ("\u{D7}", 0),
            ("a\u{D7}", 1),
            ("x:y", 1),
        ] {
            assert_eq!(ncname_len(text), length, "{text:?}");
        }
    }
}
