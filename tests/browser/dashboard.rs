//! The dashboard: what the gateway does is drawn while it does it.

use pubsub_core::{NodeName, PubSub};
use pubsub_gateway::{Gateway, assets, dashboard};
use serde_json::json;
use support::{Dialogue, Site, in_browser};

#[tokio::test]
async fn the_dashboard_shows_what_the_gateway_does() {
    let pubsub = PubSub::builder().without_models().connect().await.unwrap();
    let gateway = Gateway::builder(pubsub.clone()).build().unwrap();
    let router = axum::Router::new()
        .nest("/events", gateway.router())
        .merge(assets())
        .merge(dashboard());
    let site = Site::start(router).await;
    in_browser(async |browser| {
        let page = browser.open(&site.url("/")).await;
        page.until("document.querySelector('#state').dataset.state === 'live'")
            .await;
        page.until("!document.querySelector('#none').hidden").await;
        // A gateway alone has no server to show.
        let is_hidden = "return document.querySelector('#server').hidden";
        assert_eq!(page.run(is_hidden).await, true);

        // Two who listen to one channel, and one who listens to another.
        let listen = "const { PushClient } = await import('/push.js'); window.heard = 0; \
            window.clients = ['busy', 'busy', '/a/quiet'].map((channels) => { const client = new PushClient({ channels }); \
            client.on('message', () => { window.heard += 1; }); return client; });";
        page.run(&format!("return (async () => {{ {listen} }})()")).await;
        page.until("clients.every((client) => client.status.kind === 'open')")
            .await;
        page.until("document.querySelectorAll('#rows tr').length === 2")
            .await;
        page.until("document.querySelector('#subscribers').textContent === '3'")
            .await;

        // What is published over XMPP says no time; nothing is made up for it.
        let node = NodeName::new("busy").unwrap();
        for _ in 0..20 {
            let _ = pubsub.publish(&node, "hello").await.unwrap();
        }
        page.until("Number(document.querySelector('#rows tr[data-channel=busy]').cells[3].textContent) === 20")
            .await;
        page.until("document.querySelector('#latency').textContent === '–'")
            .await;
        page.until("document.querySelector('#spread').textContent.includes('over HTTP')")
            .await;
        page.run("return Promise.all(Array.from({length: 20}, () => clients[0].publish('busy', 'over HTTP')))")
            .await;
        page.until("heard === 80").await;
        page.until("Number(document.querySelector('#rows tr[data-channel=busy]').cells[3].textContent) === 40")
            .await;
        page.until("document.querySelector('#latency').textContent.endsWith('ms')")
            .await;
        page.until("document.querySelectorAll('#spread rect').length > 0 && document.querySelectorAll('#flow path').length === 4")
            .await;

        // The table is sorted and filtered as one asks.
        let names = "return [...document.querySelectorAll('#rows th')].map((head) => head.textContent)";
        page.click("thead button[data-by=channel]").await;
        assert_eq!(page.run(names).await, json!(["/a/quiet", "busy"]));
        page.click("thead button[data-by=channel]").await;
        assert_eq!(page.run(names).await, json!(["busy", "/a/quiet"]));
        page.type_into("#filter", "QUIET").await;
        assert_eq!(page.run(names).await, json!(["/a/quiet"]));
    })
    .await;
    pubsub.shutdown().await.unwrap();
}

#[tokio::test]
async fn what_is_served_is_not_sent_twice() {
    let router = axum::Router::new().merge(assets()).merge(dashboard());
    let site = Site::start(router).await;
    for path in [
        "/pubsub.js",
        "/pubsub.classic.js",
        "/push.js",
        "/pubsub.d.ts",
        "/",
        "/pubsub/dashboard.js",
    ] {
        let get = async |headers: &[(&str, &str)]| {
            support::http::request(site.address(), "GET", path, headers, "")
                .await
                .unwrap()
        };
        let plain = get(&[]).await;
        let packed = get(&[("accept-encoding", "gzip, br")]).await;
        assert_eq!((plain.status, packed.status), (200, 200), "{path}");
        assert_eq!(packed.header("content-encoding"), "gzip", "{path}");
        assert!(packed.body.len() < plain.body.len(), "{path}");
        assert_ne!(plain.header("etag"), packed.header("etag"), "{path}");
        let known = get(&[
            ("accept-encoding", "gzip"),
            ("if-none-match", packed.header("etag")),
        ])
        .await;
        assert_eq!((known.status, known.body.len()), (304, 0), "{path}");
    }
}

#[tokio::test]
async fn one_command_serves_a_browser_everything() {
    let mut command = support::program("pubsub");
    command.args([
        "serve",
        "--xmpp",
        "127.0.0.1:0",
        "--http",
        "127.0.0.1:0",
        "--user",
        "ann:secret",
        "--anonymous",
        "open",
    ]);
    let mut program = Dialogue::start(command);
    assert!(program.hear().await.unwrap().starts_with("xmpp 127.0.0.1:"));
    let line = program.hear().await.unwrap();
    let address = line.strip_prefix("http ").unwrap().to_owned();
    in_browser(async |browser| {
        let page = browser.open(&format!("http://{address}/")).await;
        page.until("document.querySelector('#state').dataset.state === 'live'")
            .await;
        // What is published over XMPP is pushed, and what is published over HTTP is heard over XMPP.
        let listen = "return import('/pubsub.js').then(async ({ PubSubClient, PushClient }) => { \
            window.heard = []; \
            window.pubsub = new PubSubClient({ username: 'ann', password: 'secret', node: '/home' }); \
            pubsub.on('update', (entry) => heard.push('xmpp ' + entry.text())); \
            await pubsub.publish('/home', 'first'); \
            window.push = new PushClient({ channels: ['/home', 'news'], transports: ['websocket'] }); \
            push.on('message', ({ text }) => heard.push('push ' + text)); })";
        page.run(listen).await;
        page.until("push.status.kind === 'open' && heard.length === 1")
            .await;
        // Nobody has made it yet, the listening gateway neither: it is awaited, without a word.
        let missing = "pubsub.on('error', (error, node) => heard.push(node + ': ' + error.message)); \
            return pubsub.subscribe('news')";
        page.run(missing).await;
        page.run("return pubsub.publish('/home', 'second')").await;
        page.until("heard.length === 3").await;
        page.run("return push.publish('news', 'third')").await;
        page.until("heard.length === 5").await;
        let heard = page.run("return heard.sort()").await;
        assert_eq!(
            heard,
            json!(["push second", "push third", "xmpp first", "xmpp second", "xmpp third"])
        );
        page.until("document.querySelectorAll('#rows tr').length === 2")
            .await;
        // The XMPP server is drawn, too: the page and the gateway are its clients.
        let words = |id: &str| format!("document.querySelector('#server-{id}').textContent");
        page.until(&format!("{} === '1 TCP · 1 WebSocket · 0 BOSH'", words("carriers")))
            .await;
        page.until(&format!("{} === '2' && {} === '3'", words("nodes"), words("items")))
            .await;
        page.until(&format!("{} === '3 since the start'", words("published-total")))
            .await;
        page.until("!document.querySelector('#server').hidden").await;
        // As the statistics of the gateway, they are for this machine.
        let elsewhere = [("x-forwarded-for", "192.0.2.7")];
        let refused = support::http::request(
            address.parse().unwrap(),
            "GET",
            "/pubsub/server.json",
            &elsewhere,
            "",
        );
        assert_eq!(refused.await.unwrap().status, 403);
        let lists = "return fetch('/api/v1/').then((answer) => answer.status)";
        assert_eq!(page.run(lists).await, 200);
    })
    .await;
}

#[tokio::test]
async fn a_server_without_anonymous_login_says_so_once() {
    let mut command = support::program("pubsub");
    command.args([
        "serve",
        "--xmpp",
        "127.0.0.1:0",
        "--http",
        "127.0.0.1:0",
        "--user",
        "ann:secret",
    ]);
    let mut program = Dialogue::start(command);
    assert!(program.hear().await.unwrap().starts_with("xmpp 127.0.0.1:"));
    let line = program.hear().await.unwrap();
    let address = line.strip_prefix("http ").unwrap().to_owned();
    in_browser(async |browser| {
        let page = browser.open(&format!("http://{address}/")).await;
        for transport in ["websocket", "bosh"] {
            let connect = format!(
                "return import('/pubsub.js').then(({{ PubSubClient }}) => {{ window.told = []; \
                 window.pubsub = new PubSubClient({{ node: '/home', transport: '{transport}' }}); \
                 pubsub.on('status', ({{ kind }}) => told.push(kind)); }})"
            );
            page.run(&connect).await;
            page.until("pubsub.status.kind === 'refused'").await;
            assert_eq!(
                page.run("return pubsub.status.reason").await,
                "login refused: the server lets nobody in without a name: give username and password"
            );
            assert_eq!(page.run("return told.includes('waiting')").await, false);
        }
    })
    .await;
}
