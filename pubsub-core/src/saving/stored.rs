//! Saving with a store: everything that is saved together is one unit, hooks are asked from inside its transaction, and what is
//! told waits in the outbox when the save returns.
//!
//! Knows steps and units. Does not know the types of models, nor how a store keeps what it is given.

use std::pin::pin;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::step::Step;
use crate::depot::Depot;
use crate::error::SaveError;
use crate::handle::PubSub;
use crate::hooks::Stage;
use crate::name::NodeName;
use crate::payload::EncodeError;
use crate::position::Position;
use crate::receipt::Receipt;
use crate::registry::Registry;
use crate::scope::Scope;
use crate::set_up::take_up;
use crate::store::{Consult, Question, StoreError, StoreErrorKind, Unit, Written};

/// The caller's half of a [`Consult`].
pub(super) struct Consultation {
    questions: mpsc::Receiver<Question>,
}

impl PubSub {
    /// Writes one unit and runs the hooks.
    pub(super) async fn write(
        &self,
        depot: &Depot,
        steps: Vec<Step<'_>>,
    ) -> Result<Vec<Receipt>, SaveError> {
        let (unit, consultation) = self.unit(depot, &steps).await?;
        let writing = depot.store().write(unit);
        let written = consulted(writing, consultation, &steps, self.registry()).await?;
        for (step, written) in steps.iter().zip(&written) {
            if let Err(error) = step.run_hooks(self.registry(), Stage::AfterCommit, &written.former)
            {
                // It is saved; nobody can take that back.
                tracing::error!(%error, "a hook failed after the commit");
            }
        }
        Ok(receipts(depot.store().log(), &steps, &written))
    }

    /// The same for a single step.
    pub(super) async fn write_one(
        &self,
        depot: &Depot,
        step: Step<'_>,
    ) -> Result<Receipt, SaveError> {
        let receipts = self.write(depot, vec![step]).await?;
        only(receipts)
    }

    /// What the store is to write, and how it will ask about it.
    pub(super) async fn unit(
        &self,
        depot: &Depot,
        steps: &[Step<'_>],
    ) -> Result<(Unit, Option<Consultation>), SaveError> {
        for model in steps.iter().filter_map(Step::model) {
            depot.prepare(model).await?;
            take_up(self.outlet(), model);
        }
        let origin = self.current_origin();
        check_origin(&origin)?;
        let (consult, consultation) = if steps.iter().any(Step::may_be_refused) {
            let (ask, questions) = mpsc::channel(1);
            (Some(Consult { ask }), Some(Consultation { questions }))
        } else {
            (None, None)
        };
        let unit = Unit {
            pieces: steps.iter().map(|step| step.piece.clone()).collect(),
            origin: Some(origin),
            is_suppressed: Scope::current().is_suppressed,
            consult,
        };
        Ok((unit, consultation))
    }
}

/// Waits for the store, and answers its questions with what the hooks say.
pub(super) async fn consulted(
    writing: impl Future<Output = Result<Option<Vec<Written>>, StoreError>>,
    consultation: Option<Consultation>,
    steps: &[Step<'_>],
    registry: &Registry,
) -> Result<Vec<Written>, SaveError> {
    let Some(Consultation { mut questions }) = consultation else {
        return writing.await?.ok_or_else(|| unanswered().into());
    };
    let mut writing = pin!(writing);
    let mut verdict = Ok(());
    let outcome = loop {
        tokio::select! {
            outcome = &mut writing => break outcome,
            Some(Question { formers, reply }) = questions.recv() => {
                let mut asked = steps.iter().zip(&formers);
                verdict = asked.try_for_each(|(step, former)| {
                    step.run_hooks(registry, Stage::AfterSave, former)
                });
                // A store that has given up waiting says so itself.
                let _ = reply.send(verdict.is_ok() && formers.len() == steps.len());
            }
        }
    };
    verdict?;
    outcome?.ok_or_else(|| unanswered().into())
}

/// One receipt a step.
pub(super) fn receipts(log: &Arc<str>, steps: &[Step<'_>], written: &[Written]) -> Vec<Receipt> {
    let pairs = steps.iter().zip(written);
    pairs
        .map(|(step, written)| {
            let own = written
                .entries
                .iter()
                .find(|(node, _)| node.as_str() == step.node());
            let position = own.map(|(node, sequence)| Position::numbered(node, log, *sequence));
            let nodes: Vec<NodeName> = written
                .entries
                .iter()
                .map(|(node, _)| node.clone())
                .collect();
            Receipt::new(step.item().clone(), nodes, written.former.action).at(position)
        })
        .collect()
}

/// The receipt of a single step.
pub(super) fn only(receipts: Vec<Receipt>) -> Result<Receipt, SaveError> {
    receipts.into_iter().next().ok_or_else(|| {
        let message = "the store did not say what came of the save";
        StoreError::new(StoreErrorKind::Database, message).into()
    })
}

/// What a relay could not write into a stamp must not get into the outbox.
fn check_origin(origin: &str) -> Result<(), EncodeError> {
    pubsub_xml::escape_attribute(&mut String::new(), origin)
        .map_err(|error| EncodeError::text("origin", error.into()))
}

fn unanswered() -> StoreError {
    let message = "the hooks of this save were not asked, so nothing was written; try again";
    StoreError::new(StoreErrorKind::Unanswered, message)
}
