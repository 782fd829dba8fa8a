//! A model, stores to put it into, and the shortest way to do things to them.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use pubsub_core::payload::encode;
use pubsub_core::store::{Lane, Piece, Settled, Store, StoreError, StoreUrl, Unit, Written, open};
use pubsub_core::{DecodeError, ItemId, NodeName, Publish, Stamp};
use support::{PostgresServer, within};
use tempfile::TempDir;

/// A field of every kind that has a column.
#[derive(Debug, Clone, PartialEq, Publish)]
#[publish(node = "/test/Note", channels("of-{author}", "all"))]
pub struct Note {
    #[publish(id)]
    pub id: i64,
    pub author: String,
    pub text: Option<String>,
    pub flag: Option<bool>,
    pub big: u64,
    pub wide: Option<i128>,
    pub real: Option<f64>,
    pub at: Option<SystemTime>,
    pub xmin: i16,
}

pub fn note(id: i64, author: &str, text: &str) -> Note {
    Note {
        id,
        author: author.to_owned(),
        text: Some(text.to_owned()),
        flag: None,
        big: 0,
        wide: None,
        real: None,
        at: None,
        xmin: 0,
    }
}

pub fn node(name: &str) -> NodeName {
    NodeName::new(name).unwrap()
}

pub fn item(id: i64) -> ItemId {
    ItemId::new(id.to_string()).unwrap()
}

pub fn payload(note: &Note) -> Arc<str> {
    let mut payload = String::new();
    encode(note, &Stamp::default(), &mut payload).unwrap();
    payload.into()
}

fn channels_of(payload: &str) -> Result<Vec<NodeName>, DecodeError> {
    let (note, _) = pubsub_core::payload::decode::<Note>(payload)?;
    note.channels()
        .map_err(|error| DecodeError::invalid("entry", error))
}

pub fn save(note: &Note) -> Piece {
    let mut nodes = vec![node(Note::NODE)];
    nodes.extend(note.channels().unwrap());
    Piece::Save {
        model: Note::DESCRIPTOR,
        item: item(note.id),
        payload: payload(note),
        nodes,
        channels_of,
    }
}

pub fn delete(id: i64) -> Piece {
    Piece::Delete {
        model: Note::DESCRIPTOR,
        item: item(id),
        channels_of,
        may_show: |_| true,
    }
}

pub fn touch(id: i64) -> Piece {
    Piece::Touch {
        model: Note::DESCRIPTOR,
        item: item(id),
        channels_of,
        may_show: |_| true,
    }
}

pub fn unit(pieces: impl IntoIterator<Item = Piece>) -> Unit {
    Unit {
        pieces: pieces.into_iter().collect(),
        ..Unit::default()
    }
}

pub fn settled(name: &str, delivered: u64, release: bool) -> Settled {
    Settled {
        node: node(name),
        delivered,
        parked: Vec::new(),
        release,
    }
}

/// Writes, and expects nobody to refuse.
pub async fn write(
    store: &Arc<dyn Store>,
    pieces: impl IntoIterator<Item = Piece>,
) -> Vec<Written> {
    store.write(unit(pieces)).await.unwrap().unwrap()
}

/// What lanes are called.
pub fn names(lanes: &[Lane]) -> Vec<&str> {
    lanes.iter().map(|lane| lane.node.as_str()).collect()
}

/// A store in a file of its own.
pub async fn sqlite() -> (Arc<dyn Store>, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("store.db").display());
    (open(&url.parse().unwrap()).await.unwrap(), directory)
}

/// A database of its own, in which any number of stores may be opened as if by several processes.
pub struct Database {
    _server: Option<Arc<PostgresServer>>,
    pub url: String,
}

impl Database {
    pub async fn new() -> Self {
        let server = PostgresServer::shared().await;
        Self {
            url: server.database().await,
            _server: Some(server),
        }
    }

    /// On a server that the test may stop.
    pub async fn on(server: &PostgresServer) -> Self {
        Self {
            url: server.database().await,
            _server: None,
        }
    }

    pub async fn open(&self) -> Arc<dyn Store> {
        self.open_with("").await.unwrap()
    }

    pub async fn open_with(&self, parameters: &str) -> Result<Arc<dyn Store>, StoreError> {
        let url: StoreUrl = format!("{}{parameters}", self.url).parse()?;
        open(&url).await
    }
}

/// Whatever is awaited happens soon, or the test fails.
#[track_caller]
pub fn soon<F: Future>(future: F) -> impl Future<Output = F::Output> {
    within(Duration::from_secs(30), future)
}
