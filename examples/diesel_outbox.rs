//! Diesel with a table of its own: what is to be told is inserted into the view `pubsub_outbox`, in the transaction that changes the table.
//!
//!     cargo run --example diesel_outbox
//!     cargo run --example diesel_outbox -- --file notes.db
//!
//! The same works from any program that can write SQL, in any language: one INSERT is one change that will be told once it is committed.
//! For PostgreSQL put `PgConnection` in the place of `SqliteConnection`, and `transaction` in that of `immediate_transaction`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use pubsub_core::{Action, EncodeError, Event, OutboxRow, PubSub, Publish, Subscription};
use tokio::task::spawn_blocking;

diesel::table! {
    notes (id) {
        id -> BigInt,
        text -> Text,
    }
}

// The view is the library's; what is not given here may be NULL.
diesel::table! {
    pubsub_outbox (node, item) {
        node -> Nullable<Text>,
        item -> Nullable<Text>,
        kind -> Nullable<Text>,
        action -> Nullable<Text>,
        model -> Nullable<Text>,
        origin -> Nullable<Text>,
        payload -> Nullable<Text>,
    }
}

/// A row of Diesel's, and a model: of which the store therefore keeps no rows.
#[derive(Debug, Clone, Queryable, Insertable, Publish)]
#[diesel(table_name = notes)]
#[publish(node = "/notes", access = "open", stored = false)]
struct Note {
    #[publish(id)]
    id: i64,
    text: String,
}

/// Why a transaction was taken back.
#[derive(Debug)]
enum Failure {
    Database(diesel::result::Error),
    Encode(EncodeError),
    SecondThoughts,
}

impl From<diesel::result::Error> for Failure {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error)
    }
}

impl From<EncodeError> for Failure {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Database(error) => error.fmt(f),
            Self::Encode(error) => error.fmt(f),
            Self::SecondThoughts => f.write_str("taken back"),
        }
    }
}

impl std::error::Error for Failure {}

/// Writes what is to be told. Call it in the transaction that makes the change.
fn publish(connection: &mut SqliteConnection, rows: &[OutboxRow]) -> QueryResult<()> {
    use pubsub_outbox::columns;

    for row in rows {
        let [node, item, kind, action, model, origin, payload] = row.values();
        diesel::insert_into(pubsub_outbox::table)
            .values((
                columns::node.eq(node),
                columns::item.eq(item),
                columns::kind.eq(kind),
                columns::action.eq(action),
                columns::model.eq(model),
                columns::origin.eq(origin),
                columns::payload.eq(payload),
            ))
            .execute(connection)?;
    }
    Ok(())
}

fn write(connection: &mut SqliteConnection, note: &Note) -> Result<(), Failure> {
    diesel::insert_into(notes::table)
        .values(note)
        .execute(connection)?;
    publish(connection, &note.outbox_rows(Action::Create)?)?;
    Ok(())
}

fn rewrite(connection: &mut SqliteConnection, note: &Note) -> Result<(), Failure> {
    diesel::update(notes::table.find(note.id))
        .set(notes::text.eq(&note.text))
        .execute(connection)?;
    publish(connection, &note.outbox_rows(Action::Update)?)?;
    Ok(())
}

/// The last row is read before it goes, so that whoever hears of it knows what it was.
fn remove(connection: &mut SqliteConnection, id: i64) -> Result<(), Failure> {
    let last: Note = notes::table.find(id).first(connection)?;
    diesel::delete(notes::table.find(id)).execute(connection)?;
    publish(connection, &last.outbox_rows(Action::Delete)?)?;
    Ok(())
}

/// What the program does, in three transactions. Each takes the right to write at its beginning, so that nobody comes between.
fn work(file: &Path) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let file = file.to_str().ok_or("the name of the file is not UTF-8")?;
    let mut connection = SqliteConnection::establish(file)?;
    connection.batch_execute(
        "PRAGMA busy_timeout = 10000;
         CREATE TABLE IF NOT EXISTS notes (id BIGINT PRIMARY KEY, text TEXT NOT NULL);
         DELETE FROM notes",
    )?;
    let note = |id, text: &str| Note {
        id,
        text: text.to_owned(),
    };
    connection.immediate_transaction(|connection| {
        write(connection, &note(1, "buy milk"))?;
        write(connection, &note(2, "feed the cat"))
    })?;
    let undone = connection.immediate_transaction(|connection| {
        write(connection, &note(3, "sell the cat"))?;
        Err::<(), _>(Failure::SecondThoughts)
    });
    if !matches!(undone, Err(Failure::SecondThoughts)) {
        return Err("the transaction was not taken back".into());
    }
    connection.immediate_transaction(|connection| {
        rewrite(connection, &note(1, "buy milk and bread"))?;
        remove(connection, 2)
    })?;
    Ok(())
}

/// Write with Diesel, and print what is heard.
#[derive(Parser)]
struct Arguments {
    #[arg(long, help = "The database; without it a file that is thrown away")]
    file: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("diesel_outbox: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let arguments = Arguments::parse();
    let directory = tempfile::tempdir()?;
    let file = arguments
        .file
        .unwrap_or_else(|| directory.path().join("notes.db"));

    // The handle makes the view in Diesel's database, and tells what comes through it.
    let pubsub = PubSub::builder()
        .store(&format!("sqlite:{}", file.display()))?
        .connect()
        .await?;
    pubsub.install()?;
    let mut notes = pubsub.subscribe::<Note>().await?;
    say(&format!("listening to {}", notes.node()));

    // Diesel waits for the disk itself, so it gets a thread that may.
    spawn_blocking(move || work(&file)).await??;

    for _ in 0..4 {
        hear(&mut notes).await?;
    }
    drop(notes);
    pubsub.shutdown().await?;
    Ok(())
}

/// Prints the next thing that is heard.
async fn hear(
    notes: &mut Subscription<Note>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let event = tokio::time::timeout(Duration::from_secs(30), notes.next()).await?;
    match event.ok_or("the subscription has ended")?? {
        Event::Published { id, item, .. } => say(&format!("#{id} {}", item.text)),
        Event::Retracted { id, .. } => say(&format!("#{id} was removed")),
        other => say(&format!("{other:?}")),
    }
    Ok(())
}

/// Whoever reads the output may have stopped.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
