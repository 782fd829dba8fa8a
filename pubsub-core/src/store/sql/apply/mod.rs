//! Carries out units inside an open transaction: reads what is there, decides, asks, writes.
//!
//! Knows the order of these steps. Does not begin or end the transaction, and does not know who gathers units.
//!
//! A whole batch takes a handful of statements: the counters of the nodes, the rows as they were, then the rows, counters
//! and entries as they are to be. In between everything happens in memory, so that units see what those before them did.

mod ground;
mod plan;
mod work;
mod write;

use std::time::Duration;

use tokio::time::timeout;

use self::ground::Ground;
use self::plan::Draft;
use self::work::Verdict;
pub(crate) use self::work::Work;
use super::connection::Connection;
use super::script::Script;
use crate::store::{StoreError, StoreErrorKind, Written};

/// How long a caller may think while everybody waits.
const THINKING: Duration = Duration::from_secs(5);

/// Whether to wait for those who hold the counter of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// As long as the connection does.
    Some,
    /// Not at all: what would have to wait is put aside.
    None,
}

/// What came of units.
#[derive(Debug)]
pub(crate) enum Applied {
    /// One outcome each, and what is still to be carried out before the commit.
    Done(Vec<Outcome>, Script),
    /// Nothing was written: the units in these places would have to wait for others. Only without patience.
    Held(Vec<usize>),
}

/// What came of a unit.
pub(crate) type Outcome = Result<Option<Vec<Written>>, StoreError>;

/// Carries out units in their order.
///
/// # Errors
///
/// When a statement failed: the transaction must be rolled back then. Verdicts that were given are kept in the work, and nobody is asked
/// twice.
pub(crate) async fn apply(
    connection: &mut dyn Connection,
    works: &mut [Work],
    patience: Patience,
) -> Result<Applied, StoreError> {
    let mut ground = match Ground::read(connection, works, patience).await? {
        Ok(ground) => ground,
        Err(places) => return Ok(Applied::Held(places)),
    };
    let mut outcomes = Vec::with_capacity(works.len());
    let mut entries = Vec::new();
    for work in works {
        let draft = Draft::of(work, &mut ground);
        match ask(work, &draft).await {
            Ok(true) => {
                ground.lock(connection, draft.nodes()).await?;
                outcomes.push(draft.number(&mut ground, &mut entries).map(Some));
            }
            Ok(false) => {
                draft.undo(&mut ground);
                outcomes.push(Ok(None));
            }
            Err(error) => {
                draft.undo(&mut ground);
                outcomes.push(Err(error));
            }
        }
    }
    let rest = write::write(connection, ground, entries).await?;
    Ok(Applied::Done(outcomes, rest))
}

/// Whether a unit is to be written.
async fn ask(work: &mut Work, draft: &Draft) -> Result<bool, StoreError> {
    if let Some(consult) = work.unit.consult.take() {
        work.verdict = match consult.ask.send(draft.formers()) {
            Err(_) => Verdict::No,
            Ok(()) => match timeout(THINKING, consult.verdict).await {
                Ok(Ok(true)) => Verdict::Yes,
                Ok(Ok(false) | Err(_)) => Verdict::No,
                Err(_) => Verdict::Silence,
            },
        };
    }
    match work.verdict {
        Verdict::Yes => Ok(true),
        Verdict::No => Ok(false),
        Verdict::Silence => Err(StoreError::new(
            StoreErrorKind::Unanswered,
            format!(
                "a hook took longer than {} s while the transaction was open; nothing was written. \
                 Do what takes long in an after_commit hook",
                THINKING.as_secs()
            ),
        )),
    }
}
