//! JSON that somebody else wrote, as we write it: checked, without white space, and with our escapes inside strings.
//!
//! Knows the grammar of RFC 8259. Looks at every byte once, builds nothing and does not recurse.

use super::string::{harmful, push_escaped};

/// Objects and arrays may be nested this deep.
const MAX_DEPTH: usize = 128;

/// Text that is not one JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// Something is wrong there.
    #[error("the JSON is malformed at byte {0}")]
    Malformed(usize),
    /// Objects and arrays are nested too deeply.
    #[error("the JSON is nested more than {MAX_DEPTH} deep at byte {0}")]
    TooDeep(usize),
}

/// What is done to numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbers {
    /// They are left as they are.
    AsTheyAre,
    /// A whole number that JavaScript cannot hold becomes a string of its digits.
    Exact,
}

/// Appends one JSON value without its white space, and with what does harm inside strings escaped. Numbers stay as they are.
///
/// # Errors
///
/// [`JsonError`] when the text is not one JSON value; `out` is then as it was.
pub fn push_json(out: &mut String, json: &str) -> Result<(), JsonError> {
    copy(json, Numbers::AsTheyAre, out, |_| {})
}

/// The same. `on_member` hears the name of each member of the outermost object, as it is written.
pub(super) fn copy(
    json: &str,
    numbers: Numbers,
    out: &mut String,
    on_member: impl FnMut(&str),
) -> Result<(), JsonError> {
    let before = out.len();
    let mut copier = Copier {
        json,
        place: 0,
        numbers,
        out,
    };
    let copied = copier.document(on_member);
    if copied.is_err() {
        out.truncate(before);
    }
    copied
}

struct Copier<'a> {
    json: &'a str,
    place: usize,
    numbers: Numbers,
    out: &'a mut String,
}

impl Copier<'_> {
    fn document(&mut self, mut on_member: impl FnMut(&str)) -> Result<(), JsonError> {
        // What is open: an object or not.
        let mut open: Vec<bool> = Vec::new();
        loop {
            // A value begins here.
            match self.peek() {
                Some(bracket @ (b'{' | b'[')) => {
                    if open.len() >= MAX_DEPTH {
                        return Err(JsonError::TooDeep(self.place));
                    }
                    let is_object = bracket == b'{';
                    self.take(bracket)?;
                    if self.peek() != Some(closing(is_object)) {
                        open.push(is_object);
                        if is_object {
                            self.name(&open, &mut on_member)?;
                        }
                        continue;
                    }
                    self.take(closing(is_object))?;
                }
                _ => self.scalar()?,
            }
            // A value has ended.
            loop {
                let Some(&is_object) = open.last() else {
                    return match self.peek() {
                        None => Ok(()),
                        Some(_) => Err(self.malformed()),
                    };
                };
                if self.peek() == Some(b',') {
                    self.take(b',')?;
                    if is_object {
                        self.name(&open, &mut on_member)?;
                    }
                    break;
                }
                self.take(closing(is_object))?;
                open.pop();
            }
        }
    }

    /// The name of a member, with its colon.
    fn name(&mut self, open: &[bool], on_member: &mut impl FnMut(&str)) -> Result<(), JsonError> {
        let start = self.out.len();
        self.peek();
        self.string()?;
        if open.len() == 1 {
            on_member(self.out.get(start..).unwrap_or_default());
        }
        self.take(b':')
    }

    fn scalar(&mut self) -> Result<(), JsonError> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => {
                let rest = self.rest();
                let words = ["true", "false", "null"];
                let word = words.into_iter().find(|word| rest.starts_with(word));
                let word = word.ok_or(self.malformed())?;
                self.out.push_str(word);
                self.place += word.len();
                Ok(())
            }
        }
    }

    fn string(&mut self) -> Result<(), JsonError> {
        if self.byte(self.place) != Some(b'"') {
            return Err(self.malformed());
        }
        let mut copied = self.place;
        self.place += 1;
        loop {
            match self.byte(self.place) {
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                Some(0..0x20) | None => return Err(self.malformed()),
                Some(byte) => {
                    let rest = self.json.as_bytes().get(self.place + 1..);
                    let Some((code, length)) = harmful(byte, rest.unwrap_or_default()) else {
                        self.place += 1;
                        continue;
                    };
                    self.push(copied);
                    push_escaped(self.out, code);
                    self.place += length;
                    copied = self.place;
                }
            }
        }
        self.place += 1;
        self.push(copied);
        Ok(())
    }

    /// Passes over an escape, which is left as it is.
    fn escape(&mut self) -> Result<(), JsonError> {
        let length = match self.byte(self.place + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
            Some(b'u') => {
                let digits = self.json.as_bytes().get(self.place + 2..self.place + 6);
                let is_code = digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
                if !is_code {
                    return Err(self.malformed());
                }
                6
            }
            _ => return Err(self.malformed()),
        };
        self.place += length;
        Ok(())
    }

    fn number(&mut self) -> Result<(), JsonError> {
        let start = self.place;
        if self.byte(self.place) == Some(b'-') {
            self.place += 1;
        }
        if self.byte(self.place) == Some(b'0') {
            self.place += 1;
        } else {
            self.digits()?;
        }
        let whole = self.place;
        if self.byte(self.place) == Some(b'.') {
            self.place += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.byte(self.place) {
            self.place += 1;
            if let Some(b'+' | b'-') = self.byte(self.place) {
                self.place += 1;
            }
            self.digits()?;
        }
        let text = self.json.get(start..self.place).unwrap_or_default();
        if self.numbers == Numbers::Exact && whole == self.place {
            super::number::push_whole(self.out, text);
        } else {
            self.out.push_str(text);
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let start = self.place;
        while self
            .byte(self.place)
            .is_some_and(|byte| byte.is_ascii_digit())
        {
            self.place += 1;
        }
        if self.place == start {
            return Err(self.malformed());
        }
        Ok(())
    }

    /// What comes after white space.
    fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.byte(self.place) {
            self.place += 1;
        }
        self.byte(self.place)
    }

    /// Takes a mark that has to come next.
    fn take(&mut self, mark: u8) -> Result<(), JsonError> {
        if self.peek() != Some(mark) {
            return Err(self.malformed());
        }
        self.place += 1;
        self.out.push(char::from(mark));
        Ok(())
    }

    /// Copies what stands between a place and here.
    fn push(&mut self, from: usize) {
        self.out
            .push_str(self.json.get(from..self.place).unwrap_or_default());
    }

    fn byte(&self, place: usize) -> Option<u8> {
        self.json.as_bytes().get(place).copied()
    }

    fn rest(&self) -> &str {
        self.json.get(self.place..).unwrap_or_default()
    }

    fn malformed(&self) -> JsonError {
        JsonError::Malformed(self.place)
    }
}

const fn closing(is_object: bool) -> u8 {
    if is_object { b'}' } else { b']' }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::{JsonError, Numbers, copy, push_json};

    fn copied(json: &str) -> Result<String, JsonError> {
        let mut out = String::from("before");
        let result = push_json(&mut out, json);
        let added = out.strip_prefix("before").unwrap().to_owned();
        assert!(result.is_ok() || added.is_empty(), "{json}: {added}");
        result.map(|()| added)
    }

    #[test]
    fn white_space_goes_and_harm_is_escaped() {
        for (json, expected) in [
            (" [ 1 , -0.5e+3 , { } , [ ] ] ", "[1,-0.5e+3,{},[]]"),
            (
                "{\"a\" : {\"b\":\n[true,false,null]} , \"c\":\"\"}",
                "{\"a\":{\"b\":[true,false,null]},\"c\":\"\"}",
            ),
            (
                "\"}{ </ <! \u{2028}\"",
                "\"\\u007d{ \\u003c/ \\u003c! \\u2028\"",
            ),
            (r#""\"\\\/\b\f\n\r\t\u00e9""#, r#""\"\\\/\b\f\n\r\t\u00e9""#),
        ] {
            assert_eq!(copied(json).as_deref(), Ok(expected), "{json}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused_where_it_goes_wrong() {
        for (json, place) in [
            ("", 0),
            (" ", 1),
            ("nul", 0),
            ("1 2", 2),
            ("01", 1),
            ("-", 1),
            ("1.", 2),
            ("1e", 2),
            ("+1", 0),
            (".5", 0),
            ("[1,]", 3),
            ("[1 2]", 3),
            ("[", 1),
            ("]", 0),
            ("{\"a\"}", 4),
            ("{a:1}", 1),
            ("{\"a\":1,}", 7),
            ("[1}", 2),
            ("\"a", 2),
            ("\"\\x\"", 1),
            ("\"\\u12g4\"", 1),
            ("\"\n\"", 1),
            ("truefalse", 4),
        ] {
            assert_eq!(copied(json), Err(JsonError::Malformed(place)), "{json}");
        }
        let deep = "[".repeat(128) + &"]".repeat(128);
        assert_eq!(copied(&deep), Ok(deep.clone()));
        let deeper = format!("[{deep}]");
        assert_eq!(copied(&deeper), Err(JsonError::TooDeep(128)));
    }

    #[test]
    fn numbers_are_left_or_made_exact_and_names_are_told() {
        let json = r#"{"a": 9007199254740993, "b": [9007199254740993.0, {"c": -1}]}"#;
        assert_eq!(
            copied(json).as_deref(),
            Ok(r#"{"a":9007199254740993,"b":[9007199254740993.0,{"c":-1}]}"#)
        );
        let (mut out, mut names) = (String::new(), Vec::new());
        copy(json, Numbers::Exact, &mut out, |name| {
            names.push(name.to_owned());
        })
        .unwrap();
        assert_eq!(
            out,
            r#"{"a":"9007199254740993","b":[9007199254740993.0,{"c":-1}]}"#
        );
        assert_eq!(names, ["\"a\"", "\"b\""]);
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC{0,12}|[}{</!\\x00-\\x1f\"\\\\\u{2028}]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("\\PC{0,6}", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_json_means_the_same_afterwards(value in values(), is_pretty in any::<bool>()) {
            let json = if is_pretty { format!("{value:#}") } else { value.to_string() };
            let out = copied(&json).unwrap();
            prop_assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), value);
            prop_assert_eq!(copied(&out), Ok(out.clone()), "it is stable");
        }

        #[test]
        fn whoever_else_reads_json_agrees(json in "[\\[\\]{}:,\" \\\\ut0-9eE.+-]{0,12}|(true|null|\\[|\\]|,|:|\\{|\\}|\"a\"|1|-| ){0,10}") {
            prop_assert_eq!(copied(&json).is_ok(), serde_json::from_str::<serde::de::IgnoredAny>(&json).is_ok());
        }
    }
}
