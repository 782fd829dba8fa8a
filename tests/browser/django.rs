//! What the browser client of django-pubsub says over BOSH, in today's Strophe.

use serde_json::json;
use support::{BoshClient, RawClient, in_browser, quoted};

use crate::{server, site};

const PAGE: &str = include_str!("django.html");

#[tokio::test]
async fn a_page_without_an_account_subscribes_publishes_and_hears() {
    let server = server().await;
    let site = site(&server, PAGE).await;
    // The application publishes as it saves; the node comes to be by that.
    let mut application = RawClient::login(server.addr(), "ann", "secret")
        .await
        .unwrap();
    let publish = |text: &str| {
        format!(
            "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='/demo/Status'><item><entry xmlns='http://www.w3.org/2005/Atom'>{text}</entry></item></publish></pubsub>"
        )
    };
    application
        .request("set", "pubsub.localhost", &publish("first"))
        .await
        .unwrap();
    in_browser(async |browser| {
        let page = browser.open(&site.url("/")).await;
        page.run("anonymously('/demo/Status')").await;
        page.until("window.subscribed").await;
        application
            .request("set", "pubsub.localhost", &publish("second"))
            .await
            .unwrap();
        page.until("updates.includes('second')").await;
        // Several items at once, and to a node that is the page's own.
        page.run("publish('/home', ['a', 'b'])").await;
        page.until("answers.length === 1").await;
        assert_eq!(page.run("return answers").await, json!(["result"]));
        assert_eq!(page.run("return updates").await, json!(["second"]));
        let items = application
            .request(
                "get",
                "pubsub.localhost",
                "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='/home'/></pubsub>",
            )
            .await
            .unwrap();
        for text in ["a", "b"] {
            assert!(items.contains(&format!(">{text}</entry>")), "{items}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_page_attaches_to_a_session_that_the_application_has_begun() {
    let server = server().await;
    let site = site(&server, PAGE).await;
    let session = BoshClient::login(server.http_addr().unwrap(), "bob", "secret")
        .await
        .unwrap();
    let mut application = RawClient::login(server.addr(), "ann", "secret")
        .await
        .unwrap();
    in_browser(async |browser| {
        let page = browser.open(&site.url("/")).await;
        let (jid, sid) = (quoted(&session.jid), quoted(&session.sid));
        let rid = session.rid;
        application
            .request("set", "pubsub.localhost", "<pubsub xmlns='http://jabber.org/protocol/pubsub'><create node='/n'/></pubsub>")
            .await
            .unwrap();
        page.run(&format!("attached('/n', {jid}, {sid}, {rid})")).await;
        page.until("window.subscribed").await;
        application
            .request("set", "pubsub.localhost", "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='/n'><item><entry>for bob</entry></item></publish></pubsub>")
            .await
            .unwrap();
        page.until("updates.includes('for bob')").await;
    })
    .await;
}
