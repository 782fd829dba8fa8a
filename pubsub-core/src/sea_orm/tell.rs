//! Writing outbox rows through a connection of SeaORM, after the hooks have agreed.
//!
//! Knows statements and hooks. Does not know when a model was saved, nor how it was before.

use std::sync::OnceLock;

use ::sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, Value};

use crate::ambient;
use crate::change::Action;
use crate::hooks::{HookError, Stage};
use crate::outbox_row::OutboxRow;
use crate::publish::Publish;
use crate::registry::{Registry, RegistryError};

/// How many outbox rows one statement inserts.
const AT_ONCE: usize = 100;

/// Tells of one model that was changed by something that runs no behaviour.
///
/// # Errors
///
/// As [`after_save`](super::after_save).
///
/// # Cancel safety
///
/// As [`after_save`](super::after_save).
pub async fn publish<M, C>(db: &C, model: &M, action: Action) -> Result<(), DbErr>
where
    M: Publish,
    C: ConnectionTrait,
{
    publish_all(db, std::slice::from_ref(model), action).await
}

/// Tells of models that were changed by something that runs no behaviour: `insert_many`, `update_many`, `delete_many`. Call it with what
/// `exec_with_returning` answered, on the same transaction.
///
/// ```ignore
/// let hidden = Entity::update_many().col_expr(Column::Hidden, Expr::value(true)).filter(old).exec_with_returning(&tx).await?;
/// pubsub_core::sea_orm::publish_all(&tx, &hidden, Action::Update).await?;
/// ```
///
/// Channels that rows have left are not told: how the rows were before is not known here.
///
/// # Errors
///
/// As [`after_save`](super::after_save). When a hook refuses one of them, none is told.
///
/// # Cancel safety
///
/// As [`after_save`](super::after_save).
pub async fn publish_all<M, C>(db: &C, models: &[M], action: Action) -> Result<(), DbErr>
where
    M: Publish,
    C: ConnectionTrait,
{
    let mut rows = Vec::new();
    for model in models {
        run_hooks(model, action)?;
        rows.extend(model.outbox_rows(action).map_err(custom)?);
    }
    insert_rows(db, &rows).await
}

fn run_hooks<M: Publish>(model: &M, action: Action) -> Result<(), DbErr> {
    let Some(value) = model.as_any() else {
        return Ok(());
    };
    let run = |registry: &Registry| -> Result<(), HookError> {
        registry.run_hooks(Stage::AfterSave, value, action)
    };
    match ambient::current() {
        Ok(pubsub) => run(pubsub.registry()),
        Err(_) => run(linked().as_ref().map_err(custom)?),
    }
    .map_err(custom)
}

/// What is linked into the program, for one that has no handle.
fn linked() -> &'static Result<Registry, RegistryError> {
    static LINKED: OnceLock<Result<Registry, RegistryError>> = OnceLock::new();
    LINKED.get_or_init(Registry::load)
}

pub(super) async fn insert_rows<C: ConnectionTrait>(
    db: &C,
    rows: &[OutboxRow],
) -> Result<(), DbErr> {
    let backend = db.get_database_backend();
    for rows in rows.chunks(AT_ONCE) {
        let values = rows.iter().flat_map(OutboxRow::values).map(Value::from);
        let statement = Statement::from_sql_and_values(backend, insert_of(rows.len()), values);
        db.execute_raw(statement).await.map_err(explained)?;
    }
    Ok(())
}

/// Takes the lane of the model's node before those of channels, as every save does, so that two transactions never wait for each other. Only
/// PostgreSQL has lanes that are held one by one.
pub(super) async fn hold_lane<M: Publish, C: ConnectionTrait>(db: &C) -> Result<(), DbErr> {
    if db.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let lane = "SELECT id FROM pubsub_node WHERE node = $1 FOR UPDATE";
    let node = [Value::from(M::NODE)];
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, lane, node);
    db.query_one_raw(statement)
        .await
        .map(drop)
        .map_err(explained)
}

/// The statement that inserts this many rows.
fn insert_of(rows: usize) -> String {
    let width = OutboxRow::COLUMNS.len();
    let row = |row: usize| {
        let places: Vec<String> = (1..=width)
            .map(|column| format!("${}", row * width + column))
            .collect();
        format!("({})", places.join(", "))
    };
    let values: Vec<String> = (0..rows).map(row).collect();
    let columns = OutboxRow::COLUMNS.join(", ");
    format!(
        "INSERT INTO pubsub_outbox ({columns}) VALUES {}",
        values.join(", ")
    )
}

/// Says what to do where the outbox is not there. Messages of the database differ, but all of them name what is missing.
fn explained(error: DbErr) -> DbErr {
    let said = error.to_string();
    // What the view itself refuses begins with its name and a colon.
    let is_named = said.contains("pubsub_outbox") || said.contains("pubsub_node");
    if !is_named || said.contains("pubsub_outbox: ") {
        return error;
    }
    DbErr::Custom(format!(
        "there is no outbox in this database, and so nobody would hear of the change; the store of the PubSub handle must be in the same \
         database: give PUBSUB_STORE, or Builder::store, its URL ({said})"
    ))
}

pub(super) fn custom(error: impl std::fmt::Display) -> DbErr {
    DbErr::Custom(error.to_string())
}

#[cfg(test)]
mod tests {
    use ::sea_orm::{DbErr, RuntimeErr};

    use super::{explained, insert_of};
    use crate::outbox_row::OutboxRow;

    #[test]
    fn a_statement_has_a_place_for_every_value() {
        assert_eq!(insert_of(1), OutboxRow::INSERT);
        assert!(insert_of(2).ends_with("($8, $9, $10, $11, $12, $13, $14)"));
    }

    #[test]
    fn only_a_missing_outbox_is_explained() {
        let error = |said: &str| DbErr::Exec(RuntimeErr::Internal(said.to_owned()));
        for missing in [
            "no such table: pubsub_outbox",
            "Relation »pubsub_outbox« existiert nicht",
        ] {
            assert!(
                explained(error(missing))
                    .to_string()
                    .contains("PUBSUB_STORE")
            );
        }
        for other in [
            "database is locked",
            "pubsub_outbox: node and item must be given",
        ] {
            assert!(!explained(error(other)).to_string().contains("PUBSUB_STORE"));
        }
    }
}
