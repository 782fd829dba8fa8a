//! XML as a tree, and the comparison of what was expected with what came: namespaces count, prefixes and quotes do not.

use std::collections::{BTreeMap, HashMap};

use pubsub_xml::{Event, Name, Reader, Scope, XmlError};

/// One element.
#[derive(Debug)]
pub(super) struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    children: Vec<Element>,
    text: String,
}

impl Element {
    pub(super) fn read(xml: &str) -> Result<Self, XmlError> {
        let scope = Scope::default()
            .with_default("jabber:client")
            .with_prefix("stream", "http://etherx.jabber.org/streams");
        let mut reader = Reader::with_scope(xml, &scope);
        let name = reader.root()?;
        let element = Self::rest(&mut reader, &name)?;
        reader.finish()?;
        Ok(element)
    }

    fn rest(reader: &mut Reader<'_>, name: &Name<'_>) -> Result<Self, XmlError> {
        let attributes = reader.attributes().map(|attribute| {
            let prefix = attribute
                .prefix
                .map(|prefix| format!("{prefix}:"))
                .unwrap_or_default();
            (
                format!("{prefix}{}", attribute.local),
                attribute.value.into_owned(),
            )
        });
        let mut element = Self {
            name: format!("{{{}}}{}", name.namespace, name.local),
            attributes: attributes.collect(),
            children: Vec::new(),
            text: String::new(),
        };
        loop {
            match reader.event()? {
                Event::Start(name) => element.children.push(Self::rest(reader, &name)?),
                Event::Text(text) => element.text.push_str(&text),
                Event::End => return Ok(element),
                Event::Eof => return Err(XmlError::Truncated(0)),
            }
        }
    }
}

/// Says how what came differs from what was expected, and learns names on the way.
pub(super) fn compare(
    expected: &Element,
    got: &Element,
    is_partial: bool,
    names: &mut HashMap<String, String>,
) -> Result<(), String> {
    if expected.name != got.name {
        return Err(format!("expected {}, got {}", expected.name, got.name));
    }
    for (name, value) in &expected.attributes {
        let found = got
            .attributes
            .get(name)
            .ok_or_else(|| format!("no {name} at {}", got.name))?;
        matches(value, found, names)
            .map_err(|problem| format!("{name} at {}: {problem}", got.name))?;
    }
    if !is_partial
        && let Some(name) = got
            .attributes
            .keys()
            .find(|name| !expected.attributes.contains_key(*name))
    {
        return Err(format!("{name} at {} was not expected", got.name));
    }
    if !(is_partial && expected.text.trim().is_empty()) {
        matches(expected.text.trim(), got.text.trim(), names)
            .map_err(|problem| format!("text of {}: {problem}", got.name))?;
    }
    let mut candidates = got.children.iter();
    for child in &expected.children {
        let mut last = Err(format!("no {} in {}", child.name, got.name));
        for candidate in candidates.by_ref() {
            let mut learnt = names.clone();
            last = compare(child, candidate, is_partial, &mut learnt);
            if last.is_ok() {
                *names = learnt;
                break;
            }
            if !is_partial {
                break;
            }
        }
        last?;
    }
    match candidates.next() {
        Some(surplus) if !is_partial => {
            Err(format!("{} in {} was not expected", surplus.name, got.name))
        }
        _ => Ok(()),
    }
}

/// `{name}` takes the rest of a value: alone, or after and before fixed text.
fn matches(pattern: &str, value: &str, names: &mut HashMap<String, String>) -> Result<(), String> {
    let unlike = || format!("expected {pattern:?}, got {value:?}");
    let Some((before, rest)) = pattern.split_once('{') else {
        return if pattern == value {
            Ok(())
        } else {
            Err(unlike())
        };
    };
    let (name, after) = rest.split_once('}').ok_or_else(unlike)?;
    let middle = value
        .strip_prefix(before)
        .and_then(|value| value.strip_suffix(after))
        .ok_or_else(unlike)?;
    if name == "any" {
        return Ok(());
    }
    match names.get(name) {
        Some(known) if known != middle => Err(format!("{{{name}}} is {known:?}, got {middle:?}")),
        Some(_) => Ok(()),
        None => {
            names.insert(name.to_owned(), middle.to_owned());
            Ok(())
        }
    }
}
