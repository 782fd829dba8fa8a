//! Asks the archive of a node (XEP-0313). The archive is what the node keeps: its items, each with the moment of its last publish, in the order of
//! publishing, under their own ids. What a node lets go, its archive lets go too.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use super::items::Budget;
use crate::service::Service;
use crate::service::access::{Action, admit};
use crate::service::error::ServiceError;
use crate::service::node::{Item, bare_of};
use crate::service::vocabulary::{
    Actor, Context, Filter, Outcome, Page, PageInfo, PageStart, Reply,
};

pub(super) fn decide(
    service: &Service,
    context: &Context<'_>,
    actor: &Actor,
    name: &str,
    filter: &Filter<'_>,
    page: &Page<'_>,
) -> Result<Outcome, ServiceError> {
    let node = service.require_node(name)?;
    admit(context.relations, node, &actor.bare, Action::Retrieve)?;
    if !node.config.persist_items {
        return Err(ServiceError::NotPersistent {
            node: node.name.clone(),
        });
    }
    let missing = |id: &str| ServiceError::ItemNotFound {
        node: node.name.clone(),
        item: id.into(),
    };
    if let Some(id) = filter.ids.iter().find(|id| node.items.find(id).is_none()) {
        return Err(missing(id));
    }
    let ids: HashSet<&str> = filter.ids.iter().map(|id| &**id).collect();
    let found: Vec<&Arc<Item>> = node
        .items
        .iter()
        .filter(|item| filter.has(item) && (ids.is_empty() || ids.contains(&*item.id)))
        .collect();
    let place = |id: &Cow<'_, str>| {
        // The place of an item that the filter leaves out is where it would be.
        let position = node.items.position(id).ok_or_else(|| missing(id))?;
        let is_before = |item: &&Arc<Item>| {
            let other = node.items.position(&item.id);
            other.is_some_and(|other| other < position)
        };
        Ok(match found.iter().position(|item| *item.id == **id) {
            Some(index) => (index, index + 1),
            None => {
                let index = found.partition_point(is_before);
                (index, index)
            }
        })
    };
    let (range, is_backwards) = match &page.from {
        PageStart::First => (0..found.len(), false),
        PageStart::Last => (0..found.len(), true),
        PageStart::Index(index) => ((*index).min(found.len())..found.len(), false),
        PageStart::After(id) => (place(id)?.1..found.len(), false),
        PageStart::Before(id) => (0..place(id)?.0, true),
    };
    let budget = Budget::of(&service.rules, page.max);
    let candidates = found.get(range).unwrap_or_default();
    let items = if is_backwards {
        budget.take_back(candidates.iter().copied())
    } else {
        budget.take_front(candidates.iter().copied())
    };
    let info = PageInfo {
        first: items.first().map(|item| item.id.clone()),
        last: items.last().map(|item| item.id.clone()),
        index: None,
        count: found.len(),
    };
    Ok(Outcome::answer(Reply::Archive {
        node: node.name.clone(),
        is_complete: items.len() == candidates.len(),
        items,
        page: info,
    }))
}

impl Filter<'_> {
    /// Whether the item is asked for, apart from its id.
    fn has(&self, item: &Item) -> bool {
        self.with
            .as_ref()
            .is_none_or(|with| bare_of(with) == &*item.publisher)
            && self.start.is_none_or(|start| item.published >= start)
            && self.end.is_none_or(|end| item.published <= end)
    }
}
