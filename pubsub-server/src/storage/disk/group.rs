//! Turns a group of decisions into the records that change: of several changes of one record only the last counts. Pure; what it must know of the
//! records that are there, it asks for.

use std::collections::BTreeMap;

use super::codec::{self, Subject};
use crate::service::access::Affiliation;
use crate::service::vocabulary::Write;

/// The records that a group changes: what they say from now on, or that they go.
pub(super) type Changes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// How many items one group may place; numbers of groups go above.
const PLACES: u32 = 24;

/// What a group with that number changes. `names` gives the names of all records that begin with a prefix.
pub(super) fn changes<E>(
    number: u64,
    decisions: &[&[Write]],
    mut names: impl FnMut(&[u8]) -> Result<Vec<Vec<u8>>, E>,
) -> Result<Changes, E> {
    let mut changes = Changes::new();
    // Later groups, and later items of a group, have greater places.
    let mut place = number << PLACES;
    let writes = decisions.iter().copied().flatten();
    for write in writes.filter(|write| write.is_durable()) {
        let node = &**write.node();
        match write {
            Write::CreateNode {
                config,
                creator,
                created,
                ..
            } => {
                let mut put =
                    |subject, value| changes.insert(codec::key(node, &subject), Some(value));
                put(Subject::Node, codec::write_node(creator, *created));
                put(Subject::Config, codec::write_config(config));
                put(
                    Subject::Affiliation(creator),
                    codec::write_affiliation(Affiliation::Owner),
                );
            }
            Write::ConfigureNode { config, .. } => {
                changes.insert(
                    codec::key(node, &Subject::Config),
                    Some(codec::write_config(config)),
                );
            }
            Write::DeleteNode { .. } => {
                let prefix = codec::node_prefix(node);
                remove_all(&mut changes, &prefix, names(&prefix)?);
            }
            Write::PutItem { item, .. } => {
                changes.insert(
                    codec::key(node, &Subject::Item(&item.id)),
                    Some(codec::write_item(place, item)),
                );
                place += 1;
            }
            Write::RemoveItem { item, .. } => {
                changes.insert(codec::key(node, &Subject::Item(item)), None);
            }
            Write::RemoveItems { .. } => {
                let prefix = codec::items_prefix(node);
                remove_all(&mut changes, &prefix, names(&prefix)?);
            }
            Write::Subscribe {
                jid, subscription, ..
            } => {
                changes.insert(
                    codec::key(node, &Subject::Subscription(jid)),
                    Some(codec::write_subscription(subscription)),
                );
            }
            Write::Unsubscribe { jid, .. } => {
                changes.insert(codec::key(node, &Subject::Subscription(jid)), None);
            }
            Write::SubscribeOnTerms {
                jid,
                subscription,
                terms,
                ..
            } => {
                changes.insert(
                    codec::key(node, &Subject::Terms(jid, subscription)),
                    Some(codec::write_terms(terms)),
                );
            }
            Write::UnsubscribeOnTerms {
                jid, subscription, ..
            } => {
                changes.insert(codec::key(node, &Subject::Terms(jid, subscription)), None);
            }
            Write::Affiliate {
                jid, affiliation, ..
            } => {
                let value = (*affiliation != Affiliation::None)
                    .then(|| codec::write_affiliation(*affiliation));
                changes.insert(codec::key(node, &Subject::Affiliation(jid)), value);
            }
            // Nobody waits over a restart.
            Write::Await { .. } | Write::Unawait { .. } => {}
        }
    }
    Ok(changes)
}

/// What is there goes, and what the group itself has put there too.
fn remove_all(changes: &mut Changes, prefix: &[u8], present: Vec<Vec<u8>>) {
    let own = changes
        .range_mut(prefix.to_vec()..)
        .take_while(|(name, _)| name.starts_with(prefix));
    for (_, value) in own {
        *value = None;
    }
    changes.extend(present.into_iter().map(|name| (name, None)));
}
