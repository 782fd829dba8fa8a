//! A page of one origin with a gateway on another one: what CORS lets it do, over each way, and whether its cookies go along.

use axum::Router;
use axum::http::header::SET_COOKIE;
use axum::routing::get;
use pubsub_core::{NodeName, PubSub};
use pubsub_gateway::settings::Origins;
use pubsub_gateway::{Access, AccessRequest, Deciding, Denied, Gateway, Grant, Settings, assets};
use serde_json::json;
use support::site::with_page;
use support::{Browser, Page, Site, in_browser};

const PAGE: &str = include_str!("push.html");
const WAYS: [&str; 4] = ["websocket", "eventsource", "stream", "longpoll"];

/// Lets in who has signed in.
struct Session;

impl Access for Session {
    fn decide<'r>(&'r self, request: AccessRequest<'r>) -> Deciding<'r> {
        Box::pin(async move {
            let cookie = request.headers.get("cookie");
            let cookie = cookie.and_then(|cookie| cookie.to_str().ok());
            match cookie {
                Some("session=ann") => Ok(Grant::to("ann")),
                _ => Err(Denied::unauthorized("Sign in first.")),
            }
        })
    }
}

/// A page, and a gateway on another port, which is another origin.
struct Apart {
    pubsub: PubSub,
    page: Site,
    gateway: Site,
}

impl Apart {
    async fn start(needs_session: bool) -> Self {
        let pubsub = PubSub::builder().without_models().connect().await.unwrap();
        let page = Site::start(with_page(assets(), "/", PAGE)).await;
        let settings = Settings {
            origins: Origins::Listed(vec![page.url("")]),
            ..Settings::default()
        };
        let mut gateway = Gateway::builder(pubsub.clone()).settings(settings);
        if needs_session {
            gateway = gateway.access(Session);
        }
        let gateway = gateway.build().unwrap();
        let cookie = "session=ann; Path=/; HttpOnly; SameSite=Lax";
        let router = Router::new()
            .route(
                "/sign-in",
                get(move || async move { [(SET_COOKIE, cookie)] }),
            )
            .nest("/events", gateway.router())
            .merge(gateway.lists());
        let gateway = Site::start(router).await;
        Self {
            pubsub,
            page,
            gateway,
        }
    }

    async fn open(&self, browser: &Browser) -> Page {
        let page = browser.open(&self.page.url("/")).await;
        page.until("window.start").await;
        page
    }

    /// Begins to listen from the page of the other origin.
    async fn listen(&self, page: &Page, way: &str, more: &str) {
        let options = format!(
            "{{base: '{}', api: '{}', channels: 'c', transports: ['{way}'] {more}}}",
            self.gateway.url("/events"),
            self.gateway.url("/api/v1"),
        );
        page.run(&format!("heard.length = 0; start({options})"))
            .await;
    }

    async fn say(&self, text: &str) {
        let node = NodeName::new("c").unwrap();
        let _ = self.pubsub.publish(&node, text).await.unwrap();
    }
}

async fn hears(page: &Page, expected: &[&str]) {
    let count = expected.len();
    page.until(&format!("heard.length >= {count}")).await;
    assert_eq!(page.run("return heard").await, json!(expected));
}

#[tokio::test]
async fn a_foreign_page_hears_knows_its_place_and_publishes() {
    let apart = Apart::start(false).await;
    in_browser(async |browser| {
        let page = apart.open(browser).await;
        for way in WAYS {
            apart.listen(&page, way, "").await;
            if way != "eventsource" {
                // Before the first message; an event source keeps it to itself until then.
                page.until("push.cursor !== null").await;
            }
            page.until("push.status.kind === 'open'").await;
            apart.say("one").await;
            hears(&page, &["one"]).await;
            // JSON is a type that a page may send only where it was let.
            let published = "return push.publish('c', {two: 2}, {eventId: 'e', eventType: 't'}) \
                .then((info) => info.channel, (error) => error.message)";
            if way != "eventsource" {
                assert_eq!(page.run(published).await, "c");
                hears(&page, &["one", "{\"two\":2}"]).await;
            }
            page.run("push.close()").await;
        }
        let refused = "return push.publish('*', 'x').catch((error) => error.name)";
        assert_eq!(page.run(refused).await, "TypeError");
    })
    .await;
    apart.pubsub.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_foreign_page_is_told_why_it_is_refused_and_its_cookies_go_along_when_asked() {
    let apart = Apart::start(true).await;
    in_browser(async |browser| {
        browser.tolerate("401");
        let page = apart.open(browser).await;
        for way in ["stream", "longpoll"] {
            apart.listen(&page, way, "").await;
            page.until("push.status.kind === 'refused'").await;
            assert_eq!(
                page.run("return push.status.reason").await,
                "Sign in first."
            );
        }
        let sign_in = format!(
            "return fetch('{}', {{credentials: 'include', mode: 'no-cors'}}).then(() => true)",
            apart.gateway.url("/sign-in")
        );
        page.run(&sign_in).await;
        for way in WAYS {
            apart.listen(&page, way, ", withCredentials: true").await;
            page.until("push.status.kind === 'open'").await;
            apart.say(way).await;
            hears(&page, &[way]).await;
            let published = "return push.publish('c', 'x').then((info) => info.channel)";
            assert_eq!(page.run(published).await, "c");
            let list = "return push.list('nothing').catch((error) => error.status)";
            assert_eq!(page.run(list).await, 404);
            page.run("push.close()").await;
        }
        // Without being asked to, the browser sends none.
        browser.tolerate("404");
        apart.listen(&page, "stream", "").await;
        page.until("push.status.kind === 'refused'").await;
    })
    .await;
    apart.pubsub.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_page_that_is_not_listed_hears_nothing() {
    let apart = Apart::start(false).await;
    in_browser(async |browser| {
        browser.tolerate("CORS");
        browser.tolerate("net::ERR_FAILED");
        browser.tolerate("WebSocket connection to");
        let other = Site::start(with_page(assets(), "/", PAGE)).await;
        let page = browser.open(&other.url("/")).await;
        page.until("window.start").await;
        for way in WAYS {
            apart.listen(&page, way, "").await;
            page.until("statuses.includes('waiting')").await;
            apart.say("secret").await;
            page.run("push.close(); statuses.length = 0").await;
            assert_eq!(page.run("return heard").await, json!([]), "{way}");
        }
        let published = "return push.publish('c', 'x').catch((error) => error.status)";
        assert_eq!(page.run(published).await, 0);
    })
    .await;
    apart.pubsub.shutdown().await.unwrap();
}
