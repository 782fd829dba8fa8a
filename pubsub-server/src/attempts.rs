//! Who has failed to log in lately: whoever goes on guessing has to wait. Pure, but for the lock; remembers so many and no more.
//!
//! Attempts on one account from one address are let in one after another. What others have tried keeps nobody out: for their failures one waits a moment at
//! most, and not at all where the account's user has been let in lately.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// So many accounts, addresses, and pairs of both are remembered.
const REMEMBERED: usize = 10_000;

/// After so long without a failure one is forgotten.
const FORGOTTEN: Duration = Duration::from_mins(15);

/// So long the address is known from which a user was let in.
const KNOWN: Duration = Duration::from_hours(24 * 7);

/// So many failures for an account from one address cost nothing.
const FREE: u32 = 5;

/// So many failures for an account from everywhere, and so many from an address, from which many may come.
const FREE_OF_MANY: u32 = 20;

/// What the first failure after those costs. Each further one costs twice as much.
const FIRST: Duration = Duration::from_millis(250);

/// What failures for an account from everywhere cost at most.
const PRESSURE: Duration = Duration::from_secs(1);

/// Failures by account and by address.
#[derive(Debug)]
pub(crate) struct Attempts {
    most: Duration,
    state: Mutex<State>,
}

type Pair = (String, IpAddr);

#[derive(Debug, Default)]
struct State {
    pairs: HashMap<Pair, Failures>,
    accounts: HashMap<String, Failures>,
    addresses: HashMap<IpAddr, Failures>,
    /// When the user of the account was let in from there last.
    known: HashMap<Pair, Instant>,
}

#[derive(Debug)]
struct Failures {
    count: u32,
    last: Instant,
    /// Attempts are let in one after another: when the next one is.
    next: Instant,
}

/// One attempt that has to wait. Its place is given back if it does not come.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    attempts: &'a Attempts,
    pub(crate) delay: Duration,
    pair: Option<Pair>,
    /// What it has put off those after it: for the account from there, and from there.
    costs: [Duration; 2],
}

impl Attempts {
    /// Nobody waits longer than `most`.
    pub(crate) fn new(most: Duration) -> Self {
        Self {
            most,
            state: Mutex::default(),
        }
    }

    /// How long the next attempt has to wait; it is expected to, and then to say that it has come. None: so many on that account wait there already that it
    /// would be longer than anybody waits.
    pub(crate) fn turn(&self, account: &str, address: IpAddr, now: Instant) -> Option<Turn<'_>> {
        let pair = (account.to_owned(), place(address));
        let mut state = self.state();
        let mut costs = [Duration::ZERO; 2];
        let mut delay = Duration::ZERO;
        if let Some(failures) = state.pairs.get(&pair) {
            let cost = failures.cost(FREE, self.most, now);
            delay = failures.wait(cost, now);
            if delay > self.most {
                return None;
            }
            costs[0] = cost;
        }
        let seen = state.known.get(&pair);
        if seen.is_none_or(|seen| now.saturating_duration_since(*seen) > KNOWN) {
            if let Some(failures) = state.addresses.get(&pair.1) {
                let cost = failures.cost(FREE_OF_MANY, self.most, now);
                // Many may come from there: they wait together rather than be kept out.
                let wait = failures.wait(cost, now).min(self.most);
                costs[1] = (now + wait).saturating_duration_since(failures.next.max(now));
                delay = delay.max(wait);
            }
            if let Some(failures) = state.accounts.get(account) {
                delay = delay.max(failures.cost(FREE_OF_MANY, self.most.min(PRESSURE), now));
            }
        }
        if let Some(failures) = state.pairs.get_mut(&pair) {
            failures.put_off(costs[0], now);
        }
        if let Some(failures) = state.addresses.get_mut(&pair.1) {
            failures.put_off(costs[1], now);
        }
        drop(state);
        Some(Turn {
            attempts: self,
            delay,
            pair: Some(pair),
            costs,
        })
    }

    pub(crate) fn note_failure(&self, account: &str, address: IpAddr, now: Instant) {
        let address = place(address);
        let mut state = self.state();
        note(&mut state.pairs, (account.to_owned(), address), now);
        note(&mut state.accounts, account.to_owned(), now);
        note(&mut state.addresses, address, now);
    }

    /// The user of the account is there: what was tried from there is over.
    pub(crate) fn note_success(&self, account: &str, address: IpAddr, now: Instant) {
        let pair = (account.to_owned(), place(address));
        let mut state = self.state();
        state.pairs.remove(&pair);
        if state.known.len() >= REMEMBERED && !state.known.contains_key(&pair) {
            let mut times: Vec<_> = state.known.values().copied().collect();
            let (_, middle, _) = times.select_nth_unstable(REMEMBERED / 2);
            let middle = *middle;
            state.known.retain(|_, seen| *seen > middle);
        }
        state.known.insert(pair, now);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    /// It has waited, and comes.
    pub(crate) fn take(mut self) {
        self.pair = None;
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let Some(pair) = self.pair.take() else {
            return;
        };
        let mut state = self.attempts.state();
        if let Some(failures) = state.pairs.get_mut(&pair) {
            failures.give_back(self.costs[0]);
        }
        if let Some(failures) = state.addresses.get_mut(&pair.1) {
            failures.give_back(self.costs[1]);
        }
    }
}

impl Failures {
    /// What the next attempt costs.
    fn cost(&self, free: u32, most: Duration, now: Instant) -> Duration {
        if self.count < free || now.saturating_duration_since(self.last) > FORGOTTEN {
            return Duration::ZERO;
        }
        let doubled = FIRST.saturating_mul(1 << (self.count - free).min(16));
        doubled.min(most)
    }

    /// How long one that costs so much waits, behind all that wait already.
    fn wait(&self, cost: Duration, now: Instant) -> Duration {
        if cost.is_zero() {
            return cost;
        }
        (self.next.max(now) + cost).saturating_duration_since(now)
    }

    fn put_off(&mut self, cost: Duration, now: Instant) {
        if !cost.is_zero() {
            self.next = self.next.max(now) + cost;
        }
    }

    fn give_back(&mut self, cost: Duration) {
        self.next = self.next.checked_sub(cost).unwrap_or(self.next);
    }
}

/// Whoever has an address of IPv6 has 2^64 of them.
fn place(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        address @ IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !(u128::MAX >> 64)))
        }
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
    const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2));

    /// How long an attempt that comes waits.
    fn delay(
        attempts: &Attempts,
        account: &str,
        address: IpAddr,
        now: Instant,
    ) -> Option<Duration> {
        attempts.turn(account, address, now).map(|turn| {
            let delay = turn.delay;
            turn.take();
            delay
        })
    }

    #[test]
    fn who_guesses_waits_longer_and_longer() {
        let attempts = Attempts::new(MOST);
        let start = Instant::now();
        for _ in 0..5 {
            assert_eq!(delay(&attempts, "ann", ONE, start), Some(Duration::ZERO));
            attempts.note_failure("ann", ONE, start);
        }
        // One after another, there and for that account only.
        assert_eq!(delay(&attempts, "ann", ONE, start), Some(FIRST));
        assert_eq!(delay(&attempts, "ann", ONE, start), Some(FIRST * 2));
        assert_eq!(delay(&attempts, "ann", OTHER, start), Some(Duration::ZERO));
        assert_eq!(delay(&attempts, "bob", ONE, start), Some(Duration::ZERO));
        let later = start + Duration::from_mins(1);
        for _ in 0..20 {
            attempts.note_failure("ann", ONE, later);
        }
        let much_later = later + Duration::from_mins(1);
        assert_eq!(delay(&attempts, "ann", ONE, much_later), Some(MOST));
        assert_eq!(
            delay(&attempts, "ann", ONE, much_later),
            None,
            "too many wait"
        );
        assert_eq!(
            delay(&attempts, "ann", ONE, much_later + FORGOTTEN),
            Some(Duration::ZERO)
        );
    }

    #[test]
    fn what_others_try_keeps_nobody_out() {
        let attempts = Attempts::new(MOST);
        let now = Instant::now();
        for number in 0..200 {
            let address = IpAddr::from([10, 0, 1, number]);
            attempts.note_failure("ann", address, now);
        }
        for _ in 0..100 {
            assert_eq!(delay(&attempts, "ann", OTHER, now), Some(PRESSURE));
        }
        for number in 0..30 {
            attempts.note_failure(&number.to_string(), OTHER, now);
        }
        for _ in 0..100 {
            assert_eq!(delay(&attempts, "ann", OTHER, now), Some(MOST));
        }
        // Where she was let in she does not wait for others at all.
        attempts.note_success("ann", OTHER, now);
        assert_eq!(delay(&attempts, "ann", OTHER, now), Some(Duration::ZERO));
        assert_eq!(delay(&attempts, "bob", OTHER, now), Some(MOST));
        let later = now + KNOWN;
        attempts.note_failure("x", OTHER, later);
        assert_eq!(delay(&attempts, "ann", OTHER, later), Some(Duration::ZERO));
    }

    #[test]
    fn who_goes_away_gives_the_place_back() {
        let attempts = Attempts::new(MOST);
        let now = Instant::now();
        for _ in 0..30 {
            attempts.note_failure("ann", ONE, now);
        }
        for _ in 0..10 {
            let turn = attempts.turn("ann", ONE, now).expect("a place");
            assert_eq!(turn.delay, MOST);
            assert!(attempts.turn("ann", ONE, now).is_none());
        }
        assert_eq!(delay(&attempts, "bob", ONE, now), Some(MOST), "from there");
    }

    #[test]
    fn who_gets_in_is_forgiven_but_not_where_others_guess_from() {
        let attempts = Attempts::new(MOST);
        let now = Instant::now();
        for _ in 0..20 {
            attempts.note_failure("ann", ONE, now);
        }
        attempts.note_success("ann", ONE, now);
        assert_eq!(delay(&attempts, "ann", ONE, now), Some(Duration::ZERO));
        assert_eq!(delay(&attempts, "bob", ONE, now), Some(FIRST));
    }

    #[test]
    fn one_network_of_ipv6_is_one_address() {
        let attempts = Attempts::new(MOST);
        let now = Instant::now();
        for number in 0..5 {
            attempts.note_failure("ann", IpAddr::from([1, 2, 3, 4, number, 0, 0, 0]), now);
        }
        let near = IpAddr::from([1, 2, 3, 4, 9, 9, 9, 9]);
        assert_eq!(delay(&attempts, "ann", near, now), Some(FIRST));
    }

    #[test]
    fn so_many_are_remembered_and_the_worst_stay() {
        let attempts = Attempts::new(MOST);
        let now = Instant::now();
        for _ in 0..9 {
            attempts.note_failure("worst", ONE, now);
        }
        for count in 0..REMEMBERED * 2 {
            attempts.note_failure(&count.to_string(), ONE, now);
            let time = now + Duration::from_nanos(count as u64);
            attempts.note_success(&count.to_string(), OTHER, time);
        }
        let state = attempts.state();
        assert!(state.accounts.len() <= REMEMBERED);
        assert!(state.pairs.len() <= REMEMBERED);
        assert!(state.known.len() <= REMEMBERED);
        assert!(state.accounts.contains_key("worst"));
        assert!(state.pairs.contains_key(&("worst".to_owned(), ONE)));
        let last = (REMEMBERED * 2 - 1).to_string();
        assert!(state.known.contains_key(&(last, OTHER)));
    }
}
