//! Saving in a transaction that goes on: the caller's own, or one that the handle has opened.
//!
//! Knows what waits for the commit. Does not know SQL.

use std::fmt;

use super::step::{Late, Step};
use super::stored::{consulted, only, receipts};
use crate::change::Action;
use crate::content::Content;
use crate::depot::Depot;
use crate::error::SaveError;
use crate::handle::PubSub;
use crate::name::{ItemId, NodeName};
use crate::publish::Publish;
use crate::receipt::Receipt;
use crate::store::{self, Joined};

/// What was saved in a transaction that is still open. Say [`committed`](Self::committed) when it is.
///
/// Dropping it takes nothing back: with the commit the rows are durable and everything is delivered all the same. But `after_commit`
/// hooks do not run without it, and the relay may notice the commit some milliseconds later.
#[must_use = "call `committed` after the commit, or after_commit hooks do not run"]
pub struct InTransaction {
    pubsub: PubSub,
    receipts: Vec<Receipt>,
    late: Vec<Late>,
}

impl InTransaction {
    /// A receipt for each value, valid once the transaction is committed.
    #[must_use]
    pub fn receipts(&self) -> &[Receipt] {
        &self.receipts
    }

    /// The transaction is committed: wakes the relay, and runs the `after_commit` hooks with the values read back. What they answer is
    /// only logged.
    ///
    /// Answers with the receipts. Do not call it after a rollback.
    #[expect(
        clippy::must_use_candidate,
        reason = "it is called for what it does; few need the receipts"
    )]
    pub fn committed(self) -> Vec<Receipt> {
        if let Some(depot) = self.pubsub.depot() {
            depot.store().committed();
        }
        for late in &self.late {
            late.run(self.pubsub.registry());
        }
        self.receipts
    }
}

impl fmt::Debug for InTransaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InTransaction")
            .field("receipts", &self.receipts)
            .finish_non_exhaustive()
    }
}

impl PubSub {
    /// Saves a value in a transaction that the caller has opened in the database of the store: its row, and what is to be told, become
    /// durable with the rest of the transaction or not at all. A rollback publishes nothing.
    ///
    /// `transaction` is a `&mut` to a transaction or connection of sqlx, or to a
    /// [`store::Transaction`]. In SQLite open one that will write with `BEGIN IMMEDIATE`.
    ///
    /// ```
    /// # use pubsub_core::{PubSub, Publish};
    /// # #[derive(Publish)]
    /// # struct Order { #[publish(id)] id: i64 }
    /// # async fn buy(pool: sqlx::SqlitePool, pubsub: PubSub, order: Order) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    /// sqlx::query("UPDATE stock SET left = left - 1").execute(&mut *transaction).await?;
    /// let saved = pubsub.save_in(&mut transaction, &order).await?;
    /// transaction.commit().await?;
    /// saved.committed();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// `after_save` hooks run inside the transaction; `after_commit` hooks when [`InTransaction::committed`] is called.
    ///
    /// # Errors
    ///
    /// See [`SaveError`]; nothing was written then, and the transaction can go on.
    pub async fn save_in<'t, M: Publish>(
        &self,
        transaction: impl Into<Joined<'t>> + Send,
        model: &M,
    ) -> Result<InTransaction, SaveError> {
        let step = Step::save(self.registry(), model)?;
        self.join(transaction.into(), vec![step]).await
    }

    /// Saves several values in a transaction, in their order; see [`save_in`](Self::save_in).
    ///
    /// # Errors
    ///
    /// See [`SaveError`]; none of them was written then.
    pub async fn save_all_in<'t, M: Publish>(
        &self,
        transaction: impl Into<Joined<'t>> + Send,
        models: &[M],
    ) -> Result<InTransaction, SaveError> {
        let steps = models
            .iter()
            .map(|model| Step::save(self.registry(), model));
        let steps = steps.collect::<Result<_, _>>()?;
        self.join(transaction.into(), steps).await
    }

    /// Deletes a value in a transaction; see [`save_in`](Self::save_in).
    ///
    /// # Errors
    ///
    /// See [`SaveError`].
    pub async fn delete_in<'t, M: Publish>(
        &self,
        transaction: impl Into<Joined<'t>> + Send,
        model: &M,
    ) -> Result<InTransaction, SaveError> {
        let step = Step::delete(self.registry(), model)?;
        self.join(transaction.into(), vec![step]).await
    }

    /// Publishes a stored value once more with the commit of a transaction; see [`touch`](Self::touch).
    ///
    /// # Errors
    ///
    /// See [`SaveError`].
    pub async fn touch_in<'t, M: Publish>(
        &self,
        transaction: impl Into<Joined<'t>> + Send,
        model: &M,
    ) -> Result<InTransaction, SaveError> {
        self.join(transaction.into(), vec![Step::touch(model)?])
            .await
    }

    /// Tells of a value with the commit of a transaction, without a row of the store: for models that the program keeps in tables of its
    /// own. `value` is what is now in the table, or was there last before a delete.
    ///
    /// The nodes are told that the model and its channels have. What an earlier state of the value told to other channels is not known
    /// here: retract it with [`retract_in`](Self::retract_in) if need be. No hook runs.
    ///
    /// # Errors
    ///
    /// See [`SaveError`].
    pub async fn publish_in<'t, M: Publish>(
        &self,
        transaction: impl Into<Joined<'t>> + Send,
        model: &M,
        action: Action,
    ) -> Result<InTransaction, SaveError> {
        let item = match model.item_id()? {
            Some(item) => item,
            None if action == Action::Create => ItemId::unique(),
            None => {
                return Err(SaveError::NoId {
                    model: M::DESCRIPTOR.type_name,
                });
            }
        };
        let steps = Step::announce(model, &item, action)?;
        self.join(transaction.into(), steps).await
    }

    /// Publishes anything to any node with the commit of a transaction.
    ///
    /// # Errors
    ///
    /// See [`SaveError`].
    pub async fn publish_as_in<'t>(
        &self,
        transaction: impl Into<Joined<'t>> + Send,
        node: &NodeName,
        item: &ItemId,
        content: impl Content,
    ) -> Result<InTransaction, SaveError> {
        let step = Step::publish(self.registry(), node, item, &content)?;
        drop(content);
        self.join(transaction.into(), vec![step]).await
    }

    /// Retracts an item from a node with the commit of a transaction.
    ///
    /// # Errors
    ///
    /// See [`SaveError`].
    pub async fn retract_in<'t>(
        &self,
        transaction: impl Into<Joined<'t>> + Send,
        node: &NodeName,
        item: &ItemId,
    ) -> Result<InTransaction, SaveError> {
        let step = Step::retract(self.registry(), node, item);
        self.join(transaction.into(), vec![step]).await
    }

    /// Opens a transaction in the store, in which several values are saved and deleted together.
    ///
    /// In SQLite it holds the right to write until it ends: keep it short, and do not save outside of it meanwhile.
    ///
    /// ```
    /// # use pubsub_core::{PubSub, Publish, SaveError};
    /// # #[derive(Publish)]
    /// # struct Account { #[publish(id)] id: i64, balance: i64 }
    /// # async fn transfer(pubsub: &PubSub, from: &Account, to: &Account) -> Result<(), SaveError> {
    /// let mut transaction = pubsub.begin().await?;
    /// transaction.save(from).await?;
    /// transaction.save(to).await?;
    /// transaction.commit().await
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// See [`SaveError`].
    pub async fn begin(&self) -> Result<Transaction, SaveError> {
        let depot = self.depot().ok_or(SaveError::NoStore)?;
        Ok(Transaction {
            inner: depot.store().begin().await?,
            pubsub: self.clone(),
            late: Vec::new(),
        })
    }

    async fn join(
        &self,
        transaction: Joined<'_>,
        steps: Vec<Step<'_>>,
    ) -> Result<InTransaction, SaveError> {
        let (receipts, late) = self.join_steps(transaction, steps).await?;
        Ok(InTransaction {
            pubsub: self.clone(),
            receipts,
            late,
        })
    }

    async fn join_steps(
        &self,
        transaction: Joined<'_>,
        steps: Vec<Step<'_>>,
    ) -> Result<(Vec<Receipt>, Vec<Late>), SaveError> {
        let depot: &Depot = self.depot().ok_or(SaveError::NoStore)?;
        if steps.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let (unit, consultation) = self.unit(depot, &steps).await?;
        let writing = depot.store().join(transaction, unit);
        let written = consulted(writing, consultation, &steps, self.registry()).await?;
        let pairs = steps.iter().zip(&written);
        let late = pairs.filter_map(|(step, written)| step.late(&written.former));
        let late = late.collect();
        Ok((receipts(depot.store().log(), &steps, &written), late))
    }
}

/// A transaction of [`PubSub::begin`]: everything in it becomes durable and is told with its [`commit`](Self::commit), or nothing.
/// Dropped without one it is rolled back.
#[must_use = "a transaction that is dropped is rolled back"]
pub struct Transaction {
    inner: store::Transaction,
    pubsub: PubSub,
    late: Vec<Late>,
}

impl Transaction {
    /// Saves a value; see [`PubSub::save`].
    ///
    /// # Errors
    ///
    /// See [`SaveError`]; nothing was written then, and the transaction can go on.
    pub async fn save<M: Publish>(&mut self, model: &M) -> Result<Receipt, SaveError> {
        let step = Step::save(self.pubsub.registry(), model)?;
        self.one(step).await
    }

    /// Saves several values in their order.
    ///
    /// # Errors
    ///
    /// See [`SaveError`]; none of them was written then.
    pub async fn save_all<M: Publish>(&mut self, models: &[M]) -> Result<Vec<Receipt>, SaveError> {
        let registry = self.pubsub.registry();
        let steps = models.iter().map(|model| Step::save(registry, model));
        let steps = steps.collect::<Result<_, _>>()?;
        self.all(steps).await
    }

    /// Deletes a value; see [`PubSub::delete`].
    ///
    /// # Errors
    ///
    /// See [`SaveError`].
    pub async fn delete<M: Publish>(&mut self, model: &M) -> Result<Receipt, SaveError> {
        let step = Step::delete(self.pubsub.registry(), model)?;
        self.one(step).await
    }

    /// Deletes the value with this id; see [`PubSub::delete_by_id`].
    ///
    /// # Errors
    ///
    /// See [`SaveError`].
    pub async fn delete_by_id<M: Publish + 'static>(
        &mut self,
        id: impl fmt::Display + Send,
    ) -> Result<Receipt, SaveError> {
        let item = super::item_id::<M>(&id)?;
        let step = Step::delete_by_id::<M>(self.pubsub.registry(), item);
        self.one(step).await
    }

    /// Publishes a stored value once more; see [`PubSub::touch`].
    ///
    /// # Errors
    ///
    /// See [`SaveError`].
    pub async fn touch<M: Publish>(&mut self, model: &M) -> Result<Receipt, SaveError> {
        self.one(Step::touch(model)?).await
    }

    /// Publishes anything to any node under a given id; see [`PubSub::publish_as`].
    ///
    /// # Errors
    ///
    /// See [`SaveError`].
    pub async fn publish_as(
        &mut self,
        node: &NodeName,
        item: &ItemId,
        content: impl Content,
    ) -> Result<Receipt, SaveError> {
        let step = Step::publish(self.pubsub.registry(), node, item, &content)?;
        drop(content);
        self.one(step).await
    }

    /// The transaction of the store, for tables of the program's own:
    /// [`as_sqlite`](store::Transaction::as_sqlite) and its PostgreSQL twin give the connection of sqlx.
    pub fn store(&mut self) -> &mut store::Transaction {
        &mut self.inner
    }

    /// Makes it durable, wakes the relay and runs the `after_commit` hooks, with the values read back.
    ///
    /// # Errors
    ///
    /// See [`SaveError`]; nothing was written then.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped may have committed or not.
    pub async fn commit(self) -> Result<(), SaveError> {
        self.inner.commit().await?;
        for late in &self.late {
            late.run(self.pubsub.registry());
        }
        Ok(())
    }

    /// Forgets everything that was written in it. Dropping it does the same, without waiting.
    ///
    /// # Errors
    ///
    /// When the database cannot be reached; it forgets by itself then.
    pub async fn rollback(self) -> Result<(), SaveError> {
        Ok(self.inner.rollback().await?)
    }

    async fn one(&mut self, step: Step<'_>) -> Result<Receipt, SaveError> {
        only(self.all(vec![step]).await?)
    }

    async fn all(&mut self, steps: Vec<Step<'_>>) -> Result<Vec<Receipt>, SaveError> {
        let transaction = Joined::from(&mut self.inner);
        let (receipts, late) = self.pubsub.join_steps(transaction, steps).await?;
        self.late.extend(late);
        Ok(receipts)
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").finish_non_exhaustive()
    }
}
