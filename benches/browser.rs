//! How long it takes from `save()` to the callback in a page in Chromium.
//!
//! Run with `cargo xtask bench browser`. Rows are saved through a store, relayed to `pubsub serve --http`, which is a process of its own, and
//! heard by a page that it serves: with `PushClient` over WebSocket and over `EventSource`, and with `PubSubClient`, which speaks XMPP. Each
//! row carries the time at which `save()` was called; page and program read the same clock. `--gateway PATH` takes another build of `pubsub`.

#[path = "push/program.rs"]
mod program;

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bench_support::Table;
use program::{ACCOUNT, Doors, serve};
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
        "window.client = new PushClient({channels: '/bench/Tweet', transports: ['websocket']}); \
         client.on('message', (message) => note(JSON.parse(message.text).at)); \
         client.on('status', (status) => { window.is_live = status.kind === 'open'; });",
    ),
    (
        "PushClient, EventSource",
        "window.client = new PushClient({channels: '/bench/Tweet', transports: ['eventsource']}); \
         client.on('message', (message) => note(JSON.parse(message.text).at)); \
         client.on('status', (status) => { window.is_live = status.kind === 'open'; });",
    ),
    (
        "PubSubClient, XMPP over WebSocket",
        "window.client = new PubSubClient({username: 'ann', password: 'secret', domain: 'localhost', node: '/bench/Tweet', transport: 'websocket'}); \
         client.on('update', (entry) => note(Number(entry.field('at')))); \
         client.on('status', (status) => { window.is_live = status.kind === 'live'; });",
    ),
];

#[tokio::main]
async fn main() {
    let (doors, _server, _directory) = serve(&program());
    let directory = tempfile::tempdir().expect("a writable directory");
    let store = format!("sqlite:{}", directory.path().join("tweets.db").display());
    let url = format!("xmpp://{ACCOUNT}@localhost?connect={}", doors.xmpp);
    let builder = PubSub::builder().url(&url).expect("a URL");
    let builder = builder.store(&store).expect("a store");
    let pubsub = builder.connect().await.expect("a login");
    let mut table = Table::new(["client", "p50 ms", "p99 ms", "longest ms"]);
    let mut id = 0;
    save(&pubsub, &mut id, 1).await;
    in_browser(async |browser| {
        // Of the icon, which nobody has.
        browser.tolerate("404");
        for (name, script) in WAYS {
            let mut delays = heard(browser, &doors, script, &pubsub, &mut id).await;
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

/// The program that was named, or that of this workspace.
fn program() -> PathBuf {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--gateway");
    match arguments.nth(1) {
        Some(path) => path.into(),
        None => support::program("pubsub").get_program().into(),
    }
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
    doors: &Doors,
    script: &str,
    pubsub: &PubSub,
    id: &mut u32,
) -> Vec<f64> {
    // Any document of the server: the script brings everything else.
    let page = browser
        .open(&format!("http://{}/healthz", doors.http))
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
    page.run("client.close()").await;
    let delays = delays.as_array().expect("a list").iter();
    let delays: Vec<f64> = delays.filter_map(serde_json::Value::as_f64).collect();
    delays[WARMING as usize..].to_vec()
}
