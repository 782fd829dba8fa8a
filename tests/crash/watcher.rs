//! An independent subscriber: a raw socket and string search, none of the library's code.
//!
//! It does what any client does: subscribes, reads the items that are there, then listens; after a loss it starts over.
//! What it heard is in its book.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use support::peer::PASSWORD;
use support::{Peer, RawClient, eventually};
use tokio::sync::oneshot;

/// How long a server that is being restarted may be away.
const AWAY: Duration = Duration::from_mins(2);
/// How many items are asked for at once.
const PAGE: usize = 500;

/// What was heard of one change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    pub item: String,
    pub sequence: u64,
    pub action: String,
    pub text: String,
}

/// What was heard of one node.
///
/// Numbers have no gaps. So while a connection holds, each change comes right after the one before, or is one that came already. What was
/// missed while there was no connection is in the list that is read first, unless something later has replaced it; if it comes all the
/// same, because the service was told again, it is new here, and early in number.
#[derive(Debug, Default)]
pub struct Book {
    /// In the order in which each change was heard for the first time.
    pub heard: Vec<Heard>,
    known: HashMap<u64, usize>,
    /// The highest number that was read or heard.
    highest: u64,
    /// Whether something newer was heard since the list was read.
    is_live: bool,
    /// Numbers that this subscriber was away for.
    missed: Vec<RangeInclusive<u64>>,
    /// How many were heard again.
    pub repeats: usize,
    /// What should not be.
    pub complaints: Vec<String>,
    /// The items that were there when they were read last.
    pub shown: Vec<Heard>,
}

impl Book {
    /// Notes the items that are there when listening begins.
    fn read(&mut self, mut items: Vec<Heard>) {
        // A client that reads a list sorts it.
        items.sort_by_key(|heard| heard.sequence);
        self.is_live = false;
        self.shown.clone_from(&items);
        if let Some(last) = items.last() {
            self.reach(last.sequence);
        }
        for heard in items {
            self.note(heard);
        }
    }

    /// Notes what is told while listening.
    fn hear(&mut self, heard: Heard) {
        if heard.sequence > self.highest {
            if self.is_live && heard.sequence > self.highest + 1 {
                let highest = self.highest;
                self.complaints
                    .push(format!("{heard:?} came right after {highest}"));
            }
            self.reach(heard.sequence);
            self.is_live = true;
        }
        self.note(heard);
    }

    /// If this subscriber was away when a number was told: the last number that was told until it was back.
    pub fn away_at(&self, sequence: u64) -> Option<u64> {
        let mut missed = self.missed.iter();
        let mut until = *missed.find(|missed| missed.contains(&sequence))?.end();
        // One that follows at once belongs to it: the list did not show what had been deleted last.
        for next in missed {
            if *next.start() != until + 1 {
                break;
            }
            until = *next.end();
        }
        Some(until)
    }

    /// Goes on to a higher number; what lies between may be missed.
    fn reach(&mut self, sequence: u64) {
        if sequence > self.highest {
            if !self.is_live {
                self.missed.push(self.highest + 1..=sequence);
            }
            self.highest = sequence;
        }
    }

    fn note(&mut self, heard: Heard) {
        if let Some(known) = self.known.get(&heard.sequence) {
            self.repeats += 1;
            let before = &self.heard[*known];
            if *before != heard {
                self.complaints
                    .push(format!("{before:?} came again as {heard:?}"));
            }
            return;
        }
        let is_expected = heard.sequence == self.highest
            || self
                .missed
                .iter()
                .any(|missed| missed.contains(&heard.sequence));
        if !is_expected {
            let highest = self.highest;
            self.complaints
                .push(format!("{heard:?} came after {highest}"));
        }
        self.known.insert(heard.sequence, self.heard.len());
        self.heard.push(heard);
    }
}

/// The books by node.
pub type Books = HashMap<String, Book>;

/// A subscriber that goes on until it is asked for what it heard.
#[derive(Debug)]
pub struct Watcher {
    stop: oneshot::Sender<()>,
    books: oneshot::Receiver<Books>,
}

impl Watcher {
    /// Subscribes to nodes as soon as they exist.
    pub fn start(peer: &Peer, nodes: Vec<String>) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (hand_over, books) = oneshot::channel();
        let (address, service) = (peer.address(), peer.pubsub_service());
        tokio::spawn(async move {
            let mut watch = Watch {
                address,
                service,
                nodes,
                books: Books::new(),
            };
            tokio::select! {
                () = watch.go_on() => {}
                _ = stopped => {}
            }
            // What came between the last change and the end.
            watch.read_once().await;
            drop(hand_over.send(watch.books));
        });
        Self { stop, books }
    }

    /// What was heard, with the items as they are at the end.
    pub async fn finish(self) -> Books {
        self.stop.send(()).expect("the watcher lives");
        self.books.await.expect("the watcher lives")
    }
}

struct Watch {
    address: SocketAddr,
    service: &'static str,
    nodes: Vec<String>,
    books: Books,
}

impl Watch {
    async fn go_on(&mut self) {
        loop {
            if let Err(reason) = self.listen().await {
                eprintln!("watcher: {}", reason.chars().take(200).collect::<String>());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn login(&self) -> RawClient {
        eventually(AWAY, || async {
            RawClient::login(self.address, "bob", PASSWORD).await.ok()
        })
        .await
    }

    /// Subscribes, reads what is there, and listens until the connection is lost.
    async fn listen(&mut self) -> Result<(), String> {
        let mut client = self.login().await;
        client.send("<presence/>").await?;
        for node in self.nodes.clone() {
            self.subscribe(&mut client, &node).await?;
            self.read_items(&mut client, &node).await?;
        }
        loop {
            let message = client.message().await?;
            self.note_all(&message);
        }
    }

    /// Waits until somebody has created the node: it is the publisher's.
    async fn subscribe(&self, client: &mut RawClient, node: &str) -> Result<(), String> {
        let content = format!(
            "<pubsub xmlns='http://jabber.org/protocol/pubsub'><subscribe node='{node}' jid='bob@localhost'/></pubsub>"
        );
        loop {
            let answer = client.request("set", self.service, &content).await?;
            if !answer.contains("item-not-found") {
                return if answer.contains("<error") {
                    Err(answer)
                } else {
                    Ok(())
                };
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn read_items(&mut self, client: &mut RawClient, node: &str) -> Result<(), String> {
        let mut after = String::new();
        let mut found = Vec::new();
        loop {
            let content = format!(
                "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='{node}'/>\
                 <set xmlns='http://jabber.org/protocol/rsm'><max>{PAGE}</max>{after}</set></pubsub>"
            );
            let answer = client.request("get", self.service, &content).await?;
            let page = items(&answer);
            let is_last = page.len() < PAGE || !answer.contains("<last>");
            let last = page.last().map(|heard| heard.item.clone());
            found.extend(page);
            match last {
                Some(last) if !is_last => after = format!("<after>{last}</after>"),
                _ => break,
            }
        }
        self.books.entry(node.to_owned()).or_default().read(found);
        Ok(())
    }

    async fn read_once(&mut self) {
        let mut client = self.login().await;
        for node in self.nodes.clone() {
            if let Err(reason) = self.read_items(&mut client, &node).await {
                let book = self.books.entry(node).or_default();
                book.complaints.push(reason);
            }
        }
    }

    fn note_all(&mut self, message: &str) {
        let node = attribute(message, "<items", "node").unwrap_or_default();
        let book = self.books.entry(node).or_default();
        for heard in items(message) {
            book.hear(heard);
        }
    }
}

/// Every `<item>` of ours in a stanza.
fn items(xml: &str) -> Vec<Heard> {
    let starts: Vec<usize> = xml
        .match_indices("<item ")
        .map(|(start, _)| start)
        .collect();
    let heard = starts.iter().filter_map(|start| {
        let rest = &xml[*start..];
        let item = &rest[..rest.find("</item>")?];
        Some(Heard {
            item: attribute(item, "<item ", "id")?,
            sequence: attribute(item, "<change ", "seq")?.parse().ok()?,
            action: attribute(item, "<change ", "action").unwrap_or_default(),
            text: between(item, "<text>", "</text>")?.to_owned(),
        })
    });
    heard.collect()
}

fn attribute(xml: &str, tag: &str, name: &str) -> Option<String> {
    let rest = &xml[xml.find(tag)?..];
    let tag = &rest[..rest.find('>')?];
    ["'", "\""]
        .into_iter()
        .find_map(|quote| between(tag, &format!(" {name}={quote}"), quote).map(str::to_owned))
}

pub fn between<'a>(xml: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let rest = &xml[xml.find(open)? + open.len()..];
    Some(&rest[..rest.find(close)?])
}
