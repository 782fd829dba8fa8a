//! `PubSubClient`, the browser client of this project, over WebSocket and over BOSH.

use std::net::SocketAddr;
use std::time::Duration;

use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use pubsub_core::{PubSub, Publish};
use pubsub_server::RunningServer;
use serde_json::json;
use support::site::{with_page, with_script, with_xmpp};
use support::{Link, Page, Proxy, Site, in_browser, quoted};
use tempfile::TempDir;

use crate::server;

const PAGE: &str = include_str!("client.html");
const CLIENT: &str = include_str!("../../web/dist/pubsub.js");
const CLASSIC: &str = include_str!("../../web/dist/pubsub.classic.js");

#[derive(Debug, Publish)]
#[publish(node = "/client/Note", access = "open")]
struct Note {
    #[publish(id)]
    id: u32,
    text: String,
}

impl Note {
    fn new(id: u32, text: &str) -> Self {
        let text = text.to_owned();
        Self { id, text }
    }
}

/// A site with the client and the doors of `server` on one origin.
pub(crate) async fn site(server: &RunningServer) -> Site {
    let script = |text: &'static str| {
        get(move || async move { ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], text) })
    };
    let router = axum::Router::new()
        .route("/pubsub.js", script(CLIENT))
        .route("/pubsub.classic.js", script(CLASSIC));
    let router = with_script(router, "/strophe.js", "strophe.js/dist/strophe.umd.cjs");
    let router = with_script(router, "/jquery.js", "jquery/dist/jquery.min.js");
    let router = with_page(router, "/", PAGE);
    let router = with_page(router, "/classic", CLASSIC_PAGE);
    let router = with_page(router, "/blank", crate::BLANK);
    Site::start(with_xmpp(router, server.http_service())).await
}

/// As pages of django-pubsub load it.
const CLASSIC_PAGE: &str = "<!doctype html><title>classic</title><link rel='icon' href='data:,'>\
    <script>var settings = {BOSH_SERVICE: '/xmpp-httpbind', DOMAIN: 'localhost', PUBSUB_SERVICE: 'pubsub.localhost', DEBUG: true};</script>\
    <script src='/jquery.js'></script><script src='/pubsub.classic.js'></script>\
    <script>var heard = [];\
    var pubsub = new PubSubClient({nick: 'ann', node: '/client/Note', event_cb: function (entry, pubsub) {\
        heard.push($(entry).find('text').text() + ':' + pubsub.updates.length); }});</script><body></body>";

/// Somebody who saves notes, numbered, with a store.
struct Writer {
    pubsub: PubSub,
    _directory: TempDir,
}

impl Writer {
    async fn login(server: &RunningServer) -> Self {
        let directory = TempDir::new().unwrap();
        let store = format!("sqlite:{}", directory.path().join("notes.db").display());
        let url = format!("xmpp://ann:secret@localhost?connect={}", server.addr());
        let builder = PubSub::builder().url(&url).unwrap().store(&store).unwrap();
        Self {
            pubsub: builder.connect().await.unwrap(),
            _directory: directory,
        }
    }

    async fn save(&self, id: u32, text: &str) {
        let _ = Note::new(id, text).save_with(&self.pubsub).await.unwrap();
    }

    async fn delete(&self, id: u32, text: &str) {
        let _ = Note::new(id, text).delete_with(&self.pubsub).await.unwrap();
    }
}

async fn open(browser: &support::Browser, address: SocketAddr, options: &str) -> Page {
    let page = browser.open(&format!("http://{address}/")).await;
    page.until("window.start").await;
    page.run(&format!("start({options})")).await;
    page
}

async fn hears(page: &Page, expected: &[&str]) {
    let count = expected.len();
    page.until(&format!("heard.length >= {count}")).await;
    assert_eq!(page.run("return heard").await, json!(expected));
}

/// Both ways: what is saved is told, also what was missed while the network was away, once and in order. A session of BOSH lives on and
/// tells it as it was; a WebSocket ends, and what the node holds is read back.
async fn everything(options: &str, missed: &[&str]) {
    let server = server().await;
    let site = site(&server).await;
    let network = Proxy::before(site.address()).await;
    let writer = Writer::login(&server).await;
    writer.save(1, "before").await;
    in_browser(async |browser| {
        // What is cut, the console reports.
        browser.tolerate("net::ERR_");
        browser.tolerate("WebSocket connection to");
        let page = open(browser, network.address(), options).await;
        page.until("statuses.includes('live')").await;
        writer.save(2, "two").await;
        writer.save(3, "<three> & more").await;
        hears(&page, &["2:2two", "3:3<three> & more"]).await;

        network.set(Link::Refusing);
        network.cut();
        if options.contains("websocket") {
            page.until("pubsub.status.kind !== 'live'").await;
        }
        writer.save(4, "four").await;
        writer.save(2, "two again").await;
        writer.delete(3, "<three> & more").await;
        network.set(Link::Up);
        page.until("pubsub.status.kind === 'live'").await;
        writer.save(5, "five").await;
        let told = [&["2:2two", "3:3<three> & more"], missed, &["5:5five"]].concat();
        hears(&page, &told).await;

        // Where it ended, another page begins.
        let position = page.run("return pubsub.lastEventId").await;
        page.run("pubsub.close()").await;
        writer.save(6, "six").await;
        page.run("heard.length = 0").await;
        let position = quoted(position.as_str().unwrap());
        page.run(&format!(
            "start({{...({options}), lastEventId: {position}}})"
        ))
        .await;
        hears(&page, &["6:6six"]).await;
        page.run("pubsub.close()").await;
    })
    .await;
    server.shutdown().await;
}

#[tokio::test]
async fn our_client_hears_everything_over_websocket() {
    let options = "{nick: 'ann', node: '/client/Note', transport: 'websocket'}";
    everything(options, &["-3:", "4:4four", "2:2two again"]).await;
}

#[tokio::test]
async fn our_client_hears_everything_over_bosh() {
    let options = "{username: 'bob', password: 'secret', node: '/client/Note', transport: 'bosh'}";
    everything(options, &["4:4four", "2:2two again", "-3:<three> & more"]).await;
}

#[tokio::test]
async fn our_client_publishes_and_unsubscribes() {
    let server = server().await;
    let site = site(&server).await;
    in_browser(async |browser| {
        let options = "{username: 'ann', password: 'secret', node: '/home'}";
        let page = open(browser, site.address(), options).await;
        page.until("statuses.includes('live')").await;
        page.run("return pubsub.publish('/home', ['one', '<two> & \"three\"'])")
            .await;
        page.until("heard.length === 2").await;
        assert_eq!(
            page.run("return heard.map((words) => words.slice(words.indexOf(':') + 1))")
                .await,
            json!(["one", "<two> & \"three\""])
        );
        page.run("return pubsub.unsubscribe('/home')").await;
        page.run("return pubsub.publish('/home', 'nobody hears')")
            .await;
        page.run("return pubsub.subscribe('/home')").await;
        page.run("return pubsub.publish('/home', 'somebody hears')")
            .await;
        page.until("heard.length === 3").await;
        let refused = "return pubsub.publish('', 'x').then(() => 'done', (error) => error.name)";
        assert_eq!(page.run(refused).await, "RefusedError");
    })
    .await;
    server.shutdown().await;
}

#[tokio::test]
async fn our_client_takes_over_a_session() {
    let server = server().await;
    let site = site(&server).await;
    let writer = Writer::login(&server).await;
    writer.save(1, "before").await;
    in_browser(async |browser| {
        let page = browser.open(&site.url("/")).await;
        page.until("window.begin").await;
        let begin = "return begin('bob@localhost/page', 'secret').then((session) => \
            { start({...session, node: '/client/Note'}); return session.jid; })";
        assert_eq!(page.run(begin).await, "bob@localhost/page");
        page.until("statuses.includes('live')").await;
        assert_eq!(page.run("return pubsub.jid").await, "bob@localhost/page");
        writer.save(2, "two").await;
        hears(&page, &["2:2two"]).await;
    })
    .await;
    server.shutdown().await;
}

#[tokio::test]
async fn our_client_tells_a_wrong_password_and_falls_back_to_bosh() {
    let server = server().await;
    let site = site(&server).await;
    in_browser(async |browser| {
        let options = "{username: 'ann', password: 'wrong', node: '/client/Note'}";
        let page = open(browser, site.address(), options).await;
        page.until("pubsub.status.kind === 'refused'").await;
        page.run("pubsub.connect('ann', 'secret')").await;
        page.until("pubsub.jid?.startsWith('ann@localhost/')").await;

        browser.tolerate("WebSocket connection to");
        let options = "{node: '/client/Note', websocket: '/nothing-here'}";
        let page = open(browser, site.address(), options).await;
        page.until("pubsub.status.kind === 'live' || pubsub.status.road === 'bosh'")
            .await;
        page.until("statuses.includes('live')").await;
    })
    .await;
    server.shutdown().await;
}

#[tokio::test]
async fn our_client_without_modules_serves_pages_of_django_pubsub() {
    let server = server().await;
    let site = site(&server).await;
    let writer = Writer::login(&server).await;
    writer.save(1, "before").await;
    in_browser(async |browser| {
        let page = browser.open(&site.url("/classic")).await;
        page.until("pubsub.status.kind === 'live'").await;
        writer.save(2, "two").await;
        page.until("heard.length === 1").await;
        assert_eq!(page.run("return heard").await, json!(["two:1"]));
        assert_eq!(
            page.run("return [pubsub.nick, pubsub.updates.length, typeof pubsub.focus]")
                .await,
            json!(["ann", 1, "boolean"])
        );
    })
    .await;
    tokio::time::timeout(Duration::from_secs(20), server.shutdown())
        .await
        .unwrap();
}
