//! How many tests passed, failed and were ignored, read off the closing lines of the test runners.
//!
//! Knows the one line that cargo's runner prints for each test binary, the summary of Node's, and nothing of processes.

use std::ops::AddAssign;

/// A sum over test runners.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    pub passed: u64,
    pub failed: u64,
    pub ignored: u64,
}

impl Tally {
    /// Adds what `line` reports, if it is a runner's closing line.
    pub fn read(&mut self, line: &str) {
        let Some(counts) = line.trim().strip_prefix("test result: ") else {
            self.read_tap(line);
            return;
        };
        let counts = counts.split_once(". ").map_or(counts, |(_, counts)| counts);
        for part in counts.split(';') {
            let mut words = part.split_whitespace();
            let (Some(number), Some(what)) = (words.next(), words.next()) else {
                continue;
            };
            let Ok(number) = number.parse::<u64>() else {
                continue;
            };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

impl Tally {
    /// Node's runner closes with one line for each count (TAP comments).
    fn read_tap(&mut self, line: &str) {
        let Some((what, number)) = line
            .strip_prefix("# ")
            .and_then(|line| line.split_once(' '))
        else {
            return;
        };
        let Ok(number) = number.parse::<u64>() else {
            return;
        };
        match what {
            "pass" => self.passed += number,
            "fail" | "cancelled" => self.failed += number,
            "skipped" | "todo" => self.ignored += number,
            _ => {}
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    fn check(output: &str, passed: u64, failed: u64, ignored: u64) {
        let mut tally = Tally::default();
        output.lines().for_each(|line| tally.read(line));
        assert_eq!(
            tally,
            Tally {
                passed,
                failed,
                ignored
            }
        );
    }

    #[test]
    fn closing_lines_of_several_runners_add_up() {
        check(
            "running 2 tests\n\
             test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
             test result: FAILED. 3 passed; 1 failed; 4 ignored; 0 measured; 9 filtered out; finished in 1.50s\n",
            5,
            1,
            4,
        );
    }

    #[test]
    fn the_summary_of_nodes_runner_counts() {
        check(
            "# Subtest: 9 lives\nok 1 - fine\n1..3\n# tests 6\n# suites 0\n# pass 2\n# fail 1\n# cancelled 1\n# skipped 1\n# todo 1\n# duration_ms 33.5\n",
            2,
            2,
            2,
        );
    }

    #[test]
    fn other_lines_count_nothing() {
        check(
            "test result of the day\n5 passed; 5 failed\n# pass on 5\n",
            0,
            0,
            0,
        );
    }
}
