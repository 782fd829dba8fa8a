//! How many may be there at one time: in all, and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::statistics::{Count, Counted};

/// Counts who is there.
#[derive(Clone, Debug)]
pub(crate) struct Register {
    counts: Arc<Mutex<Counts>>,
    most: usize,
    most_per_address: usize,
}

#[derive(Debug, Default)]
struct Counts {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// The right to be there; ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    counts: Arc<Mutex<Counts>>,
    address: IpAddr,
    counted: Option<Counted>,
}

impl Permit {
    /// As long as it is there, it counts as one of these.
    pub(crate) fn among(mut self, count: &Count) -> Self {
        self.counted = Some(count.one());
        self
    }
}

impl Register {
    pub(crate) fn new(most: usize, most_per_address: usize) -> Self {
        Self {
            counts: Arc::default(),
            most,
            most_per_address,
        }
    }

    /// A permit for somebody from there, if there is room.
    pub(crate) fn admit(&self, address: IpAddr) -> Option<Permit> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let from_there = counts.by_address.get(&address).copied().unwrap_or_default();
        if counts.total >= self.most || from_there >= self.most_per_address {
            return None;
        }
        counts.total += 1;
        counts.by_address.insert(address, from_there + 1);
        Some(Permit {
            counts: self.counts.clone(),
            address,
            counted: None,
        })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.total -= 1;
        if let Some(count) = counts.by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.by_address.remove(&self.address);
            }
        }
    }
}
