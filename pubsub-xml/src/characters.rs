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
    all_lanes(text, stops_text, STOPS_TEXT)
}

/// [`is_plain_text`] for an attribute value, where white space and quotes need escaping too.
pub(crate) fn is_plain_attribute(text: &[u8]) -> bool {
    all_lanes(text, stops_attribute, STOPS_ATTRIBUTE)
}

/// Whether nothing in the text can be forbidden; like the others, it may say `false` of harmless text.
pub(crate) fn has_only_chars(text: &[u8]) -> bool {
    all_lanes(text, forbids, SUSPICIOUS)
}

const fn stops_text(byte: u8) -> bool {
    forbids(byte) | (byte == b'\r') | (byte == b'<') | (byte == b'>') | (byte == b'&')
}

const fn stops_attribute(byte: u8) -> bool {
    (byte < 0x20)
        | (byte == 0xEF)
        | (byte == b'<')
        | (byte == b'>')
        | (byte == b'&')
        | (byte == b'"')
        | (byte == b'\'')
}

/// A control character other than white space, or the first byte of U+FFFE and U+FFFF.
const fn forbids(byte: u8) -> bool {
    ((byte < 0x20) & (byte != b'\t') & (byte != b'\n') & (byte != b'\r')) | (byte == 0xEF)
}

/// Looks at whole lanes without a branch, and at the rest byte by byte.
fn all_lanes(bytes: &[u8], stops: impl Fn(u8) -> bool + Copy, class: u8) -> bool {
    let lanes = bytes.chunks_exact(LANE);
    let rest = lanes.remainder();
    for lane in lanes {
        if lane.iter().fold(false, |found, &byte| found | stops(byte)) {
            return false;
        }
    }
    !rest.iter().any(|&byte| belongs(byte, class))
}

/// What each byte may not be, or may be, as bits.
static CLASSES: [u8; 256] = classes();
const STOPS_TEXT: u8 = 1;
const STOPS_ATTRIBUTE: u8 = 2;
const SUSPICIOUS: u8 = 4;
const CONTINUES_NAME: u8 = 8;

fn belongs(byte: u8, class: u8) -> bool {
    CLASSES
        .get(usize::from(byte))
        .is_some_and(|classes| classes & class != 0)
}

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte = 0_u8;
    loop {
        let mut class = 0;
        if stops_text(byte) {
            class |= STOPS_TEXT;
        }
        if stops_attribute(byte) {
            class |= STOPS_ATTRIBUTE;
        }
        if forbids(byte) {
            class |= SUSPICIOUS;
        }
        if matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'0'..=b'9' | b'-' | b'.') {
            class |= CONTINUES_NAME;
        }
        #[expect(clippy::indexing_slicing, reason = "a byte is less than 256")]
        {
            classes[byte as usize] = class;
        }
        if byte == u8::MAX {
            return classes;
        }
        byte += 1;
    }
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

/// The text without the white space it begins with.
pub(crate) fn trim_white(text: &str) -> &str {
    match text.as_bytes().first() {
        Some(&byte) if is_white(byte) => {
            let white = text.bytes().take_while(|&byte| is_white(byte)).count();
            text.get(white..).unwrap_or_default()
        }
        _ => text,
    }
}

/// The length in bytes of the `NCName` at the start of `text`; zero when there is none.
pub(crate) fn ncname_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    let length = bytes
        .iter()
        .take_while(|&&byte| belongs(byte, CONTINUES_NAME))
        .count();
    if bytes.get(length).is_some_and(|&byte| byte >= 0x80) {
        return ncname_len_of_any_script(text);
    }
    match bytes.first() {
        Some(b'0'..=b'9' | b'-' | b'.') => 0,
        _ => length,
    }
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
