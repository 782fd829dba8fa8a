//! Ad-hoc commands (XEP-0050): reads what is executed with what form, writes how it went on. Which commands there are, others know.

use std::borrow::Cow;

use pubsub_xml::{Reader, XmlError};

use super::{attribute, form, namespace, text};

/// What a client wants with a command.
#[derive(Debug)]
pub(crate) struct Execution<'x> {
    /// The name of the command.
    pub(crate) node: Cow<'x, str>,
    pub(crate) is_cancelled: bool,
    pub(crate) session: Option<Cow<'x, str>>,
    /// The form it was sent with, if it was.
    pub(crate) form: Option<form::Submission<'x>>,
}

/// Reads the `<command/>` that was just entered.
pub(crate) fn read<'x>(reader: &mut Reader<'x>) -> Result<Execution<'x>, XmlError> {
    let action = reader.attribute("action");
    let mut execution = Execution {
        node: reader.attribute("node").unwrap_or_default(),
        is_cancelled: action.is_some_and(|action| action == "cancel"),
        session: reader.attribute("sessionid"),
        form: None,
    };
    while let Some(name) = reader.child()? {
        if name.is("x", namespace::DATA_FORM) {
            execution.form = Some(form::read(reader)?);
        } else {
            reader.skip()?;
        }
    }
    Ok(execution)
}

/// Opens the answer; `status` is `executing`, `completed` or `canceled`.
pub(crate) fn open(out: &mut String, node: &str, session: &str, status: &str) {
    out.push_str("<command xmlns='http://jabber.org/protocol/commands'");
    attribute(out, "node", node);
    attribute(out, "sessionid", session);
    attribute(out, "status", status);
    out.push('>');
}

/// What people are told besides.
pub(crate) fn note(out: &mut String, words: &str) {
    out.push_str("<note type='info'>");
    text(out, words);
    out.push_str("</note>");
}

pub(crate) fn close(out: &mut String) {
    out.push_str("</command>");
}
