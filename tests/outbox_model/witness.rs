//! Somebody else, connected directly, who writes down what each node tells and drops nothing: neither repeats nor what is out of order.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures_util::StreamExt as _;
use pubsub_core::session::{Filter, RawEventKind, Session, SessionEvent, Subscriber};
use pubsub_core::{Action, NodeName, Publish as _, Stamp};

use super::Note;
use super::expectation::Told;

/// What was heard of a node, in order: the number, and what it said.
pub type Book = BTreeMap<String, Vec<(u64, Told)>>;

#[derive(Debug)]
pub struct Witness {
    session: Session,
    book: Arc<Mutex<Book>>,
    /// Bare retractions, which have no number.
    retractions: Arc<Mutex<Vec<(String, String)>>>,
}

impl Witness {
    pub async fn of(url: &str, nodes: &[&str]) -> Self {
        let session = Session::connect(url.parse().unwrap()).await.unwrap();
        let nodes: Vec<_> = nodes
            .iter()
            .map(|node| NodeName::new(*node).unwrap())
            .collect();
        let mut heard = session.listen(Filter::Nodes(nodes.clone()), 100_000);
        for node in &nodes {
            session.subscribe(node, Subscriber::Session).await.unwrap();
        }
        let book = Arc::new(Mutex::new(Book::new()));
        let retractions = Arc::new(Mutex::new(Vec::new()));
        let (written, noted) = (Arc::clone(&book), Arc::clone(&retractions));
        tokio::spawn(async move {
            while let Some(event) = heard.next().await {
                let SessionEvent::Node(event) = event else {
                    continue;
                };
                let node = event.node.to_string();
                match event.kind {
                    RawEventKind::Published { id, payload, .. } => {
                        let (note, stamp) = Note::decode_entry(&payload.unwrap()).unwrap();
                        let told = told(id.as_ref(), note, &stamp);
                        let mut book = written.lock().unwrap();
                        book.entry(node)
                            .or_default()
                            .push((stamp.sequence.unwrap(), told));
                    }
                    RawEventKind::Retracted { id } => {
                        noted.lock().unwrap().push((node, id.to_string()));
                    }
                    _ => {}
                }
            }
        });
        Self {
            session,
            book,
            retractions,
        }
    }

    pub fn book(&self) -> Book {
        self.book.lock().unwrap().clone()
    }

    /// How often an item of a node was retracted.
    pub fn retractions(&self, node: &str, item: &str) -> usize {
        let retractions = self.retractions.lock().unwrap();
        let of_item = |(at, id): &&(String, String)| at == node && id == item;
        retractions.iter().filter(of_item).count()
    }

    pub fn session(&self) -> &Session {
        &self.session
    }
}

fn told(item: &str, note: Note, stamp: &Stamp) -> Told {
    assert_eq!(note.id.to_string(), item);
    let item = item.to_owned();
    match stamp.action {
        Some(Action::Delete) => Told::Gone {
            item,
            text: note.text,
        },
        _ => Told::Put {
            item,
            text: note.text,
        },
    }
}
