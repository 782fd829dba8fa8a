//! Data forms (XEP-0004): reads submitted fields, writes the configuration of a node as a form, a result or meta-data.

use std::borrow::Cow;

use pubsub_xml::{Reader, XmlError};

use super::{attribute, namespace, text};
use crate::service::options::{Field, Kind, NodeConfig, OPTIONS};
use crate::service::terms::{SUBSCRIPTION_OPTIONS, Terms};

/// A form as a client sends it.
#[derive(Debug, Default)]
pub(crate) struct Submission<'x> {
    pub(crate) fields: Vec<Field<'x>>,
    pub(crate) is_cancelled: bool,
    /// `FORM_TYPE`; empty if there is none.
    pub(crate) form_type: Cow<'x, str>,
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
pub(crate) fn read<'x>(reader: &mut Reader<'x>) -> Result<Submission<'x>, XmlError> {
    let is_cancelled = reader
        .attribute("type")
        .is_some_and(|kind| kind == "cancel");
    let mut fields = Vec::new();
    let mut form_type = Cow::Borrowed("");
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
        if variable == "FORM_TYPE" {
            form_type = values.into_iter().next().unwrap_or_default();
        } else {
            fields.push(Field {
                name: variable,
                values,
            });
        }
    }
    Ok(Submission {
        fields,
        is_cancelled,
        form_type,
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

/// Opens a form to fill, with words for people.
pub(crate) fn open_titled(out: &mut String, form_type: &str, title: &str, instructions: &str) {
    out.push_str("<x xmlns='jabber:x:data' type='form'><title>");
    text(out, title);
    out.push_str("</title><instructions>");
    text(out, instructions);
    out.push_str("</instructions>");
    field(out, "FORM_TYPE", "hidden", form_type);
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
        let value = (option.read)(config);
        labelled(out, option.name, option.label, option.kind, &value);
    }
    close(out);
}

/// The options of a subscription, in the same ways.
pub(crate) fn write_subscription_options(out: &mut String, kind: &str, terms: &Terms) {
    open(
        out,
        kind,
        "http://jabber.org/protocol/pubsub#subscribe_options",
    );
    for option in SUBSCRIPTION_OPTIONS {
        let value = (option.read)(terms);
        labelled(out, option.name, option.label, option.kind, &value);
    }
    close(out);
}

/// What everybody may know of a configuration, as fields of a form that others open.
pub(crate) fn write_meta_data(out: &mut String, config: &NodeConfig) {
    for option in OPTIONS {
        let value = (option.read)(config);
        open_labelled(out, option.name, option.label, option.kind);
        close_labelled(out, option.kind, &value);
    }
}

fn labelled(out: &mut String, name: &str, label: &str, kind: Kind, value: &str) {
    open_labelled(out, name, label, kind);
    if let Kind::Choice(words) | Kind::Choices(words) = kind {
        for word in words {
            out.push_str("<option>");
            write_value(out, word);
            out.push_str("</option>");
        }
    }
    close_labelled(out, kind, value);
}

fn open_labelled(out: &mut String, name: &str, label: &str, kind: Kind) {
    out.push_str("<field");
    attribute(out, "var", name);
    attribute(out, "label", label);
    attribute(
        out,
        "type",
        match kind {
            Kind::Boolean => "boolean",
            Kind::Text => "text-single",
            Kind::Texts | Kind::Choices(_) => "list-multi",
            Kind::Addresses => "jid-multi",
            Kind::Choice(_) => "list-single",
        },
    );
    out.push('>');
}

fn close_labelled(out: &mut String, kind: Kind, value: &str) {
    if matches!(kind, Kind::Texts | Kind::Addresses | Kind::Choices(_)) {
        for line in value.lines() {
            write_value(out, line);
        }
    } else {
        write_value(out, value);
    }
    out.push_str("</field>");
}
