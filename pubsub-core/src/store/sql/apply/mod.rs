//! Carries out units inside an open transaction: reads what is there, decides, asks, writes.
//!
//! Knows the order of these steps. Does not begin or end the transaction, and does not know who gathers units.
//!
//! A whole batch takes a handful of statements: the counters of the nodes, the rows as they were, then the rows, counters
//! and entries as they are to be. In between everything happens in memory, so that units see what those before them did.

mod ask;
mod ground;
mod plan;
mod work;
mod write;

pub(crate) use self::ask::Thinking;
use self::ask::{ask, silence};
use self::ground::Ground;
use self::plan::Draft;
pub(crate) use self::work::Work;
use super::connection::Connection;
use super::script::Script;
use crate::store::{StoreError, Written};

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
    /// One outcome each, `None` where the caller still thinks and nothing was written; and what is still to be carried out before the commit.
    Done(Vec<Option<Outcome>>, Script),
    /// Nothing was written: the units in these places would have to wait for others. Only without patience.
    Held(Vec<usize>),
}

/// What came of a unit.
pub(crate) type Outcome = Result<Option<Vec<Written>>, StoreError>;

/// Carries out units in their order.
///
/// # Errors
///
/// When a statement failed: the transaction must be rolled back then. Answers that were given are kept in the work, and nobody is asked the
/// same twice.
pub(crate) async fn apply(
    connection: &mut dyn Connection,
    works: &mut [Work],
    patience: Patience,
    mut thinking: Thinking,
) -> Result<Applied, StoreError> {
    let mut ground = match Ground::read(connection, works, patience).await? {
        Ok(ground) => ground,
        Err(places) => return Ok(Applied::Held(places)),
    };
    let mut outcomes = Vec::with_capacity(works.len());
    let mut entries = Vec::new();
    for work in works {
        let mut draft = Draft::of(work, &mut ground);
        let verdict = match draft.refusal() {
            Some(error) => Err(error),
            None => ask(work, draft.formers(), &mut thinking).await,
        };
        match verdict {
            Ok(Some(true)) => {
                ground.lock(connection, draft.nodes()).await?;
                outcomes.push(Some(draft.number(&mut ground, &mut entries).map(Some)));
            }
            Ok(Some(false)) => {
                draft.undo(&mut ground);
                outcomes.push(Some(Ok(None)));
            }
            Ok(None) => {
                draft.undo(&mut ground);
                outcomes.push(None);
            }
            Err(error) => {
                draft.undo(&mut ground);
                outcomes.push(Some(Err(error)));
            }
        }
    }
    let rest = write::write(connection, ground, entries).await?;
    Ok(Applied::Done(outcomes, rest))
}

/// What is answered to a caller who thinks for too long.
pub(crate) fn unanswered() -> Outcome {
    Err(silence())
}
