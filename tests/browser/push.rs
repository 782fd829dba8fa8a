//! `PushClient`, the browser client of this project, over each of its ways against a gateway.

use std::net::SocketAddr;

use pubsub_core::{NodeName, PubSub};
use pubsub_gateway::{Gateway, assets};
use serde_json::json;
use support::site::with_page;
use support::{Link, Page, Proxy, Site, in_browser};

const PAGE: &str = include_str!("push.html");

/// A site with a gateway over a server of its own, and the client.
struct Running {
    pubsub: PubSub,
    site: Site,
}

impl Running {
    async fn start() -> Self {
        let pubsub = PubSub::builder().without_models().connect().await.unwrap();
        let gateway = Gateway::builder(pubsub.clone()).build().unwrap();
        let router = axum::Router::new()
            .nest("/events", gateway.router())
            .merge(assets());
        let site = Site::start(with_page(router, "/", PAGE)).await;
        Self { pubsub, site }
    }

    async fn say(&self, channel: &str, text: &str) {
        let node = NodeName::new(channel).unwrap();
        let _ = self.pubsub.publish(&node, text).await.unwrap();
    }
}

async fn open(browser: &support::Browser, address: SocketAddr, options: &str) -> Page {
    // What is cut, the console reports.
    browser.tolerate("net::ERR_");
    browser.tolerate("WebSocket connection to");
    let page = browser.open(&format!("http://{address}/")).await;
    page.until("window.start").await;
    page.run(&format!("start({options})")).await;
    page.until("push.status.kind === 'open'").await;
    page
}

async fn hears(page: &Page, expected: &[&str]) {
    let count = expected.len();
    page.until(&format!("heard.length >= {count}")).await;
    assert_eq!(page.run("return heard").await, json!(expected));
}

/// What is published comes once and in order, also what was published while the network was away, and before the first message.
async fn everything(way: &str) {
    let running = Running::start().await;
    let network = Proxy::before(running.site.address()).await;
    in_browser(async |browser| {
        let options = format!("{{channels: ['c', '/a/node'], transports: ['{way}']}}");
        let page = open(browser, network.address(), &options).await;
        let mut expected = Vec::new();
        for (round, channel) in [(0, "c"), (1, "/a/node"), (2, "c")] {
            network.set(Link::Refusing);
            network.cut();
            // A poll that waits shows that it is cut only when it asks again.
            let missed = format!("missed {round}");
            running.say(channel, &missed).await;
            network.set(Link::Up);
            expected.push(missed);
            let told: Vec<_> = expected.iter().map(String::as_str).collect();
            hears(&page, &told).await;
            for text in ["it's 100% <b>bold</b>", "line\nbreak }{ \u{1f600}"] {
                running.say(channel, text).await;
                expected.push(text.to_owned());
            }
            let told: Vec<_> = expected.iter().map(String::as_str).collect();
            hears(&page, &told).await;
        }
        page.run("push.close()").await;
    })
    .await;
    running.pubsub.shutdown().await.unwrap();
}

#[tokio::test]
async fn push_over_websocket() {
    everything("websocket").await;
}

#[tokio::test]
async fn push_over_an_event_source() {
    everything("eventsource").await;
}

#[tokio::test]
async fn push_over_a_stream() {
    everything("stream").await;
}

#[tokio::test]
async fn push_over_long_polling() {
    everything("longpoll").await;
}

#[tokio::test]
async fn push_falls_back_publishes_and_iterates() {
    let running = Running::start().await;
    in_browser(async |browser| {
        browser.tolerate("404");
        let page = open(browser, running.site.address(), "{channels: 'c'}").await;
        assert_eq!(page.run("return push.status.transport").await, "websocket");
        let published = "return push.publish('c', {a: 1}).then((info) => info.channel)";
        assert_eq!(page.run(published).await, "c");
        hears(&page, &["{\"a\":1}"]).await;
        let read = "const found = []; for await (const received of push.messages()) { \
            found.push(received.message.data); if (found.length === 2) { return found; } }";
        let loop_ = format!("window.found = (async () => {{ {read} }})()");
        page.run(&loop_).await;
        running.say("c", "[1,2]").await;
        running.say("c", "plain").await;
        assert_eq!(
            page.run("return window.found").await,
            json!([[1, 2], "plain"])
        );
        page.run("push.close()").await;

        // Where there is no gateway, that is said.
        let nowhere = "{channels: 'c', base: '/nothing-here', transports: ['websocket', 'stream']}";
        page.run(&format!("start({nowhere})")).await;
        page.until("push.status.kind === 'refused'").await;
        let name = "return push.publish('*', 'x').catch((error) => error.name)";
        assert_eq!(page.run(name).await, "TypeError");
    })
    .await;
    running.pubsub.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_place_that_a_gateway_has_lost_is_told() {
    let running = Running::start().await;
    in_browser(async |browser| {
        for way in ["websocket", "eventsource", "stream", "longpoll"] {
            let options =
                format!("{{channels: 'c', transports: ['{way}'], cursor: '00000000000000ab:7'}}");
            let page = open(browser, running.site.address(), &options).await;
            hears(&page, &["reset gap"]).await;
            running.say("c", "anew").await;
            hears(&page, &["reset gap", "anew"]).await;
            page.run("push.close()").await;
        }
    })
    .await;
    running.pubsub.shutdown().await.unwrap();
}
