//! Transactions where no database is built in: types that nobody can make a value of.
//!
//! Stands in for `transaction` and `joined`, so that programs compile the same way with any features.

use std::fmt;
use std::marker::PhantomData;

use super::{StoreError, StoreErrorKind};

/// An open transaction; without a database there is none.
#[must_use = "a transaction that is dropped is rolled back"]
pub struct Transaction {
    _nothing: (),
}

impl Transaction {
    /// Makes everything durable that was written in it.
    ///
    /// # Errors
    ///
    /// Always.
    #[expect(clippy::unused_async, reason = "as where there is a database")]
    pub async fn commit(self) -> Result<(), StoreError> {
        Err(no_database())
    }

    /// Forgets everything that was written in it.
    ///
    /// # Errors
    ///
    /// Always.
    #[expect(clippy::unused_async, reason = "as where there is a database")]
    pub async fn rollback(self) -> Result<(), StoreError> {
        Err(no_database())
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").finish_non_exhaustive()
    }
}

/// A transaction that the caller has opened; without a database there is none.
pub struct Joined<'t>(PhantomData<&'t mut ()>);

impl Joined<'_> {
    /// The same transaction for a shorter time.
    pub fn reborrow(&mut self) -> Joined<'_> {
        Joined(PhantomData)
    }
}

impl fmt::Debug for Joined<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Joined")
    }
}

impl<'t> From<&'t mut Transaction> for Joined<'t> {
    fn from(_: &'t mut Transaction) -> Self {
        Self(PhantomData)
    }
}

fn no_database() -> StoreError {
    let message = "no database is built in: add the feature `sqlite` or `postgres` of pubsub-core to the dependency";
    StoreError::new(StoreErrorKind::Configuration, message)
}
