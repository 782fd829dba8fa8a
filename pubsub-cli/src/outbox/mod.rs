//! `pubsub outbox`: how much of what was saved still waits, what a service has refused, and to send it again or give it up.
//!
//! Works on the store itself, beside the programs that use it, and talks to no service.

mod line;

use std::io::Write as _;
use std::sync::Arc;

use clap::{Args, Subcommand};
use pubsub_core::NodeName;
use pubsub_core::store::{self, Depth, Store, StoreUrl};
use serde::Serialize;

use self::line::Line;
use crate::Failure;

/// The store of a program that names none.
const DEFAULT: &str = "sqlite:pubsub.db";
/// How many entries are read at once.
const PAGE: u32 = 500;

/// What `outbox` takes.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[arg(
        long,
        env = "PUBSUB_STORE",
        hide_env_values = true,
        default_value = DEFAULT,
        value_name = "URL",
        global = true,
        help = "The store: sqlite:FILE or postgres://user:password@host/database"
    )]
    store: String,
    /// Print JSON: an object, or one per entry
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// How many entries wait, for how many nodes and how long; how many are parked (the default)
    Depth,
    /// The entries that wait, then those that were refused for good and are parked
    List(List),
    /// Send parked entries again
    Retry(Chosen),
    /// Give parked entries up: nobody will hear of them
    Drop(Chosen),
    /// Number what is saved from now on in a new log, after a backup of the store was brought back; end all programs that use it first
    NewLog,
}

#[derive(Debug, Args)]
struct List {
    /// Only those that are parked
    #[arg(long)]
    parked: bool,
    /// Only those for this node
    #[arg(long)]
    node: Option<NodeName>,
    /// How many at most
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Chosen {
    /// The ids of the entries, as `list` shows them
    #[arg(value_name = "ID")]
    ids: Vec<u64>,
    /// All that are parked
    #[arg(long)]
    all: bool,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let json = arguments.json;
    let verb = arguments.verb.unwrap_or(Verb::Depth);
    let store = open(&arguments.store, &verb).await?;
    let outcome = match verb {
        Verb::Depth => depth(&*store, json).await,
        Verb::List(list) => self::list(&*store, &list, json).await,
        Verb::Retry(chosen) => retry(&*store, chosen, json).await,
        Verb::Drop(chosen) => give_up(&*store, chosen, json).await,
        Verb::NewLog => new_log(&*store, json).await,
    };
    store.close().await;
    outcome
}

/// Opens a store that is there. To look for one is no reason to make one, or to change one of an earlier version.
async fn open(url: &str, verb: &Verb) -> Result<Arc<dyn Store>, Failure> {
    // A variable that is set to nothing says nothing, as in programs.
    let url = if url.trim().is_empty() { DEFAULT } else { url };
    let url: StoreUrl = url.parse()?;
    if let Some(path) = url.path()
        && !path.try_exists()?
    {
        let path = path.display();
        return Err(
            format!("there is no store {path}; name another with --store or PUBSUB_STORE").into(),
        );
    }
    let store = store::look(&url).await?;
    match verb {
        Verb::Depth | Verb::List(_) => Ok(store),
        Verb::Retry(_) | Verb::Drop(_) | Verb::NewLog => {
            store.close().await;
            Ok(store::open(&url).await?)
        }
    }
}

/// The depth, as it is printed.
#[derive(Debug, Serialize)]
struct Figures {
    waiting: u64,
    nodes: u64,
    oldest_seconds: Option<f64>,
    parked: u64,
}

async fn depth(store: &dyn Store, json: bool) -> Result<(), Failure> {
    let depth = store.depth().await?;
    let Depth {
        waiting,
        nodes,
        oldest,
        parked,
    } = depth;
    let mut out = std::io::stdout().lock();
    if json {
        let figures = Figures {
            waiting,
            nodes,
            oldest_seconds: oldest.map(|oldest| oldest.as_secs_f64()),
            parked,
        };
        serde_json::to_writer(&mut out, &figures)?;
        writeln!(out)?;
    } else {
        let oldest = oldest.map_or("-".to_owned(), line::duration);
        writeln!(
            out,
            "waiting {waiting}\nnodes {nodes}\noldest {oldest}\nparked {parked}"
        )?;
    }
    Ok(out.flush()?)
}

async fn list(store: &dyn Store, list: &List, json: bool) -> Result<(), Failure> {
    let mut left = list.limit;
    let mut after = 0;
    while !list.parked && left > 0 {
        let page = store
            .undelivered(list.node.as_ref(), after, left.min(PAGE))
            .await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        left = left.saturating_sub(u32::try_from(page.len())?);
        Line::print_all(page.iter().map(Line::waiting), json)?;
    }
    let mut after = 0;
    while left > 0 {
        let page = store.parked(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        let is_wanted = |node: &NodeName| list.node.as_ref().is_none_or(|wanted| wanted == node);
        let wanted = page.iter().filter(|parked| is_wanted(&parked.entry.node));
        let lines: Vec<_> = wanted.take(left as usize).map(Line::parked).collect();
        left = left.saturating_sub(u32::try_from(lines.len())?);
        Line::print_all(lines, json)?;
    }
    Ok(())
}

/// What came of a request about several entries.
#[derive(Debug, Serialize)]
struct Count {
    #[serde(skip_serializing_if = "Option::is_none")]
    retried: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dropped: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    still_parked: Option<u64>,
}

impl Count {
    fn print(&self, json: bool, words: &str) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        if json {
            serde_json::to_writer(&mut out, self)?;
            writeln!(out)?;
        } else {
            writeln!(out, "{words}")?;
        }
        Ok(out.flush()?)
    }
}

async fn retry(store: &dyn Store, chosen: Chosen, json: bool) -> Result<(), Failure> {
    let ids = chosen.ids(store).await?;
    let mut retried = 0;
    for page in ids.chunks(PAGE as usize) {
        retried += store.retry(page).await?;
    }
    let stayed = ids.len() as u64 - retried;
    let words = if stayed == 0 {
        format!("{retried} to be sent again")
    } else {
        format!(
            "{retried} to be sent again; {stayed} still parked, because the item was changed again since: drop what nobody needs"
        )
    };
    let count = Count {
        retried: Some(retried),
        dropped: None,
        still_parked: Some(stayed),
    };
    count.print(json, &words)
}

async fn give_up(store: &dyn Store, chosen: Chosen, json: bool) -> Result<(), Failure> {
    let ids = chosen.ids(store).await?;
    let mut dropped = 0;
    for page in ids.chunks(PAGE as usize) {
        dropped += store.discard(page).await?;
    }
    let count = Count {
        retried: None,
        dropped: Some(dropped),
        still_parked: None,
    };
    count.print(json, &format!("{dropped} dropped"))
}

/// The new log, as it is printed.
#[derive(Debug, Serialize)]
struct NewLog<'a> {
    log: &'a str,
}

async fn new_log(store: &dyn Store, json: bool) -> Result<(), Failure> {
    let log = store.renew_log().await?;
    let mut out = std::io::stdout().lock();
    if json {
        serde_json::to_writer(&mut out, &NewLog { log: &log })?;
        writeln!(out)?;
    } else {
        writeln!(out, "log {log}")?;
    }
    Ok(out.flush()?)
}

impl Chosen {
    /// The ids that are meant. An id that no parked entry has is an error, and then nothing is done.
    async fn ids(self, store: &dyn Store) -> Result<Vec<u64>, Failure> {
        if self.all {
            let mut all: Vec<u64> = Vec::new();
            loop {
                let after = all.last().copied().unwrap_or(0);
                let page = store.parked(after, PAGE).await?;
                if page.is_empty() {
                    return Ok(all);
                }
                all.extend(page.iter().map(|parked| parked.id));
            }
        }
        let mut ids = self.ids;
        ids.sort_unstable();
        ids.dedup();
        for id in &ids {
            let found = store.parked(id.saturating_sub(1), 1).await?;
            if found.first().is_none_or(|parked| parked.id != *id) {
                return Err(format!(
                    "no parked entry has the id {id}; `pubsub outbox list --parked` shows them"
                )
                .into());
            }
        }
        Ok(ids)
    }
}
