//! How long to wait before the next attempt to connect. Pure: chance comes in as a number.

use std::time::Duration;

/// A wait below a limit that doubles with every attempt that came to nothing, drawn evenly ("full jitter"), so that a
/// thousand clients of a server that comes back do not knock at once. `chance` is between 0 and 1.
pub(super) fn wait(bounds: (Duration, Duration), failures: u32, chance: f64) -> Duration {
    let (shortest, longest) = bounds;
    let limit = 2_u32
        .checked_pow(failures)
        .and_then(|factor| shortest.checked_mul(factor))
        .map_or(longest, |limit| limit.min(longest));
    limit.mul_f64(chance.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::wait;

    #[test]
    fn the_limit_doubles_up_to_the_longest_wait() {
        let bounds = (Duration::from_millis(250), Duration::from_mins(1));
        for (failures, limit) in [(0, 250), (1, 500), (4, 4000), (8, 60_000), (200, 60_000)] {
            assert_eq!(wait(bounds, failures, 1.0), Duration::from_millis(limit));
            assert_eq!(wait(bounds, failures, 0.0), Duration::ZERO);
            assert_eq!(
                wait(bounds, failures, 0.5),
                Duration::from_millis(limit) / 2
            );
        }
    }
}
