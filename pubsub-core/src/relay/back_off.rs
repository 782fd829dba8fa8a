//! How long to wait before the next attempt. Pure: chance comes in as a number.

use std::time::Duration;

/// A wait that doubles with every failure up to a limit, half of it fixed and half drawn evenly, so that those who failed together do not
/// come back together. `failures` counts from 1; `chance` is between 0 and 1.
pub(super) fn wait(bounds: (Duration, Duration), failures: u32, chance: f64) -> Duration {
    let (shortest, longest) = bounds;
    let limit = 2_u32
        .checked_pow(failures.saturating_sub(1))
        .and_then(|factor| shortest.checked_mul(factor))
        .map_or(longest, |limit| limit.min(longest));
    limit.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::wait;

    #[test]
    fn a_wait_doubles_up_to_the_longest_and_is_never_less_than_half() {
        let bounds = (Duration::from_millis(100), Duration::from_secs(30));
        for (failures, limit) in [(1, 100), (2, 200), (5, 1600), (10, 30_000), (4_000, 30_000)] {
            assert_eq!(wait(bounds, failures, 1.0), Duration::from_millis(limit));
            assert_eq!(
                wait(bounds, failures, 0.0),
                Duration::from_millis(limit) / 2
            );
        }
    }
}
