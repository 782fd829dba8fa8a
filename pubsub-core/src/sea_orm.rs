//! What SeaORM saves is published: the outbox rows are written through the connection or transaction that SeaORM was given.
//!
//! `#[publish(sea_orm)]` on the `Model` of an entity makes `insert`, `update`, `save` and `delete` of its `ActiveModel` call what is here, by
//! writing an `ActiveModelBehavior`. A model with a behaviour of its own calls the same functions from there:
//!
//! ```ignore
//! #[async_trait::async_trait]
//! impl ActiveModelBehavior for ActiveModel {
//!     async fn before_save<C: ConnectionTrait>(self, db: &C, insert: bool) -> Result<Self, DbErr> {
//!         pubsub_core::sea_orm::before_save(self, db, insert).await
//!     }
//!
//!     async fn after_save<C: ConnectionTrait>(model: Model, db: &C, insert: bool) -> Result<Model, DbErr> {
//!         pubsub_core::sea_orm::after_save(model, db, insert).await
//!     }
//!
//!     async fn before_delete<C: ConnectionTrait>(self, db: &C) -> Result<Self, DbErr> {
//!         pubsub_core::sea_orm::before_delete(self, db).await
//!     }
//!
//!     async fn after_delete<C: ConnectionTrait>(self, db: &C) -> Result<Self, DbErr> {
//!         pubsub_core::sea_orm::after_delete(self, db).await
//!     }
//! }
//! ```
//!
//! # What is promised
//!
//! - **In a transaction** the row and what is told of it are one commit: both, or neither. On SQLite begin it with
//!   [`SqliteTransactionMode::Immediate`](::sea_orm::SqliteTransactionMode), or it may be refused when it first writes.
//! - **On a bare connection** they are two commits. A crash between them loses the event, and a hook that refuses does so after the row is written.
//! - Whatever runs no behaviour in SeaORM is silent: `Entity::insert`, `insert_many`, `update_many`, `delete_many`, `delete_by_id` with `exec`, raw SQL,
//!   what the database cascades, and `update_without_returning`. Tell of them with [`publish_all`], in the same transaction.
//! - The hooks of `#[after_save]` run, and their errors come back as [`DbErr::Custom`](::sea_orm::DbErr); those of `#[after_commit]` do not: nobody here sees the commit.
//!
//! The database must be the one that the store of the handle uses, since the view `pubsub_outbox` is in it.
//!
//! Knows SeaORM and the outbox rows. Does not know the store or a session.

use std::sync::OnceLock;

use ::sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IdenStatic,
    IntoActiveModel, Iterable, PrimaryKeyToColumn, QueryFilter, QuerySelect, Statement,
    TryIntoModel, Value,
};

use crate::ambient;
use crate::change::Action;
use crate::hooks::{HookError, Stage};
use crate::name::NodeName;
use crate::outbox_row::OutboxRow;
use crate::publish::Publish;
use crate::registry::{Registry, RegistryError};

/// How many outbox rows one statement inserts.
const AT_ONCE: usize = 100;

/// To be called before a save: tells the channels that an update makes the row leave.
///
/// Reads the row if its model has channels that depend on its fields; otherwise does nothing.
///
/// # Errors
///
/// What the database answers; [`DbErr::Custom`] when the row cannot be published.
///
/// # Cancel safety
///
/// As far as the transaction: without one, some of the channels may have been told.
pub async fn before_save<A, C>(active: A, db: &C, insert: bool) -> Result<A, DbErr>
where
    A: ActiveModelTrait + TryIntoModel<ModelOf<A>>,
    ModelOf<A>: Publish + IntoActiveModel<A>,
    C: ConnectionTrait,
{
    let descriptor = <ModelOf<A>>::DESCRIPTOR;
    let may_move = descriptor
        .channels
        .iter()
        .any(|channel| channel.contains('{'));
    if insert || !may_move || !descriptor.actions.update {
        return Ok(active);
    }
    let Some(former) = find(&active, db).await? else {
        // The update will say so itself.
        return Ok(active);
    };
    let mut next = former.clone().into_active_model();
    for column in ColumnOf::<A>::iter() {
        if let ActiveValue::Set(value) = active.get(column) {
            next.try_set(column, value)?;
        }
    }
    let next = next.try_into_model()?;
    let left = left(&former, &next).map_err(custom)?;
    let rows = OutboxRow::to(left, &former, Action::Delete).map_err(custom)?;
    insert_rows(db, &rows).await?;
    Ok(active)
}

/// To be called after a save: runs the hooks of `#[after_save]`, and tells the nodes.
///
/// # Errors
///
/// What the database answers; [`DbErr::Custom`] when a hook refuses, when the model cannot be written as XML, or when the outbox is not in this database.
///
/// # Cancel safety
///
/// As far as the transaction: without one, some of the nodes may be told and others not.
pub async fn after_save<M, C>(model: M, db: &C, insert: bool) -> Result<M, DbErr>
where
    M: Publish,
    C: ConnectionTrait,
{
    let action = if insert {
        Action::Create
    } else {
        Action::Update
    };
    publish(db, &model, action).await?;
    Ok(model)
}

/// To be called before a delete: reads the row, so that [`after_delete`] can tell what it was, and whom.
///
/// # Errors
///
/// What the database answers; [`DbErr::PrimaryKeyNotSet`] when it is not known which row is meant.
///
/// # Cancel safety
///
/// Nothing is written.
pub async fn before_delete<A, C>(mut active: A, db: &C) -> Result<A, DbErr>
where
    A: ActiveModelTrait,
    ModelOf<A>: IntoActiveModel<A>,
    C: ConnectionTrait,
{
    if let Some(model) = find(&active, db).await? {
        return Ok(model.into_active_model());
    }
    // There is nothing to delete, and so nothing to tell: what is not set is not complete.
    let keys: Vec<&str> = KeyOf::<A>::iter()
        .map(|key| key.into_column().as_str())
        .collect();
    for column in ColumnOf::<A>::iter().filter(|column| !keys.contains(&column.as_str())) {
        active.not_set(column);
    }
    Ok(active)
}

/// To be called after a delete, with what [`before_delete`] answered: runs the hooks, and tells the nodes what the row was.
///
/// # Errors
///
/// As [`after_save`].
///
/// # Cancel safety
///
/// As [`after_save`].
pub async fn after_delete<A, C>(active: A, db: &C) -> Result<A, DbErr>
where
    A: ActiveModelTrait + TryIntoModel<ModelOf<A>>,
    ModelOf<A>: Publish,
    C: ConnectionTrait,
{
    match active.clone().try_into_model() {
        Ok(model) => publish(db, &model, Action::Delete).await?,
        Err(DbErr::AttrNotSet(_)) => {}
        Err(error) => return Err(error),
    }
    Ok(active)
}

/// Tells of one model that was changed by something that runs no behaviour.
///
/// # Errors
///
/// As [`after_save`].
///
/// # Cancel safety
///
/// As [`after_save`].
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
/// As [`after_save`]. When a hook refuses one of them, none is told.
///
/// # Cancel safety
///
/// As [`after_save`].
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

/// The model of an active model.
type ModelOf<A> = <<A as ActiveModelTrait>::Entity as EntityTrait>::Model;
/// Its columns.
type ColumnOf<A> = <<A as ActiveModelTrait>::Entity as EntityTrait>::Column;
/// Its primary key.
type KeyOf<A> = <<A as ActiveModelTrait>::Entity as EntityTrait>::PrimaryKey;

/// The row as it is, kept so until the end of the transaction.
async fn find<A, C>(active: &A, db: &C) -> Result<Option<ModelOf<A>>, DbErr>
where
    A: ActiveModelTrait,
    C: ConnectionTrait,
{
    let mut select = A::Entity::find();
    for key in KeyOf::<A>::iter() {
        let column = key.into_column();
        let (ActiveValue::Set(value) | ActiveValue::Unchanged(value)) = active.get(column) else {
            return Err(DbErr::PrimaryKeyNotSet {
                ctx: "pubsub_core::sea_orm",
            });
        };
        select = select.filter(column.eq(value));
    }
    select.lock_exclusive().one(db).await
}

/// The channels of a row that its next version does not have.
fn left<M: Publish>(former: &M, next: &M) -> Result<Vec<NodeName>, crate::EncodeError> {
    if !former.is_published() {
        return Ok(Vec::new());
    }
    let mut left = former.channels()?;
    if next.is_published() {
        let kept = next.channels()?;
        left.retain(|channel| !kept.contains(channel));
    }
    Ok(left)
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

async fn insert_rows<C: ConnectionTrait>(db: &C, rows: &[OutboxRow]) -> Result<(), DbErr> {
    let backend = db.get_database_backend();
    for rows in rows.chunks(AT_ONCE) {
        let values = rows.iter().flat_map(OutboxRow::values).map(Value::from);
        let statement = Statement::from_sql_and_values(backend, insert_of(rows.len()), values);
        db.execute_raw(statement).await.map_err(explained)?;
    }
    Ok(())
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
    if !said.contains("pubsub_outbox") || said.contains("pubsub_outbox: ") {
        return error;
    }
    DbErr::Custom(format!(
        "there is no outbox in this database, and so nobody would hear of the change; the store of the PubSub handle must be in the same \
         database: give PUBSUB_STORE, or Builder::store, its URL ({said})"
    ))
}

fn custom(error: impl std::fmt::Display) -> DbErr {
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
