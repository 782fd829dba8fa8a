//! One connection to a database, whichever it is.
//!
//! Knows statements and rows of cells. Does not know what they mean, nor which driver is behind it.

use std::borrow::Cow;

use futures_util::future::BoxFuture;

use super::dialect::Dialect;
use super::statement::Statement;
use crate::store::StoreError;

/// Takes the rows of an answer, one call each.
pub(crate) type Each<'a> = dyn FnMut(&dyn Cells) -> Result<(), StoreError> + Send + 'a;

/// A connection, used by one task at a time.
pub(crate) trait Connection: Send {
    /// Which database it is.
    fn dialect(&self) -> Dialect;

    /// Carries a statement out, and answers how many rows it touched.
    fn execute(&mut self, statement: Statement) -> BoxFuture<'_, Result<u64, StoreError>>;

    /// Ends the connection, and waits until it has ended.
    fn close(self: Box<Self>) -> BoxFuture<'static, ()>;

    /// Carries a statement out and hands on its rows. A row that is refused ends it.
    fn fetch<'a>(
        &'a mut self,
        statement: Statement,
        each: &'a mut Each<'_>,
    ) -> BoxFuture<'a, Result<(), StoreError>>;
}

/// A row of an answer, its cells counted from 0.
pub(crate) trait Cells {
    /// The text of a cell, if it is not missing.
    fn text(&self, cell: usize) -> Result<Option<&str>, StoreError>;

    /// The same, whatever bytes it is: what is not UTF-8 is replaced.
    fn any_text(&self, cell: usize) -> Result<Option<Cow<'_, str>>, StoreError> {
        Ok(self.text(cell)?.map(Cow::Borrowed))
    }

    /// The whole number in a cell, if it is not missing.
    fn integer(&self, cell: usize) -> Result<Option<i64>, StoreError>;
}

/// Cells that are never missing.
impl dyn Cells + '_ {
    pub(crate) fn some_text(&self, cell: usize) -> Result<&str, StoreError> {
        Ok(self.text(cell)?.unwrap_or_default())
    }

    pub(crate) fn some_integer(&self, cell: usize) -> Result<i64, StoreError> {
        Ok(self.integer(cell)?.unwrap_or_default())
    }

    /// A number that counts something.
    pub(crate) fn count(&self, cell: usize) -> Result<u64, StoreError> {
        Ok(u64::try_from(self.some_integer(cell)?).unwrap_or(0))
    }
}
