//! The tables of models: one a model, with a column for each field that has a single value.
//!
//! Knows which table is whose, and has columns brought up to date from the payloads. Never drops a table, nor a column that a model no
//! longer has.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use super::backend::Backend;
use super::column_change::{bring_up_to_date, hold};
use super::connection::Connection;
use super::kept::column_type;
use super::note::Noted;
use super::statement::Statement;
use crate::registry::Descriptor;
use crate::store::{Column, StoreError, columns};

/// The longest name of a table, which is PostgreSQL's limit.
const MAX_NAME: usize = 63;

/// The table of a model.
#[derive(Debug)]
pub(crate) struct Table {
    /// Whose it is.
    pub(crate) model: &'static Descriptor,
    /// Its name.
    pub(crate) name: String,
    /// Its columns but for those that every table has.
    pub(crate) columns: Vec<Column>,
}

/// The tables that are known to be up to date.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    known: RwLock<HashMap<&'static str, Arc<Table>>>,
}

impl Tables {
    /// The table of a model, made or brought up to date if that has not been done yet.
    pub(crate) async fn of(
        &self,
        backend: &dyn Backend,
        model: &'static Descriptor,
    ) -> Result<Arc<Table>, StoreError> {
        match self.known(model) {
            Some(table) => Ok(table),
            None => {
                self.prepare(backend, &[model]).await?;
                self.known(model).ok_or_else(|| {
                    StoreError::new(
                        crate::store::StoreErrorKind::Database,
                        format!(
                            "two models with the node {:?} are saved at once",
                            model.node
                        ),
                    )
                })
            }
        }
    }

    /// Makes the tables of these models, or brings them up to date: all in one transaction.
    pub(crate) async fn prepare(
        &self,
        backend: &dyn Backend,
        models: &[&'static Descriptor],
    ) -> Result<(), StoreError> {
        let mut connection = backend.writing().await?;
        let noted = noted(&mut *connection, None).await?;
        let mut tables: Vec<Table> = Vec::with_capacity(models.len());
        let is_current = models.iter().all(|model| match noted.get(model.node) {
            Some(noted) => {
                let table = Table::of(model, noted);
                let is_current = table.is_current(noted);
                tables.push(table);
                is_current
            }
            None => false,
        });
        if !is_current {
            let turn = backend.turn().await?;
            let begin = Statement::new(backend.dialect(), backend.dialect().begin());
            connection.execute(begin).await?;
            match make(&mut *connection, models).await {
                Ok(made) => {
                    let commit = Statement::new(backend.dialect(), "COMMIT");
                    connection.execute(commit).await?;
                    tables = made;
                }
                Err(error) => {
                    let rollback = Statement::new(backend.dialect(), "ROLLBACK");
                    // What went wrong first is what counts.
                    let _ = connection.execute(rollback).await;
                    return Err(error);
                }
            }
            drop(turn);
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.extend(
            tables
                .into_iter()
                .map(|table| (table.model.node, Arc::new(table))),
        );
        Ok(())
    }

    fn known(&self, model: &'static Descriptor) -> Option<Arc<Table>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known
            .get(model.node)
            .filter(|table| std::ptr::eq(table.model, model) || table.model == model)
            .cloned()
    }
}

impl Table {
    fn of(model: &'static Descriptor, noted: &Noted) -> Self {
        Self {
            model,
            name: noted.table.clone(),
            columns: noted.named(columns(model)),
        }
    }

    /// Whether all its columns say what the payloads say.
    pub(super) fn is_current(&self, noted: &Noted) -> bool {
        self.columns.iter().all(|column| noted.is_current(column))
    }
}

/// Inside a transaction: brings a table up to date, and keeps it so until the end.
pub(super) async fn up_to_date(
    connection: &mut dyn Connection,
    table: &Table,
) -> Result<(), StoreError> {
    hold(connection, table).await?;
    // What is noted by now: whoever held the rows before may have changed it.
    match noted(connection, Some(table.model.node))
        .await?
        .remove(table.model.node)
    {
        Some(noted) => bring_up_to_date(connection, table, noted).await,
        None => Ok(()),
    }
}

/// Inside a transaction: makes what is missing and changes what differs.
async fn make(
    connection: &mut dyn Connection,
    models: &[&'static Descriptor],
) -> Result<Vec<Table>, StoreError> {
    let dialect = connection.dialect();
    if let Some(alone) = dialect.alone() {
        connection.execute(Statement::new(dialect, alone)).await?;
    }
    let mut noted = noted(connection, None).await?;
    let mut tables = Vec::with_capacity(models.len());
    for model in models {
        let table = match noted.remove(model.node) {
            Some(noted) => {
                let table = Table::of(model, &noted);
                if !table.is_current(&noted) {
                    up_to_date(connection, &table).await?;
                }
                table
            }
            None => create(connection, model).await?,
        };
        tables.push(table);
    }
    Ok(tables)
}

async fn create(
    connection: &mut dyn Connection,
    model: &'static Descriptor,
) -> Result<Table, StoreError> {
    let dialect = connection.dialect();
    let wanted = table_name(model.node);
    let name = free_name(connection, wanted).await?;
    let table = Table::of(model, &Noted::read(&name, ""));
    let mut create = Statement::new(dialect, "CREATE TABLE ");
    create
        .name(&table.name)
        .push(" (")
        .push(dialect.row_columns());
    for column in &table.columns {
        create.push(", ").name(&column.name).push(" ");
        create.push(column_type(dialect, column.kind));
    }
    create.push(")");
    connection.execute(create).await?;
    let mut note = Statement::new(
        dialect,
        "INSERT INTO pubsub_model (node, table_name, columns) VALUES (",
    );
    note.bind(model.node).push(", ").bind(table.name.clone());
    note.push(", ")
        .bind(Noted::new(&table.name, &table.columns).write());
    note.push(")");
    connection.execute(note).await?;
    Ok(table)
}

/// All tables that are noted, or that of one node, by node.
pub(super) async fn noted(
    connection: &mut dyn Connection,
    node: Option<&'static str>,
) -> Result<HashMap<String, Noted>, StoreError> {
    let mut noted = HashMap::new();
    let mut question = Statement::new(
        connection.dialect(),
        "SELECT node, table_name, columns FROM pubsub_model",
    );
    if let Some(node) = node {
        question.push(" WHERE node = ").bind(node);
    }
    connection
        .fetch(question, &mut |row| {
            let model = Noted::read(row.some_text(1)?, row.some_text(2)?);
            noted.insert(row.some_text(0)?.to_owned(), model);
            Ok(())
        })
        .await?;
    Ok(noted)
}

/// The name, or the same with a number: one that no table has.
async fn free_name(connection: &mut dyn Connection, wanted: String) -> Result<String, StoreError> {
    let dialect = connection.dialect();
    let mut tried = HashSet::new();
    let mut name = wanted.clone();
    loop {
        let mut is_taken = false;
        let mut question = Statement::new(dialect, dialect.has_table());
        question.bind(name.clone());
        connection
            .fetch(question, &mut |_| {
                is_taken = true;
                Ok(())
            })
            .await?;
        if !is_taken {
            return Ok(name);
        }
        tried.insert(name);
        let suffix = format!("_{}", tried.len() + 1);
        name = cut(&wanted, MAX_NAME - suffix.len()).to_owned() + &suffix;
    }
}

/// A name for the table of a node, such as `twitter_tweet` for `/twitter/Tweet`: small letters, digits and underscores.
fn table_name(node: &str) -> String {
    let mut name = String::with_capacity(node.len());
    let mut is_after_small = false;
    for character in node.chars() {
        if !character.is_alphanumeric() {
            if !name.is_empty() && !name.ends_with('_') {
                name.push('_');
            }
            is_after_small = false;
            continue;
        }
        if character.is_uppercase() && is_after_small {
            name.push('_');
        }
        is_after_small = character.is_lowercase() || character.is_ascii_digit();
        name.extend(character.to_lowercase());
    }
    let name = cut(name.trim_end_matches('_'), MAX_NAME);
    // Names that the databases or we keep for ourselves.
    let is_kept = ["pubsub_", "sqlite_", "pg_"]
        .iter()
        .any(|kept| name.starts_with(kept));
    if is_kept || name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return cut(&format!("model_{name}"), MAX_NAME).to_owned();
    }
    name.to_owned()
}

/// As much of a text as fits.
fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_named_after_nodes() {
        assert_eq!(table_name("/twitter/Tweet"), "twitter_tweet");
        assert_eq!(table_name("/shop/OrderLine2Item"), "shop_order_line2_item");
        assert_eq!(table_name("HTTPServer"), "httpserver");
        assert_eq!(table_name("/pubsub/Entry"), "model_pubsub_entry");
        assert_eq!(table_name("//"), "model_");
        assert_eq!(table_name("/42/Ärger\"; DROP"), "model_42_ärger_drop");
        assert!(table_name(&"ä/".repeat(500)).len() <= MAX_NAME);
    }
}
