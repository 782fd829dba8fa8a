//! The example `status_wall`: what is posted appears in every open page, the title counts what nobody has looked at.

use std::process::Command;

use serde_json::json;
use support::{Dialogue, in_browser};
use tempfile::TempDir;

/// The example, running; the address that it prints.
async fn wall(directory: &TempDir) -> (Dialogue, String) {
    let mut command: Command = support::example("status_wall");
    let store = format!("sqlite:{}", directory.path().join("wall.db").display());
    command.args(["--listen", "127.0.0.1:0", "--store", &store]);
    let mut program = Dialogue::start(command);
    let line = program.hear().await.unwrap();
    let address = line.strip_prefix("open ").expect("an address").to_owned();
    (program, address)
}

#[tokio::test]
async fn a_status_appears_on_every_open_wall() {
    let directory = TempDir::new().unwrap();
    let (program, address) = wall(&directory).await;
    in_browser(async |browser| {
        let reader = browser.open(&address).await;
        reader.until("window.pubsub?.status.kind === 'live'").await;
        let writer = browser.open(&address).await;
        writer.until("window.pubsub?.status.kind === 'live'").await;

        // The reader looks elsewhere.
        reader.run("window.dispatchEvent(new Event('blur'))").await;
        for text in ["Is anybody listening?", "<b>Bold</b> & loud"] {
            writer.run("document.querySelector('[name=author]').value = 'Ann Lee'").await;
            writer.type_into("[name=text]", text).await;
            writer.click("#form button").await;
            writer.until("document.querySelector('[name=text]').value === ''").await;
        }
        for page in [&reader, &writer] {
            page.until("document.querySelectorAll('.entry').length === 2").await;
            let texts = "return [...document.querySelectorAll('.entry .text')].map((text) => text.textContent)";
            assert_eq!(
                page.run(texts).await,
                json!(["<b>Bold</b> & loud", "Is anybody listening?"])
            );
        }
        assert_eq!(reader.run("return document.title").await, "[2] Status wall");
        reader.run("window.dispatchEvent(new Event('focus'))").await;
        assert_eq!(reader.run("return document.title").await, "Status wall");
        assert_eq!(reader.run("return document.querySelector('.face').textContent").await, "AL");

        // The rows of the server, and those of the script, are the same; and nothing comes twice.
        let late = browser.open(&address).await;
        late.until("window.pubsub?.status.kind === 'live'").await;
        let rows = "return [...document.querySelectorAll('.entry')].map((row) => [row.dataset.id, row.innerText.split('\\n')[0]])";
        assert_eq!(late.run(rows).await, reader.run(rows).await);

        // Too much is refused with what to do.
        late.run("const text = document.querySelector('[name=text]'); text.removeAttribute('maxlength'); text.value = 'x'.repeat(281); \
            document.querySelector('[name=author]').value = 'bob'; document.querySelector('#form').requestSubmit()").await;
        browser.tolerate("422");
        late.until("!document.querySelector('#problem').hidden").await;
        assert_eq!(
            late.run("return document.querySelector('#problem').textContent").await,
            "A status has at most 280 characters."
        );
    })
    .await;
    drop(program);
}

#[tokio::test]
async fn what_is_posted_between_the_page_and_its_script_is_there() {
    let directory = TempDir::new().unwrap();
    let (program, address) = wall(&directory).await;
    in_browser(async |browser| {
        let page = browser.open(&address).await;
        page.until("window.pubsub?.status.kind === 'live'").await;
        // A page that is frozen between its rows and its subscription: it closes, something is posted, and it goes on where its rows end.
        page.run("pubsub.disconnect()").await;
        let posted = page
            .run("return fetch('/statuses', {method: 'POST', headers: {Accept: 'application/json'}, \
                body: new URLSearchParams({author: 'bob', text: 'in between'})}).then((answer) => answer.status)")
            .await;
        assert_eq!(posted, 201);
        page.run("pubsub.connect()").await;
        page.until("document.querySelector('.entry .text')?.textContent === 'in between'").await;
    })
    .await;
    drop(program);
}

#[tokio::test]
async fn it_ends_when_it_is_told_to_though_pages_are_open() {
    let directory = TempDir::new().unwrap();
    let (program, address) = wall(&directory).await;
    in_browser(async |browser| {
        browser.tolerate("503");
        browser.tolerate("net::ERR_");
        browser.tolerate("WebSocket connection to");
        for transport in ["websocket", "bosh"] {
            let page = browser.open(&address).await;
            page.until("window.pubsub?.status.kind === 'live'").await;
            let connect = format!(
                "return import('/pubsub.js').then(({{ PubSubClient }}) => {{ window.other = new PubSubClient({{ \
                 domain: pubsub.jid.split('@')[1].split('/')[0], transport: '{transport}' }}); }})"
            );
            page.run(&connect).await;
            page.until("other.status.kind === 'live'").await;
        }
        program.terminate();
        let (_, status) = program.end().await;
        assert!(status.success(), "{status}");
    })
    .await;
}
