//! Writing text and attribute values so that they read back as they were.
//!
//! Knows what must be escaped and what XML cannot carry at all; does not know elements.

use thiserror::Error;

use crate::characters::{is_char, is_plain_attribute, is_plain_text};

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
    escape(out, text, |character| match character {
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '&' => Some("&amp;"),
        // A reader turns a literal carriage return into a line feed (XML 1.0 §2.11).
        '\r' => Some("&#xD;"),
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
    escape(out, text, |character| match character {
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '&' => Some("&amp;"),
        '"' => Some("&quot;"),
        '\'' => Some("&apos;"),
        // Literal white space in an attribute reads back as spaces (XML 1.0 §3.3.3).
        '\t' => Some("&#x9;"),
        '\n' => Some("&#xA;"),
        '\r' => Some("&#xD;"),
        _ => None,
    })
}

/// Says whether XML can carry `text`, without writing it.
///
/// # Errors
///
/// [`ForbiddenChar`] names the first character that it cannot.
pub fn check_text(text: &str) -> Result<(), ForbiddenChar> {
    if is_plain_text(text.as_bytes()) {
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

fn escape(
    out: &mut String,
    text: &str,
    replacement: impl Fn(char) -> Option<&'static str>,
) -> Result<(), ForbiddenChar> {
    check_text(text)?;
    let mut rest = text;
    while let Some((at, with)) = rest
        .char_indices()
        .find_map(|(at, character)| Some((at, replacement(character)?)))
    {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        out.push_str(with);
        // Everything that has a replacement is ASCII, so the next character starts one byte on.
        rest = special.get(1..).unwrap_or_default();
    }
    out.push_str(rest);
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
