//! The two ways in which owners decide who may subscribe: the form in a message (XEP-0060 §8.6), and the command that asks for the forms of
//! everybody who waits (§8.7).

use pubsub_xml::Reader;

use super::dialogue::{Dialogue, drain};
use super::pubsub::fail;
use crate::committing::Asker;
use crate::router::Wakes;
use crate::service::access::Affiliation;
use crate::service::commands::waiting;
use crate::service::error::ServiceError;
use crate::service::vocabulary::Request;
use crate::wire::authorization::{self, FORM_TYPE};
use crate::wire::command::{self, Execution};
use crate::wire::error::{self, StanzaError};
use crate::wire::reply::{GET_PENDING, PENDING_SESSION};
use crate::wire::stanza::{self, Kind, Stanza};
use crate::wire::stream::StreamError;
use crate::wire::{form, namespace};

/// Takes a message to the PubSub service.
pub(super) fn take_message(
    dialogue: &Dialogue,
    stanza: &Stanza<'_>,
    reader: &mut Reader<'_>,
    out: &mut String,
    wakes: &mut Wakes,
) -> Result<(), StreamError> {
    let mut answer = None;
    while let Some(name) = reader.child()? {
        if name.is("x", namespace::DATA_FORM) {
            let submission = form::read(reader)?;
            if submission.form_type == FORM_TYPE {
                answer = Some(submission);
            }
        } else {
            reader.skip()?;
        }
    }
    drain(reader)?;
    let Some(submission) = answer else {
        dialogue.fail(out, stanza, StanzaError::SERVICE_UNAVAILABLE);
        return Ok(());
    };
    if submission.is_cancelled {
        return Ok(());
    }
    let Some(request) = authorization::read(submission) else {
        fail(
            dialogue,
            stanza,
            out,
            &ServiceError::BadRequest {
                reason: "the form must say pubsub#node, pubsub#subscriber_jid and pubsub#allow",
            },
        );
        return Ok(());
    };
    let asker = Asker {
        peer: &dialogue.peer,
        stanza,
    };
    if let Some(Err(error)) = dialogue.host.broker.perform(&asker, request, wakes) {
        fail(dialogue, stanza, out, &error);
    }
    Ok(())
}

/// Executes a command of the PubSub service.
pub(super) fn execute(
    dialogue: &Dialogue,
    stanza: &Stanza<'_>,
    execution: Execution<'_>,
    out: &mut String,
    wakes: &mut Wakes,
) {
    if execution.node != GET_PENDING {
        dialogue.fail(out, stanza, StanzaError::NODE_NOT_FOUND);
        return;
    }
    let is_foreign = execution
        .session
        .is_some_and(|session| session != PENDING_SESSION);
    if is_foreign {
        dialogue.fail(out, stanza, StanzaError::BAD_SESSION);
        return;
    }
    if execution.is_cancelled
        || execution
            .form
            .as_ref()
            .is_some_and(|form| form.is_cancelled)
    {
        dialogue.open_result(out, stanza);
        command::open(out, GET_PENDING, PENDING_SESSION, "canceled");
        command::close(out);
        stanza::close(out, Kind::Iq);
        return;
    }
    let Some(form) = execution.form else {
        offer(dialogue, stanza, out);
        return;
    };
    let node = form.fields.into_iter().find_map(|field| {
        let is_node = field.name == "pubsub#node";
        field.values.into_iter().next().filter(|_| is_node)
    });
    let Some(node) = node else {
        fail(dialogue, stanza, out, &ServiceError::NodeRequired);
        return;
    };
    let asker = Asker {
        peer: &dialogue.peer,
        stanza,
    };
    match dialogue
        .host
        .broker
        .perform(&asker, Request::Pending { node }, wakes)
    {
        Some(Ok(reply)) => {
            dialogue.open_result(out, stanza);
            crate::wire::reply::write(out, &reply);
            stanza::close(out, Kind::Iq);
        }
        Some(Err(error)) => fail(dialogue, stanza, out, &error),
        // It is sent when what it tells is kept.
        None => {}
    }
}

/// The form in which one of one's own nodes with somebody waiting is chosen.
fn offer(dialogue: &Dialogue, stanza: &Stanza<'_>, out: &mut String) {
    let bare = &dialogue.peer.actor.bare;
    let owned = dialogue.host.broker.survey(bare, |node, found| {
        if node.affiliation(bare) == Affiliation::Owner {
            found.push((node.name.clone(), waiting(node).next().is_some()));
        }
    });
    if owned.is_empty() {
        dialogue.open(out, stanza, "error");
        error::write(out, StanzaError::OWNS_NOTHING);
        stanza::close(out, Kind::Iq);
        return;
    }
    dialogue.open_result(out, stanza);
    if owned.iter().any(|(_, has_waiting)| *has_waiting) {
        command::open(out, GET_PENDING, PENDING_SESSION, "executing");
        out.push_str("<actions execute='complete'><complete/></actions>");
        form::open_titled(
            out,
            FORM_TYPE,
            "Pending subscriptions",
            "Choose the node whose requests are to be sent to you.",
        );
        out.push_str("<field var='pubsub#node' type='list-single' label='Node'>");
        for (node, _) in owned.iter().filter(|(_, has_waiting)| *has_waiting) {
            out.push_str("<option>");
            form::write_value(out, node);
            out.push_str("</option>");
        }
        out.push_str("</field>");
        form::close(out);
    } else {
        command::open(out, GET_PENDING, PENDING_SESSION, "completed");
        command::note(out, "nobody waits for approval at your nodes");
    }
    command::close(out);
    stanza::close(out, Kind::Iq);
}
