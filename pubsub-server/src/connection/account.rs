//! Answers what is asked of the domain and of the client's own account: discovery, ping, registration, carbons, the old session.

use pubsub_xml::{Name, Reader};

use super::commanding;
use super::contacts;
use super::dialogue::{Dialogue, drain};
use super::pubsub;
use super::serving::Deferred;
use crate::accounts::{AccountError, Accounts as _, change_password};
use crate::commands::Command;
use crate::registration::{self, Application};
use crate::router::Wakes;
use crate::wire::command;
use crate::wire::disco;
use crate::wire::error::{self, StanzaError};
use crate::wire::namespace;
use crate::wire::stanza::{self, Kind, Stanza};
use crate::wire::stream::StreamError;

/// Answers an IQ to the domain.
pub(super) fn answer_domain(
    dialogue: &Dialogue,
    stanza: &Stanza<'_>,
    reader: &mut Reader<'_>,
    out: &mut String,
    wakes: &mut Wakes,
) -> Result<Option<Deferred>, StreamError> {
    let host = &dialogue.host;
    let is_admin = host.is_admin(&dialogue.peer.actor);
    answer(
        dialogue,
        stanza,
        reader,
        out,
        wakes,
        |local, space, node, out| match (local, space) {
            ("query", namespace::DISCO_ITEMS) if is_admin && node == Some(namespace::COMMANDS) => {
                commanding::write_items(out, &host.domain);
                Ok(())
            }
            ("query", namespace::DISCO_INFO) if is_admin && node.is_some() => {
                let found = node.and_then(Command::find);
                let command = found.ok_or(StanzaError::NODE_NOT_FOUND)?;
                commanding::write_info(out, command);
                Ok(())
            }
            ("query", namespace::DISCO_INFO | namespace::DISCO_ITEMS) if node.is_some() => {
                Err(StanzaError::NODE_NOT_FOUND)
            }
            ("query", namespace::DISCO_INFO) => {
                // Whoever has an account may change it, although nobody may make one.
                let has_account = !dialogue.peer.actor.is_anonymous;
                disco::write_domain(out, has_account || host.registrar.is_open(), is_admin);
                Ok(())
            }
            ("query", namespace::DISCO_ITEMS) => {
                disco::write_domain_items(out, host.services());
                Ok(())
            }
            _ => Err(StanzaError::SERVICE_UNAVAILABLE),
        },
    )
}

/// Answers an IQ to the client's own account.
pub(super) fn answer_own(
    dialogue: &Dialogue,
    stanza: &Stanza<'_>,
    reader: &mut Reader<'_>,
    out: &mut String,
    wakes: &mut Wakes,
) -> Result<Option<Deferred>, StreamError> {
    answer(
        dialogue,
        stanza,
        reader,
        out,
        wakes,
        |local, space, _, _| match (local, space) {
            ("enable" | "disable", namespace::CARBONS) if stanza.variant == "set" => {
                dialogue.peer.set_copied(local == "enable");
                Ok(())
            }
            _ => Err(StanzaError::SERVICE_UNAVAILABLE),
        },
    )
}

/// Answers an IQ to another account, which is asked for its nodes and what they are.
pub(super) fn answer_other(
    dialogue: &Dialogue,
    stanza: &Stanza<'_>,
    owner: &str,
    reader: &mut Reader<'_>,
    out: &mut String,
    wakes: &mut Wakes,
) -> Result<(), StreamError> {
    match reader.child()? {
        Some(name) if is_of_nodes(&name, stanza, reader) => {
            pubsub::answer_at(dialogue, Some(owner), stanza, &name, reader, out, wakes)
        }
        _ => {
            drain(reader)?;
            dialogue.fail(out, stanza, StanzaError::SERVICE_UNAVAILABLE);
            Ok(())
        }
    }
}

/// Whether it is for the nodes of an account (XEP-0163).
fn is_of_nodes(name: &Name<'_>, stanza: &Stanza<'_>, reader: &Reader<'_>) -> bool {
    match (name.local, &*name.namespace) {
        ("pubsub", namespace::PUBSUB | namespace::PUBSUB_OWNER) => true,
        ("query", namespace::DISCO_INFO | namespace::DISCO_ITEMS) => stanza.variant == "get",
        // Without a node it would be the archive of messages, which there is not.
        ("query", namespace::ARCHIVE) => reader.attribute("node").is_some(),
        _ => false,
    }
}

/// What both have in common, then what `special` knows.
fn answer(
    dialogue: &Dialogue,
    stanza: &Stanza<'_>,
    reader: &mut Reader<'_>,
    out: &mut String,
    wakes: &mut Wakes,
    special: impl FnOnce(&str, &str, Option<&str>, &mut String) -> Result<(), StanzaError>,
) -> Result<Option<Deferred>, StreamError> {
    let Some(name) = reader.child()? else {
        drain(reader)?;
        dialogue.fail(out, stanza, StanzaError::BAD_REQUEST);
        return Ok(None);
    };
    if name.is("query", namespace::REGISTER) {
        let application = registration::read(reader)?;
        drain(reader)?;
        return Ok(register(dialogue, stanza, application, out));
    }
    if name.is("command", namespace::COMMANDS)
        && stanza.to.as_deref() == Some(&*dialogue.host.domain)
    {
        let execution = command::read(reader)?;
        drain(reader)?;
        return Ok(commanding::execute(dialogue, stanza, &execution, out));
    }
    let is_own = stanza.to.as_deref().is_none_or(|to| to.contains('@'));
    if is_own && is_of_nodes(&name, stanza, reader) {
        let actor = &dialogue.peer.actor;
        if actor.is_anonymous && name.local == "pubsub" {
            drain(reader)?;
            dialogue.fail(out, stanza, StanzaError::NO_NODES);
            return Ok(None);
        }
        return pubsub::answer_at(
            dialogue,
            Some(&actor.bare),
            stanza,
            &name,
            reader,
            out,
            wakes,
        )
        .map(|()| None);
    }
    if name.is("query", namespace::ROSTER) {
        return contacts::answer(dialogue, stanza, reader, out, wakes);
    }
    let node = reader.attribute("node");
    drain(reader)?;
    let start = out.len();
    dialogue.open_result(out, stanza);
    let result = match (name.local, &*name.namespace) {
        ("ping", namespace::PING) | ("session", namespace::SESSION) => Ok(()),
        (local, space) => special(local, space, node.as_deref(), out),
    };
    match result {
        Ok(()) => stanza::close(out, Kind::Iq),
        Err(reason) => {
            out.truncate(start);
            dialogue.fail(out, stanza, reason);
        }
    }
    Ok(None)
}

/// XEP-0077 for somebody who is logged in: look at the account, change the password, remove the account.
fn register(
    dialogue: &Dialogue,
    stanza: &Stanza<'_>,
    application: Application,
    out: &mut String,
) -> Option<Deferred> {
    let host = dialogue.host.clone();
    let actor = dialogue.peer.actor.clone();
    let bare = actor.bare.clone();
    let username = bare
        .split_once('@')
        .map_or("", |(username, _)| username)
        .to_owned();
    let refusal = if dialogue.peer.actor.is_anonymous {
        Some(StanzaError::ANONYMOUS)
    } else if stanza.variant == "set"
        && !application.is_removal
        && (application.username.as_deref() != Some(&username) || application.password.is_none())
    {
        Some(StanzaError::BAD_ACCOUNT)
    } else {
        None
    };
    if let Some(refusal) = refusal {
        dialogue.fail(out, stanza, refusal);
        return None;
    }
    if stanza.variant == "get" {
        dialogue.open_result(out, stanza);
        registration::write_form(out, Some(&username));
        stanza::close(out, Kind::Iq);
        return None;
    }
    let (mut success, mut failure) = (String::new(), String::new());
    dialogue.open_result(&mut success, stanza);
    stanza::close(&mut success, Kind::Iq);
    dialogue.open(&mut failure, stanza, "error");
    Some(Box::pin(async move {
        let result = if application.is_removal {
            host.accounts.remove(&username).await
        } else {
            let password = application.password.unwrap_or_default();
            change_password(
                &host.accounts,
                &username,
                &password,
                host.scram_iterations.get(),
            )
            .await
        };
        let reason = match result {
            Ok(()) => {
                // The store tells of the end too, a moment later.
                if application.is_removal {
                    host.broker.depart(&actor);
                    host.forget(&bare).await;
                    host.router.end_account(&bare, StreamError::AccountRemoved);
                }
                return success;
            }
            Err(AccountError::Invalid(_)) => StanzaError::BAD_ACCOUNT,
            Err(AccountError::Missing(_)) => StanzaError::NO_ACCOUNT,
            Err(AccountError::Unsupported(_)) => StanzaError::NOT_HERE,
            Err(_) => StanzaError::INTERNAL,
        };
        error::write(&mut failure, reason);
        stanza::close(&mut failure, Kind::Iq);
        failure
    }))
}
