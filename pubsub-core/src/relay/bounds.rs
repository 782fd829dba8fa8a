//! How much the relay holds, sends and settles at once.
//!
//! Numbers only. What is read is bounded before it is read, by the size of what was read last: a page of unusually large payloads may go
//! beyond [`HELD_BYTES`] once.

use std::time::Duration;

/// How many entries are under way at once, at most: as many as a session with the usual window has in batches of 64 to a request. A session
/// whose own queue is smaller gets no more than half of what that holds.
pub(super) const UNDER_WAY: usize = 4096;
/// How many are under way at first, and how many always may be; in between it depends on how long an answer takes.
pub(super) const FIRST_UNDER_WAY: usize = 512;
pub(super) const LEAST_UNDER_WAY: usize = 64;
/// A service that takes longer than this to answer gets fewer changes at once.
pub(super) const MOMENT: Duration = Duration::from_secs(1);
/// How many bytes of payload are under way at once.
pub(super) const UNDER_WAY_BYTES: usize = 16 * 1024 * 1024;
/// How many entries of one lane are under way at once: the batch that the service works on, and several behind it.
pub(super) const LANE_UNDER_WAY: usize = 1024;
/// How many entries are read and not yet through.
pub(super) const HELD: usize = 3 * UNDER_WAY;
/// How many bytes of payload are read and not yet through.
pub(super) const HELD_BYTES: usize = 32 * 1024 * 1024;

/// How many entries are read at once.
pub(super) const PAGE: usize = 4096;
/// How many entries of one lane are read at once.
pub(super) const LANE_PAGE: usize = 2048;
/// How many entries are read at once as long as their size is unknown.
pub(super) const FIRST_PAGE: usize = 256;
/// How many entries are looked for in a lane of which nobody said that there are any.
pub(super) const LANE_LOOK: usize = 256;
/// A lane with fewer entries to send than this is read on.
pub(super) const LANE_LOW: usize = 2048;
/// How many entries of a lane are sent before the next lane has its turn; they stand together in the session's queue and can
/// become one batch.
pub(super) const BURST: usize = 64;

/// How many lanes are ours at once, besides those that only wait.
pub(super) const LANES: usize = 1024;
/// How many lanes are ours at once in all.
pub(super) const MOST_LANES: usize = 65_536;
/// How many lanes are claimed at once.
pub(super) const CLAIM: u32 = 256;
/// How many lanes stay ours for a while although they are empty, because more is likely to come.
pub(super) const KEPT_LANES: usize = 64;
/// How long they do.
pub(super) const KEEP_LANE: Duration = Duration::from_millis(500);
/// A lane of which so many entries went through is read on as soon as there is news, not only when it is empty.
pub(super) const BUSY_LANE: u64 = 32;

/// This many entries are settled at once when they are through.
pub(super) const SETTLE_ENTRIES: u64 = 2048;
/// What is through is settled after this time, however little it is: a crash repeats no more than that.
pub(super) const SETTLE_AFTER: Duration = Duration::from_millis(20);

/// How soon it is tried again where somebody else held the lane.
pub(super) const SETTLE_HELD_AFTER: Duration = Duration::from_millis(100);

/// How long a lane waits after a first refusal, and how long at most.
pub(super) const BACK_OFF: (Duration, Duration) =
    (Duration::from_millis(100), Duration::from_secs(30));
/// A relay whose service has been away for this long leaves its lanes to others.
pub(super) const AWAY: Duration = Duration::from_secs(1);
/// How long a failed request to the store waits for its next attempt.
pub(super) const STORE_BACK_OFF: (Duration, Duration) =
    (Duration::from_millis(50), Duration::from_secs(5));
