//! What the store says that it has promised to tell: its own numbers, read with plain SQL while nobody runs.
//!
//! Read after each life, because what is delivered is pruned some day.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Row as _};

use super::lives::Done;
use super::watcher::{Book, Heard, between};

/// Every service keeps as many items of a node, unless some of them were deleted.
const KEPT: usize = 8;

/// What each node is told, by number.
#[derive(Debug, Default)]
pub struct Log {
    nodes: HashMap<String, BTreeMap<u64, Heard>>,
}

impl Log {
    /// Adds what has been written since.
    pub async fn read(&mut self, file: &Path) {
        if !file.exists() {
            return;
        }
        let options = SqliteConnectOptions::new().filename(file);
        let mut connection = options.connect().await.expect("the store's file");
        let tables = "SELECT 1 FROM sqlite_schema WHERE name = 'pubsub_entry'";
        let tables = sqlx::query(tables).fetch_optional(&mut connection).await;
        if tables.expect("an answer").is_some() {
            let entries = "SELECT n.node, e.sequence, e.item, COALESCE(e.action, ''), e.payload \
                           FROM pubsub_entry e JOIN pubsub_node n ON n.id = e.node_id";
            let entries = sqlx::query(entries).fetch_all(&mut connection).await;
            for row in entries.expect("the entries") {
                let payload: Option<String> = row.get(4);
                let payload = payload.expect("each change has a payload");
                let sequence: i64 = row.get(1);
                let entry = Heard {
                    sequence: sequence.try_into().expect("a number"),
                    item: row.get(2),
                    action: row.get(3),
                    text: between(&payload, "<text>", "</text>")
                        .expect("a text")
                        .to_owned(),
                };
                let node = self.nodes.entry(row.get(0)).or_default();
                let before = node.insert(entry.sequence, entry.clone());
                // Once it is written it never changes.
                assert!(before.is_none_or(|before| before == entry), "{entry:?}");
            }
        }
        connection.close().await.expect("a polite end");
    }

    /// How much it says.
    pub fn len(&self) -> usize {
        self.nodes.values().map(BTreeMap::len).sum()
    }

    /// Numbers have no gaps, nothing is in it that was rolled back, and everything is that was acknowledged: once, in the order of the lane.
    pub fn check(&self, done: &[Done]) {
        for (node, entries) in &self.nodes {
            let numbers: Vec<u64> = entries.keys().copied().collect();
            let expected: Vec<u64> = (1..=numbers.len() as u64).collect();
            assert_eq!(numbers, expected, "{node} has gaps");
            let taken_back = entries.values().find(|entry| entry.text == "taken back");
            assert_eq!(taken_back, None, "{node} tells what was rolled back");
        }
        let mut places: HashMap<(&str, &str, &str), u64> = HashMap::new();
        for (node, entries) in &self.nodes {
            for entry in entries.values() {
                let before = places.insert((node, &entry.item, &entry.action), entry.sequence);
                assert_eq!(before, None, "{node} tells {entry:?} under two numbers");
            }
        }
        let mut last: HashMap<u64, u64> = HashMap::new();
        for one in done {
            let item = one.number.to_string();
            let lane = format!("lane-{}", one.lane);
            for node in [&*lane, "/crash/Row"] {
                let place = places.get(&(node, &*item, one.action()));
                let place = *place.unwrap_or_else(|| panic!("{node} is not told of {one:?}"));
                if node == lane {
                    let before = last.insert(one.lane, place).unwrap_or(0);
                    assert!(before < place, "{one:?} has another order");
                }
            }
        }
    }

    /// Everything was heard as it was written. What was not heard was told while the subscriber was away, and something later that was told before
    /// it came back has taken its place: so there was nothing left to hear of.
    pub fn check_heard(&self, node: &str, book: &Book) -> usize {
        let entries = &self.nodes[node];
        let mut heard: HashMap<u64, &Heard> = HashMap::new();
        for one in &book.heard {
            assert_eq!(entries.get(&one.sequence), Some(one), "{node}");
            assert!(heard.insert(one.sequence, one).is_none());
        }
        let mut unheard = 0;
        for entry in entries.values() {
            if heard.contains_key(&entry.sequence) {
                continue;
            }
            unheard += 1;
            let away = book.away_at(entry.sequence);
            let away = away.unwrap_or_else(|| panic!("{node} did not hear of {entry:?}"));
            let is_gone = entry.action == "delete"
                || entries
                    .range(entry.sequence + 1..=away)
                    .any(|(_, later)| later.item == entry.item);
            assert!(is_gone, "{node} has lost {entry:?}, away until {away}");
        }
        // What is there in the end is what was told last, and nothing else; a service may keep only the newest items of a node.
        let mut left: BTreeMap<&str, u64> = BTreeMap::new();
        for entry in entries.values() {
            if entry.action == "delete" {
                left.remove(&*entry.item);
            } else {
                left.insert(&entry.item, entry.sequence);
            }
        }
        let shown: BTreeMap<&str, u64> = book
            .shown
            .iter()
            .map(|one| (&*one.item, one.sequence))
            .collect();
        let mut newest: Vec<u64> = left.values().copied().collect();
        newest.sort_unstable();
        let evicted = newest.len().saturating_sub(shown.len());
        left.retain(|_, sequence| newest[evicted..].contains(sequence));
        assert_eq!(shown, left, "the items of {node}");
        assert!(
            shown.len() >= newest.len().min(KEPT),
            "{node} shows too little"
        );
        unheard
    }
}
