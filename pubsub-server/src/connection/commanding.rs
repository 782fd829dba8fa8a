//! Has the server do what an administrator commands (XEP-0050, XEP-0133).

use super::dialogue::Dialogue;
use super::serving::Deferred;
use crate::accounts::{AccountError, Accounts as _, add_account, change_password};
use crate::commands::{self, COMMANDS, Command, Order, Verb};
use crate::host::Host;
use crate::wire::command::{self, Execution};
use crate::wire::error::{self, StanzaError};
use crate::wire::stanza::{self, Kind, Stanza};
use crate::wire::stream::StreamError;
use crate::wire::{attribute, disco};

/// As many sessions as one answer lists.
const LISTED: usize = 10_000;

/// `disco#items` of the commands of the domain.
pub(super) fn write_items(out: &mut String, domain: &str) {
    disco::open(out, "items", Some(crate::wire::namespace::COMMANDS));
    for command in COMMANDS {
        out.push_str("<item");
        attribute(out, "jid", domain);
        attribute(out, "node", command.node);
        attribute(out, "name", command.name);
        out.push_str("/>");
    }
    disco::close(out);
}

/// `disco#info` of one command.
pub(super) fn write_info(out: &mut String, command: &Command) {
    disco::open(out, "info", Some(command.node));
    disco::identity(out, "automation", "command-node", command.name);
    disco::features(out, &[crate::wire::namespace::COMMANDS, "jabber:x:data"]);
    disco::close(out);
}

/// Executes a command that was sent to the domain.
pub(super) fn execute(
    dialogue: &Dialogue,
    stanza: &Stanza<'_>,
    execution: &Execution<'_>,
    out: &mut String,
) -> Option<Deferred> {
    let host = &dialogue.host;
    if !host.is_admin(&dialogue.peer.actor) {
        dialogue.fail(out, stanza, StanzaError::ADMINS_ONLY);
        return None;
    }
    let Some(asked) = Command::find(&execution.node) else {
        dialogue.fail(out, stanza, StanzaError::NO_COMMAND);
        return None;
    };
    let session = execution
        .session
        .as_deref()
        .map_or_else(|| format!("{:016x}", rand::random::<u64>()), str::to_owned);
    let begin = |out: &mut String, status: &str| {
        dialogue.open_result(out, stanza);
        command::open(out, asked.node, &session, status);
    };
    let form = match &execution.form {
        _ if execution.is_cancelled => None,
        Some(form) if form.is_cancelled => None,
        None if asked.has_form() => {
            begin(out, "executing");
            out.push_str("<actions execute='complete'><complete/></actions>");
            asked.write_form(out);
            end(out);
            return None;
        }
        form => Some(form),
    };
    let Some(form) = form else {
        begin(out, "canceled");
        end(out);
        return None;
    };
    let Some(form) = form.as_ref().filter(|_| asked.has_form()) else {
        begin(out, "completed");
        tell_online(host, asked.verb, out);
        end(out);
        return None;
    };
    let order = match asked.read(form, &host.domain) {
        Ok(order) => order,
        Err(reason) => {
            let error = StanzaError {
                text: reason,
                ..StanzaError::BAD_REQUEST
            };
            dialogue.fail(out, stanza, error);
            return None;
        }
    };
    let (mut success, mut failure) = (String::new(), String::new());
    begin(&mut success, "completed");
    command::note(&mut success, "done");
    end(&mut success);
    dialogue.open(&mut failure, stanza, "error");
    let (host, admin) = (host.clone(), dialogue.peer.actor.bare.clone());
    Some(Box::pin(async move {
        match obey(&host, asked.verb, &order).await {
            Ok(()) => {
                tracing::info!(%admin, command = asked.name, accounts = ?order.jids, "an administrator's command was obeyed");
                success
            }
            Err(refusal) => {
                error::write(&mut failure, refusal);
                stanza::close(&mut failure, Kind::Iq);
                failure
            }
        }
    }))
}

fn end(out: &mut String) {
    command::close(out);
    stanza::close(out, Kind::Iq);
}

fn tell_online(host: &Host, verb: Verb, out: &mut String) {
    let directory = host.router.directory();
    let here = || {
        let all = directory.all().map(|peer| &peer.actor.full);
        all.filter(|jid| jid.contains('@'))
    };
    if verb == Verb::CountOnline {
        let count = here().count().to_string();
        commands::write_result(out, "onlineusersnum", std::iter::once(count));
    } else {
        let listed = here().take(LISTED).map(ToString::to_string);
        commands::write_result(out, "onlineuserjids", listed);
    }
}

/// Does it. All accounts are looked up before the first is touched.
async fn obey(host: &Host, verb: Verb, order: &Order) -> Result<(), StanzaError> {
    if verb == Verb::EndSession {
        for jid in &order.jids {
            let directory = host.router.directory();
            if !jid.contains('/') {
                drop(directory);
                host.router.end_account(jid, StreamError::SessionEnded);
            } else if let Some(peer) = directory.full(jid) {
                peer.outbox.end(StreamError::SessionEnded);
            }
        }
        return Ok(());
    }
    let names = order.jids.iter().filter_map(|jid| jid.split_once('@'));
    let names: Vec<&str> = names.map(|(name, _)| name).collect();
    if verb != Verb::AddUser {
        for name in &names {
            if !host
                .accounts
                .exists(name)
                .await
                .map_err(|error| refusal(&error))?
            {
                return Err(StanzaError::NO_ACCOUNT);
            }
        }
    }
    for name in names {
        let iterations = host.scram_iterations.get();
        let (accounts, password) = (&host.accounts, &order.password);
        let done = match verb {
            Verb::AddUser => add_account(accounts, name, password, iterations).await,
            Verb::ChangePassword => change_password(accounts, name, password, iterations).await,
            // Its connections end, and what was its own goes, when the accounts tell of it.
            Verb::DeleteUser => accounts.remove(name).await,
            Verb::DisableUser => accounts.enable(name, false).await,
            Verb::EnableUser => accounts.enable(name, true).await,
            Verb::EndSession | Verb::CountOnline | Verb::ListOnline => Ok(()),
        };
        done.map_err(|error| refusal(&error))?;
    }
    Ok(())
}

fn refusal(error: &AccountError) -> StanzaError {
    match error {
        AccountError::Taken(_) => StanzaError::TAKEN,
        AccountError::Missing(_) => StanzaError::NO_ACCOUNT,
        AccountError::Invalid(_) => StanzaError::BAD_ACCOUNT,
        AccountError::Unsupported(_) => StanzaError::NOT_HERE,
        AccountError::Unavailable(_) => {
            tracing::error!(%error, "accounts cannot be reached");
            StanzaError::INTERNAL
        }
    }
}
