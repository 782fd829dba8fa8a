//! A model, a file, and the shortest way to do things to them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::timeout;

use crate::name::{ItemId, NodeName};
use crate::payload::{DecodeError, encode};
use crate::store::{Piece, Settled, Store, StoreError, StoreUrl, Unit, Written, open};
use crate::{Publish, Stamp};

#[derive(Debug, Clone, PartialEq, Publish)]
#[publish(node = "/test/Tweet", channels("user-{author}"), crate = crate)]
pub(super) struct Tweet {
    #[publish(id)]
    pub(super) id: i64,
    pub(super) author: String,
    pub(super) text: String,
}

pub(super) fn tweet(id: i64, author: &str, text: &str) -> Tweet {
    Tweet {
        id,
        author: author.to_owned(),
        text: text.to_owned(),
    }
}

pub(super) fn node(name: &str) -> NodeName {
    NodeName::new(name).expect("a name")
}

pub(super) fn item(id: i64) -> ItemId {
    ItemId::new(id.to_string()).expect("an id")
}

pub(super) fn channels_of<M: Publish>(payload: &str) -> Result<Vec<NodeName>, DecodeError> {
    let (row, _) = M::decode_entry(payload)?;
    row.channels()
        .map_err(|error| DecodeError::invalid("entry", error))
}

pub(super) fn payload<M: Publish + crate::Payload>(model: &M) -> Arc<str> {
    let mut payload = String::new();
    encode(model, &Stamp::default(), &mut payload).expect("a payload");
    payload.into()
}

pub(super) fn save<M: Publish + crate::Payload>(model: &M) -> Piece {
    let mut nodes = vec![node(M::NODE)];
    nodes.extend(model.channels().expect("channels"));
    Piece::Save {
        model: M::DESCRIPTOR,
        item: model.item_id().expect("an id").expect("an id"),
        payload: payload(model),
        nodes,
        channels_of: channels_of::<M>,
    }
}

pub(super) fn delete(id: i64) -> Piece {
    Piece::Delete {
        model: Tweet::DESCRIPTOR,
        item: item(id),
        channels_of: channels_of::<Tweet>,
    }
}

pub(super) fn touch(id: i64) -> Piece {
    Piece::Touch {
        model: Tweet::DESCRIPTOR,
        item: item(id),
        channels_of: channels_of::<Tweet>,
    }
}

pub(super) fn unit(pieces: impl IntoIterator<Item = Piece>) -> Unit {
    Unit {
        pieces: pieces.into_iter().collect(),
        ..Unit::default()
    }
}

/// A directory with a file in it.
pub(super) struct Place {
    directory: TempDir,
}

impl Place {
    pub(super) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().expect("a directory"),
        }
    }

    pub(super) fn path(&self) -> PathBuf {
        self.directory.path().join("a store.db")
    }

    pub(super) fn url(&self, query: &str) -> StoreUrl {
        let path = self.path();
        let path = path.to_str().expect("UTF-8");
        format!("sqlite:{path}{query}").parse().expect("a URL")
    }

    pub(super) async fn open(&self) -> Arc<dyn Store> {
        open(&self.url("")).await.expect("a store")
    }

    pub(super) async fn open_with(&self, query: &str) -> Result<Arc<dyn Store>, StoreError> {
        open(&self.url(query)).await
    }
}

/// Writes, and expects nobody to refuse.
pub(super) async fn write(
    store: &Arc<dyn Store>,
    pieces: impl IntoIterator<Item = Piece>,
) -> Vec<Written> {
    let written = store.write(unit(pieces)).await.expect("written");
    written.expect("not refused")
}

pub(super) fn settled(name: &str, delivered: u64, release: bool) -> Settled {
    Settled {
        node: node(name),
        delivered,
        parked: Vec::new(),
        release,
    }
}

/// Whatever is awaited happens soon, or the test fails.
pub(super) async fn soon<F: Future>(future: F) -> F::Output {
    timeout(Duration::from_secs(20), future)
        .await
        .expect("it takes too long")
}
