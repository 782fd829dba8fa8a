//! Writes stanzas into the outgoing buffer. The payload is copied once, as it was encoded.

use pubsub_xml::{escape_attribute, escape_text};

use super::RequestId;
use super::namespace::PUBSUB;
use crate::{ItemId, NodeName};

/// Appends a quoted attribute. Names and addresses are checked when they are made; what XML cannot carry is left out.
pub(in crate::session) fn attribute(out: &mut String, name: &str, value: &str) {
    out.extend([" ", name, "='"]);
    let _ = escape_attribute(out, value);
    out.push('\'');
}

/// Appends character data; what XML cannot carry is left out.
pub(in crate::session) fn text(out: &mut String, value: &str) {
    let _ = escape_text(out, value);
}

/// The beginnings of requests, written once a connection: everything up to the id.
#[derive(Debug, Clone, Default)]
pub(in crate::session) struct Heads {
    from: Option<String>,
    /// Of a `set` to the PubSub service.
    set: String,
}

impl Heads {
    /// `from` is given by components only; the server of an account adds it.
    pub(in crate::session) fn new(service: &str, from: Option<&str>) -> Self {
        let mut heads = Self {
            from: from.map(str::to_owned),
            set: String::new(),
        };
        let mut set = String::new();
        heads.open(&mut set, "set", Some(service));
        heads.set = set;
        heads
    }

    fn open(&self, out: &mut String, kind: &str, to: Option<&str>) {
        out.extend(["<iq type='", kind, "'"]);
        if let Some(to) = to {
            attribute(out, "to", to);
        }
        if let Some(from) = &self.from {
            attribute(out, "from", from);
        }
        out.push_str(" id='");
    }

    /// A request with a body that is already XML.
    pub(in crate::session) fn request(
        &self,
        out: &mut String,
        id: RequestId,
        kind: &str,
        to: Option<&str>,
        body: &str,
    ) {
        self.open(out, kind, to);
        id.write(out);
        out.extend(["'>", body, "</iq>"]);
    }

    /// An answer to somebody else's request.
    pub(in crate::session) fn answer(
        &self,
        out: &mut String,
        kind: &str,
        to: Option<&str>,
        id: &str,
        body: &str,
    ) {
        self.open(out, kind, to);
        let _ = escape_attribute(out, id);
        if body.is_empty() {
            out.push_str("'/>");
        } else {
            out.extend(["'>", body, "</iq>"]);
        }
    }

    /// A publish of one item or, where the service takes them, several. `options` is a form of publish-options.
    pub(in crate::session) fn publish<'i>(
        &self,
        out: &mut String,
        id: RequestId,
        node: &NodeName,
        items: impl IntoIterator<Item = (&'i ItemId, &'i str)>,
        options: Option<&str>,
    ) {
        self.begin(out, id);
        out.push_str("<publish");
        attribute(out, "node", node.as_str());
        out.push('>');
        for (item, payload) in items {
            out.push_str("<item");
            attribute(out, "id", item.as_str());
            out.extend([">", payload, "</item>"]);
        }
        out.push_str("</publish>");
        if let Some(options) = options {
            out.extend(["<publish-options>", options, "</publish-options>"]);
        }
        out.push_str("</pubsub></iq>");
    }

    /// A retraction of one item, as no service but few take several (XEP-0060 §7.2).
    pub(in crate::session) fn retract(
        &self,
        out: &mut String,
        id: RequestId,
        node: &NodeName,
        item: &ItemId,
        notify: bool,
    ) {
        self.begin(out, id);
        out.push_str("<retract");
        attribute(out, "node", node.as_str());
        if notify {
            out.push_str(" notify='true'");
        }
        out.push_str("><item");
        attribute(out, "id", item.as_str());
        out.push_str("/></retract></pubsub></iq>");
    }

    /// The creation of a node, configured at once when `form` is given.
    pub(in crate::session) fn create(
        &self,
        out: &mut String,
        id: RequestId,
        node: &NodeName,
        form: Option<&str>,
    ) {
        self.begin(out, id);
        out.push_str("<create");
        attribute(out, "node", node.as_str());
        out.push_str("/>");
        if let Some(form) = form {
            out.extend(["<configure>", form, "</configure>"]);
        }
        out.push_str("</pubsub></iq>");
    }

    fn begin(&self, out: &mut String, id: RequestId) {
        out.push_str(&self.set);
        id.write(out);
        out.extend(["'><pubsub xmlns='", PUBSUB, "'>"]);
    }
}

#[cfg(test)]
mod tests {
    use super::{Heads, RequestId};
    use crate::{ItemId, NodeName};

    const ID: RequestId = RequestId { slot: 1, serial: 0 };

    fn check(write: impl FnOnce(&Heads, &mut String, &NodeName, &ItemId), expect: &str) {
        let mut out = String::new();
        let heads = Heads::new("pubsub.x", None);
        let node = NodeName::new("/a'b").unwrap();
        write(&heads, &mut out, &node, &ItemId::new("i&1").unwrap());
        assert_eq!(out, expect);
        assert!(pubsub_xml::Reader::new(&out).root().is_ok());
    }

    #[test]
    fn a_publish_carries_its_payload_as_it_is() {
        check(
            |heads, out, node, item| heads.publish(out, ID, node, [(item, "<e xmlns='u'/>")], None),
            "<iq type='set' to='pubsub.x' id='1'><pubsub xmlns='http://jabber.org/protocol/pubsub'>\
             <publish node='/a&apos;b'><item id='i&amp;1'><e xmlns='u'/></item></publish></pubsub></iq>",
        );
        check(
            |heads, out, node, item| {
                let two = [(item, "<e/>"), (item, "<f/>")];
                heads.publish(out, ID, node, two, Some("<x/>"));
            },
            "<iq type='set' to='pubsub.x' id='1'><pubsub xmlns='http://jabber.org/protocol/pubsub'>\
             <publish node='/a&apos;b'><item id='i&amp;1'><e/></item><item id='i&amp;1'><f/></item></publish>\
             <publish-options><x/></publish-options></pubsub></iq>",
        );
    }

    #[test]
    fn a_retraction_says_whether_to_notify() {
        check(
            |heads, out, node, item| heads.retract(out, ID, node, item, true),
            "<iq type='set' to='pubsub.x' id='1'><pubsub xmlns='http://jabber.org/protocol/pubsub'>\
             <retract node='/a&apos;b' notify='true'><item id='i&amp;1'/></retract></pubsub></iq>",
        );
    }

    #[test]
    fn a_component_says_who_it_is() {
        let heads = Heads::new("pubsub.x", Some("app.x"));
        let mut out = String::new();
        heads.create(&mut out, ID, &NodeName::new("n").unwrap(), Some("<x/>"));
        assert!(out.starts_with("<iq type='set' to='pubsub.x' from='app.x' id='1'>"));
        out.clear();
        heads.answer(&mut out, "result", Some("x"), "a'b", "");
        assert_eq!(out, "<iq type='result' to='x' from='app.x' id='a&apos;b'/>");
        out.clear();
        heads.request(&mut out, ID, "get", None, "<q/>");
        assert_eq!(out, "<iq type='get' from='app.x' id='1'><q/></iq>");
    }
}
