//! A page that is loaded anew takes its BOSH session along (Strophe's `keepalive` and `restore`), and misses nothing.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::Value;
use support::{Page, RawClient, Site, in_browser, quoted};

use crate::{server, site};

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
