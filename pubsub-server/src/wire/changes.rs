//! Reads the lists with which an owner changes who is subscribed and who is what. What a list does not name stays as it is.

use std::sync::Arc;

use pubsub_xml::Reader;

use super::namespace;
use super::request::RequestError;
use crate::address;
use crate::service::access::Affiliation;
use crate::service::error::ServiceError;
use crate::service::vocabulary::SubscriptionChange;

/// The address of an entry in a list of an owner, which is anybody's.
fn read_listed_jid(reader: &Reader<'_>) -> Result<Arc<str>, ServiceError> {
    let jid = reader.attribute("jid").ok_or(ServiceError::JidRequired)?;
    address::normalize(&jid).ok_or(ServiceError::BadRequest {
        reason: "an address in the list is not a JID",
    })
}

/// Reads what is to become of subscriptions (XEP-0060 §8.8.2).
pub(super) fn read_subscriptions<'x>(
    reader: &mut Reader<'x>,
) -> Result<Vec<SubscriptionChange<'x>>, RequestError> {
    let mut changes = Vec::new();
    while let Some(name) = reader.child()? {
        if name.is("subscription", namespace::PUBSUB_OWNER) {
            let jid = read_listed_jid(reader)?;
            let is_subscribed = match reader.attribute("subscription").as_deref() {
                Some("subscribed") => true,
                Some("none") => false,
                // What is not named is not changed.
                None => {
                    reader.skip()?;
                    continue;
                }
                Some(_) => {
                    return Err(ServiceError::BadRequest {
                        reason: "a subscription is \"subscribed\" or \"none\"",
                    }
                    .into());
                }
            };
            changes.push(SubscriptionChange {
                jid,
                subscription: reader.attribute("subid"),
                is_subscribed,
            });
        }
        reader.skip()?;
    }
    Ok(changes)
}

/// Reads what is to become of affiliations (XEP-0060 §8.9.2).
pub(super) fn read_affiliations(
    reader: &mut Reader<'_>,
) -> Result<Vec<(Arc<str>, Affiliation)>, RequestError> {
    let mut changes = Vec::new();
    while let Some(name) = reader.child()? {
        if name.is("affiliation", namespace::PUBSUB_OWNER) {
            let jid = read_listed_jid(reader)?;
            // What is not named is not changed.
            if let Some(word) = reader.attribute("affiliation") {
                let affiliation = Affiliation::of(&word).ok_or(ServiceError::BadRequest {
                    reason: "there is no such affiliation",
                })?;
                changes.push((address::bare(&jid).into(), affiliation));
            }
        }
        reader.skip()?;
    }
    Ok(changes)
}
