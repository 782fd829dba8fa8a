//! How long it takes from `save()` to the callback in a page in Chromium.
//!
//! Run with `cargo xtask bench browser`. Rows are saved through a store, relayed to `pubsub serve --http`, which is a process of its own, and
//! heard by a page that it serves: with `PushClient` over WebSocket and over `EventSource`, and with `PubSubClient`, which speaks XMPP. Each
//! row carries the time at which `save()` was called; page and program read the same clock.

#[path = "push/contestant.rs"]
mod contestant;
#[path = "push/usage.rs"]
mod usage;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bench_support::Table;
use contestant::{ACCOUNT, Contestant};
use pubsub_core::{PubSub, Publish};
use support::{Browser, in_browser};

const ROWS: u32 = 500;
const WARMING: u32 = 50;
/// Fifty a second.
const INTERVAL: Duration = Duration::from_millis(20);

/// What is saved.
#[derive(Debug, Publish)]
#[publish(node = "/bench/Tweet", access = "open")]
struct Tweet {
    #[publish(id)]
    id: u32,
    /// When it was saved, in microseconds since 1970.
    at: u64,
    text: String,
}

/// How a page hears of it: a name, and the script that begins to listen. It notes every delay, in milliseconds.
const WAYS: [(&str, &str); 3] = [
    (
        "PushClient, WebSocket",
        "const push = new PushClient({channels: '/bench/Tweet', transports: ['websocket']}); \
         push.on('message', (message) => note(JSON.parse(message.text).at)); \
         push.on('status', (status) => { window.is_live = status.kind === 'open'; });",
    ),
    (
        "PushClient, EventSource",
        "const push = new PushClient({channels: '/bench/Tweet', transports: ['eventsource']}); \
         push.on('message', (message) => note(JSON.parse(message.text).at)); \
         push.on('status', (status) => { window.is_live = status.kind === 'open'; });",
    ),
    (
        "PubSubClient, XMPP over WebSocket",
        "const pubsub = new PubSubClient({username: 'ann', password: 'secret', domain: 'localhost', node: '/bench/Tweet', transport: 'websocket'}); \
         pubsub.on('update', (entry) => note(Number(entry.field('at')))); \
         pubsub.on('status', (status) => { window.is_live = status.kind === 'live'; });",
    ),
];

#[tokio::main]
async fn main() {
    let program = support::program("pubsub");
    let server = Contestant::gateway("gateway", program.get_program().as_ref());
    let directory = tempfile::tempdir().expect("a writable directory");
    let store = format!("sqlite:{}", directory.path().join("tweets.db").display());
    let url = format!(
        "xmpp://{ACCOUNT}@localhost?connect={}",
        server.xmpp.expect("an address for XMPP")
    );
    let builder = PubSub::builder().url(&url).expect("a URL");
    let builder = builder.store(&store).expect("a store");
    let pubsub = builder.connect().await.expect("a login");
    let mut table = Table::new(["client", "p50 ms", "p99 ms", "longest ms"]);
    let mut id = 0;
    save(&pubsub, &mut id, 1).await;
    in_browser(async |browser| {
        for (name, script) in WAYS {
            let mut delays = heard(browser, &server, script, &pubsub, &mut id).await;
            delays.sort_by(f64::total_cmp);
            let at = |hundredth: usize| delays[(delays.len() - 1) * hundredth / 100];
            let times = [50, 99, 100].map(|hundredth| format!("{:.2}", at(hundredth)));
            let [middle, late, longest] = times;
            table.row([name.to_owned(), middle, late, longest]);
        }
    })
    .await;
    println!("{table}");
    pubsub.shutdown().await.expect("a shutdown");
}

/// Saves rows at an even pace.
async fn save(pubsub: &PubSub, id: &mut u32, count: u32) {
    let mut ticks = tokio::time::interval(INTERVAL);
    for _ in 0..count {
        ticks.tick().await;
        *id += 1;
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let at = now.expect("a clock that is set").as_micros();
        let tweet = Tweet {
            id: *id,
            at: u64::try_from(at).expect("a time within reach"),
            text: "saved and heard ".repeat(20),
        };
        let _ = tweet.save_with(pubsub).await.expect("a save");
    }
}

/// The delays with which a page hears of what is saved meanwhile.
async fn heard(
    browser: &Browser,
    server: &Contestant,
    script: &str,
    pubsub: &PubSub,
    id: &mut u32,
) -> Vec<f64> {
    // Any document of the server: the script brings everything else.
    let page = browser
        .open(&format!("http://{}/healthz", server.address))
        .await;
    let begin = format!(
        "window.delays = []; \
         window.note = (at) => delays.push(performance.timeOrigin + performance.now() - at / 1000); \
         const {{PushClient}} = await import('/push.js'); const {{PubSubClient}} = await import('/pubsub.js'); {script}"
    );
    page.run(&format!(
        "return (async () => {{ {begin} return true; }})()"
    ))
    .await;
    page.until("window.is_live === true").await;
    save(pubsub, id, WARMING).await;
    save(pubsub, id, ROWS).await;
    page.until(&format!("delays.length === {}", WARMING + ROWS))
        .await;
    let delays = page.run("return delays").await;
    page.close().await;
    let delays = delays.as_array().expect("a list").iter();
    let delays: Vec<f64> = delays.filter_map(serde_json::Value::as_f64).collect();
    delays[WARMING as usize..].to_vec()
}
