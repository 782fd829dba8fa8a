//! Turns the records of the disk, in the order of their names, back into the writes that make the state.

use std::collections::HashSet;
use std::sync::Arc;

use super::codec::{self, Subject, Unreadable};
use crate::service::access::Affiliation;
use crate::service::node::Item;
use crate::service::options::NodeConfig;
use crate::service::vocabulary::Write;
use crate::storage::StorageError;

/// Reads one record after the other.
pub(super) struct Loading<'t> {
    take: &'t mut dyn FnMut(Write),
    node: Option<Started>,
    /// Texts that occur often, as JIDs do, are kept once.
    shared: HashSet<Arc<str>>,
    config: Arc<NodeConfig>,
}

/// A node of which not all records were read yet.
struct Started {
    name: Arc<str>,
    creator: Arc<str>,
    created: u64,
    is_created: bool,
    /// Whether the creator has an affiliation still.
    has_creator: bool,
    items: Vec<(u64, Arc<Item>)>,
}

impl<'t> Loading<'t> {
    pub(super) fn new(take: &'t mut dyn FnMut(Write)) -> Self {
        Self {
            take,
            node: None,
            shared: HashSet::new(),
            config: Arc::default(),
        }
    }

    /// Takes the next record.
    pub(super) fn record(&mut self, key: &[u8], value: &[u8]) -> Result<(), StorageError> {
        let (node, subject) = codec::read_key(key).map_err(|error| unreadable(&error))?;
        self.place(node, &subject, value).map_err(|error| {
            let what = match &subject {
                Subject::Node => "creation".to_owned(),
                Subject::Config => "configuration".to_owned(),
                Subject::Affiliation(jid) => format!("affiliation of {jid}"),
                Subject::Subscription(jid) => format!("subscription of {jid}"),
                Subject::Terms(jid, id) => format!("subscription \"{id}\" of {jid}"),
                Subject::Item(id) => format!("item \"{id}\""),
            };
            StorageError::new(format!("node \"{node}\", {what}: {error}"))
        })
    }

    /// Nothing more comes.
    pub(super) fn end(mut self) -> Result<(), StorageError> {
        self.finish().map_err(|error| unreadable(&error))
    }

    fn place(&mut self, node: &str, subject: &Subject<'_>, value: &[u8]) -> Result<(), Unreadable> {
        if *subject == Subject::Node {
            self.finish()?;
            let (creator, created) = codec::read_node(value)?;
            self.node = Some(Started {
                name: node.into(),
                creator: self.share(creator),
                created,
                is_created: false,
                has_creator: false,
                items: Vec::new(),
            });
            return Ok(());
        }
        let Some(started) = self.node.as_mut().filter(|started| &*started.name == node) else {
            return Err(Unreadable::new("its node was never created"));
        };
        if *subject == Subject::Config {
            let config = codec::read_config(value)?;
            if *self.config != config {
                self.config = Arc::new(config);
            }
            started.is_created = true;
            (self.take)(Write::CreateNode {
                node: started.name.clone(),
                config: self.config.clone(),
                creator: started.creator.clone(),
                created: started.created,
            });
            return Ok(());
        }
        if !started.is_created {
            return Err(Unreadable::new("its node has no configuration"));
        }
        let name = started.name.clone();
        match subject {
            Subject::Node | Subject::Config => {}
            Subject::Affiliation(jid) => {
                started.has_creator |= *jid == &*started.creator;
                let affiliation = codec::read_affiliation(value)?;
                let jid = self.share(jid);
                (self.take)(Write::Affiliate {
                    node: name,
                    jid,
                    affiliation,
                });
            }
            Subject::Subscription(jid) => {
                let subscription = codec::read_subscription(value)?.into();
                let jid = self.share(jid);
                (self.take)(Write::Subscribe {
                    node: name,
                    jid,
                    subscription,
                    is_durable: true,
                });
            }
            Subject::Terms(jid, id) => {
                let terms = Arc::new(codec::read_terms(value)?);
                let jid = self.share(jid);
                (self.take)(Write::SubscribeOnTerms {
                    node: name,
                    jid,
                    subscription: (*id).into(),
                    terms,
                });
            }
            Subject::Item(id) => {
                let shared = &mut self.shared;
                let (place, item) = codec::read_item(id, value, |text| share(shared, text))?;
                started.items.push((place, Arc::new(item)));
            }
        }
        Ok(())
    }

    /// The node is complete.
    fn finish(&mut self) -> Result<(), Unreadable> {
        let Some(mut node) = self.node.take() else {
            return Ok(());
        };
        if !node.is_created {
            return Err(Unreadable::new(format_args!(
                "node \"{}\" has no configuration",
                node.name
            )));
        }
        if !node.has_creator {
            // Creating made it one.
            (self.take)(Write::Affiliate {
                node: node.name.clone(),
                jid: node.creator,
                affiliation: Affiliation::None,
            });
        }
        node.items.sort_unstable_by_key(|(place, _)| *place);
        for (_, item) in node.items {
            (self.take)(Write::PutItem {
                node: node.name.clone(),
                item,
                is_durable: true,
            });
        }
        Ok(())
    }

    fn share(&mut self, text: &str) -> Arc<str> {
        share(&mut self.shared, text)
    }
}

fn share(shared: &mut HashSet<Arc<str>>, text: &str) -> Arc<str> {
    if let Some(present) = shared.get(text) {
        return present.clone();
    }
    let text: Arc<str> = text.into();
    shared.insert(text.clone());
    text
}

fn unreadable(error: &Unreadable) -> StorageError {
    StorageError::new(error.to_string())
}
