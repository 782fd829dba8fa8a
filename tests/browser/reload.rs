//! A page that is loaded anew takes its BOSH session along (Strophe's `keepalive` and `restore`), and misses nothing; with `PubSubClient` as well.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::Value;
use support::{Page, RawClient, Site, in_browser, quoted};

use crate::{client, server, site};

const PAGE: &str = include_str!("reload.html");

/// Publishes an item without keeping it, so that nothing but the session can bring it to the page.
async fn publish(application: &mut RawClient, number: usize) {
    let publish = format!(
        "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='/n'><item id='{number}'><entry>{number}</entry></item></publish></pubsub>"
    );
    let answer = application
        .request("set", "pubsub.localhost", &publish)
        .await
        .unwrap();
    assert!(answer.contains("type='result'"), "{answer}");
}

async fn application(server: &pubsub_server::RunningServer) -> RawClient {
    let mut application = RawClient::login(server.addr(), "ann", "secret")
        .await
        .unwrap();
    application
        .request(
            "set",
            "pubsub.localhost",
            "<pubsub xmlns='http://jabber.org/protocol/pubsub'><create node='/n'/><configure><x xmlns='jabber:x:data' type='submit'>\
             <field var='pubsub#persist_items'><value>0</value></field></x></configure></pubsub>",
        )
        .await
        .unwrap();
    application
}

/// The numbers that the page, all its lives together, has heard.
async fn heard(page: &Page) -> Vec<usize> {
    let heard = page.run("return heard()").await;
    heard
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_u64)
        .map(|number| usize::try_from(number).unwrap())
        .collect()
}

/// What was heard, without what was heard before: what may have been lost with an earlier page is said again.
fn without_repeats(heard: &[usize]) -> Vec<usize> {
    let mut seen = HashSet::new();
    heard
        .iter()
        .copied()
        .filter(|number| seen.insert(*number))
        .collect()
}

async fn connect(page: &Page, site: &Site, service: &str) {
    page.go(&site.url("/")).await;
    page.run(&format!("connect({})", quoted(service))).await;
    page.until("window.ready").await;
}

#[tokio::test]
async fn what_is_published_while_the_page_is_gone_is_there_when_it_is_back() {
    let server = server().await;
    let site = site(&server, PAGE).await;
    let mut application = application(&server).await;
    let direct = format!("http://{}/xmpp-httpbind", server.http_addr().unwrap());
    for (round, service) in ["/xmpp-httpbind", &direct].into_iter().enumerate() {
        in_browser(async |browser| {
            let page = browser.open(&site.url("/blank")).await;
            connect(&page, &site, service).await;
            let first = round * 1000;
            publish(&mut application, first).await;
            page.until("heard().length === 1").await;
            for life in 1..=3 {
                page.go(&site.url("/blank")).await;
                for number in 1..=5 {
                    publish(&mut application, first + life * 10 + number).await;
                }
                connect(&page, &site, service).await;
                assert_eq!(page.run("return restored").await, true);
                let last = first + life * 10 + 5;
                page.until(&format!("heard().includes({last})")).await;
            }
            let mut expected = vec![first];
            expected.extend(
                (1..=3).flat_map(|life| (1..=5).map(move |number| first + life * 10 + number)),
            );
            assert_eq!(without_repeats(&heard(&page).await), expected);
        })
        .await;
    }
}

#[tokio::test]
async fn a_page_that_is_loaded_anew_again_and_again_loses_nothing() {
    const LIVES: usize = 12;
    let server = server().await;
    let site = site(&server, PAGE).await;
    let direct = format!("http://{}/xmpp-httpbind", server.http_addr().unwrap());
    for service in ["/xmpp-httpbind", &direct] {
        let mut application = application(&server).await;
        in_browser(async |browser| {
            let page = browser.open(&site.url("/blank")).await;
            connect(&page, &site, service).await;
            let (stop, mut stopped) = tokio::sync::watch::channel(false);
            let publishing = tokio::spawn(async move {
                let mut number = 0;
                let mut pace = tokio::time::interval(Duration::from_millis(5));
                loop {
                    tokio::select! {
                        _ = pace.tick() => {
                            number += 1;
                            publish(&mut application, number).await;
                        }
                        _ = stopped.changed() => return number,
                    }
                }
            });
            for _ in 0..LIVES {
                let before = heard(&page).await.len();
                page.until(&format!("heard().length > {before}")).await;
                connect(&page, &site, service).await;
            }
            stop.send_replace(true);
            let last = publishing.await.unwrap();
            page.until(&format!("heard().includes({last})")).await;
            let expected: Vec<usize> = (1..=last).collect();
            assert_eq!(without_repeats(&heard(&page).await), expected);
        })
        .await;
    }
}

/// Begins a `PubSubClient` in a page that was just loaded, and waits until it is up.
async fn begin(page: &Page, site: &Site, options: &str) -> String {
    page.go(&site.url("/")).await;
    page.until("window.start").await;
    page.run(&format!(
        "start({{nodes: ['/n'], keepalive: true, {options}}})"
    ))
    .await;
    page.until("pubsub.status.kind === 'live'").await;
    page.run("return pubsub.jid")
        .await
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn our_client_takes_its_session_along_when_it_is_told_to() {
    const BOB: &str = "username: 'bob', password: 'secret', transport: 'bosh'";
    let server = server().await;
    let site = client::site(&server).await;
    let mut application = application(&server).await;
    in_browser(async |browser| {
        let page = browser.open(&site.url("/blank")).await;
        let first = begin(&page, &site, BOB).await;
        publish(&mut application, 1).await;
        page.until("heard.join() === '1:1'").await;
        for life in 1..=3 {
            // What is published while nobody listens is kept nowhere but in the session.
            page.go(&site.url("/blank")).await;
            for number in 1..=3 {
                publish(&mut application, life * 10 + number).await;
            }
            assert_eq!(begin(&page, &site, BOB).await, first);
            page.until(&format!("heard.includes('{0}:{0}')", life * 10 + 3))
                .await;
            let told = (1..=3).map(|number| format!("{0}:{0}", life * 10 + number));
            let told: Vec<_> = told.collect();
            let new = page.run(&format!("return heard.slice({})", -3)).await;
            assert_eq!(new, serde_json::json!(told));
        }
        // A session is its owner's: neither a stranger nor somebody else goes on with it.
        let stranger = begin(&page, &site, "transport: 'bosh'").await;
        assert!(!stranger.starts_with("bob@"), "{stranger}");
        assert_eq!(begin(&page, &site, "transport: 'bosh'").await, stranger);
        let ann = "username: 'ann', password: 'secret', transport: 'bosh'";
        let ann = begin(&page, &site, ann).await;
        assert!(ann.starts_with("ann@"), "{ann}");
        // Whoever leaves on purpose begins anew, over whatever way there is.
        let bob = begin(&page, &site, BOB).await;
        assert_ne!(bob, first);
        page.run("pubsub.disconnect()").await;
        let anew = begin(&page, &site, "username: 'bob', password: 'secret'").await;
        assert_ne!(anew, bob);
        page.until("statuses.length > 0 && !statuses.includes('refused')")
            .await;
    })
    .await;
}

#[tokio::test]
async fn a_session_that_is_over_is_replaced() {
    let server = server().await;
    let site = client::site(&server).await;
    let _application = application(&server).await;
    in_browser(async |browser| {
        let page = browser.open(&site.url("/blank")).await;
        let options = "username: 'bob', password: 'secret', transport: 'bosh'";
        let first = begin(&page, &site, options).await;
        // As if the server had been started anew, or the tab duplicated.
        let forged = "const kept = JSON.parse(sessionStorage.getItem('strophe-bosh-session')); \
            kept.sid = 'nobody-knows-this'; sessionStorage.setItem('strophe-bosh-session', JSON.stringify(kept))";
        page.go(&site.url("/blank")).await;
        page.run(forged).await;
        browser.tolerate("404");
        let second = begin(&page, &site, options).await;
        assert_ne!(second, first);
    })
    .await;
}
