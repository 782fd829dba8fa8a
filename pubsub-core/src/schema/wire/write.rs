//! Writes an outline. What is the usual case is left out.

use pubsub_xml::{ForbiddenChar, escape_attribute, escape_text};

use super::SCHEMA;
use crate::registry::Format;
use crate::schema::outline::{Body, Case, Count, Member, Outline, Site, ValueKind};

type Written = Result<(), ForbiddenChar>;

pub(super) fn text(outline: &Outline) -> Result<String, ForbiddenChar> {
    let mut out = String::with_capacity(512);
    out.push_str("<schema");
    attribute(&mut out, "xmlns", SCHEMA)?;
    attribute(&mut out, "node", &outline.node)?;
    attribute(&mut out, "type", &outline.type_name)?;
    attribute(&mut out, "format", format(outline.format))?;
    if let Some(id) = &outline.id {
        attribute(&mut out, "id", id)?;
    }
    out.push('>');
    for each in &outline.types {
        out.push_str("<type");
        attribute(&mut out, "name", &each.name)?;
        attribute(&mut out, "namespace", &each.namespace)?;
        out.push('>');
        body(&mut out, &each.body)?;
        out.push_str("</type>");
    }
    out.push_str("</schema>");
    Ok(out)
}

pub(super) const fn format(format: Format) -> &'static str {
    match format {
        Format::Entry => "entry",
        Format::Django => "django",
        Format::Json => "json",
    }
}

fn body(out: &mut String, body: &Body) -> Written {
    match body {
        Body::Record(members) => members.iter().try_for_each(|each| member(out, each)),
        Body::Cases(cases) => cases.iter().try_for_each(|each| case(out, each)),
        Body::Value(kind) => {
            out.push_str("<value");
            self::kind(out, kind)?;
            close(out, "value", kind, None)
        }
    }
}

fn member(out: &mut String, member: &Member) -> Written {
    out.push_str("<member");
    attribute(out, "name", &member.name)?;
    if member.tag != member.name {
        attribute(out, "tag", &member.tag)?;
    }
    if member.column != member.name {
        attribute(out, "column", &member.column)?;
    }
    kind(out, &member.kind)?;
    match member.site {
        Site::Element => {}
        Site::Attribute => attribute(out, "at", "attribute")?,
        Site::Among => attribute(out, "at", "among")?,
    }
    let key = match &member.count {
        Count::One => None,
        Count::Optional => {
            attribute(out, "count", "optional")?;
            None
        }
        Count::Many => {
            attribute(out, "count", "many")?;
            None
        }
        Count::Keyed(key) => Some(key),
    };
    if member.has_default {
        attribute(out, "default", "true")?;
    }
    close(out, "member", &member.kind, key)
}

fn case(out: &mut String, case: &Case) -> Written {
    out.push_str("<case");
    attribute(out, "name", &case.name)?;
    if case.tag != case.name {
        attribute(out, "tag", &case.tag)?;
    }
    out.push('>');
    body(out, &case.body)?;
    out.push_str("</case>");
    Ok(())
}

fn kind(out: &mut String, kind: &ValueKind) -> Written {
    let word = match kind {
        ValueKind::Text => "text".to_owned(),
        ValueKind::Integer { bits, signed } => format!("{}{bits}", if *signed { 'i' } else { 'u' }),
        ValueKind::Float { bits } => format!("f{bits}"),
        ValueKind::Bool => "bool".to_owned(),
        ValueKind::Timestamp => "time".to_owned(),
        ValueKind::Uuid => "uuid".to_owned(),
        ValueKind::Choice(_) => "choice".to_owned(),
        ValueKind::Nested(number) => format!("#{number}"),
        ValueKind::Json => "json".to_owned(),
    };
    attribute(out, "kind", &word)
}

/// Ends the start tag of an element with a kind, and the element, with what is in it.
fn close(out: &mut String, name: &str, kind: &ValueKind, key: Option<&ValueKind>) -> Written {
    let words: &[String] = match kind {
        ValueKind::Choice(words) => words,
        _ => &[],
    };
    if words.is_empty() && key.is_none() {
        out.push_str("/>");
        return Ok(());
    }
    out.push('>');
    for word in words {
        out.push_str("<word>");
        escape_text(out, word)?;
        out.push_str("</word>");
    }
    if let Some(key) = key {
        out.push_str("<key");
        self::kind(out, key)?;
        close(out, "key", key, None)?;
    }
    out.push_str("</");
    out.push_str(name);
    out.push('>');
    Ok(())
}

fn attribute(out: &mut String, name: &str, value: &str) -> Written {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    escape_attribute(out, value)?;
    out.push('"');
    Ok(())
}
