//! Short pieces of work, timed in turns so that a slow minute hits every contestant alike.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// How many turns each contestant gets.
const ROUNDS: usize = 41;
/// How long one turn takes, about.
const TURN: Duration = Duration::from_millis(4);

/// A piece of work with a name.
pub struct Contestant<'a> {
    name: &'static str,
    work: Box<dyn FnMut() + 'a>,
}

impl<'a> Contestant<'a> {
    /// Work whose result is kept from being optimised away.
    pub fn new<T>(name: &'static str, mut work: impl FnMut() -> T + 'a) -> Self {
        Self {
            name,
            work: Box::new(move || drop(black_box(work()))),
        }
    }

    fn time(&mut self, repetitions: u32) -> Duration {
        let start = Instant::now();
        for _ in 0..repetitions {
            (self.work)();
        }
        start.elapsed()
    }

    /// How often the work fits into a turn.
    fn calibrate(&mut self) -> u32 {
        let mut repetitions = 1;
        while self.time(repetitions) < TURN && repetitions < 1 << 24 {
            repetitions *= 2;
        }
        repetitions
    }
}

/// Times all contestants in turns; the median time of one piece of work for each, in their order.
pub fn compare(mut contestants: Vec<Contestant<'_>>) -> Vec<(&'static str, Duration)> {
    let repetitions: Vec<u32> = contestants.iter_mut().map(Contestant::calibrate).collect();
    let mut times = vec![Vec::with_capacity(ROUNDS); contestants.len()];
    for _ in 0..ROUNDS {
        for ((contestant, times), &repetitions) in
            contestants.iter_mut().zip(&mut times).zip(&repetitions)
        {
            times.push(contestant.time(repetitions) / repetitions);
        }
    }
    let median = |mut times: Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2]
    };
    contestants
        .iter()
        .map(|contestant| contestant.name)
        .zip(times.into_iter().map(median))
        .collect()
}
