//! A page of a list that has an order of its own (XEP-0059): as much as was asked for and as one answer may hold. Items have theirs, in
//! `commands/items`.

use std::sync::Arc;

use super::Rules;
use super::vocabulary::{Page, PageInfo, PageStart};

/// What an entry takes besides its texts.
const ENTRY: usize = 64;

/// Entries of a list, in either direction, from what is named or from the end.
pub(crate) type Entries<'l, T> = Box<dyn Iterator<Item = T> + 'l>;

/// A list from which a page is taken.
pub(crate) struct List<'l, T> {
    pub(crate) count: usize,
    /// Those after the entry with that id; None: all.
    pub(crate) after: &'l dyn Fn(Option<&str>) -> Entries<'l, T>,
    /// Those before it, backwards.
    pub(crate) before: &'l dyn Fn(Option<&str>) -> Entries<'l, T>,
    /// What pages are asked for by.
    pub(crate) id: fn(&T) -> Arc<str>,
    /// The bytes of its texts.
    pub(crate) size: fn(&T) -> usize,
}

impl<T> List<'_, T> {
    /// The entries, and where they lie in the whole if that was asked for or they are not all.
    pub(crate) fn page(
        &self,
        rules: &Rules,
        asked: Option<&Page<'_>>,
    ) -> (Vec<T>, Option<PageInfo>) {
        let from = asked.map_or(&PageStart::First, |page| &page.from);
        let max = asked.and_then(|page| page.max).unwrap_or(usize::MAX);
        let (entries, is_backwards) = match from {
            PageStart::First => ((self.after)(None), false),
            PageStart::Index(index) => (Box::new((self.after)(None).skip(*index)) as _, false),
            PageStart::After(id) => ((self.after)(Some(id)), false),
            PageStart::Last => ((self.before)(None), true),
            PageStart::Before(id) => ((self.before)(Some(id)), true),
        };
        let mut left = rules.max_page_bytes;
        let mut chosen: Vec<T> = entries
            .take(max.min(rules.max_page))
            .enumerate()
            .take_while(|(index, entry)| {
                // The first always goes, or nothing behind it could ever be read.
                let size = ENTRY + (self.size)(entry);
                let fits = *index == 0 || size <= left;
                left = left.saturating_sub(size);
                fits
            })
            .map(|(_, entry)| entry)
            .collect();
        if is_backwards {
            chosen.reverse();
        }
        if asked.is_none() && chosen.len() >= self.count {
            return (chosen, None);
        }
        let index = match from {
            PageStart::First => Some(0),
            PageStart::Index(index) => Some(*index),
            PageStart::Last => Some(self.count.saturating_sub(chosen.len())),
            PageStart::After(_) | PageStart::Before(_) => None,
        };
        let info = PageInfo {
            first: chosen.first().map(self.id),
            last: chosen.last().map(self.id),
            index: index.filter(|_| !chosen.is_empty()),
            count: self.count,
        };
        (chosen, Some(info))
    }
}

/// Two lists in the same order as one.
pub(crate) fn merged<T>(
    one: impl Iterator<Item = T>,
    other: impl Iterator<Item = T>,
    is_before: impl Fn(&T, &T) -> bool,
) -> impl Iterator<Item = T> {
    let mut one = one.peekable();
    let mut other = other.peekable();
    std::iter::from_fn(move || match (one.peek(), other.peek()) {
        (Some(first), Some(second)) if !is_before(first, second) => other.next(),
        (Some(_), _) => one.next(),
        (None, _) => other.next(),
    })
}
