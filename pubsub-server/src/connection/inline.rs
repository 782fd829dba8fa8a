//! What a client is told together with the success of its login (XEP-0388): that a session of its goes on (XEP-0198), or that it has a resource
//! (XEP-0386), and what that brings with it. Otherwise it binds a resource as it always could. The stream goes on in each case.

use std::fmt::Write as _;

use super::binding::{Bound, negotiate, resume, take_place};
use super::carrier::Carrier;
use super::channel::Channel;
use super::end::End;
use super::login::{Identity, Login};
use super::managing::promise;
use crate::accounts::Hash;
use crate::address;
use crate::host::Host;
use crate::router::TooManyResources;
use crate::wire::error::{self, StanzaError};
use crate::wire::management;
use crate::wire::sasl::{self, Binding, Wishes};
use crate::wire::stream::{self, FEATURES_BOUND};

/// Gives a client what it has asked for together with its login.
pub(super) async fn enter<C: Carrier>(
    channel: &mut Channel<C>,
    host: &Host,
    login: Login,
) -> Result<Bound, End> {
    let Login {
        identity,
        data,
        wishes,
    } = login;
    channel.carrier.trust(&host.limits);
    let mut answers = String::new();
    match &wishes.resume {
        Some(resumption) if C::IS_MANAGED => {
            let resumed = resume(host, &identity, resumption, |actor, resumed| {
                vec![
                    success(&data, &actor.full, &resumed),
                    FEATURES_BOUND.to_owned(),
                ]
            });
            if let Some(bound) = resumed.await? {
                return Ok(bound);
            }
            management::write_failed(&mut answers, "item-not-found");
        }
        Some(_) => management::write_failed(&mut answers, "unexpected-request"),
        None => {}
    }
    if let Some(binding) = &wishes.bind {
        match bind::<C>(host, &identity, binding, &wishes, &mut answers) {
            Ok(mut bound) => {
                let success = success(&data, &bound.peer.actor.full, &answers);
                bound.outgoing.push_other(&success);
                bound.outgoing.push_other(FEATURES_BOUND);
                return Ok(bound);
            }
            Err(TooManyResources) => {
                answers.push_str("<failed xmlns='urn:xmpp:bind:0'>");
                error::write(&mut answers, StanzaError::TOO_MANY_RESOURCES);
                answers.push_str("</failed>");
            }
        }
    }
    channel
        .outgoing
        .push_other(&success(&data, &identity.bare, &answers));
    channel
        .send(stream::features_authenticated(C::IS_MANAGED))
        .await?;
    negotiate(channel, host, &identity).await
}

/// Binds a resource, with what is to be enabled before anybody can send it anything.
fn bind<C: Carrier>(
    host: &Host,
    identity: &Identity,
    binding: &Binding,
    wishes: &Wishes,
    answers: &mut String,
) -> Result<Bound, TooManyResources> {
    let mut inside = String::new();
    let mut resumption = None;
    let management = binding.management.filter(|_| C::IS_MANAGED);
    let resource = resource(host, identity, &binding.tag, wishes.client.as_deref());
    let mut bound = take_place::<C>(host, identity, &resource, |peer, outgoing| {
        peer.set_copied(binding.is_copied);
        match management {
            Some(is_resumable) => {
                peer.outbox.start_counting(outgoing);
                resumption = promise(&mut inside, host, is_resumable);
            }
            None if binding.management.is_some() => {
                management::write_failed(&mut inside, "unexpected-request");
            }
            None => {}
        }
    })?;
    bound.handled = management.map(|_| 0);
    if let Some(id) = resumption {
        host.router.allow_resumption(&bound.peer, &id);
        bound.is_resumable = true;
    }
    if inside.is_empty() {
        answers.push_str("<bound xmlns='urn:xmpp:bind:0'/>");
    } else {
        let _ = write!(answers, "<bound xmlns='urn:xmpp:bind:0'>{inside}</bound>");
    }
    Ok(bound)
}

/// The resource of a new session. Whoever says which installation of a program it is gets the same each time, and so takes the place of a session
/// that it has lost; nobody else can tell from it who says so.
fn resource(host: &Host, identity: &Identity, tag: &str, client: Option<&str>) -> String {
    let number = match client {
        None => rand::random(),
        Some(client) => stable(&host.decoy_secret, &[&identity.bare, tag, client]),
    };
    let tagged = address::normalize_resource(&format!("{tag}/{number:016x}"));
    match tagged {
        Some(tagged) if !tag.is_empty() => tagged,
        // A tag that cannot be part of an address is left out.
        _ => format!("{number:016x}"),
    }
}

/// A number that is the same for the same words, and says nothing about them to those who do not know the secret.
fn stable(secret: &[u8], words: &[&str]) -> u64 {
    // A key of its own: what the secret makes of other words is told to whoever asks (RFC 5802 §5.1, the salts of users that do not exist).
    let key = Hash::Sha256.hmac(secret, b"resources");
    let digest = Hash::Sha256.hmac(&key, words.join("\0").as_bytes());
    digest
        .iter()
        .take(8)
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn success(data: &str, jid: &str, answers: &str) -> String {
    let mut out = String::new();
    sasl::write_extensible_success(&mut out, data, jid, answers);
    out
}

#[cfg(test)]
mod tests {
    use super::stable;

    #[test]
    fn a_resource_is_the_same_for_the_same_client_of_the_same_account_only() {
        let number = stable(b"secret", &["ann@b", "App", "1"]);
        assert_eq!(number, stable(b"secret", &["ann@b", "App", "1"]));
        for (secret, words) in [
            (b"secret", ["bob@b", "App", "1"]),
            (b"secret", ["ann@b", "App", "2"]),
            (b"secret", ["ann@b", "", "1"]),
            (b"others", ["ann@b", "App", "1"]),
        ] {
            assert_ne!(number, stable(secret, &words));
        }
    }
}
