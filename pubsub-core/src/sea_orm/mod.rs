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

mod tell;

use ::sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IdenStatic,
    IntoActiveModel, Iterable, PrimaryKeyToColumn, QueryFilter, QuerySelect, TryIntoModel,
};

use self::tell::{custom, hold_lane, insert_rows};
pub use self::tell::{publish, publish_all};
use crate::change::Action;
use crate::outbox_row::OutboxRow;
use crate::publish::Publish;

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
    let left = OutboxRow::left(&former, &next).map_err(custom)?;
    if !left.is_empty() {
        hold_lane::<ModelOf<A>, C>(db).await?;
        insert_rows(db, &left).await?;
    }
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
    // There is nothing to delete, and so nothing to tell. A row that was read has a key that is unchanged; this one has not.
    for column in ColumnOf::<A>::iter() {
        match active.take(column) {
            ActiveValue::Set(value) | ActiveValue::Unchanged(value) if is_key::<A>(column) => {
                active.set(column, value);
            }
            _ => {}
        }
    }
    Ok(active)
}

/// To be called after a delete, with what [`before_delete`] answered: runs the hooks, and tells the nodes what the row was. Of a row that was
/// not there, which has a key that is `Set` and not `Unchanged`, nothing is told.
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
    let was_there = KeyOf::<A>::iter()
        .all(|key| matches!(active.get(key.into_column()), ActiveValue::Unchanged(_)));
    if !was_there {
        return Ok(active);
    }
    match active.clone().try_into_model() {
        Ok(model) => publish(db, &model, Action::Delete).await?,
        Err(DbErr::AttrNotSet(_)) => {}
        Err(error) => return Err(error),
    }
    Ok(active)
}

/// The model of an active model.
type ModelOf<A> = <<A as ActiveModelTrait>::Entity as EntityTrait>::Model;
/// Its columns.
type ColumnOf<A> = <<A as ActiveModelTrait>::Entity as EntityTrait>::Column;
/// Its primary key.
type KeyOf<A> = <<A as ActiveModelTrait>::Entity as EntityTrait>::PrimaryKey;

fn is_key<A: ActiveModelTrait>(column: ColumnOf<A>) -> bool {
    KeyOf::<A>::iter().any(|key| key.into_column().as_str() == column.as_str())
}

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
