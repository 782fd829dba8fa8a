//! Takes one start tag apart: name, attributes, declarations (XML 1.0 §3.1, Namespaces in XML §3 and §6).
//!
//! Checks what can be checked within the tag. Does not know which elements are open.

use std::borrow::Cow;

use memchr::memchr;
use smallvec::SmallVec;

use super::bindings::Bindings;
use crate::characters::{ncname_len, trim_white};
use crate::{XmlError, unescape};

/// An element may have this many attributes and declarations.
const MAX_ATTRIBUTES: usize = 64;

/// An attribute with its prefix not yet resolved.
#[derive(Debug, Clone)]
pub(super) struct RawAttribute<'x> {
    pub(super) prefix: Option<&'x str>,
    pub(super) local: &'x str,
    pub(super) value: Cow<'x, str>,
}

/// A start tag without its attributes.
#[derive(Debug)]
pub(super) struct StartTag<'x> {
    pub(super) qualified: &'x str,
    pub(super) prefix: Option<&'x str>,
    pub(super) local: &'x str,
    /// Written as `<a/>`.
    pub(super) is_empty: bool,
    /// From `<` to `>`, in bytes.
    pub(super) length: usize,
}

impl<'x> StartTag<'x> {
    /// Takes the tag at the start of `source`, which stands at byte `offset` of the fragment.
    pub(super) fn take(
        source: &'x str,
        offset: usize,
        attributes: &mut SmallVec<[RawAttribute<'x>; 4]>,
        bindings: &mut Bindings<'x>,
    ) -> Result<Self, XmlError> {
        attributes.clear();
        let outside = bindings.len();
        let at = |rest: &str| offset + source.len() - rest.len();
        let start = source.get(1..).unwrap_or_default();
        let (qualified, prefix, local) =
            qualified_name(start).ok_or(XmlError::Malformed(offset))?;
        let mut rest = start.get(qualified.len()..).unwrap_or_default();
        if rest.as_bytes().first() == Some(&b'>') {
            let length = qualified.len() + 2;
            return Ok(Self {
                qualified,
                prefix,
                local,
                is_empty: false,
                length,
            });
        }
        let mut given = 0;
        loop {
            let trimmed = trim_white(rest);
            let is_separated = trimmed.len() < rest.len();
            rest = trimmed;
            match rest.as_bytes() {
                [b'>', ..] => {
                    let length = source.len() - rest.len() + 1;
                    check_attributes(attributes, bindings, offset)?;
                    return Ok(Self {
                        qualified,
                        prefix,
                        local,
                        is_empty: false,
                        length,
                    });
                }
                [b'/', b'>', ..] => {
                    let length = source.len() - rest.len() + 2;
                    check_attributes(attributes, bindings, offset)?;
                    return Ok(Self {
                        qualified,
                        prefix,
                        local,
                        is_empty: true,
                        length,
                    });
                }
                [] | [b'/'] => return Err(XmlError::Truncated(at(rest))),
                _ if !is_separated => return Err(XmlError::Malformed(at(rest))),
                _ => {}
            }
            given += 1;
            if given > MAX_ATTRIBUTES {
                return Err(XmlError::TooComplex(at(rest)));
            }
            let position = at(rest);
            let (name, prefix, local) =
                qualified_name(rest).ok_or(XmlError::Malformed(position))?;
            rest = rest.get(name.len()..).unwrap_or_default();
            let value = take_value(&mut rest, at)?;
            match (prefix, local) {
                (None, "xmlns") => bindings.declare("", value, outside, position)?,
                (Some("xmlns"), declared) => {
                    bindings.declare(declared, value, outside, position)?;
                }
                (prefix, local) => attributes.push(RawAttribute {
                    prefix,
                    local,
                    value,
                }),
            }
        }
    }
}

/// `prefix:local` or `local` at the start of `text`.
fn qualified_name(text: &str) -> Option<(&str, Option<&str>, &str)> {
    let first = text
        .get(..ncname_len(text))
        .filter(|name| !name.is_empty())?;
    let after = text.get(first.len()..).unwrap_or_default();
    let Some(after) = after.strip_prefix(':') else {
        return Some((first, None, first));
    };
    let local = after
        .get(..ncname_len(after))
        .filter(|name| !name.is_empty())?;
    if after
        .get(local.len()..)
        .is_some_and(|rest| rest.starts_with(':'))
    {
        return None;
    }
    let qualified = text.get(..first.len() + 1 + local.len())?;
    Some((qualified, Some(first), local))
}

/// `= "value"` at the start of `rest`, which moves behind it.
fn take_value<'x>(
    rest: &mut &'x str,
    at: impl Fn(&str) -> usize,
) -> Result<Cow<'x, str>, XmlError> {
    let equals = trim_white(rest);
    let Some(quoted) = equals.strip_prefix('=') else {
        return Err(unfinished(equals, &at));
    };
    let quoted = trim_white(quoted);
    let Some(&quote @ (b'"' | b'\'')) = quoted.as_bytes().first() else {
        return Err(unfinished(quoted, &at));
    };
    let inside = quoted.get(1..).unwrap_or_default();
    let length = memchr(quote, inside.as_bytes()).ok_or_else(|| XmlError::Truncated(at(quoted)))?;
    *rest = inside.get(length + 1..).unwrap_or_default();
    unescape::attribute(inside.get(..length).unwrap_or_default(), at(inside))
}

fn unfinished(rest: &str, at: &impl Fn(&str) -> usize) -> XmlError {
    if rest.is_empty() {
        XmlError::Truncated(at(rest))
    } else {
        XmlError::Malformed(at(rest))
    }
}

/// Every prefix is bound, and no two attributes have the same expanded name (Namespaces in XML §6.3).
fn check_attributes(
    attributes: &[RawAttribute<'_>],
    bindings: &Bindings<'_>,
    offset: usize,
) -> Result<(), XmlError> {
    for (index, attribute) in attributes.iter().enumerate() {
        let namespace = attribute.prefix.map(|prefix| bindings.resolve(prefix));
        if namespace == Some(None) {
            return Err(XmlError::Namespace(offset));
        }
        let is_repeated = attributes.iter().take(index).any(|earlier| {
            earlier.local == attribute.local
                && (earlier.prefix == attribute.prefix
                    || earlier.prefix.map(|prefix| bindings.resolve(prefix)) == namespace)
        });
        if is_repeated {
            return Err(XmlError::DuplicateAttribute(offset));
        }
    }
    Ok(())
}
