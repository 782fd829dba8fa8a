//! How much lanes hold and have under way, counted so that it stays bounded.
//!
//! Plain sums; what the bounds are is in `bounds`.

/// How much may be under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Width {
    pub(super) entries: usize,
    pub(super) bytes: usize,
}

/// What a lane holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Load {
    /// Entries read and not settled by us.
    pub(super) held: usize,
    pub(super) held_bytes: usize,
    pub(super) under_way: usize,
    pub(super) under_way_bytes: usize,
    /// Entries through, of which the store does not know yet.
    pub(super) unsettled: u64,
}

impl Load {
    pub(super) fn add(&mut self, other: Self) {
        self.held += other.held;
        self.held_bytes += other.held_bytes;
        self.under_way += other.under_way;
        self.under_way_bytes += other.under_way_bytes;
        self.unsettled += other.unsettled;
    }

    pub(super) fn subtract(&mut self, other: Self) {
        self.held -= other.held;
        self.held_bytes -= other.held_bytes;
        self.under_way -= other.under_way;
        self.under_way_bytes -= other.under_way_bytes;
        self.unsettled -= other.unsettled;
    }
}
