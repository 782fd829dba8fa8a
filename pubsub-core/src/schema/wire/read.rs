//! Reads an outline, element by element. Refuses every element and attribute that it does not know.

use std::borrow::Cow;

use pubsub_xml::Reader;

use super::write::format;
use super::{OutlineError, SCHEMA};
use crate::registry::Format;
use crate::schema::outline::{Body, Case, Count, Member, Outline, Site, Type, ValueKind};

pub(super) fn outline(text: &str) -> Result<Outline, OutlineError> {
    let mut reader = Reader::new(text);
    let root = reader.root()?;
    if !root.is("schema", SCHEMA) {
        return Err(OutlineError::Form);
    }
    let mut attributes = Attributes::of(&reader, "schema")?;
    let node = attributes.required("node")?;
    let type_name = attributes.required("type")?;
    let word = attributes.required("format")?;
    let id = attributes.take("id");
    attributes.finish()?;
    let formats = [Format::Entry, Format::Django, Format::Json];
    let format = formats.into_iter().find(|known| format(*known) == word);
    let mut types = Vec::new();
    while let Some(name) = child(&mut reader)? {
        if name != "type" {
            return Err(unknown(&name));
        }
        types.push(each(&mut reader)?);
    }
    reader.finish()?;
    Ok(Outline {
        node,
        type_name,
        format: format
            .ok_or_else(|| OutlineError::Part(format!("no format is called `{word}`")))?,
        id,
        types,
    })
}

fn each(reader: &mut Reader<'_>) -> Result<Type, OutlineError> {
    let mut attributes = Attributes::of(reader, "type")?;
    let name = attributes.required("name")?;
    let namespace = attributes.required("namespace")?;
    attributes.finish()?;
    Ok(Type {
        name,
        namespace,
        body: body(reader, true)?,
    })
}

/// What stands in a type or a case, which is left: members, cases or one value. A record may be empty.
fn body(reader: &mut Reader<'_>, may_have_cases: bool) -> Result<Body, OutlineError> {
    let mut members = Vec::new();
    let mut cases = Vec::new();
    let mut values = Vec::new();
    while let Some(name) = child(reader)? {
        match &*name {
            "member" => members.push(member(reader)?),
            "case" if may_have_cases => cases.push(case(reader)?),
            "value" => {
                let mut attributes = Attributes::of(reader, "value")?;
                let kind = attributes.required("kind")?;
                attributes.finish()?;
                let inside = Inside::read(reader, false)?;
                values.push(inside.kind(&kind)?);
            }
            _ => return Err(unknown(&name)),
        }
    }
    match (members.is_empty(), cases.is_empty(), values.len()) {
        (_, true, 0) => Ok(Body::Record(members)),
        (true, false, 0) => Ok(Body::Cases(cases)),
        (true, true, 1) => Ok(values.pop().map_or(Body::Cases(cases), Body::Value)),
        _ => Err(OutlineError::Part(
            "members, cases and values stand in one place".to_owned(),
        )),
    }
}

fn case(reader: &mut Reader<'_>) -> Result<Case, OutlineError> {
    let mut attributes = Attributes::of(reader, "case")?;
    let name = attributes.required("name")?;
    let tag = attributes.take("tag");
    attributes.finish()?;
    Ok(Case {
        tag: tag.unwrap_or_else(|| name.clone()),
        name,
        body: body(reader, false)?,
    })
}

fn member(reader: &mut Reader<'_>) -> Result<Member, OutlineError> {
    let mut attributes = Attributes::of(reader, "member")?;
    let name = attributes.required("name")?;
    let tag = attributes.take("tag").unwrap_or_else(|| name.clone());
    let column = attributes.take("column").unwrap_or_else(|| name.clone());
    let kind = attributes.required("kind")?;
    let site = match attributes.take("at").as_deref() {
        None => Site::Element,
        Some("attribute") => Site::Attribute,
        Some("among") => Site::Among,
        Some(other) => return Err(unknown(other)),
    };
    let count = match attributes.take("count").as_deref() {
        None => Count::One,
        Some("optional") => Count::Optional,
        Some("many") => Count::Many,
        Some(other) => return Err(unknown(other)),
    };
    let has_default = match attributes.take("default").as_deref() {
        None => false,
        Some("true") => true,
        Some(other) => return Err(unknown(other)),
    };
    attributes.finish()?;
    let mut inside = Inside::read(reader, true)?;
    let count = match (inside.key.take(), count) {
        (None, count) => count,
        (Some(key), Count::One) => Count::Keyed(key),
        (Some(_), _) => return Err(unknown("key")),
    };
    let kind = inside.kind(&kind)?;
    Ok(Member {
        name,
        column,
        tag,
        site,
        kind,
        count,
        has_default,
    })
}

/// What stands in an element that has a kind.
#[derive(Default)]
struct Inside {
    words: Vec<String>,
    key: Option<ValueKind>,
}

impl Inside {
    fn read(reader: &mut Reader<'_>, may_have_key: bool) -> Result<Self, OutlineError> {
        let mut inside = Self::default();
        while let Some(name) = child(reader)? {
            match &*name {
                "word" => {
                    Attributes::of(reader, "word")?.finish()?;
                    inside.words.push(reader.text()?.into_owned());
                }
                "key" if may_have_key && inside.key.is_none() => {
                    let mut attributes = Attributes::of(reader, "key")?;
                    let kind = attributes.required("kind")?;
                    attributes.finish()?;
                    inside.key = Some(Self::read(reader, false)?.kind(&kind)?);
                }
                _ => return Err(unknown(&name)),
            }
        }
        Ok(inside)
    }

    fn kind(self, word: &str) -> Result<ValueKind, OutlineError> {
        let kind = match word {
            "choice" => return Ok(ValueKind::Choice(self.words)),
            "text" => ValueKind::Text,
            "bool" => ValueKind::Bool,
            "time" => ValueKind::Timestamp,
            "uuid" => ValueKind::Uuid,
            "json" => ValueKind::Json,
            _ => numbered(word).ok_or_else(|| unknown(word))?,
        };
        if self.words.is_empty() {
            Ok(kind)
        } else {
            Err(unknown("word"))
        }
    }
}

/// A kind with a number in it.
fn numbered(word: &str) -> Option<ValueKind> {
    let letter = word.chars().next()?;
    let digits = word.get(letter.len_utf8()..)?;
    // One spelling a number.
    let is_plain = digits == "0" || !digits.starts_with(['0', '+']);
    let bits = || digits.parse().ok().filter(|_| is_plain);
    Some(match letter {
        'i' | 'u' => ValueKind::Integer {
            bits: bits()?,
            signed: letter == 'i',
        },
        'f' => ValueKind::Float { bits: bits()? },
        '#' => ValueKind::Nested(digits.parse().ok().filter(|_| is_plain)?),
        _ => return None,
    })
}

/// The next child, which has to be in our namespace.
fn child<'x>(reader: &mut Reader<'x>) -> Result<Option<Cow<'x, str>>, OutlineError> {
    match reader.child()? {
        Some(name) if name.namespace == SCHEMA => Ok(Some(Cow::Borrowed(name.local))),
        Some(name) => Err(unknown(name.local)),
        None => Ok(None),
    }
}

fn unknown(what: &str) -> OutlineError {
    let what: String = what.chars().take(40).collect();
    OutlineError::Part(format!("`{what}` is not known here"))
}

/// The attributes of an element, each to be taken.
struct Attributes {
    element: &'static str,
    left: Vec<(String, String)>,
}

impl Attributes {
    fn of(reader: &Reader<'_>, element: &'static str) -> Result<Self, OutlineError> {
        let mut left = Vec::new();
        for attribute in reader.attributes() {
            if attribute.prefix.is_some() {
                return Err(unknown(attribute.local));
            }
            left.push((attribute.local.to_owned(), attribute.value.into_owned()));
        }
        Ok(Self { element, left })
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let place = self.left.iter().position(|(known, _)| known == name)?;
        Some(self.left.swap_remove(place).1)
    }

    fn required(&mut self, name: &str) -> Result<String, OutlineError> {
        self.take(name).ok_or_else(|| {
            OutlineError::Part(format!("`{}` has no attribute `{name}`", self.element))
        })
    }

    fn finish(self) -> Result<(), OutlineError> {
        match self.left.first() {
            None => Ok(()),
            Some((name, _)) => Err(unknown(name)),
        }
    }
}
