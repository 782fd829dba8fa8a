//! Small statements whose answers nobody needs, put together so that they travel to the database as one: on the way of a single save every
//! journey counts.
//!
//! Knows how each database takes several at once. Does not know what they do, but that each writes to another table, so that none has to
//! see what those before it did: PostgreSQL carries them out in an order of its own.

use super::connection::Connection;
use super::dialect::Dialect;
use super::statement::{ANY, Statement};
use crate::store::StoreError;

/// With so many arguments nothing more is added; both databases take at least twice as many.
const MOST_ARGS: usize = 16_000;

/// Statements that are still to be carried out.
#[derive(Debug)]
pub(crate) struct Script {
    dialect: Dialect,
    together: Statement,
    count: usize,
}

impl Script {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            together: Statement::new(dialect, ""),
            count: 0,
        }
    }

    /// Begins a statement, one of those that write so many rows to a table, to be handed in before the next is begun.
    pub(super) fn statement(&self, text: &str, all: usize) -> Statement {
        let before = if self.has_room(all) {
            self.together.args.len()
        } else {
            0
        };
        Statement::after(self.dialect, before, text)
    }

    /// Takes the statement, or carries it out at once.
    pub(super) async fn hand_in(
        &mut self,
        statement: Statement,
        all: usize,
        connection: &mut dyn Connection,
    ) -> Result<(), StoreError> {
        if self.has_room(all) {
            self.keep(statement);
        } else {
            connection.execute(statement).await?;
        }
        Ok(())
    }

    fn keep(&mut self, statement: Statement) {
        match self.dialect {
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => self.together.push(&statement.text).push("; "),
            #[cfg(feature = "postgres")]
            Dialect::Postgres => {
                let with = if self.count == 0 { "WITH w" } else { ", w" };
                let together = self.together.push(with).push(&self.count.to_string());
                together.push(" AS (").push(&statement.text).push(")")
            }
        };
        self.together.args.extend(statement.args);
        self.count += 1;
    }

    /// As many rows as one statement takes: several to one table would have to keep their order, and large ones make many different texts,
    /// each of which has to be prepared.
    fn has_room(&self, all: usize) -> bool {
        all <= ANY && self.together.args.len() < MOST_ARGS
    }

    /// What is left to carry out, if anything.
    pub(crate) fn rest(self) -> Option<Statement> {
        let rest = match self.dialect {
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => self.together,
            // A statement that only reads carries out what stands in its WITH.
            #[cfg(feature = "postgres")]
            Dialect::Postgres => {
                let mut reading = self.together;
                reading.push(" SELECT");
                reading
            }
        };
        (self.count > 0).then_some(rest)
    }

    /// The same with the end of the transaction, which travels along where the database lets it.
    pub(crate) fn and_then(self, commit: &str) -> (Option<Statement>, Statement) {
        let dialect = self.dialect;
        match (dialect, self.rest()) {
            #[cfg(feature = "sqlite")]
            (Dialect::Sqlite, Some(mut rest)) => {
                rest.push(commit);
                (None, rest)
            }
            (_, rest) => (rest, Statement::new(dialect, commit)),
        }
    }
}

#[cfg(all(test, feature = "sqlite", feature = "postgres"))]
mod tests {
    use super::*;

    fn script(dialect: Dialect) -> Script {
        let mut script = Script::new(dialect);
        for text in ["INSERT INTO a VALUES (", "INSERT INTO b VALUES ("] {
            let mut insert = script.statement(text, 1);
            insert.bind(1_i64).push(", ").bind(2_i64).push(")");
            script.keep(insert);
        }
        script
    }

    #[test]
    fn small_statements_travel_together() {
        let (rest, commit) = script(Dialect::Sqlite).and_then("COMMIT");
        assert!(rest.is_none());
        assert_eq!(
            commit.text,
            "INSERT INTO a VALUES (?, ?); INSERT INTO b VALUES (?, ?); COMMIT"
        );
        assert_eq!(commit.args.len(), 4);

        let (rest, commit) = script(Dialect::Postgres).and_then("COMMIT");
        assert_eq!(
            rest.map(|rest| rest.text).as_deref(),
            Some(
                "WITH w0 AS (INSERT INTO a VALUES ($1, $2)), w1 AS (INSERT INTO b VALUES ($3, $4)) SELECT"
            )
        );
        assert_eq!(commit.text, "COMMIT");
    }

    #[test]
    fn nothing_is_nothing() {
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            assert!(Script::new(dialect).rest().is_none());
            let (rest, commit) = Script::new(dialect).and_then("COMMIT");
            assert!(rest.is_none());
            assert_eq!(commit.text, "COMMIT");
        }
    }
}
