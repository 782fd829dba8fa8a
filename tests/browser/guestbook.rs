//! The example `guestbook`: an account from the page, a room, and a row that reaches every page in it.

use std::process::Command;

use serde_json::json;
use support::{Dialogue, in_browser};
use tempfile::TempDir;

/// The example, running; the address that it prints.
async fn guestbook(directory: &TempDir) -> (Dialogue, String) {
    let mut command: Command = support::example("guestbook");
    let store = format!("sqlite:{}", directory.path().join("book.db").display());
    command.args(["--listen", "127.0.0.1:0", "--store", &store]);
    let mut program = Dialogue::start(command);
    let line = program.hear().await.unwrap();
    let address = line.strip_prefix("open ").expect("an address").to_owned();
    (program, address)
}

const INSIDE: &str = "document.querySelector('#state').dataset.state === 'live'";
const TEXTS: &str =
    "return [...document.querySelectorAll('.entry .text')].map((text) => text.textContent)";

#[tokio::test]
async fn a_row_that_is_saved_reaches_every_page_in_the_room() {
    let directory = TempDir::new().unwrap();
    let (program, address) = guestbook(&directory).await;
    in_browser(async |browser| {
        let ann = browser.open(&address).await;
        let bob = browser.open(&address).await;
        for (page, name) in [(&ann, "Ann Lee"), (&bob, "Bob")] {
            page.type_into("[name=name]", name).await;
            page.type_into("[name=password]", "a secret").await;
            page.click("#enter button").await;
            page.until(INSIDE).await;
        }
        ann.until("document.querySelectorAll('#people li').length === 2").await;

        ann.type_into("#sign [name=text]", "<b>Bold</b> & here").await;
        ann.click("#sign button").await;
        for page in [&ann, &bob] {
            page.until("document.querySelectorAll('.entry').length === 1").await;
            assert_eq!(page.run(TEXTS).await, json!(["<b>Bold</b> & here"]));
            let author = "return document.querySelector('.entry strong').textContent";
            assert_eq!(page.run(author).await, "Ann Lee");
        }

        // Whoever comes later reads what was written before; a name that is taken needs its password.
        let late = browser.open(&address).await;
        late.type_into("[name=name]", "Ann Lee").await;
        late.type_into("[name=password]", "a guess").await;
        late.click("#enter button").await;
        late.until("!document.querySelector('#enter .problem').hidden").await;
        late.run("document.querySelector('[name=name]').value = 'Cat'").await;
        late.click("#enter button").await;
        late.until(INSIDE).await;
        late.until("document.querySelectorAll('.entry').length === 1").await;

        // Whoever leaves is seen to leave.
        bob.run("location.href = 'about:blank'").await;
        ann.until("![...document.querySelectorAll('#people li')].some((one) => one.textContent === 'Bob')").await;
    })
    .await;
    drop(program);
}
