//! `kill -9` under load, at many random moments: what was answered is there, what was not is there whole or not at all, and the order is the one in
//! which it was asked.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use support::{RawClient, within};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::sleep;

use crate::program::Served;
use crate::{PATIENCE, PUBSUB, ask, assert_done, create, item, items};

const KILLS: u64 = 100;
/// So many answers in all lives, or nothing is proven.
const ENOUGH: usize = 5_000;
/// So many requests are under way at a time.
const WINDOW: usize = 64;
/// The longest life, from the first answer on.
const LIFE: Duration = Duration::from_millis(150);
/// Each life has nodes of its own.
const NODES: usize = 2;

/// What is asked of one node.
#[derive(Debug)]
enum Change {
    /// All of them in one request.
    Publish(Vec<u64>),
    Retract(u64),
    Purge,
}

impl Change {
    /// The `number`th of a node: mostly new items, some again, some away.
    fn pick(random: &mut StdRng, next: &mut u64, present: &[u64]) -> Self {
        let some = (!present.is_empty()).then(|| present[random.random_range(0..present.len())]);
        match (random.random_range(0..100), some) {
            (0..10, Some(again)) => Self::Publish(vec![again]),
            (10..18, Some(away)) => Self::Retract(away),
            (18, _) => Self::Purge,
            (19..40, _) => {
                *next += 2;
                Self::Publish(vec![*next - 1, *next])
            }
            _ => {
                *next += 1;
                Self::Publish(vec![*next])
            }
        }
    }

    fn apply(&self, items: &mut Vec<u64>) {
        match self {
            Self::Publish(new) => {
                items.retain(|id| !new.contains(id));
                items.extend(new);
            }
            Self::Retract(gone) => items.retain(|id| id != gone),
            Self::Purge => items.clear(),
        }
    }

    fn request(&self, node: &str, id: usize) -> String {
        let (owner, content) = match self {
            Self::Publish(new) => {
                let items: String = new.iter().map(|id| item(&id.to_string(), "x")).collect();
                ("", format!("<publish node='{node}'>{items}</publish>"))
            }
            Self::Retract(gone) => (
                "",
                format!("<retract node='{node}'><item id='{gone}'/></retract>"),
            ),
            Self::Purge => ("#owner", format!("<purge node='{node}'/>")),
        };
        format!(
            "<iq type='set' id='r{id}' to='pubsub.localhost'><pubsub xmlns='{PUBSUB}{owner}'>{content}</pubsub></iq>"
        )
    }
}

/// What was asked of a node in one life, and up to where it was answered.
#[derive(Debug, Default)]
struct Book {
    node: String,
    changes: Vec<Change>,
    answered: usize,
}

impl Book {
    /// Whether these items are what some moment after the last answer had; the moment.
    fn moment(&self, items: &[u64]) -> Option<usize> {
        let mut state = Vec::new();
        let mut found = None;
        for number in 0..=self.changes.len() {
            if number >= self.answered && state == items {
                found = Some(number);
                break;
            }
            if let Some(change) = self.changes.get(number) {
                change.apply(&mut state);
            }
        }
        found
    }
}

/// Asks until the connection breaks.
async fn load(client: RawClient, life: u64, mut random: StdRng) -> Vec<Book> {
    let mut stream = client.into_stream();
    let mut books: Vec<Book> = (0..NODES)
        .map(|number| Book {
            node: format!("/life-{life}/{number}"),
            ..Book::default()
        })
        .collect();
    let mut states: Vec<(u64, Vec<u64>)> = vec![(0, Vec::new()); NODES];
    let mut asked: Vec<(usize, usize)> = Vec::new();
    let (mut answers, mut unread) = (0, String::new());
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let mut requests = String::new();
        while asked.len() < answers + WINDOW {
            let place = random.random_range(0..NODES);
            let (next, state) = &mut states[place];
            let change = Change::pick(&mut random, next, state);
            change.apply(state);
            requests.push_str(&change.request(&books[place].node, asked.len()));
            books[place].changes.push(change);
            asked.push((place, books[place].changes.len()));
        }
        if stream.write_all(requests.as_bytes()).await.is_err() {
            return books;
        }
        let length = match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return books,
            Ok(length) => length,
        };
        unread.push_str(&String::from_utf8_lossy(&buffer[..length]));
        while let Some(start) = unread.find("<iq type='")
            && let Some(end) = unread[start..].find('>')
        {
            let tag: String = unread.drain(..=start + end).collect();
            assert!(tag.contains("type='result'"), "{tag}{unread}");
            let id = tag
                .split("id='r")
                .nth(1)
                .and_then(|rest| rest.split('\'').next());
            let id: usize = id.and_then(|id| id.parse().ok()).expect(&tag);
            let (place, count) = asked[id];
            books[place].answered = books[place].answered.max(count);
            answers += 1;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_answered_is_lost() {
    let seed = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let directory = tempfile::tempdir().unwrap();
    let (data, log) = (directory.path().join("data"), directory.path().join("log"));
    let mut served = Served::start(&data, &log).await;
    let (mut answered, mut unanswered_but_kept) = (0, 0);
    let mut all: Vec<(String, Vec<u64>)> = Vec::new();
    for life in 0..KILLS {
        let mut ann = served.login().await;
        for number in 0..NODES {
            let create = create(&format!("/life-{life}/{number}"), &[]);
            assert_done(&ask(&mut ann, "set", &create).await);
        }
        let work = tokio::spawn(load(ann, life, StdRng::seed_from_u64(random.random())));
        sleep(LIFE.mul_f64(random.random_range(0.02..1.0))).await;
        served.process.kill();
        let books = within(PATIENCE, work)
            .await
            .expect("every answer is a result");

        served = Served::start(&data, &log).await;
        let mut ann = served.login().await;
        for book in &books {
            let items = numbers(&mut ann, &book.node).await;
            let moment = book.moment(&items);
            let Some(moment) = moment else {
                panic!("life {life}: {items:?} is no state of {book:#?}");
            };
            answered += book.answered;
            unanswered_but_kept += moment - book.answered;
            all.push((book.node.clone(), items));
        }
    }
    println!("{answered} answered, {unanswered_but_kept} kept without an answer");
    assert!(answered >= ENOUGH, "only {answered} were answered");
    // What earlier lives left is there still.
    let mut ann = served.login().await;
    for (node, expected) in &all {
        assert_eq!(&numbers(&mut ann, node).await, expected, "{node}");
    }
}

async fn numbers(client: &mut RawClient, node: &str) -> Vec<u64> {
    let all = items(client, node).await;
    all.iter().map(|id| id.parse().expect("a number")).collect()
}
