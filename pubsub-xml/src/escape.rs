//! Writing text and attribute values so that they read back as they were.
//!
//! Knows what must be escaped and what XML cannot carry at all; does not know elements.

use thiserror::Error;

use crate::characters::{has_only_chars, is_char, is_plain_attribute, is_plain_text};

/// A character that XML 1.0 §2.2 has no way to write, not even as a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("U+{:04X} at byte {offset} cannot be written in XML 1.0", u32::from(*character))]
pub struct ForbiddenChar {
    /// The character itself.
    pub character: char,
    /// Where it stands, in bytes from the start of the text.
    pub offset: usize,
}

/// Appends `text` as element content.
///
/// # Errors
///
/// [`ForbiddenChar`] when XML cannot carry the text; `out` is then as it was.
#[inline]
pub fn escape_text(out: &mut String, text: &str) -> Result<(), ForbiddenChar> {
    if is_plain_text(text.as_bytes()) {
        out.push_str(text);
        return Ok(());
    }
    escape(out, text, |byte| match byte {
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'&' => Some("&amp;"),
        // A reader turns a literal carriage return into a line feed (XML 1.0 §2.11).
        b'\r' => Some("&#xD;"),
        _ => None,
    })
}

/// Appends `text` as the inside of a quoted attribute value, for either kind of quote.
///
/// # Errors
///
/// [`ForbiddenChar`] when XML cannot carry the text; `out` is then as it was.
#[inline]
pub fn escape_attribute(out: &mut String, text: &str) -> Result<(), ForbiddenChar> {
    if is_plain_attribute(text.as_bytes()) {
        out.push_str(text);
        return Ok(());
    }
    escape(out, text, |byte| match byte {
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'&' => Some("&amp;"),
        b'"' => Some("&quot;"),
        b'\'' => Some("&apos;"),
        // Literal white space in an attribute reads back as spaces (XML 1.0 §3.3.3).
        b'\t' => Some("&#x9;"),
        b'\n' => Some("&#xA;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    })
}

/// Says whether XML can carry `text`, without writing it.
///
/// # Errors
///
/// [`ForbiddenChar`] names the first character that it cannot.
pub fn check_text(text: &str) -> Result<(), ForbiddenChar> {
    if has_only_chars(text.as_bytes()) {
        return Ok(());
    }
    match text
        .char_indices()
        .find(|&(_, character)| !is_char(character))
    {
        Some((offset, character)) => Err(ForbiddenChar { character, offset }),
        None => Ok(()),
    }
}

/// Everything that has a replacement is ASCII.
fn escape(
    out: &mut String,
    text: &str,
    replacement: impl Fn(u8) -> Option<&'static str>,
) -> Result<(), ForbiddenChar> {
    check_text(text)?;
    out.reserve(text.len() + 16);
    let mut done = 0;
    for (at, byte) in text.bytes().enumerate() {
        if let Some(with) = replacement(byte) {
            out.push_str(text.get(done..at).unwrap_or_default());
            out.push_str(with);
            done = at + 1;
        }
    }
    out.push_str(text.get(done..).unwrap_or_default());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{ForbiddenChar, escape_attribute, escape_text};

    #[test]
    fn markup_and_white_space_are_written_as_references() {
        let mut text = String::new();
        let mut attribute = String::new();
        escape_text(&mut text, "a<b>&\"c'\t\n\r]]>é").unwrap();
        escape_attribute(&mut attribute, "a<b>&\"c'\t\n\ré").unwrap();
        assert_eq!(text, "a&lt;b&gt;&amp;\"c'\t\n&#xD;]]&gt;é");
        assert_eq!(attribute, "a&lt;b&gt;&amp;&quot;c&apos;&#x9;&#xA;&#xD;é");
    }

    #[test]
    fn a_forbidden_character_is_named_and_nothing_is_written() {
        for character in ['\0', '\u{8}', '\u{1F}', '\u{FFFE}', '\u{FFFF}'] {
            let mut out = String::from("kept");
            let text = format!("é{character}");
            let error = Err(ForbiddenChar {
                character,
                offset: 2,
            });
            assert_eq!(escape_text(&mut out, &text), error);
            assert_eq!(escape_attribute(&mut out, &text), error);
            assert_eq!(out, "kept");
        }
        assert_eq!(
            escape_text(&mut String::new(), "\0")
                .unwrap_err()
                .to_string(),
            "U+0000 at byte 0 cannot be written in XML 1.0"
        );
    }
}
