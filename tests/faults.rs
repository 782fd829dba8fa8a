//! What goes wrong around a store: no room, a damaged file, a file that cannot be written, somebody else on the same file,
//! a clock that jumps. Each is a clear error, or none at all, and nothing that was saved is lost.

#[path = "faults/accounts.rs"]
mod accounts;
#[path = "faults/away.rs"]
mod away;
#[path = "faults/disk.rs"]
mod disk;
#[path = "faults/file.rs"]
mod file;
#[path = "faults/place.rs"]
mod place;
#[path = "faults/rows.rs"]
mod rows;
#[path = "faults/strangers.rs"]
mod strangers;
#[path = "faults/together.rs"]
mod together;
