//! Data forms (XEP-0004) as XEP-0060 uses them: the configuration of a node out, any form in.
//!
//! Forms are read leniently, as services put things into them that the standard does not allow.

use std::collections::BTreeMap;

use pubsub_xml::{Reader, XmlError};

use super::stanza::namespace::DATA;
use super::stanza::{attribute, text};
use crate::{MaxItems, NodeConfig};

const NODE_CONFIG: &str = "http://jabber.org/protocol/pubsub#node_config";
const PUBLISH_OPTIONS: &str = "http://jabber.org/protocol/pubsub#publish-options";

/// The fields of a form that was read, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    fields: BTreeMap<String, Vec<String>>,
}

impl Form {
    /// The value of a field that has one.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values(name).first().map(String::as_str)
    }

    /// All the values of a field.
    #[must_use]
    pub fn values(&self, name: &str) -> &[String] {
        self.fields.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Every field with its values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.fields
            .iter()
            .map(|(name, values)| (name.as_str(), values.as_slice()))
    }

    /// Reads the form whose root `reader` has entered.
    pub(in crate::session) fn read(reader: &mut Reader<'_>) -> Result<Self, XmlError> {
        let mut form = Self::default();
        while let Some(child) = reader.child()? {
            let name = reader.attribute("var");
            match name {
                Some(name) if child.is("field", DATA) => {
                    let mut values = Vec::new();
                    while let Some(part) = reader.child()? {
                        if part.is("value", DATA) {
                            values.push(reader.text()?.into_owned());
                        } else {
                            reader.skip()?;
                        }
                    }
                    form.fields.insert(name.into_owned(), values);
                }
                _ => reader.skip()?,
            }
        }
        Ok(form)
    }
}

/// The form that asks for a configuration.
pub(in crate::session) fn node_config(config: &NodeConfig) -> String {
    node_config_of(config, None)
}

/// The same with the namespace of the payloads and a description.
pub(in crate::session) fn node_config_of(
    config: &NodeConfig,
    described: Option<&(&'static str, String)>,
) -> String {
    let flag = |value: bool| if value { "1" } else { "0" };
    let mut form = begin(NODE_CONFIG);
    if let Some(access) = config.access {
        field(&mut form, "pubsub#access_model", access.as_str());
    }
    if let Some(model) = config.publish_model {
        field(&mut form, "pubsub#publish_model", model.as_str());
    }
    if let Some(persist) = config.persist {
        field(&mut form, "pubsub#persist_items", flag(persist));
    }
    match config.max_items {
        Some(MaxItems::Count(count)) => field(&mut form, "pubsub#max_items", &count.to_string()),
        Some(MaxItems::Max) => field(&mut form, "pubsub#max_items", "max"),
        None => {}
    }
    if let Some(title) = config.title {
        field(&mut form, "pubsub#title", title);
    }
    if let Some(notify) = config.notify_retract {
        field(&mut form, "pubsub#notify_retract", flag(notify));
    }
    if let Some(deliver) = config.deliver_payloads {
        field(&mut form, "pubsub#deliver_payloads", flag(deliver));
    }
    if let Some(send_last) = config.send_last {
        field(
            &mut form,
            "pubsub#send_last_published_item",
            send_last.as_str(),
        );
    }
    if let Some((payload_type, description)) = described {
        describe(&mut form, payload_type, description);
    }
    form.push_str("</x>");
    form
}

/// The form that says in which namespace the payloads of a node are, and describes it.
pub(in crate::session) fn description(payload_type: &str, description: &str) -> String {
    let mut form = begin(NODE_CONFIG);
    describe(&mut form, payload_type, description);
    form.push_str("</x>");
    form
}

fn describe(form: &mut String, payload_type: &str, description: &str) {
    field(form, "pubsub#type", payload_type);
    field(form, "pubsub#description", description);
}

/// Whether a configuration has something that a publish can insist on.
pub(in crate::session) fn has_options(config: &NodeConfig) -> bool {
    config.access.is_some() || config.persist.is_some()
}

/// The form that makes a publish insist on a configuration (XEP-0060 §7.1.5). Only who may read and whether items are
/// kept: those every service knows, and those are worth failing for.
pub(in crate::session) fn publish_options(config: &NodeConfig) -> String {
    let mut form = begin(PUBLISH_OPTIONS);
    if let Some(persist) = config.persist {
        field(
            &mut form,
            "pubsub#persist_items",
            if persist { "true" } else { "false" },
        );
    }
    if let Some(access) = config.access {
        field(&mut form, "pubsub#access_model", access.as_str());
    }
    form.push_str("</x>");
    form
}

fn begin(kind: &str) -> String {
    let mut form = String::from(
        "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'><value>",
    );
    form.push_str(kind);
    form.push_str("</value></field>");
    form
}

fn field(form: &mut String, name: &str, value: &str) {
    form.push_str("<field");
    attribute(form, "var", name);
    form.push_str("><value>");
    text(form, value);
    form.push_str("</value></field>");
}

#[cfg(test)]
mod tests {
    use pubsub_xml::Reader;

    use super::{Form, node_config, publish_options};
    use crate::{AccessModel, MaxItems, NodeConfig};

    fn read(form: &str) -> Form {
        let mut reader = Reader::new(form);
        reader.root().unwrap();
        Form::read(&mut reader).unwrap()
    }

    #[test]
    fn a_configuration_becomes_a_form_with_what_is_set() {
        let config = NodeConfig::new()
            .access(AccessModel::Whitelist)
            .persist(true)
            .max_items(MaxItems::Max)
            .title("a < b");
        let form = read(&node_config(&config));
        assert_eq!(
            form.value("FORM_TYPE"),
            Some("http://jabber.org/protocol/pubsub#node_config")
        );
        assert_eq!(form.value("pubsub#access_model"), Some("whitelist"));
        assert_eq!(form.value("pubsub#persist_items"), Some("1"));
        assert_eq!(form.value("pubsub#max_items"), Some("max"));
        assert_eq!(form.value("pubsub#title"), Some("a < b"));
        assert_eq!(form.value("pubsub#notify_retract"), None);
        let options = read(&publish_options(&config));
        assert_eq!(options.iter().count(), 3);
    }

    #[test]
    fn forms_of_real_services_are_read() {
        let form = read(
            "<x xmlns='jabber:x:data' type='form'><title>T</title><field type='fixed'><value>x</value></field>\
             <field var='a' type='text-single'><option><value>1</value></option><value>1</value></field>\
             <field var='b' type='list-multi'><value>x</value><value>y</value><required/></field></x>",
        );
        assert_eq!(form.value("a"), Some("1"));
        assert_eq!(form.values("b"), ["x", "y"]);
        assert!(form.values("c").is_empty());
    }
}
