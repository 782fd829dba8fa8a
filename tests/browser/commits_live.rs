//! The example `commits_live`: a commit that is pushed appears in the open pages that it concerns, once and without a reload.

use std::net::SocketAddr;

use serde_json::{Value, json};
use support::{Dialogue, Link, Proxy, http, in_browser};
use tempfile::TempDir;

/// The example, running, and what is pushed to it.
struct Commits {
    address: SocketAddr,
    pushed: u64,
    program: Dialogue,
    _directory: TempDir,
}

impl Commits {
    async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    async fn start_with(configure: impl FnOnce(&mut std::process::Command)) -> Self {
        let directory = TempDir::new().unwrap();
        let store = format!("sqlite:{}", directory.path().join("commits.db").display());
        let mut command = support::example("commits_live");
        command
            .args(["--listen", "127.0.0.1:0", "--store", &store])
            .env_remove("PUBSUB_URL")
            .env_remove("WEBHOOK_SECRET");
        configure(&mut command);
        let mut program = Dialogue::start(command);
        let line = program.hear().await.unwrap();
        let address = line.strip_prefix("open http://").expect("an address");
        Self {
            address: address.parse().unwrap(),
            pushed: 0,
            program,
            _directory: directory,
        }
    }

    /// A push of one commit, as GitHub tells of it.
    async fn push(&mut self, user: &str, project: &str, message: &str) {
        self.pushed += 1;
        let minute = self.pushed % 60;
        let hour = self.pushed / 60;
        let body = json!({
            "ref": "refs/heads/main",
            "repository": {"full_name": project, "html_url": format!("https://example.org/{project}")},
            "commits": [{
                "id": format!("{:040x}", self.pushed),
                "message": message,
                "timestamp": format!("2026-11-21T{hour:02}:{minute:02}:00+00:00"),
                "url": format!("https://example.org/{project}/{}", self.pushed),
                "author": {"name": user, "email": "nobody@example.org", "username": user},
                "added": [], "removed": [], "modified": ["README"],
            }],
        });
        let headers = [
            ("content-type", "application/json"),
            ("x-github-event", "push"),
        ];
        let path = "/hooks/github";
        let answer = http::request(self.address, "POST", path, &headers, body.to_string())
            .await
            .unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

const MESSAGES: &str = "return [...document.querySelectorAll('.commit .message')].map((message) => message.textContent)";

async fn shows(page: &support::Page, expected: &[&str]) {
    let count = expected.len();
    page.until(&format!(
        "document.querySelectorAll('.commit').length === {count}"
    ))
    .await;
    assert_eq!(page.run(MESSAGES).await, json!(expected));
}

#[tokio::test]
async fn a_commit_appears_where_it_belongs_and_survives_a_cut() {
    let mut commits = Commits::start().await;
    commits.push("ann", "compass", "first").await;
    commits.push("bob", "lantern", "<b>second</b>").await;
    let network = Proxy::before(commits.address).await;
    in_browser(async |browser| {
        browser.tolerate("net::ERR_");
        browser.tolerate("WebSocket connection to");
        let everybody = browser
            .open(&format!("http://{}/", network.address()))
            .await;
        let ann = browser
            .open(&format!("http://{}/?user=1", commits.address))
            .await;
        let lantern = browser
            .open(&format!("http://{}/?project=2", commits.address))
            .await;
        for page in [&everybody, &ann, &lantern] {
            page.until("document.querySelector('#state').dataset.state === 'live'")
                .await;
        }
        shows(&everybody, &["<b>second</b>", "first"]).await;
        shows(&ann, &["first"]).await;
        shows(&lantern, &["<b>second</b>"]).await;
        ann.until("document.querySelector('#title').textContent === 'ann'")
            .await;

        // What is pushed is the same text as in the list.
        everybody
            .run("live.on('row', (row, effect, message) => { window.text = message.text; })")
            .await;
        commits.push("ann", "lantern", "third").await;
        shows(&everybody, &["third", "<b>second</b>", "first"]).await;
        shows(&ann, &["third", "first"]).await;
        shows(&lantern, &["third", "<b>second</b>"]).await;
        let is_same = "return fetch('/api/v1/commit/?limit=1').then((answer) => answer.text())\
            .then((list) => typeof text === 'string' && list.includes(text))";
        assert_eq!(everybody.run(is_same).await, true);
        assert_eq!(
            everybody
                .run("return document.querySelector('#since').textContent")
                .await,
            "1"
        );

        // The socket drops; two more are pushed meanwhile.
        network.set(Link::Refusing);
        network.cut();
        everybody
            .until("document.querySelector('#state').dataset.state !== 'live'")
            .await;
        commits.push("bob", "compass", "fourth").await;
        commits.push("ann", "compass", "fifth").await;
        network.set(Link::Up);
        shows(
            &everybody,
            &["fifth", "fourth", "third", "<b>second</b>", "first"],
        )
        .await;
        shows(&ann, &["fifth", "third", "first"]).await;

        // The form of the page pushes, too.
        everybody.type_into("#message", "sixth").await;
        everybody.click("#push button").await;
        everybody
            .until("document.querySelector('.commit .message')?.textContent === 'sixth'")
            .await;
    })
    .await;
}

#[tokio::test]
async fn older_commits_come_on_scrolling() {
    let mut commits = Commits::start().await;
    let messages: Vec<String> = (1..=45).map(|number| format!("commit {number}")).collect();
    for message in &messages {
        commits.push("ann", "compass", message).await;
    }
    in_browser(async |browser| {
        let page = browser.open(&format!("http://{}/", commits.address)).await;
        page.until("document.querySelectorAll('.commit').length >= 20")
            .await;
        assert_eq!(
            page.run("return document.querySelector('#total').textContent")
                .await,
            "45"
        );
        // One that comes meanwhile does not shift the pages.
        commits.push("bob", "lantern", "meanwhile").await;
        page.until("document.querySelector('.commit .message').textContent === 'meanwhile'")
            .await;
        page.run("setInterval(() => window.scrollTo(0, document.body.scrollHeight), 50)")
            .await;
        page.until("document.querySelectorAll('.commit').length === 46")
            .await;
        let mut expected = vec![Value::from("meanwhile")];
        expected.extend(messages.iter().rev().map(|message| json!(message)));
        assert_eq!(page.run(MESSAGES).await, Value::from(expected));
        page.until("!document.querySelector('#end').hidden").await;
    })
    .await;
    drop(commits);
}

#[tokio::test]
async fn hostile_pushes_are_refused_or_shown_as_text() {
    let mut commits = Commits::start().await;
    for body in ["", "{", "[]", "{\"repository\": {}}"] {
        let headers = [("content-type", "application/json")];
        let path = "/hooks/github";
        let answer = http::request(commits.address, "POST", path, &headers, body.to_owned())
            .await
            .unwrap();
        assert_eq!(answer.status, 422, "{body}");
    }
    let hostile =
        "<img src=x onerror=\"window.hacked = true\"><script>window.hacked = true</script>";
    commits.push(hostile, "javascript:alert(1)", hostile).await;
    in_browser(async |browser| {
        let page = browser.open(&format!("http://{}/", commits.address)).await;
        shows(&page, &[hostile]).await;
        assert_eq!(page.run("return window.hacked").await, Value::Null);
        let links = "return [...document.links].every((link) => /^https?:/.test(link.href))";
        assert_eq!(page.run(links).await, true);
        // Not even somebody who can write into the page can run a script of his own.
        browser.tolerate("Content Security Policy");
        let inline = "const script = document.createElement('script'); script.textContent = 'window.hacked = true'; \
            document.body.append(script); return window.hacked";
        assert_eq!(page.run(inline).await, Value::Null);
    })
    .await;
}

#[tokio::test]
async fn a_page_that_begins_empty_says_so_and_learns_who_there_is() {
    let mut commits = Commits::start().await;
    in_browser(async |browser| {
        let page = browser
            .open(&format!("http://{}/", commits.address))
            .await;
        page.until("document.querySelector('#state').dataset.state === 'live'")
            .await;
        page.until("!document.querySelector('#none').hidden").await;
        commits.push("ann", "compass", "first").await;
        shows(&page, &["first"]).await;
        page.until("document.querySelector('#none').hidden").await;
        page.until("document.querySelectorAll('#choices a').length === 3")
            .await;
        commits.push("bob", "compass", "second").await;
        page.until("document.querySelector('#choices a[href=\"/?user=2\"]') !== null")
            .await;
        // The form, without a mouse.
        page.type_into("#message", "third\u{e007}").await;
        shows(&page, &["third", "second", "first"]).await;
        // A network that is gone is told at once.
        let gone = "Object.defineProperty(navigator, 'onLine', {value: false, configurable: true}); dispatchEvent(new Event('offline'))";
        page.run(gone).await;
        page.until("document.querySelector('#state').textContent === 'Offline'")
            .await;
        page.run("delete navigator.onLine; dispatchEvent(new Event('online'))")
            .await;
        page.until("document.querySelector('#state').textContent === 'Live'")
            .await;
    })
    .await;
}

#[tokio::test]
async fn it_ends_when_it_is_told_to_though_a_page_is_open() {
    let commits = Commits::start().await;
    in_browser(async |browser| {
        browser.tolerate("net::ERR_");
        browser.tolerate("WebSocket connection to");
        let page = browser.open(&format!("http://{}/", commits.address)).await;
        page.until("document.querySelector('#state').dataset.state === 'live'")
            .await;
        // One that does not get through with a WebSocket, too.
        page.run("window.source = new EventSource('/events/ev/global')")
            .await;
        page.until("source.readyState === 1").await;
        commits.program.terminate();
        let (_, status) = commits.program.end().await;
        assert!(status.success(), "{status}");
        // The page knows that nobody is there, and tries on.
        page.until("document.querySelector('#state').dataset.state !== 'live'")
            .await;
    })
    .await;
}

#[tokio::test]
async fn the_types_of_the_page_are_those_of_the_models() {
    let directory = TempDir::new().unwrap();
    let store = format!("sqlite:{}", directory.path().join("commits.db").display());
    let output = support::example("commits_live")
        .args(["--types", "--store", &store])
        .env_remove("PUBSUB_URL")
        .output()
        .unwrap();
    let types = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        types,
        include_str!("../../examples/commits_live/rows.ts"),
        "cargo run --example commits_live -- --types > examples/commits_live/rows.ts"
    );

    // What is a link in a row is a text in its type.
    let mut commits = Commits::start().await;
    commits.push("ann", "compass", "first").await;
    let list = http::request(commits.address, "GET", "/api/v1/commit/", &[], "")
        .await
        .unwrap();
    let list: Value = serde_json::from_slice(&list.body).unwrap();
    let row = &list["objects"][0];
    assert_eq!(
        (&row["user"], &row["project"]),
        (&json!("/api/v1/user/1/"), &json!("/api/v1/project/1/"))
    );
    assert!(types.contains("  user: string | null;\n  project: string;\n"));
}

#[tokio::test]
async fn who_pushes_says_json_and_knows_the_secret() {
    let secret = "It's a Secret to Everybody";
    let commits = Commits::start_with(|command| {
        command.env("WEBHOOK_SECRET", secret);
    })
    .await;
    // What GitHub says in its documentation of `X-Hub-Signature-256`: that body is signed so, and is no push.
    let signed = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    for (kind, signature, body, expected) in [
        ("application/json", signed, "Hello, World!", 422),
        (
            "Application/JSON; charset=utf-8",
            signed,
            "Hello, World!",
            422,
        ),
        ("application/json", signed, "Hello, World?", 401),
        ("application/json", "", "Hello, World!", 401),
        ("text/plain", signed, "Hello, World!", 415),
        (
            "application/x-www-form-urlencoded",
            signed,
            "Hello, World!",
            415,
        ),
    ] {
        let headers = [("content-type", kind), ("x-hub-signature-256", signature)];
        let answer = http::request(commits.address, "POST", "/hooks/github", &headers, body)
            .await
            .unwrap();
        assert_eq!(answer.status, expected, "{kind} {signature} {body}");
    }
}
