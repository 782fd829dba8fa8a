//! Presence as XML (RFC 6121 §4), as far as the server has to understand it.

use pubsub_xml::{Reader, Scope, XmlError};

use super::{attribute, namespace};
use crate::presence::caps::{Answer, Claim, Form};
use crate::service::shows::Show;

/// What stands before the recipient's address in every presence.
pub(crate) const HEAD: &str = "<presence to='";

/// What the server reads in the presence of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) priority: i8,
    pub(crate) caps: Option<Claim>,
    pub(crate) show: Show,
}

/// Why presence is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadPriority;

/// Reads a presence that `tail` is the end of, everything after the address of the recipient.
pub(crate) fn read(tail: &str) -> Result<Result<Said, BadPriority>, XmlError> {
    let scope = Scope::default().with_default(namespace::CLIENT);
    let whole = format!("{HEAD}{tail}");
    let mut reader = Reader::with_scope(&whole, &scope);
    reader.root()?;
    let mut said = Said::default();
    while let Some(name) = reader.child()? {
        if name.is("priority", namespace::CLIENT) {
            match reader.text()?.trim().parse() {
                Ok(priority) => said.priority = priority,
                Err(_) => return Ok(Err(BadPriority)),
            }
        } else if name.is("show", namespace::CLIENT) {
            // What nobody knows is nothing in particular.
            said.show = Show::of(reader.text()?.trim()).unwrap_or_default();
        } else if name.is("c", namespace::CAPS) {
            let word = |name| reader.attribute(name).map(|value| Box::from(&*value));
            if let (Some(hash), Some(node), Some(ver)) = (word("hash"), word("node"), word("ver")) {
                said.caps = Some(Claim { hash, node, ver });
            }
            reader.skip()?;
        } else {
            reader.skip()?;
        }
    }
    Ok(Ok(said))
}

/// The end of the presence that the server itself sends for somebody: `subscribed`, `unsubscribed` or `unavailable`.
pub(crate) fn tail_of(from: &str, variant: &str) -> String {
    let mut tail = String::from("'");
    attribute(&mut tail, "from", from);
    attribute(&mut tail, "type", variant);
    tail.push_str("/>");
    tail
}

/// Reads the `<query/>` of a discovery's answer that was just entered.
pub(crate) fn read_answer(reader: &mut Reader<'_>) -> Result<Answer, XmlError> {
    let mut answer = Answer::default();
    while let Some(name) = reader.child()? {
        let word = |name| reader.attribute(name).unwrap_or_default().into_owned();
        match (name.local, &*name.namespace) {
            ("identity", namespace::DISCO_INFO) => {
                let language = reader
                    .attributes()
                    .find(|one| one.prefix == Some("xml") && one.local == "lang")
                    .map(|one| one.value.into_owned())
                    .unwrap_or_default();
                answer
                    .identities
                    .push([word("category"), word("type"), language, word("name")]);
                reader.skip()?;
            }
            ("feature", namespace::DISCO_INFO) => {
                answer.features.push(word("var"));
                reader.skip()?;
            }
            ("x", namespace::DATA_FORM) => answer.forms.push(read_form(reader)?),
            _ => reader.skip()?,
        }
    }
    Ok(answer)
}

fn read_form(reader: &mut Reader<'_>) -> Result<Form, XmlError> {
    let mut form = Form::default();
    while let Some(name) = reader.child()? {
        if !name.is("field", namespace::DATA_FORM) {
            reader.skip()?;
            continue;
        }
        let field = reader.attribute("var").unwrap_or_default().into_owned();
        let mut values = Vec::new();
        while let Some(name) = reader.child()? {
            if name.is("value", namespace::DATA_FORM) {
                values.push(reader.text()?.into_owned());
            } else {
                reader.skip()?;
            }
        }
        if field == "FORM_TYPE" {
            form.form_type = values.pop();
        } else {
            form.fields.push((field, values));
        }
    }
    Ok(form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn priority_and_capabilities_are_read_and_the_rest_is_left_alone() {
        let said = |inner: &str| read(&format!("' from='a@x/1'>{inner}</presence>")).expect("XML");
        assert_eq!(said(""), Ok(Said::default()));
        let caps = "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='v'/>";
        let all = said(&format!("<show>away</show><priority> -3 </priority>{caps}")).expect("said");
        assert_eq!((all.priority, all.show), (-3, Show::Away));
        assert_eq!(all.caps.expect("caps").ver, "v".into());
        assert_eq!(said("<priority>200</priority>"), Err(BadPriority));
        // The first form of XEP-0115 had no hash; nothing can be verified of it.
        let old = "<c xmlns='http://jabber.org/protocol/caps' node='n' ver='v'/>";
        assert_eq!(said(old), Ok(Said::default()));
    }

    #[test]
    fn an_answer_is_read_with_all_that_is_hashed() {
        let xml = "<query xmlns='http://jabber.org/protocol/disco#info'>\
            <identity category='client' type='pc' xml:lang='en' name='Psi'/><feature var='f'/>\
            <x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'><value>t</value></field>\
            <field var='os'><value>Mac</value></field></x></query>";
        let mut reader = Reader::new(xml);
        reader.root().expect("a query");
        let answer = read_answer(&mut reader).expect("an answer");
        assert_eq!(
            answer.identities,
            [["client", "pc", "en", "Psi"].map(str::to_owned)]
        );
        assert_eq!(answer.features, ["f"]);
        assert_eq!(answer.forms.len(), 1);
        assert_eq!(
            answer
                .forms
                .first()
                .and_then(|form| form.form_type.as_deref()),
            Some("t")
        );
    }
}
