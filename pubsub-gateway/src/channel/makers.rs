//! Who has had channels made, so that nobody takes all there may be.
//!
//! By address; of IPv6 its network counts, in which one host has as many addresses as it likes.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many channels of each address there are.
#[derive(Debug, Clone, Default)]
pub(super) struct Makers {
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// That a channel is one of an address, for as long as it is there.
#[derive(Debug)]
pub(super) struct Made {
    makers: Makers,
    address: IpAddr,
}

impl Makers {
    /// Counts one more; `None` where there are so many already.
    pub(super) fn count(&self, address: IpAddr, most: usize) -> Option<Made> {
        let address = network(address);
        let mut counts = self.lock();
        let count = counts.entry(address).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        drop(counts);
        let makers = self.clone();
        Some(Made { makers, address })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        // No code that can panic runs while it is held.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        let mut counts = self.makers.lock();
        if let Some(count) = counts.get_mut(&self.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) >> 64 << 64;
            Ipv6Addr::from(network).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::Makers;

    #[test]
    fn each_address_has_its_share() {
        let makers = Makers::default();
        let count = |address: &str| makers.count(address.parse().unwrap(), 2);
        let first = count("192.0.2.1");
        let second = count("::ffff:192.0.2.1");
        assert!(first.is_some() && second.is_some());
        assert!(count("192.0.2.1").is_none());
        assert!(count("192.0.2.2").is_some());
        drop(first);
        let third = count("192.0.2.1");
        assert!(third.is_some() && count("192.0.2.1").is_none());
        let all = ["2001:db8::1", "2001:db8::2"].map(count);
        assert!(all.iter().all(Option::is_some));
        assert!(count("2001:db8::3").is_none() && count("2001:db8:0:1::3").is_some());
        drop((second, third, all));
        assert!(makers.lock().is_empty());
    }
}
