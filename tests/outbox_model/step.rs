//! What may happen.

use proptest::prelude::*;

use super::{Note, STRANGER, VETOED};

/// One thing that a program does, or that is done to it.
#[derive(Debug, Clone)]
pub enum Step {
    Save(Note),
    /// All of them, or none if one is vetoed.
    SaveAll(Vec<Note>),
    Delete(u8),
    Touch(u8),
    /// Several in a transaction of the program's own, which is committed or not.
    SaveIn(Vec<Note>, bool),
    /// Several in a transaction of the store.
    Begin(Vec<Note>, bool),
    Suppressed(Note),
    /// By another program on the same store.
    SaveBeside(Note),
    /// By a program that never reaches a server, and ends.
    SaveOffline(Note),
    /// What was refused is tried again, once everything is through.
    Retry,
    /// What was refused is given up.
    Drop,
    /// The connection breaks, and can be made anew.
    Cut,
    /// It breaks, and cannot be made for a while.
    Outage,
    OutageEnds,
    /// The handle is dropped with everything under way, and another one started.
    Restart,
    /// Everything is waited for.
    Flush,
}

fn note() -> impl Strategy<Value = Note> {
    let author = prop_oneof![4 => Just("ann"), 4 => Just("bob"), 1 => Just(STRANGER)];
    let text = prop_oneof![6 => "[a-z<&]{0,8}", 1 => Just(VETOED.to_owned())];
    (0..6_u8, author, text).prop_map(|(id, author, text)| Note {
        id,
        author: author.to_owned(),
        text,
    })
}

pub fn any() -> impl Strategy<Value = Step> {
    let several = || proptest::collection::vec(note(), 1..5);
    prop_oneof![
        12 => note().prop_map(Step::Save),
        3 => several().prop_map(Step::SaveAll),
        4 => (0..6_u8).prop_map(Step::Delete),
        2 => (0..6_u8).prop_map(Step::Touch),
        2 => (several(), proptest::bool::ANY).prop_map(|(notes, is_kept)| Step::SaveIn(notes, is_kept)),
        2 => (several(), proptest::bool::ANY).prop_map(|(notes, is_kept)| Step::Begin(notes, is_kept)),
        1 => note().prop_map(Step::Suppressed),
        2 => note().prop_map(Step::SaveBeside),
        1 => note().prop_map(Step::SaveOffline),
        1 => Just(Step::Retry),
        1 => Just(Step::Drop),
        2 => Just(Step::Cut),
        1 => Just(Step::Outage),
        2 => Just(Step::OutageEnds),
        1 => Just(Step::Restart),
        1 => Just(Step::Flush),
    ]
}
