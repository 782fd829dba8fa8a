//! A program that saves notes, the world around it, and what both should look like in the end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use pubsub_core::session::{ItemQuery, PubSubError, Session, SessionConfig};
use pubsub_core::store::Joined;
use pubsub_core::{ChangeKind, ItemId, NodeConfig, NodeName, PubSub, Publish as _, SaveError};
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use support::{Link, OurServer, Peer, PostgresServer, Proxy, eventually, within};

use super::expectation::{Expectation, NODE, Told, channel};
use super::step::Step;
use super::witness::Witness;
use super::{Note, STRANGER};

const PATIENCE: Duration = Duration::from_secs(20);
/// A server that is never there.
const NOWHERE: &str = "xmpp://ann:secret@localhost?connect=127.0.0.1:1&tls=off";
/// Nodes that the program may publish to.
const OPEN: [&str; 3] = [NODE, "by-ann", "by-bob"];

/// Where the rows are.
pub enum Place {
    Sqlite(tempfile::TempDir),
    Postgres {
        url: String,
        _server: Arc<PostgresServer>,
    },
}

impl Place {
    pub fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    pub async fn postgres() -> Self {
        let server = PostgresServer::shared().await;
        Self::Postgres {
            url: server.database().await,
            _server: server,
        }
    }

    fn url(&self) -> String {
        match self {
            Self::Sqlite(directory) => {
                format!("sqlite://{}", directory.path().join("notes.db").display())
            }
            Self::Postgres { url, .. } => url.clone(),
        }
    }
}

pub struct Program {
    place: Place,
    peer: Peer,
    proxy: Proxy,
    pubsub: PubSub,
    /// Another program on the same store, with a good connection.
    beside: PubSub,
    witness: Witness,
    expectation: Expectation,
}

/// Commits or rolls back, whichever database it is.
macro_rules! end {
    ($transaction:expr, $saved:expr, $is_kept:expr) => {{
        let saved = $saved;
        if saved.is_some() && $is_kept {
            $transaction.commit().await.unwrap();
        } else {
            $transaction.rollback().await.unwrap();
        }
        saved
    }};
}

fn name(node: &str) -> NodeName {
    NodeName::new(node).unwrap()
}

impl Program {
    pub async fn start(place: Place) -> Self {
        let peer = OurServer::start().await;
        let proxy = Proxy::before(peer.address()).await;
        set_up(&peer).await;
        let witness = Witness::of(&peer.url("bob"), &OPEN).await;
        let url = peer.url_at(proxy.address(), "ann");
        let pubsub = connect(&url, &place.url(), PATIENCE).await;
        let beside = connect(&peer.url("ann"), &place.url(), PATIENCE).await;
        Self {
            place,
            peer,
            proxy,
            pubsub,
            beside,
            witness,
            expectation: Expectation::default(),
        }
    }

    pub async fn step(&mut self, step: Step) {
        match step {
            Step::Save(note) => {
                let saved = within(PATIENCE, self.pubsub.save(&note)).await;
                self.expect(&[note], saved.map(drop));
            }
            Step::SaveAll(notes) => {
                let saved = within(PATIENCE, self.pubsub.save_all(&notes)).await;
                self.expect(&notes, saved.map(drop));
            }
            Step::Delete(id) => {
                let deleted = within(PATIENCE, self.pubsub.delete_by_id::<Note>(id)).await;
                let _ = deleted.unwrap();
                self.expectation.delete(id);
            }
            Step::Touch(id) => {
                if let Some(note) = self.expectation.rows.get(&id) {
                    let _ = within(PATIENCE, self.pubsub.touch(note)).await.unwrap();
                    self.expectation.touch(id);
                }
            }
            Step::SaveIn(notes, is_kept) => self.save_in(&notes, is_kept).await,
            Step::Begin(notes, is_kept) => self.begin(&notes, is_kept).await,
            Step::Suppressed(note) => {
                let saved = PubSub::suppressed(self.pubsub.save(&note)).await;
                if Expectation::is_fit(std::slice::from_ref(&note)) {
                    let _ = saved.unwrap();
                    self.expectation.save_silently(&note);
                } else {
                    assert!(saved.is_err());
                }
            }
            Step::SaveBeside(note) => {
                let saved = within(PATIENCE, self.beside.save(&note)).await;
                self.expect(&[note], saved.map(drop));
            }
            Step::SaveOffline(note) => {
                let offline = connect(NOWHERE, &self.place.url(), Duration::ZERO).await;
                let saved = within(PATIENCE, offline.save(&note)).await;
                offline.shutdown().await.unwrap();
                self.expect(&[note], saved.map(drop));
            }
            Step::Retry => {
                let before = self.all_parked().await;
                let store = self.pubsub.store().unwrap();
                let retried = within(PATIENCE, store.retry(&before)).await.unwrap();
                // They are refused again, each under another number; one whose item has changed since has stayed.
                let after = self.all_parked().await;
                assert_eq!(after.len(), before.len());
                let stayed = after.iter().filter(|id| before.contains(id)).count();
                assert_eq!(stayed as u64 + retried, before.len() as u64);
            }
            Step::Drop => {
                let parked = self.all_parked().await;
                let store = self.pubsub.store().unwrap();
                let dropped = within(PATIENCE, store.discard(&parked)).await.unwrap();
                assert_eq!(dropped, parked.len() as u64);
                self.expectation.told.remove(&format!("by-{STRANGER}"));
            }
            Step::Cut => self.proxy.cut(),
            Step::Outage => {
                self.proxy.set(Link::Refusing);
                self.proxy.cut();
            }
            Step::OutageEnds => self.proxy.set(Link::Up),
            Step::Restart => self.restart().await,
            Step::Flush => self.flush().await,
        }
    }

    async fn flush(&self) {
        self.proxy.set(Link::Up);
        assert!(self.pubsub.flush(PATIENCE).await, "not everything went out");
    }

    /// What is parked when everything else is through.
    async fn all_parked(&self) -> Vec<u64> {
        self.flush().await;
        let store = self.pubsub.store().unwrap();
        let parked = store.parked(0, 10_000).await.unwrap();
        parked.iter().map(|parked| parked.id).collect()
    }

    /// Notes what a save should have done: all of it, or with a veto nothing.
    fn expect(&mut self, notes: &[Note], saved: Result<(), SaveError>) {
        if Expectation::is_fit(notes) {
            saved.unwrap();
            for note in notes {
                self.expectation.save(note);
            }
        } else {
            assert!(saved.is_err(), "{notes:?} should not be saved");
        }
    }

    async fn save_in(&mut self, notes: &[Note], is_kept: bool) {
        let url = self.place.url();
        let saved = match self.place {
            Place::Sqlite(_) => {
                let mut connection = SqliteConnection::connect(&url).await.unwrap();
                let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
                let joined = Joined::from(&mut transaction);
                let saved = self.pubsub.save_all_in(joined, notes).await.ok();
                end!(transaction, saved, is_kept)
            }
            Place::Postgres { .. } => {
                let mut connection = PgConnection::connect(&url).await.unwrap();
                let mut transaction = connection.begin().await.unwrap();
                let joined = Joined::from(&mut transaction);
                let saved = self.pubsub.save_all_in(joined, notes).await.ok();
                end!(transaction, saved, is_kept)
            }
        };
        assert_eq!(saved.is_some(), Expectation::is_fit(notes));
        if let (Some(saved), true) = (saved, is_kept) {
            drop(saved.committed());
            for note in notes {
                self.expectation.save(note);
            }
        }
    }

    async fn begin(&mut self, notes: &[Note], is_kept: bool) {
        let mut transaction = self.pubsub.begin().await.unwrap();
        let mut saved = Vec::new();
        for note in notes {
            let outcome = transaction.save(note).await;
            // A veto takes back its own save, and the others stand.
            assert_eq!(
                outcome.is_ok(),
                Expectation::is_fit(std::slice::from_ref(note))
            );
            if outcome.is_ok() {
                saved.push(note);
            }
        }
        if is_kept {
            transaction.commit().await.unwrap();
            for note in saved {
                self.expectation.save(note);
            }
        } else {
            drop(transaction);
        }
    }

    async fn restart(&mut self) {
        let url = self.peer.url_at(self.proxy.address(), "ann");
        // The old one is gone with its relay when the new one starts, as after a crash.
        let spare = PubSub::builder().url(&self.peer.url("ann")).unwrap();
        let spare = spare.without_models().connect().await.unwrap();
        drop(std::mem::replace(&mut self.pubsub, spare.clone()));
        self.pubsub = connect(&url, &self.place.url(), PATIENCE).await;
        spare.shutdown().await.unwrap();
    }

    /// Everything is through, everywhere, and stays so when the service forgets it all.
    pub async fn finish(mut self) {
        self.proxy.set(Link::Up);
        assert!(self.pubsub.flush(PATIENCE).await, "not everything went out");
        self.check_what_was_heard().await;
        self.check_rows().await;
        self.check_parked().await;
        self.check_items().await;

        self.peer.kill();
        self.proxy.cut();
        self.peer.restart().await;
        set_up(&self.peer).await;
        self.check_items().await;
        self.pubsub.shutdown().await.unwrap();
        self.beside.shutdown().await.unwrap();
    }

    async fn check_what_was_heard(&self) {
        for node in OPEN {
            let expected = self.expectation.told.get(node).cloned().unwrap_or_default();
            let is_heard = |index: usize| !matches!(expected.get(index), Some(Told::Left { .. }));
            let last = (0..expected.len()).rev().find(|index| is_heard(*index));
            let is_complete = || async {
                let heard = self.witness.book().remove(node).unwrap_or_default();
                let newest = heard.iter().map(|(sequence, _)| *sequence).max();
                (newest >= last.map(|index| index as u64 + 1)).then_some(heard)
            };
            let heard = eventually(PATIENCE, is_complete).await;
            let mut next = 0;
            for (sequence, told) in heard {
                let index = usize::try_from(sequence).unwrap() - 1;
                while next < index && !is_heard(next) {
                    next += 1;
                }
                assert!(index <= next, "{node}: number {sequence} after {next}");
                next = next.max(index + 1);
                assert_eq!(
                    Some(&told),
                    expected.get(index),
                    "{node}: number {sequence}"
                );
            }
            for (index, told) in expected.iter().enumerate() {
                let Told::Gone { item, .. } = told else {
                    continue;
                };
                let gone =
                    |other: &&Told| matches!(other, Told::Gone { item: id, .. } if id == item);
                let times = expected[..=index].iter().filter(gone).count();
                let is_told =
                    || async { (self.witness.retractions(node, item) >= times).then_some(()) };
                eventually(PATIENCE, is_told).await;
            }
        }
    }

    async fn check_rows(&self) {
        for id in 0..6 {
            let row = self.pubsub.get::<Note>(id).await.unwrap();
            assert_eq!(row.as_ref(), self.expectation.rows.get(&id));
        }
    }

    /// What the stranger's node was to be told is parked, and nothing else.
    async fn check_parked(&self) {
        let parked = self
            .pubsub
            .store()
            .unwrap()
            .parked(0, 10_000)
            .await
            .unwrap();
        let stranger = format!("by-{STRANGER}");
        let told = self
            .expectation
            .told
            .get(&stranger)
            .cloned()
            .unwrap_or_default();
        let puts = told
            .iter()
            .filter(|told| matches!(told, Told::Put { .. }))
            .count();
        assert!(
            parked
                .iter()
                .all(|parked| parked.entry.node == *stranger.as_str())
        );
        assert!(
            parked.len() >= puts && parked.len() <= told.len(),
            "{parked:#?}"
        );
    }

    /// The items of each node are what it was told last. A service that was started anew gets there in its own time.
    async fn check_items(&self) {
        for node in OPEN {
            let expected = self.expectation.shown(node);
            let is_so = || async { (self.items(node).await == expected).then_some(()) };
            eventually(PATIENCE, is_so).await;
        }
    }

    async fn items(&self, node: &str) -> BTreeMap<String, String> {
        let page = self
            .witness
            .session()
            .items(&name(node), &ItemQuery::All)
            .await;
        let items = match page {
            Ok(page) => page.items,
            Err(PubSubError::NotFound { .. } | PubSubError::Disconnected { .. }) => Vec::new(),
            Err(error) => panic!("{error}"),
        };
        let decoded = items.into_iter().map(|item| {
            let (note, _) = Note::decode_entry(&item.payload.unwrap()).unwrap();
            assert!(node == NODE || node == channel(&note));
            (item.id.to_string(), note.text)
        });
        decoded.collect()
    }
}

/// The nodes, with their owners, so that a witness can be there before the first note.
async fn set_up(peer: &Peer) {
    let session = Session::connect(peer.url("ann").parse().unwrap())
        .await
        .unwrap();
    for node in OPEN {
        session
            .ensure(&name(node), &NodeConfig::new())
            .await
            .unwrap();
    }
    session.shutdown(PATIENCE).await;
    let stranger = Session::connect(peer.url("bob").parse().unwrap())
        .await
        .unwrap();
    let change = pubsub_core::Change {
        node: name(&format!("by-{STRANGER}")),
        item: ItemId::new("mine").unwrap(),
        kind: ChangeKind::Put {
            payload: "<mine xmlns='urn:outbox-model'/>".into(),
        },
    };
    stranger.publish(change).await.unwrap();
    stranger.shutdown(PATIENCE).await;
}

async fn connect(url: &str, store: &str, drain: Duration) -> PubSub {
    let config: SessionConfig = url.parse().unwrap();
    // Outages here are short, and so is the patience with them.
    let config = config.back_off(Duration::from_millis(5), Duration::from_millis(50));
    let builder = PubSub::builder().session(config).store(store).unwrap();
    builder.drain(drain).connect().await.unwrap()
}
