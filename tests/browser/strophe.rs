//! Strophe.js and its pubsub plugin, as npm has them, over WebSocket and over BOSH.

use pubsub_server::RunningServer;
use support::{Page, in_browser, quoted};

use crate::{server, site};

const PAGE: &str = include_str!("strophe.html");

/// How a page reaches the server.
#[derive(Clone, Copy)]
enum Way {
    WebSocket,
    Bosh,
}

impl Way {
    /// On the origin of the page.
    fn of_site(self, site: &support::Site) -> String {
        self.at(&site.address().to_string())
    }

    /// On the server's own listener, which is another origin.
    fn of_server(self, server: &RunningServer) -> String {
        self.at(&server.http_addr().unwrap().to_string())
    }

    fn at(self, authority: &str) -> String {
        match self {
            Self::WebSocket => format!("ws://{authority}/xmpp-websocket"),
            Self::Bosh => format!("http://{authority}/xmpp-httpbind"),
        }
    }
}

/// Logs in and waits until it is done.
async fn connect(page: &Page, service: &str, jid: &str, password: &str) {
    let (service, jid, password) = (quoted(service), quoted(jid), quoted(password));
    page.run(&format!(
        "make({service}, {{}}).connect({jid}, {password}, noteStatus)"
    ))
    .await;
    page.until("statuses.includes('CONNECTED')").await;
}

/// Create, subscribe, publish, receive, unsubscribe.
async fn everything(way: Way, jid: &str, password: &str) {
    let server = server().await;
    let site = site(&server, PAGE).await;
    for service in [way.of_site(&site), way.of_server(&server)] {
        in_browser(async |browser| {
            let page = browser.open(&site.url("/")).await;
            connect(&page, &service, jid, password).await;
            page.run("return create('/n')").await;
            page.run("return subscribe('/n')").await;
            page.run("return publish('/n', 'a', 'hello & <world>')")
                .await;
            page.until("heard.includes('a:hello & <world>')").await;
            page.run("return unsubscribe('/n')").await;
            page.run("return publish('/n', 'b', 'nobody hears')").await;
            assert_eq!(
                page.run("return heard").await,
                serde_json::json!(["a:hello & <world>"])
            );
            page.run("connection.pubsub.deleteNode('/n', () => { window.deleted = true; })")
                .await;
            page.until("window.deleted").await;
            page.run("connection.disconnect()").await;
            page.until("statuses.includes('DISCONNECTED')").await;
        })
        .await;
    }
    server.shutdown().await;
}

#[tokio::test]
async fn a_named_user_over_websocket() {
    everything(Way::WebSocket, "ann@localhost", "secret").await;
}

#[tokio::test]
async fn a_named_user_over_bosh() {
    everything(Way::Bosh, "ann@localhost", "secret").await;
}

#[tokio::test]
async fn an_anonymous_user_over_websocket() {
    everything(Way::WebSocket, "localhost", "").await;
}

#[tokio::test]
async fn an_anonymous_user_over_bosh() {
    everything(Way::Bosh, "localhost", "").await;
}

#[tokio::test]
async fn a_wrong_password_is_told() {
    let server = server().await;
    let site = site(&server, PAGE).await;
    for way in [Way::WebSocket, Way::Bosh] {
        in_browser(async |browser| {
            let page = browser.open(&site.url("/")).await;
            let service = quoted(&way.of_site(&site));
            page.run(&format!(
                "make({service}, {{}}).connect('ann@localhost', 'wrong', noteStatus)"
            ))
            .await;
            page.until("statuses.some((status) => status.startsWith('AUTHFAIL'))")
                .await;
        })
        .await;
    }
}
