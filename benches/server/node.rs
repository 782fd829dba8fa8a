//! The nodes that are published to.

use std::fmt::Write as _;

use super::entrance::Client;
use super::peers::SERVICE;

/// What becomes of the items.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Keeping {
    /// Each is told and forgotten.
    Nothing,
    /// So many of them are kept.
    Items(usize),
}

/// Makes a node; retractions are told nobody.
pub(crate) fn create(client: &mut Client, node: &str, keeping: Keeping) {
    let (persists, most) = match keeping {
        Keeping::Nothing => ("0", None),
        Keeping::Items(most) => ("1", Some(most.to_string())),
    };
    let mut fields = String::new();
    for (name, value) in [
        ("persist_items", Some(persists)),
        ("max_items", most.as_deref()),
        ("notify_retract", Some("0")),
        ("send_last_published_item", Some("never")),
        ("access_model", Some("open")),
    ] {
        if let Some(value) = value {
            write!(
                fields,
                "<field var='pubsub#{name}'><value>{value}</value></field>"
            )
            .expect("a string takes everything");
        }
    }
    ask(
        client,
        &format!(
            "<pubsub xmlns='http://jabber.org/protocol/pubsub'><create node='{node}'/><configure>\
             <x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'>\
             <value>http://jabber.org/protocol/pubsub#node_config</value></field>{fields}</x></configure></pubsub>"
        ),
    );
}

/// Subscribes the client's own resource.
pub(crate) fn subscribe(client: &mut Client, node: &str) {
    let subscribe = format!(
        "<pubsub xmlns='http://jabber.org/protocol/pubsub'><subscribe node='{node}' jid='{}'/></pubsub>",
        client.jid
    );
    ask(client, &subscribe);
}

fn ask(client: &mut Client, content: &str) {
    let answer = client.request(SERVICE, content);
    answer.expect("a request of XEP-0060 that is answered");
}
