//! The order of requests: each has a number, they may overtake each other on their way, and so far only (XEP-0124 §14). Pure.

use std::collections::BTreeMap;

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It was handled before.
    Past,
    /// It is the next one, or comes a little early.
    Open,
    /// No honest client is that far.
    Beyond,
}

/// Requests that wait for their turn.
#[derive(Debug)]
pub(super) struct Window<T> {
    next: u64,
    width: u64,
    early: BTreeMap<u64, T>,
}

impl<T> Window<T> {
    /// A window that the request `first` opens, and which is so many requests wide.
    pub(super) fn new(first: u64, width: u64) -> Self {
        Self {
            next: first,
            width,
            early: BTreeMap::new(),
        }
    }

    pub(super) fn place(&self, id: u64) -> Place {
        if id < self.next {
            Place::Past
        } else if id - self.next < self.width {
            Place::Open
        } else {
            Place::Beyond
        }
    }

    /// Keeps a request until it is its turn; one that was kept under the same number is returned.
    pub(super) fn keep(&mut self, id: u64, request: T) -> Option<T> {
        self.early.insert(id, request)
    }

    /// The request whose turn it is.
    pub(super) fn turn(&mut self) -> Option<T> {
        let request = self.early.remove(&self.next)?;
        self.next += 1;
        Some(request)
    }

    /// Passes over requests that never came: the turn is that of the first that waits.
    pub(super) fn skip(&mut self) {
        if let Some((id, _)) = self.early.first_key_value() {
            self.next = *id;
        }
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.early.len()
    }

    /// The number of the last request whose turn has come.
    pub(super) fn last(&self) -> u64 {
        self.next.saturating_sub(1)
    }

    /// Takes all that wait out of it.
    pub(super) fn clear(&mut self) -> impl Iterator<Item = T> {
        std::mem::take(&mut self.early).into_values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_take_turns_however_they_arrive() {
        let mut window = Window::new(10, 3);
        for (id, place) in [
            (9, Place::Past),
            (10, Place::Open),
            (12, Place::Open),
            (13, Place::Beyond),
            (u64::MAX, Place::Beyond),
        ] {
            assert_eq!(window.place(id), place, "{id}");
        }
        window.keep(12, "c");
        window.keep(11, "b");
        assert_eq!(window.turn(), None);
        assert_eq!(window.waiting(), 2);
        window.keep(10, "a");
        let turns: Vec<_> = std::iter::from_fn(|| window.turn()).collect();
        assert_eq!(turns, ["a", "b", "c"]);
        assert_eq!((window.last(), window.waiting()), (12, 0));
        assert_eq!(window.place(12), Place::Past);
        assert_eq!(window.place(15), Place::Open);
        window.skip();
        assert_eq!(window.last(), 12);
        window.keep(15, "f");
        window.keep(14, "e");
        window.skip();
        assert_eq!((window.turn(), window.turn()), (Some("e"), Some("f")));
        assert_eq!(window.place(13), Place::Past);
    }
}
