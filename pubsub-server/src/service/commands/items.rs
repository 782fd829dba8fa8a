//! Retrieve items (XEP-0060 §6.5), whole or in pages (XEP-0059).
//!
//! The order is the order of publishing, oldest first; publishing an item again makes it the newest. Asked for the latest N or for a page
//! from the end, the answer is still oldest first. An answer is cut where it would grow too large, and then says so with a page.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use crate::service::access::{Action, admit};
use crate::service::error::ServiceError;
use crate::service::node::{Item, Items, Node};
use crate::service::vocabulary::{
    Actor, Context, Outcome, Page, PageInfo, PageStart, Reply, Selection,
};
use crate::service::{Rules, Service};

/// Beyond so many items a page in the middle does not tell its index: counting would cost more than the page (XEP-0059 §2.6 allows it).
const COUNTED: usize = 10_000;

pub(super) fn decide(
    service: &Service,
    context: &Context<'_>,
    actor: &Actor,
    name: &str,
    selection: Selection<'_>,
    subscription: Option<&str>,
) -> Result<Outcome, ServiceError> {
    let node = service.require_node(name)?;
    admit(context.relations, node, &actor.bare, Action::Retrieve)?;
    check_subscription(&service.rules, node, actor, subscription)?;
    if !node.config.persist_items {
        return Err(ServiceError::NotPersistent {
            node: node.name.clone(),
        });
    }
    let budget = Budget::of(&service.rules, None);
    let (items, page) = match selection {
        Selection::ById(ids) => by_id(&node.items, &ids, budget),
        Selection::All => whole(&node.items, budget),
        Selection::Latest(count) => {
            let items = budget.at_most(count).take_back(node.items.iter());
            let page =
                (items.len() < count.min(node.items.len())).then(|| locate(&node.items, &items));
            (items, page)
        }
        Selection::Page(page) => {
            let (items, info) = paged(node, &page, budget)?;
            (items, Some(info))
        }
    };
    Ok(Outcome::answer(Reply::Items {
        node: node.name.clone(),
        items,
        page,
    }))
}

/// Who has several subscriptions says for which one, and who says one has it (§6.5.9.1, §6.5.9.2).
fn check_subscription(
    rules: &Rules,
    node: &Node,
    actor: &Actor,
    asked: Option<&str>,
) -> Result<(), ServiceError> {
    let Some(asked) = asked else {
        let several = |jid: &Arc<str>| node.subscriptions_at(jid).nth(1).is_some();
        let mut own = [&actor.bare, &actor.full].into_iter();
        return match own.find(|jid| rules.multi_subscribe && several(jid)) {
            Some(jid) => Err(ServiceError::SubscriptionIdRequired {
                node: node.name.clone(),
                jid: jid.clone(),
            }),
            None => Ok(()),
        };
    };
    let mut own = node.subscriptions_of(&actor.bare).peekable();
    if own.peek().is_some() && own.all(|one| &**one.id != asked) {
        return Err(ServiceError::InvalidSubscriptionId {
            node: node.name.clone(),
            jid: actor.bare.clone(),
        });
    }
    Ok(())
}

/// Items that are gone are left out (§6.5.8 shows the items that exist), and each comes once, however often it is named.
fn by_id(
    items: &Items,
    ids: &[Cow<'_, str>],
    budget: Budget,
) -> (Vec<Arc<Item>>, Option<PageInfo>) {
    let mut named = HashSet::new();
    let ids = ids.iter().filter(|id| named.insert(&***id));
    let found: Vec<_> = ids.filter_map(|id| items.find(id)).collect();
    let chosen = budget.take_front(found.iter().copied());
    let page = (chosen.len() < found.len()).then(|| PageInfo {
        first: chosen.first().map(|item| item.id.clone()),
        last: chosen.last().map(|item| item.id.clone()),
        index: None,
        count: found.len(),
    });
    (chosen, page)
}

fn whole(items: &Items, budget: Budget) -> (Vec<Arc<Item>>, Option<PageInfo>) {
    let chosen = budget.take_front(items.iter());
    let page = (chosen.len() < items.len()).then(|| locate(items, &chosen));
    (chosen, page)
}

fn paged(
    node: &Node,
    page: &Page<'_>,
    budget: Budget,
) -> Result<(Vec<Arc<Item>>, PageInfo), ServiceError> {
    let items = &node.items;
    let budget = page.max.map_or(budget, |max| budget.at_most(max));
    let missing = |id: &str| ServiceError::ItemNotFound {
        node: node.name.clone(),
        item: id.into(),
    };
    let chosen = match &page.from {
        PageStart::First => budget.take_front(items.iter()),
        PageStart::Last => budget.take_back(items.iter()),
        PageStart::After(id) => budget.take_front(items.after(id).ok_or_else(|| missing(id))?),
        PageStart::Before(id) => budget.take_back(items.before(id).ok_or_else(|| missing(id))?),
        PageStart::Index(index) => budget.take_front(items.iter().skip(*index)),
    };
    let info = locate(items, &chosen);
    Ok((chosen, info))
}

fn locate(items: &Items, chosen: &[Arc<Item>]) -> PageInfo {
    let first = chosen.first().map(|item| item.id.clone());
    let last = chosen.last().map(|item| item.id.clone());
    let starts_at_the_start = items.iter().next().map(|item| &item.id) == first.as_ref();
    let index = match &first {
        Some(_) if starts_at_the_start => Some(0),
        Some(id) if items.len() <= COUNTED => items.position(id),
        _ => None,
    };
    PageInfo {
        first,
        last,
        index,
        count: items.len(),
    }
}

/// How much one answer may hold.
#[derive(Clone, Copy)]
pub(super) struct Budget {
    items: usize,
    bytes: usize,
}

impl Budget {
    /// What the service allows in one answer, and what was asked for.
    pub(super) fn of(rules: &Rules, asked: Option<usize>) -> Self {
        let budget = Self {
            items: rules.max_page,
            bytes: rules.max_page_bytes,
        };
        asked.map_or(budget, |asked| budget.at_most(asked))
    }

    fn at_most(self, items: usize) -> Self {
        Self {
            items: self.items.min(items),
            ..self
        }
    }

    pub(super) fn take_front<'i>(
        self,
        items: impl Iterator<Item = &'i Arc<Item>>,
    ) -> Vec<Arc<Item>> {
        let mut left = self.bytes;
        items
            .take(self.items)
            .enumerate()
            .take_while(|(index, item)| {
                // The first always goes, or a single large item could never be read.
                let fits = *index == 0 || item.size() <= left;
                left = left.saturating_sub(item.size());
                fits
            })
            .map(|(_, item)| item.clone())
            .collect()
    }

    pub(super) fn take_back<'i>(
        self,
        items: impl DoubleEndedIterator<Item = &'i Arc<Item>>,
    ) -> Vec<Arc<Item>> {
        let mut chosen = self.take_front(items.rev());
        chosen.reverse();
        chosen
    }
}
