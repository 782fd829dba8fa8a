//! How the benchmarks measure: contestants take turns, medians are compared, and a table of ratios is the result.
//!
//! Nothing here knows what is measured. No absolute time is ever asserted: these machines drift.

mod rounds;
mod table;
mod usage;

pub use rounds::{Contestant, compare};
pub use table::Table;
pub use usage::{Meter, Usage, allow_files, usage};
