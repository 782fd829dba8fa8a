//! Who has failed to log in lately, by account and by address: whoever goes on guessing has to wait. Pure, but for the lock; remembers so many and no more.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many accounts, and so many addresses, are remembered.
const REMEMBERED: usize = 10_000;

/// After so long without a failure one is forgotten.
const FORGOTTEN: Duration = Duration::from_mins(15);

/// So many failures cost nothing, for an account and for an address, from which many may come.
const FREE: [u32; 2] = [5, 20];

/// What the first failure after those costs. Each further one costs twice as much.
const FIRST: Duration = Duration::from_millis(250);

/// Failures by account and by address.
#[derive(Debug)]
pub(crate) struct Attempts {
    most: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    accounts: HashMap<String, Failures>,
    addresses: HashMap<IpAddr, Failures>,
}

#[derive(Debug)]
struct Failures {
    count: u32,
    last: Instant,
    /// Attempts are let in one after another: when the next one is.
    next: Instant,
}

impl Attempts {
    /// Nobody waits longer than `most` for one that waited before him.
    pub(crate) fn new(most: Duration) -> Self {
        Self {
            most,
            state: Mutex::default(),
        }
    }

    /// How long the next attempt has to wait. It is expected to.
    pub(crate) fn delay(&self, account: &str, address: IpAddr, now: Instant) -> Duration {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let account = state.accounts.get_mut(account);
        let of_account = account.map(|failures| failures.delay(FREE[0], self.most, now));
        let address = state.addresses.get_mut(&address);
        let of_address = address.map(|failures| failures.delay(FREE[1], self.most, now));
        of_account.max(of_address).unwrap_or_default()
    }

    pub(crate) fn note_failure(&self, account: &str, address: IpAddr, now: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        note(&mut state.accounts, account.to_owned(), now);
        note(&mut state.addresses, address, now);
    }

    /// The user of the account is there: what others have tried is over.
    pub(crate) fn note_success(&self, account: &str) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.accounts.remove(account);
    }
}

impl Failures {
    fn delay(&mut self, free: u32, most: Duration, now: Instant) -> Duration {
        if self.count < free || now.saturating_duration_since(self.last) > FORGOTTEN {
            return Duration::ZERO;
        }
        let doubled = FIRST.saturating_mul(1 << (self.count - free).min(16));
        self.next = self.next.max(now) + doubled.min(most);
        self.next - now
    }
}

fn note<K: Hash + Eq>(map: &mut HashMap<K, Failures>, key: K, now: Instant) {
    if map.len() >= REMEMBERED && !map.contains_key(&key) {
        map.retain(|_, failures| now.saturating_duration_since(failures.last) <= FORGOTTEN);
        if map.len() >= REMEMBERED {
            // Many are guessing: those who have failed least are forgotten, and fail anew.
            let least = map.values().map(|failures| failures.count).min();
            map.retain(|_, failures| Some(failures.count) != least);
        }
    }
    let failures = map.entry(key).or_insert(Failures {
        count: 0,
        last: now,
        next: now,
    });
    if now.saturating_duration_since(failures.last) > FORGOTTEN {
        failures.count = 0;
    }
    failures.count += 1;
    failures.last = now;
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: Duration = Duration::from_secs(2);

    #[test]
    fn who_guesses_waits_longer_and_longer() {
        let attempts = Attempts::new(MOST);
        let (one, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let start = Instant::now();
        for _ in 0..5 {
            assert_eq!(attempts.delay("ann", one, start), Duration::ZERO);
            attempts.note_failure("ann", one, start);
        }
        // Wherever it comes from, and one after another.
        assert_eq!(attempts.delay("ann", other, start), FIRST);
        assert_eq!(attempts.delay("ann", one, start), FIRST * 2);
        assert_eq!(attempts.delay("bob", one, start), Duration::ZERO);
        let later = start + Duration::from_mins(1);
        for count in 0..15 {
            attempts.note_failure(&format!("user{count}"), one, later);
        }
        assert_eq!(attempts.delay("bob", one, later), FIRST, "20 from there");
        assert_eq!(attempts.delay("bob", other, later), Duration::ZERO);
        for _ in 0..20 {
            attempts.note_failure("ann", other, later);
        }
        let much_later = later + Duration::from_mins(1);
        assert_eq!(attempts.delay("ann", other, much_later), MOST);
        assert_eq!(
            attempts.delay("ann", other, much_later + FORGOTTEN),
            Duration::ZERO
        );
    }

    #[test]
    fn who_gets_in_is_forgiven_but_not_where_others_guess_from() {
        let attempts = Attempts::new(MOST);
        let (one, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let now = Instant::now();
        for _ in 0..20 {
            attempts.note_failure("ann", one, now);
        }
        attempts.note_success("ann");
        assert_eq!(attempts.delay("ann", other, now), Duration::ZERO);
        assert_eq!(attempts.delay("ann", one, now), FIRST);
    }

    #[test]
    fn so_many_are_remembered_and_the_worst_stay() {
        let attempts = Attempts::new(MOST);
        let address = IpAddr::from([10, 0, 0, 1]);
        let now = Instant::now();
        for _ in 0..9 {
            attempts.note_failure("worst", address, now);
        }
        for count in 0..REMEMBERED * 2 {
            attempts.note_failure(&count.to_string(), address, now);
        }
        let state = attempts.state.lock().expect("no one has panicked");
        assert!(state.accounts.len() <= REMEMBERED);
        assert!(state.accounts.contains_key("worst"));
    }
}
