//! The types of a front end, written from the models: put this into a program of your own that links your models, and run it in your build.
//!
//!     cargo run --example front_end_types                          # prints TypeScript
//!     cargo run --example front_end_types -- --out web/src/rows.ts # writes it
//!     cargo run --example front_end_types -- --out web/src/rows.ts --check
//!
//! With `--check` nothing is written, and a file that is not what the models say is an error: for CI. `--language` takes `json-schema` and
//! `xsd`, too. docs/front-end-types.md shows how it fits into a build.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use clap::{Parser, ValueEnum};
use pubsub_core::{Payload, Publish, schema};

/// A status on the wall.
#[derive(Debug, Publish)]
#[publish(channels("user-{author}", "wall"))]
struct Status {
    #[publish(id)]
    id: i64,
    author: String,
    text: String,
    mood: Option<Mood>,
    posted_at: SystemTime,
    tags: Vec<String>,
    #[publish(child)]
    attachments: Vec<Attachment>,
}

#[derive(Debug, Payload)]
#[publish(rename_all = "kebab-case")]
enum Mood {
    Happy,
    NotSoHappy,
}

#[derive(Debug, Payload)]
enum Attachment {
    Link(String),
    Picture { url: String, width: u32 },
}

/// Write what the rows of the models of this program are.
#[derive(Parser)]
struct Arguments {
    /// Where to write it; printed if nothing is said
    #[arg(long)]
    out: Option<PathBuf>,
    /// Write nothing, and fail if the file is not what would be written
    #[arg(long, requires = "out")]
    check: bool,
    #[arg(long, value_enum, default_value_t = Language::Typescript)]
    language: Language,
}

#[derive(Clone, Copy, ValueEnum)]
enum Language {
    Typescript,
    JsonSchema,
    Xsd,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("front_end_types: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    // All models that are linked, sorted: the same models make the same text. Models in a crate that nothing else here names
    // have to be named once, `use models as _;`.
    let text = match arguments.language {
        Language::Typescript => schema::typescript(),
        Language::JsonSchema => schema::json_schema(),
        // A document for each namespace; these models have one.
        Language::Xsd => schema::xsd().into_values().collect(),
    };
    match &arguments.out {
        None => std::io::stdout().lock().write_all(text.as_bytes())?,
        Some(path) if arguments.check => {
            let written = std::fs::read_to_string(path).unwrap_or_default();
            if written != text {
                let path = path.display();
                return Err(
                    format!("{path} is not what the models say; run this without --check").into(),
                );
            }
        }
        // A file that stays as it is is not touched, so that nothing is built again for it.
        Some(path) if std::fs::read_to_string(path).is_ok_and(|written| written == text) => {}
        Some(path) => std::fs::write(path, text)?,
    }
    Ok(())
}
