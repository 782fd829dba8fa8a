//! JSON written so that it survives the places it is put into: a body of several messages, a script of a page.
//!
//! Pure: text to text. Does not know messages.
//!
//! `pushstream.js` cuts a body where `}{` stands, so a `}` before a `{` inside a string is written `\u007d`. In a script `<`, `>`, `&` and the two
//! line separators of Unicode are written as escapes too.

/// Where the JSON will stand, beyond what every place needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// Inside a `<script>`.
    pub(crate) in_script: bool,
    /// It is read by `pushstream.js`, which percent-decodes strings and fails on a lone `%`.
    pub(crate) percent_is_decoded: bool,
}

/// Appends a string as JSON.
pub(crate) fn string(out: &mut Vec<u8>, text: &str, place: Place) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut done = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let Some(escape) = escape(*byte, bytes.get(at + 1..).unwrap_or_default(), place) else {
            continue;
        };
        out.extend_from_slice(bytes.get(done..at).unwrap_or_default());
        done = at + escape.takes();
        escape.write(out);
    }
    out.extend_from_slice(bytes.get(done..).unwrap_or_default());
    out.push(b'"');
}

/// A string as JSON.
pub(crate) fn text(text: &str) -> String {
    let mut out = Vec::new();
    string(&mut out, text, Place::default());
    String::from_utf8_lossy(&out).into_owned()
}

/// Appends text that is JSON as it is, but without white space; text that is not JSON is appended as a string.
pub(crate) fn value(out: &mut Vec<u8>, text: &str, place: Place) {
    let before = out.len();
    match serde_json::from_str::<serde::de::IgnoredAny>(text) {
        Ok(_) if !has_lone_surrogate(text) => {
            // Only a string that is the whole value is percent-decoded by anybody.
            let is_string = text.trim_ascii_start().starts_with('"');
            let percent_is_decoded = place.percent_is_decoded && is_string;
            minified(
                out,
                text,
                Place {
                    percent_is_decoded,
                    ..place
                },
            );
        }
        _ => {
            out.truncate(before);
            string(out, text, place);
        }
    }
}

/// Copies valid JSON without the white space between its tokens.
fn minified(out: &mut Vec<u8>, json: &str, place: Place) {
    let bytes = json.as_bytes();
    let (mut at, mut in_string) = (0, false);
    while let Some(byte) = bytes.get(at) {
        let rest = bytes.get(at + 1..).unwrap_or_default();
        match byte {
            b'\\' if in_string => {
                out.push(b'\\');
                out.extend(rest.first());
                at += 2;
                continue;
            }
            b'"' => {
                in_string = !in_string;
                out.push(b'"');
            }
            b' ' | b'\t' | b'\n' | b'\r' if !in_string => {}
            _ if in_string => match escape(*byte, rest, place) {
                Some(escape) => {
                    escape.write(out);
                    at += escape.takes();
                    continue;
                }
                None => out.push(*byte),
            },
            _ => out.push(*byte),
        }
        at += 1;
    }
}

/// `\ud800` without its other half is JSON that not every reader takes.
fn has_lone_surrogate(text: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), b"\\u").is_some()
        && serde_json::from_str::<serde_json::Value>(text).is_err()
}

/// How one character is written instead of as it is.
#[derive(Debug, Clone, Copy)]
enum Escape {
    Short(u8),
    Code(u16),
    Percent,
    /// One of U+2028 and U+2029, three bytes long.
    Separator(u16),
}

impl Escape {
    fn takes(self) -> usize {
        match self {
            Self::Separator(_) => 3,
            _ => 1,
        }
    }

    fn write(self, out: &mut Vec<u8>) {
        match self {
            Self::Short(letter) => out.extend_from_slice(&[b'\\', letter]),
            Self::Percent => out.extend_from_slice(b"%25"),
            Self::Code(code) | Self::Separator(code) => {
                const DIGITS: &[u8; 16] = b"0123456789abcdef";
                out.extend_from_slice(b"\\u");
                for shift in [12, 8, 4, 0] {
                    let digit = usize::from((code >> shift) & 0xf);
                    out.extend(DIGITS.get(digit));
                }
            }
        }
    }
}

fn escape(byte: u8, rest: &[u8], place: Place) -> Option<Escape> {
    match byte {
        b'"' | b'\\' => Some(Escape::Short(byte)),
        b'\n' => Some(Escape::Short(b'n')),
        b'\r' => Some(Escape::Short(b'r')),
        b'\t' => Some(Escape::Short(b't')),
        0..0x20 | 0x7f => Some(Escape::Code(u16::from(byte))),
        b'}' if rest.first() == Some(&b'{') => Some(Escape::Code(u16::from(byte))),
        b'%' if place.percent_is_decoded && !is_encoded(rest) => Some(Escape::Percent),
        b'<' | b'>' | b'&' | b'\'' if place.in_script => Some(Escape::Code(u16::from(byte))),
        0xe2 if place.in_script => match rest {
            [0x80, last @ (0xa8 | 0xa9), ..] => {
                Some(Escape::Separator(0x2028 + u16::from(last - 0xa8)))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether what follows a `%` makes it an encoded byte.
fn is_encoded(rest: &[u8]) -> bool {
    matches!(rest, [first, second, ..] if first.is_ascii_hexdigit() && second.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::{Place, string, value};

    const PLAIN: Place = Place {
        in_script: false,
        percent_is_decoded: false,
    };
    const SCRIPT: Place = Place {
        in_script: true,
        percent_is_decoded: false,
    };
    const DECODED: Place = Place {
        in_script: false,
        percent_is_decoded: true,
    };

    /// Whether `pushstream.js` would cut it.
    fn is_cut(json: &str) -> bool {
        json.contains("}{")
    }

    fn written(write: fn(&mut Vec<u8>, &str, Place), text: &str, place: Place) -> String {
        let mut out = Vec::new();
        write(&mut out, text, place);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn strings_are_escaped_for_their_place() {
        for (text, place, expected) in [
            ("a", PLAIN, r#""a""#),
            (
                "\"\\\n\r\t\u{1}\u{7f}",
                PLAIN,
                r#""\"\\\n\r\t\u0001\u007f""#,
            ),
            ("a}{b", PLAIN, r#""a\u007d{b""#),
            ("a} {b", PLAIN, r#""a} {b""#),
            (
                "</script>&'\u{2028}é",
                SCRIPT,
                r#""\u003c/script\u003e\u0026\u0027\u2028é""#,
            ),
            ("</script>", PLAIN, r#""</script>""#),
            ("100% %20 %2 %zz%", DECODED, r#""100%25 %20 %252 %25zz%25""#),
            ("100%", PLAIN, r#""100%""#),
        ] {
            assert_eq!(written(string, text, place), expected, "{text}");
        }
    }

    #[test]
    fn values_are_embedded_and_the_rest_becomes_a_string() {
        for (text, place, expected) in [
            (
                " { \"a\" : [ 1 , \"x }{ y\" ] } ",
                PLAIN,
                r#"{"a":[1,"x \u007d{ y"]}"#,
            ),
            (r#"{"a":"\"}{"}"#, PLAIN, r#"{"a":"\"\u007d{"}"#),
            (r#""100%""#, DECODED, r#""100%25""#),
            (r#"{"a":"100%"}"#, DECODED, r#"{"a":"100%"}"#),
            ("100%", DECODED, r#""100%25""#),
            (r#"{"a":"<b>"}"#, SCRIPT, r#"{"a":"\u003cb\u003e"}"#),
            ("{", PLAIN, r#""{""#),
            ("", PLAIN, r#""""#),
            ("null", PLAIN, "null"),
            ("1}{", PLAIN, r#""1\u007d{""#),
            (r#""\ud800""#, PLAIN, r#""\"\\ud800\"""#),
        ] {
            assert_eq!(written(value, text, place), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_string_is_read_back_as_it_was(text in "(\\PC|[\"\\\\\r\n\u{0}%{}<>&'\u{2028}]){0,40}", in_script: bool) {
            let place = Place { in_script, percent_is_decoded: false };
            let json = written(string, &text, place);
            prop_assert!(!is_cut(&json));
            prop_assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), Value::String(text));
        }

        #[test]
        fn a_value_is_the_same_value(text in "\\PC{0,20}|[\\[\\]{}\",: \n0-9truefalsn\\\\u]{0,30}", in_script: bool) {
            let place = Place { in_script, percent_is_decoded: false };
            let json = written(value, &text, place);
            prop_assert!(!is_cut(&json) && !json.contains('\n'));
            let read: Value = serde_json::from_str(&json).unwrap();
            match serde_json::from_str::<Value>(&text) {
                Ok(expected) => prop_assert_eq!(read, expected),
                Err(_) => prop_assert_eq!(read, Value::String(text)),
            }
        }

        #[test]
        fn nested_objects_survive(keys in proptest::collection::vec("\\PC{0,8}", 0..4), text in "\\PC{0,16}") {
            let object: serde_json::Map<String, Value> = keys.into_iter().map(|key| (key, Value::String(text.clone()))).collect();
            let object = Value::Object(object);
            let pretty = serde_json::to_string_pretty(&object).unwrap();
            let json = written(value, &pretty, SCRIPT);
            prop_assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), object);
        }
    }
}
