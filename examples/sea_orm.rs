//! Entities of SeaORM, and a subscriber that hears what they do: `#[publish(sea_orm)]` is all there is to it.
//!
//!     cargo run --example sea_orm
//!     cargo run --example sea_orm -- --store sqlite:stories.db
//!     cargo run --example sea_orm -- --store postgres://me:secret@localhost/stories
//!
//! A transaction makes two stories, another is taken back, and nobody hears of it; then a story is changed, handed over and deleted. The program ends by itself.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use pubsub_core::{Event, PubSub, Subscription};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{
    ActiveModelTrait as _, ConnectionTrait as _, Database, DatabaseConnection, DatabaseTransaction,
    DbErr, IntoActiveModel as _, ModelTrait as _, Schema, SqliteTransactionMode,
    TransactionOptions, TransactionTrait as _,
};

/// An entity like any other. Its node is `/sea_orm/Story`, after its table, and its primary key is the id of its items.
mod story {
    use pubsub_core::Publish;
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, DeriveEntityModel, Publish)]
    #[sea_orm(table_name = "story")]
    #[publish(sea_orm, channels("by-{author}"), access = "open")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub author: String,
        #[sea_orm(column_type = "Text")]
        pub text: String,
    }

    #[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
    pub enum Relation {}
}

/// Write with SeaORM, and print what is heard.
#[derive(Parser)]
struct Arguments {
    #[arg(
        long,
        help = "The database: sqlite:path or postgres://user:password@host/database; without it a file that is thrown away"
    )]
    store: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sea_orm: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let directory = tempfile::tempdir()?;
    let store = arguments
        .store
        .unwrap_or_else(|| format!("sqlite://{}", directory.path().join("stories.db").display()));

    // The handle and SeaORM use one database: what is to be told is written where the rows are.
    let pubsub = PubSub::builder().store(&store)?.connect().await?;
    pubsub.install()?;
    let db = Database::connect(&store).await?;
    let table = Schema::new(db.get_database_backend())
        .create_table_from_entity(story::Entity)
        .if_not_exists()
        .to_owned();
    db.execute(&table).await?;

    let mut stories = pubsub.subscribe::<story::Model>().await?;
    say(&format!("listening to {}", stories.node()));

    let transaction = begin(&db).await?;
    let first = new("ann", "It was a dark and stormy night.")
        .insert(&transaction)
        .await?;
    let second = new("bob", "Call me Ishmael.").insert(&transaction).await?;
    transaction.commit().await?;

    let transaction = begin(&db).await?;
    new("eve", "Nobody will ever read this.")
        .insert(&transaction)
        .await?;
    transaction.rollback().await?;

    let transaction = begin(&db).await?;
    let mut better = first.into_active_model();
    better.text = Set("It was a bright cold day in April.".to_owned());
    let first = better.update(&transaction).await?;
    let mut handed_over = second.into_active_model();
    handed_over.author = Set("ann".to_owned());
    let second = handed_over.update(&transaction).await?;
    transaction.commit().await?;

    let transaction = begin(&db).await?;
    second.delete(&transaction).await?;
    transaction.commit().await?;

    for _ in 0..5 {
        hear(&mut stories).await?;
    }
    say(&format!("what is left: #{} {}", first.id, first.text));
    drop(stories);
    db.close().await?;
    pubsub.shutdown().await?;
    Ok(())
}

fn new(author: &str, text: &str) -> story::ActiveModel {
    story::ActiveModel {
        id: NotSet,
        author: Set(author.to_owned()),
        text: Set(text.to_owned()),
    }
}

/// A transaction that is going to write. SQLite wants to know that at once; PostgreSQL does not mind.
async fn begin(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    db.begin_with_options(options).await
}

/// Prints the next thing that is heard.
async fn hear(stories: &mut Subscription<story::Model>) -> Result<(), Box<dyn std::error::Error>> {
    let event = tokio::time::timeout(Duration::from_secs(30), stories.next()).await?;
    match event.ok_or("the subscription has ended")?? {
        Event::Published { id, item, .. } => say(&format!("#{id} {}: {}", item.author, item.text)),
        Event::Retracted { id, .. } => say(&format!("#{id} was deleted")),
        other => say(&format!("{other:?}")),
    }
    Ok(())
}

/// Whoever reads the output may have stopped.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
