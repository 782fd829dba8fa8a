//! From source text to what it means: references resolved, line ends and white space normalised.
//!
//! Judges characters and references; knows nothing of tags.

use std::borrow::Cow;

use memchr::memchr;

use crate::XmlError;
use crate::characters::{has_only_chars, is_char, is_plain_attribute, is_plain_text};

/// The meaning of character data between two tags, which starts at byte `offset` of the fragment.
#[inline]
pub(crate) fn text(source: &str, offset: usize) -> Result<Cow<'_, str>, XmlError> {
    if is_plain_text(source.as_bytes()) {
        return Ok(Cow::Borrowed(source));
    }
    if let Some(at) = source.find("]]>") {
        return Err(XmlError::Malformed(offset + at));
    }
    check_characters(source, offset)?;
    resolve(source, offset, line_ends)
}

/// The meaning of a CDATA section's inside.
pub(crate) fn cdata(source: &str, offset: usize) -> Result<Cow<'_, str>, XmlError> {
    check_characters(source, offset)?;
    let mut out = String::new();
    Ok(if line_ends(source, &mut out) {
        Cow::Owned(out)
    } else {
        Cow::Borrowed(source)
    })
}

/// The meaning of the inside of a quoted attribute value.
#[inline]
pub(crate) fn attribute(source: &str, offset: usize) -> Result<Cow<'_, str>, XmlError> {
    if is_plain_attribute(source.as_bytes()) {
        return Ok(Cow::Borrowed(source));
    }
    if let Some(at) = memchr(b'<', source.as_bytes()) {
        return Err(XmlError::Malformed(offset + at));
    }
    check_characters(source, offset)?;
    resolve(source, offset, spaces)
}

fn check_characters(source: &str, offset: usize) -> Result<(), XmlError> {
    if has_only_chars(source.as_bytes()) {
        return Ok(());
    }
    match source
        .char_indices()
        .find(|&(_, character)| !is_char(character))
    {
        Some((at, _)) => Err(XmlError::Character(offset + at)),
        None => Ok(()),
    }
}

/// Replaces references; what stands between them goes through `normalise`, which says whether it changed a thing.
fn resolve(
    source: &str,
    offset: usize,
    normalise: impl Fn(&str, &mut String) -> bool,
) -> Result<Cow<'_, str>, XmlError> {
    let mut out = String::with_capacity(source.len());
    let mut changed = false;
    let mut rest = source;
    while let Some(at) = memchr(b'&', rest.as_bytes()) {
        let (plain, reference) = rest.split_at(at);
        let position = offset + (source.len() - reference.len());
        let end = memchr(b';', reference.as_bytes()).ok_or(XmlError::Entity(position))?;
        normalise(plain, &mut out);
        out.push(referred(
            reference.get(1..end).unwrap_or_default(),
            position,
        )?);
        changed = true;
        rest = reference.get(end + 1..).unwrap_or_default();
    }
    changed |= normalise(rest, &mut out);
    Ok(if changed {
        Cow::Owned(out)
    } else {
        Cow::Borrowed(source)
    })
}

/// The character that `&name;` stands for (XML 1.0 §4.1, §4.6).
fn referred(name: &str, at: usize) -> Result<char, XmlError> {
    let code = match name {
        "lt" => return Ok('<'),
        "gt" => return Ok('>'),
        "amp" => return Ok('&'),
        "apos" => return Ok('\''),
        "quot" => return Ok('"'),
        _ => match name.strip_prefix('#').ok_or(XmlError::Entity(at))? {
            hexadecimal if hexadecimal.starts_with('x') => {
                number(hexadecimal.get(1..).unwrap_or_default(), 16)
            }
            decimal => number(decimal, 10),
        },
    };
    let character = char::from_u32(code.ok_or(XmlError::Entity(at))?);
    character
        .filter(|&character| is_char(character))
        .ok_or(XmlError::Character(at))
}

/// Digits only: the parser of the standard library would accept a sign as well.
fn number(digits: &str, radix: u32) -> Option<u32> {
    if digits.chars().all(|digit| digit.is_digit(radix)) {
        u32::from_str_radix(digits, radix).ok()
    } else {
        None
    }
}

/// XML 1.0 §2.11: every line end is a line feed.
fn line_ends(source: &str, out: &mut String) -> bool {
    let mut rest = source;
    let mut changed = false;
    while let Some(at) = memchr(b'\r', rest.as_bytes()) {
        let (line, after) = rest.split_at(at);
        out.push_str(line);
        out.push('\n');
        rest = after
            .strip_prefix("\r\n")
            .unwrap_or(after.get(1..).unwrap_or_default());
        changed = true;
    }
    out.push_str(rest);
    changed
}

/// XML 1.0 §3.3.3: literal white space in an attribute is a space, a line end is one.
fn spaces(source: &str, out: &mut String) -> bool {
    let mut lines = String::with_capacity(source.len());
    let changed = line_ends(source, &mut lines) || lines.contains(['\t', '\n']);
    out.extend(
        lines
            .chars()
            .map(|c| if matches!(c, '\t' | '\n') { ' ' } else { c }),
    );
    changed
}

#[cfg(test)]
mod tests {
    use super::{attribute, cdata, text};
    use crate::XmlError;

    #[test]
    fn references_and_line_ends_are_resolved() {
        for (source, meaning) in [
            ("plain", "plain"),
            ("&lt;&gt;&amp;&apos;&quot;", "<>&'\""),
            ("&#65;&#x42;&#x1F600;", "AB😀"),
            ("a\r\nb\rc\nd", "a\nb\nc\nd"),
            ("&#xD;\n", "\r\n"),
            ("\u{FFFD}", "\u{FFFD}"),
            ("]]&gt;", "]]>"),
        ] {
            assert_eq!(text(source, 0).unwrap(), meaning, "{source:?}");
        }
        assert_eq!(attribute("a\tb\r\nc&#xA;d\"", 0).unwrap(), "a b c\nd\"");
        assert_eq!(cdata("<&amp;>\r\n", 0).unwrap(), "<&amp;>\n");
    }

    #[test]
    fn what_xml_does_not_know_is_refused_where_it_stands() {
        for (source, error) in [
            ("a&nbsp;", XmlError::Entity(11)),
            ("&#x;", XmlError::Entity(10)),
            ("&#+65;", XmlError::Entity(10)),
            ("&#0;", XmlError::Character(10)),
            ("&#xD800;", XmlError::Character(10)),
            ("a&lt", XmlError::Entity(11)),
            ("&#99999999999;", XmlError::Entity(10)),
            ("ab\u{1}", XmlError::Character(12)),
            ("]]>", XmlError::Malformed(10)),
            ("\u{FFFF}", XmlError::Character(10)),
            ("&#xFFFE;", XmlError::Character(10)),
            ("&;", XmlError::Entity(10)),
        ] {
            assert_eq!(text(source, 10), Err(error), "{source:?}");
        }
        assert_eq!(attribute("a<b", 10), Err(XmlError::Malformed(11)));
    }
}
