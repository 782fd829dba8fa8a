//! Text as a string of JSON (RFC 8259 §7).
//!
//! Knows what has to be escaped: what JSON wants, and what does harm where rows end up. In a page, `</` and `<!` would end a script or hide one; U+2028 and
//! U+2029 ended lines of JavaScript before 2019; and pushstream.js takes any `}{` for the border between two messages.

/// Writes text as a string, with its quotes.
pub fn push_string(out: &mut String, text: &str) {
    out.reserve(text.len() + 2);
    out.push('"');
    let bytes = text.as_bytes();
    let mut copied = 0;
    for (place, byte) in bytes.iter().enumerate() {
        let rest = bytes.get(place + 1..).unwrap_or_default();
        if let Some((code, length)) = harmful(*byte, rest) {
            // Only whole characters are escaped, so what stands before one is whole, too.
            out.push_str(text.get(copied..place).unwrap_or_default());
            push_escaped(out, code);
            copied = place + length;
        }
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    out.push('"');
}

/// The character that begins with this byte and must be escaped, and how many bytes it has.
#[inline]
pub(super) fn harmful(byte: u8, rest: &[u8]) -> Option<(u32, usize)> {
    match (byte, rest) {
        (0..0x20 | b'"' | b'\\', _) | (b'}', [b'{', ..]) | (b'<', [b'/' | b'!', ..]) => {
            Some((u32::from(byte), 1))
        }
        (0xE2, [0x80, last @ (0xA8 | 0xA9), ..]) => Some((0x2000 + u32::from(last - 0x80), 3)),
        _ => None,
    }
}

/// Writes one character of the basic plane as an escape.
#[cold]
pub(super) fn push_escaped(out: &mut String, code: u32) {
    let short = match code {
        0x22 => '"',
        0x5C => '\\',
        0x0A => 'n',
        0x0D => 'r',
        0x09 => 't',
        _ => {
            out.push_str("\\u");
            let digits = [12, 8, 4, 0].map(|shift| char::from_digit(code >> shift & 0xF, 16));
            out.extend(digits.into_iter().flatten());
            return;
        }
    };
    out.extend(['\\', short]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::push_string;

    fn check(text: &str, expected: &str) {
        let mut out = String::new();
        push_string(&mut out, text);
        assert_eq!(out, expected);
    }

    #[test]
    fn what_does_harm_is_escaped_and_nothing_else() {
        check("", "\"\"");
        check("a < b > c {} é 🦀 ' /", "\"a < b > c {} é 🦀 ' /\"");
        check(
            "\"\\\n\r\t\u{8}\u{1f}\u{7f}",
            "\"\\\"\\\\\\n\\r\\t\\u0008\\u001f\u{7f}\"",
        );
        check("</script><!--", "\"\\u003c/script>\\u003c!--\"");
        check("a}{b}", "\"a\\u007d{b}\"");
        check(
            "\u{2027}\u{2028}\u{2029}\u{202a}",
            "\"\u{2027}\\u2028\\u2029\u{202a}\"",
        );
    }

    proptest! {
        #[test]
        fn any_text_reads_back(text in "\\PC*|([<>/!}{\"\\\\\u{2028}\u{2029}\\x00-\\x1f]|a|é){0,20}") {
            let mut out = String::new();
            push_string(&mut out, &text);
            let harm = ["</", "<!", "}{", "\u{2028}", "\u{2029}", "\n"];
            prop_assert_eq!(harm.into_iter().find(|harm| out.contains(harm)), None);
            prop_assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
        }
    }
}
