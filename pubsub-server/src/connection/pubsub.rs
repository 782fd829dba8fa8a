//! Answers what is asked of the PubSub service: turns an IQ into a request, has the broker do it, and writes what came of it.

use std::borrow::Cow;

use pubsub_xml::{Name, Reader};

use super::dialogue::{Dialogue, drain};
use super::pending;
use super::standing::{self, Scope};
use crate::committing::Asker;
use crate::router::Wakes;
use crate::service::access::{Action, admit, check_known, hidden};
use crate::service::error::ServiceError;
use crate::service::node::Node;
use crate::service::personal;
use crate::service::relations::Relations as _;
use crate::service::vocabulary::{Page, Reply, Request, Selection};
use crate::wire::error::{self, StanzaError};
use crate::wire::request::{self, Command, RequestError};
use crate::wire::stanza::{self, Kind, Stanza};
use crate::wire::stream::StreamError;
use crate::wire::{archive, command, disco, namespace, page, reply};

/// Answers an IQ of type get or set to the service.
pub(super) fn answer(
    dialogue: &Dialogue,
    stanza: &Stanza<'_>,
    reader: &mut Reader<'_>,
    out: &mut String,
    wakes: &mut Wakes,
) -> Result<(), StreamError> {
    let Some(name) = reader.child()? else {
        drain(reader)?;
        dialogue.fail(out, stanza, StanzaError::BAD_REQUEST);
        return Ok(());
    };
    answer_at(dialogue, None, stanza, &name, reader, out, wakes)
}

/// Answers an IQ whose child was just entered: to the service, or to the account that owns the nodes in question (XEP-0163).
pub(super) fn answer_at(
    dialogue: &Dialogue,
    owner: Option<&str>,
    stanza: &Stanza<'_>,
    name: &Name<'_>,
    reader: &mut Reader<'_>,
    out: &mut String,
    wakes: &mut Wakes,
) -> Result<(), StreamError> {
    let is_set = stanza.variant == "set";
    let read = match (name.local, &*name.namespace) {
        ("pubsub", namespace::PUBSUB) => request::read(reader, is_set),
        ("pubsub", namespace::PUBSUB_OWNER) => request::read_owner(reader, is_set),
        ("query", namespace::DISCO_INFO | namespace::DISCO_ITEMS) if !is_set => {
            return discover(
                dialogue,
                stanza,
                reader,
                out,
                wakes,
                (owner, name.namespace == namespace::DISCO_INFO),
            );
        }
        ("query", namespace::ARCHIVE) if is_set => match archive::read(reader) {
            Ok(query) => {
                drain(reader)?;
                super::archive::answer(dialogue, owner, stanza, query, out, wakes);
                return Ok(());
            }
            Err(error) => Err(error),
        },
        ("query", namespace::ARCHIVE) => {
            drain(reader)?;
            dialogue.open_result(out, stanza);
            archive::write_form(out);
            stanza::close(out, Kind::Iq);
            return Ok(());
        }
        ("command", namespace::COMMANDS) if is_set && owner.is_none() => {
            let execution = command::read(reader)?;
            drain(reader)?;
            pending::execute(dialogue, stanza, execution, out, wakes);
            return Ok(());
        }
        ("ping", namespace::PING) if owner.is_none() => Ok(Command::Nothing),
        _ => {
            drain(reader)?;
            dialogue.fail(out, stanza, StanzaError::SERVICE_UNAVAILABLE);
            return Ok(());
        }
    };
    let command = match read {
        Ok(command) => {
            drain(reader)?;
            command
        }
        Err(RequestError::Xml(error)) => return Err(error.into()),
        Err(RequestError::Refused(error)) => {
            drain(reader)?;
            fail(dialogue, stanza, out, &error);
            return Ok(());
        }
    };
    let asker = Asker {
        peer: &dialogue.peer,
        stanza,
    };
    let start = out.len();
    match command {
        Command::Node(request) => {
            let request = match owner {
                Some(owner) => request.at(owner, &format!("{:032x}", rand::random::<u128>())),
                None => request,
            };
            match dialogue.host.broker.perform(&asker, request, wakes) {
                Some(Ok(answer)) => {
                    dialogue.open_result(out, stanza);
                    reply::write(out, &answer);
                    stanza::close(out, Kind::Iq);
                }
                Some(Err(error)) => fail(dialogue, stanza, out, &error),
                // It is sent when what it tells is kept.
                None => {}
            }
        }
        Command::Nothing => {
            dialogue.open_result(out, stanza);
            stanza::close(out, Kind::Iq);
        }
        command => {
            dialogue.open_result(out, stanza);
            match survey(dialogue, owner, command, out) {
                Ok(()) => stanza::close(out, Kind::Iq),
                Err(error) => {
                    out.truncate(start);
                    fail(dialogue, stanza, out, &error);
                }
            }
            hold_back(dialogue, &asker, start, out, wakes);
        }
    }
    Ok(())
}

/// An answer that tells of the state goes out when all that it tells is kept.
fn hold_back(
    dialogue: &Dialogue,
    asker: &Asker<'_>,
    start: usize,
    out: &mut String,
    wakes: &mut Wakes,
) {
    if dialogue.host.broker.is_busy() {
        let text = out.split_off(start);
        if let Some(text) = dialogue.host.broker.answer(asker, text, wakes) {
            out.push_str(&text);
        }
    }
}

pub(super) fn fail(
    dialogue: &Dialogue,
    stanza: &Stanza<'_>,
    out: &mut String,
    error: &ServiceError,
) {
    dialogue.open(out, stanza, "error");
    error::write_service(out, error);
    stanza::close(out, stanza.kind);
}

/// Looks at what concerns more than one node, and writes the content of the result.
fn survey(
    dialogue: &Dialogue,
    owner: Option<&str>,
    command: Command<'_>,
    out: &mut String,
) -> Result<(), ServiceError> {
    let broker = &dialogue.host.broker;
    match command {
        Command::Node(_) | Command::Nothing => {}
        Command::DefaultOptions(asked) => {
            require_node(dialogue, owner, asked.as_deref())?;
            reply::write_default_options(out, asked.as_deref());
        }
        Command::DefaultConfiguration => {
            let rules = &broker.rules;
            let defaults = match owner {
                Some(_) => &rules.personal_defaults,
                None => &rules.defaults,
            };
            reply::write_default(out, defaults);
        }
        Command::OwnSubscriptions { node, page } => {
            let node = node.as_deref();
            require_node(dialogue, owner, node)?;
            let scope = Scope { owner, node };
            standing::write_subscriptions(broker, &dialogue.peer, scope, page.as_ref(), out)?;
        }
        Command::OwnAffiliations { node, page } => {
            let node = node.as_deref();
            require_node(dialogue, owner, node)?;
            let scope = Scope { owner, node };
            standing::write_affiliations(broker, &dialogue.peer, scope, page.as_ref(), out);
        }
    }
    Ok(())
}

fn require_node(
    dialogue: &Dialogue,
    owner: Option<&str>,
    node: Option<&str>,
) -> Result<(), ServiceError> {
    let Some(name) = node else { return Ok(()) };
    let broker = &dialogue.host.broker;
    let called = called(owner, name);
    check_known(&broker.rules, &dialogue.peer.actor, &called)?;
    match broker.inspect(&called, |_| ()) {
        Some(()) => Ok(()),
        None => Err(ServiceError::NodeNotFound { node: name.into() }),
    }
}

/// What a node is called among all nodes.
pub(super) fn called<'n>(owner: Option<&str>, name: &'n str) -> Cow<'n, str> {
    match owner {
        Some(owner) => Cow::Owned(personal::key(owner, name)),
        None => Cow::Borrowed(name),
    }
}

/// Service discovery at the service and its nodes.
fn discover(
    dialogue: &Dialogue,
    stanza: &Stanza<'_>,
    reader: &mut Reader<'_>,
    out: &mut String,
    wakes: &mut Wakes,
    (owner, is_info): (Option<&str>, bool),
) -> Result<(), StreamError> {
    let broker = &dialogue.host.broker;
    let node = reader.attribute("node").filter(|node| !node.is_empty());
    let mut asked_page = None;
    while let Some(name) = reader.child()? {
        if name.is("set", namespace::PAGE) {
            asked_page = Some(page::read(reader)?);
        } else {
            reader.skip()?;
        }
    }
    drain(reader)?;
    let start = out.len();
    dialogue.open_result(out, stanza);
    let result = match node.as_deref() {
        Some(name @ (namespace::COMMANDS | reply::GET_PENDING)) if owner.is_none() => {
            disco::write_command(out, name, dialogue.host.pubsub(), is_info);
            Ok(())
        }
        None if let Some(owner) = owner => {
            if !may_discover(dialogue, owner) {
                out.truncate(start);
                dialogue.fail(out, stanza, StanzaError::SERVICE_UNAVAILABLE);
                return Ok(());
            }
            if is_info {
                let is_own = *owner == *dialogue.peer.actor.bare;
                disco::write_account(out, is_own && dialogue.peer.actor.is_anonymous);
            } else {
                list_nodes_of(dialogue, owner, out);
            }
            Ok(())
        }
        None if is_info => {
            disco::write_service(out, broker.rules.multi_subscribe);
            Ok(())
        }
        None => {
            list_nodes(dialogue, asked_page.as_ref(), out);
            Ok(())
        }
        Some(name) if is_info => describe(dialogue, owner, name, out),
        Some(name) => list_items(dialogue, owner, name, asked_page, out),
    };
    match result {
        Ok(()) => stanza::close(out, Kind::Iq),
        Err(error) => {
            out.truncate(start);
            fail(dialogue, stanza, out, &error);
        }
    }
    let asker = Asker {
        peer: &dialogue.peer,
        stanza,
    };
    hold_back(dialogue, &asker, start, out, wakes);
    Ok(())
}

/// What a node is, for those who may know.
fn describe(
    dialogue: &Dialogue,
    owner: Option<&str>,
    name: &str,
    out: &mut String,
) -> Result<(), ServiceError> {
    let broker = &dialogue.host.broker;
    let called = called(owner, name);
    check_known(&broker.rules, &dialogue.peer.actor, &called)?;
    broker
        .inspect(&called, |node| {
            let may_know = owner.is_none() || may_read(dialogue, node);
            may_know.then(|| disco::write_node(out, node))
        })
        .flatten()
        .ok_or_else(|| ServiceError::NodeNotFound { node: name.into() })
}

/// Whether somebody may know what an account has: its presence says as much.
fn may_discover(dialogue: &Dialogue, owner: &str) -> bool {
    let own = &dialogue.peer.actor.bare;
    *owner == **own || dialogue.host.people.may_see_presence(owner, own)
}

fn may_read(dialogue: &Dialogue, node: &Node) -> bool {
    let own = &dialogue.peer.actor.bare;
    admit(&*dialogue.host.people, node, own, Action::Retrieve).is_ok()
}

/// The nodes of an account that the asker may read.
fn list_nodes_of(dialogue: &Dialogue, owner: &str, out: &mut String) {
    let broker = &dialogue.host.broker;
    let mut titled = Vec::new();
    for name in broker.names_of(owner) {
        let title = broker.inspect(&name, |node| {
            may_read(dialogue, node).then(|| node.config.title.clone())
        });
        if let Some(title) = title.flatten() {
            titled.push((name, title));
        }
    }
    let nodes = titled.iter().map(|(name, title)| (&**name, title.as_str()));
    disco::write_nodes(out, owner, nodes, None);
}

fn list_nodes(dialogue: &Dialogue, asked: Option<&Page<'_>>, out: &mut String) {
    let broker = &dialogue.host.broker;
    let hidden = hidden(&broker.rules, &dialogue.peer.actor);
    let (names, info) = broker.names(asked.unwrap_or(&Page::default()), hidden);
    let titled: Vec<_> = names
        .iter()
        .map(|name| {
            (
                name,
                broker
                    .inspect(name, |node| node.config.title.clone())
                    .unwrap_or_default(),
            )
        })
        .collect();
    // Without being asked for a page one gets it all, and is told if that was too much.
    let info = Some(info).filter(|info| asked.is_some() || names.len() < info.count);
    let nodes = titled
        .iter()
        .map(|(name, title)| (&***name, title.as_str()));
    disco::write_nodes(out, dialogue.host.pubsub(), nodes, info.as_ref());
}

fn list_items(
    dialogue: &Dialogue,
    owner: Option<&str>,
    name: &str,
    asked: Option<Page<'_>>,
    out: &mut String,
) -> Result<(), ServiceError> {
    let selection = asked.map_or(Selection::All, Selection::Page);
    let node = called(owner, name);
    // A list of items is the same for each of several subscriptions.
    let subscription = dialogue.host.broker.rules.multi_subscribe.then(|| {
        let own = &dialogue.peer.actor.bare;
        let first = |node: &Node| {
            let one = node.subscriptions_of(own).next();
            one.map(|one| Cow::Owned(one.id.to_string()))
        };
        dialogue.host.broker.inspect(&node, first).flatten()
    });
    let request = Request::Items {
        node,
        selection,
        subscription: subscription.flatten(),
    };
    let pubsub = owner.unwrap_or(dialogue.host.pubsub());
    match dialogue.host.broker.look(&dialogue.peer.actor, request) {
        Ok(Reply::Items { node, items, page }) => {
            disco::write_items(
                out,
                pubsub,
                &node,
                items.iter().map(|item| &*item.id),
                page.as_ref(),
            );
            Ok(())
        }
        // A node that keeps nothing has no items to list, which is no error here.
        Ok(_) | Err(ServiceError::NotPersistent { .. }) => {
            disco::write_items(out, pubsub, name, std::iter::empty(), None);
            Ok(())
        }
        Err(error) => Err(error),
    }
}
