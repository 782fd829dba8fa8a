//! Data forms (XEP-0004): reads submitted fields, writes the configuration of a node as a form, a result or meta-data.

use std::borrow::Cow;

use pubsub_xml::{Reader, XmlError};

use super::{attribute, namespace, text};
use crate::service::options::{Field, Kind, NodeConfig, OPTIONS};

/// A form as a client sends it.
#[derive(Debug, Default)]
pub(crate) struct Submission<'x> {
    pub(crate) fields: Vec<Field<'x>>,
    pub(crate) is_cancelled: bool,
}

/// Reads the form inside the current element, which is left; other children are skipped.
pub(crate) fn read_within<'x>(reader: &mut Reader<'x>) -> Result<Submission<'x>, XmlError> {
    let mut submission = Submission::default();
    while let Some(name) = reader.child()? {
        if name.is("x", namespace::DATA_FORM) {
            submission = read(reader)?;
        } else {
            reader.skip()?;
        }
    }
    Ok(submission)
}

/// Reads the form that was just entered.
fn read<'x>(reader: &mut Reader<'x>) -> Result<Submission<'x>, XmlError> {
    let is_cancelled = reader
        .attribute("type")
        .is_some_and(|kind| kind == "cancel");
    let mut fields = Vec::new();
    while let Some(name) = reader.child()? {
        if !name.is("field", namespace::DATA_FORM) {
            reader.skip()?;
            continue;
        }
        let variable = reader.attribute("var").unwrap_or(Cow::Borrowed(""));
        let mut values = Vec::new();
        while let Some(name) = reader.child()? {
            if name.is("value", namespace::DATA_FORM) {
                values.push(reader.text()?);
            } else {
                reader.skip()?;
            }
        }
        if variable != "FORM_TYPE" {
            fields.push(Field {
                name: variable,
                values,
            });
        }
    }
    Ok(Submission {
        fields,
        is_cancelled,
    })
}

/// Opens a form of that `type` with its `FORM_TYPE`.
pub(crate) fn open(out: &mut String, kind: &str, form_type: &str) {
    out.push_str("<x xmlns='jabber:x:data'");
    attribute(out, "type", kind);
    out.push('>');
    out.push_str("<field var='FORM_TYPE' type='hidden'><value>");
    text(out, form_type);
    out.push_str("</value></field>");
}

pub(crate) fn close(out: &mut String) {
    out.push_str("</x>");
}

/// A field with one value.
pub(crate) fn field(out: &mut String, name: &str, kind: &str, value: &str) {
    out.push_str("<field");
    attribute(out, "var", name);
    attribute(out, "type", kind);
    out.push_str("><value>");
    text(out, value);
    out.push_str("</value></field>");
}

pub(crate) fn write_value(out: &mut String, value: &str) {
    out.push_str("<value>");
    text(out, value);
    out.push_str("</value>");
}

/// The configuration as a form to fill (`type='form'`) or to look at (`type='result'`).
pub(crate) fn write_configuration(out: &mut String, kind: &str, config: &NodeConfig) {
    open(out, kind, "http://jabber.org/protocol/pubsub#node_config");
    for option in OPTIONS {
        out.push_str("<field");
        attribute(out, "var", option.name);
        attribute(out, "label", option.label);
        attribute(
            out,
            "type",
            match option.kind {
                Kind::Boolean => "boolean",
                Kind::Text => "text-single",
                Kind::Texts => "list-multi",
                Kind::Choice(_) => "list-single",
            },
        );
        out.push('>');
        if let Kind::Choice(words) = option.kind {
            for word in words {
                out.push_str("<option><value>");
                text(out, word);
                out.push_str("</value></option>");
            }
        }
        let value = (option.read)(config);
        if option.kind == Kind::Texts {
            for line in value.lines() {
                write_value(out, line);
            }
        } else {
            write_value(out, &value);
        }
        out.push_str("</field>");
    }
    close(out);
}
