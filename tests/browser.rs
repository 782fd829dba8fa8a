//! What happens in a real browser. Every test has a Chromium of its own (`support::in_browser`).

#[path = "browser/client.rs"]
mod client;
#[path = "browser/commits_live.rs"]
mod commits_live;
#[path = "browser/dashboard.rs"]
mod dashboard;
#[path = "browser/django.rs"]
mod django;
#[path = "browser/foreign.rs"]
mod foreign;
#[path = "browser/guestbook.rs"]
mod guestbook;
#[path = "browser/push.rs"]
mod push;
#[path = "browser/readme.rs"]
mod readme;
#[path = "browser/reload.rs"]
mod reload;
#[path = "browser/status_wall.rs"]
mod status_wall;
#[path = "browser/strophe.rs"]
mod strophe;

use pubsub_server::{Config, Http, NodeCreation, Origins, RunningServer, Server};
use support::Site;
use support::site::{with_page, with_script, with_xmpp};

const BLANK: &str = "<!doctype html><link rel='icon' href='data:,'><title>blank</title>";

/// A server that anybody may use, with BOSH and WebSocket on its own listener for pages of every origin.
async fn server() -> RunningServer {
    let config = Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        accounts: ["ann", "bob"]
            .map(|name| (name.to_owned(), "secret".to_owned()))
            .to_vec(),
        anonymous: true,
        node_creation: NodeCreation::Everyone,
        http: Http {
            listen: Some("127.0.0.1:0".parse().unwrap()),
            origins: Origins::Any,
            ..Http::default()
        },
        ..Config::default()
    };
    Server::spawn(config).await.unwrap()
}

/// A site with Strophe and its plugin, one page, and the doors of `server` on the same origin.
async fn site(server: &RunningServer, html: &'static str) -> Site {
    let router = axum::Router::new();
    let router = with_script(router, "/strophe.js", "strophe.js/dist/strophe.umd.cjs");
    let plugin = "strophejs-plugin-pubsub/lib/strophe.pubsub.js";
    let router = with_script(router, "/strophe.pubsub.js", plugin);
    let router = with_page(router, "/", html);
    let router = with_page(router, "/blank", BLANK);
    Site::start(with_xmpp(router, server.http_service())).await
}
