//! Answers a query of the archive of a node (XEP-0313): a message for each item, then the result.

use super::dialogue::Dialogue;
use super::pubsub::{called, fail};
use crate::committing::Asker;
use crate::router::Wakes;
use crate::service::vocabulary::{Reply, Request};
use crate::wire::archive::{self, Query};
use crate::wire::stanza::{self, Kind, Stanza};

/// Queues everything that was found and the end of it, or writes a refusal.
pub(super) fn answer(
    dialogue: &Dialogue,
    owner: Option<&str>,
    stanza: &Stanza<'_>,
    query: Query<'_>,
    out: &mut String,
    wakes: &mut Wakes,
) {
    let broker = &dialogue.host.broker;
    let actor = &dialogue.peer.actor;
    let request = Request::Archive {
        node: called(owner, &query.node),
        filter: query.filter,
        page: query.page,
    };
    let (node, items, is_complete, page) = match broker.look(actor, request) {
        Ok(Reply::Archive {
            node,
            items,
            is_complete,
            page,
        }) => (node, items, is_complete, page),
        Ok(_) => return,
        Err(error) => {
            fail(dialogue, stanza, out, &error);
            return;
        }
    };
    let way = (owner.unwrap_or(dialogue.host.pubsub()), &*actor.full);
    let mut stanzas: Vec<String> = items
        .iter()
        .map(|item| {
            let mut message = String::with_capacity(item.payload.len() + 512);
            archive::write_item(&mut message, way, &node, query.id.as_deref(), item);
            message
        })
        .collect();
    let mut end = String::new();
    dialogue.open_result(&mut end, stanza);
    archive::write_end(&mut end, is_complete, &page);
    stanza::close(&mut end, Kind::Iq);
    stanzas.push(end);
    let asker = Asker {
        peer: &dialogue.peer,
        stanza,
    };
    broker.answer_all(&asker, stanzas, wakes);
}
