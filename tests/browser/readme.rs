//! What README.md tells a stranger to do in a browser, done as it stands there.

use pubsub_gateway::assets;
use serde_json::json;
use support::site::with_page;
use support::{Dialogue, Page, Site, http, in_browser};

const README: &str = include_str!("../../README.md");
const PAGE: &str = include_str!("push.html");

/// The program, begun with the command of the README on ports of this test.
async fn serve(more: &[&str]) -> (Dialogue, String) {
    let command = README
        .lines()
        .filter_map(|line| line.strip_prefix("$ cargo run -p pubsub-cli -- "))
        .find(|line| line.contains("--http"))
        .unwrap();
    let mut program = support::program("pubsub");
    program.args(command.split(' ').map(|word| match word {
        "127.0.0.1:8080" => "127.0.0.1:0",
        word => word,
    }));
    program.args(["--xmpp", "127.0.0.1:0"]).args(more);
    let mut program = Dialogue::start(program);
    assert!(program.hear().await.unwrap().starts_with("xmpp "));
    let line = program.hear().await.unwrap();
    let address = line.strip_prefix("http ").unwrap().to_owned();
    (program, address)
}

/// The script of the README, as it can be run in a page that is open; what it logs is noted.
fn script() -> String {
    let (_, script) = README.split_once("<script type=\"module\">").unwrap();
    let (script, _) = script.split_once("</script>").unwrap();
    let import = "import { PubSubClient, PushClient } from \"/pubsub.js\";";
    assert!(script.contains(import));
    let script = script.replace(
        import,
        "const { PubSubClient, PushClient } = await import('/pubsub.js');",
    );
    format!(
        "return (async () => {{ window.logged = []; const console = {{ log: (...words) => logged.push(words.join(' ')) }}; {script} \
            window.PubSubClient = PubSubClient; }})()"
    )
}

async fn shows(page: &Page, expected: &[&str]) {
    let count = expected.len();
    page.until(&format!("logged.length >= {count}")).await;
    assert_eq!(page.run("return logged").await, json!(expected));
}

#[tokio::test]
async fn the_page_of_the_readme_shows_what_its_commands_publish() {
    let (_program, address) = serve(&[]).await;
    let (_, curl) = README
        .split_once("$ curl -d 'hello' http://127.0.0.1:8080")
        .unwrap();
    let path = curl.lines().next().unwrap();
    in_browser(async |browser| {
        let page = browser.open(&format!("http://{address}/")).await;
        page.run(&script()).await;
        // Whoever listens is counted.
        page.until("document.querySelectorAll('#rows tr').length === 1")
            .await;
        let answer = http::request(address.parse().unwrap(), "POST", path, &[], "hello")
            .await
            .unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        shows(&page, &["hello"]).await;
        let save = "const entry = document.createElementNS('http://www.w3.org/2005/Atom', 'entry'); \
            entry.innerHTML = '<tweet xmlns=\"urn:x\"><text>a tweet</text></tweet>'; \
            window.other = new PubSubClient(); \
            return other.publish('/twitter/Tweet', entry.firstChild).then(() => true)";
        assert_eq!(page.run(save).await, true);
        shows(&page, &["hello", "a tweet"]).await;
    })
    .await;
}

#[tokio::test]
async fn a_page_from_elsewhere_is_let_in_by_its_origin() {
    let site = Site::start(with_page(assets(), "/", PAGE)).await;
    let origin = site.url("");
    let (_program, address) = serve(&["--origin", &origin]).await;
    in_browser(async |browser| {
        let page = browser.open(&site.url("/")).await;
        page.until("window.start").await;
        page.run(&format!(
            "start({{base: 'http://{address}/events', channels: 'project-7'}})"
        ))
        .await;
        page.until("push.status.kind === 'open'").await;
        let begin = |road: &str| {
            format!(
                "return import('/pubsub.js').then(({{ PubSubClient }}) => {{ window.pubsub = new PubSubClient({{ domain: 'localhost', \
                    transport: '{road}', websocket: 'http://{address}/xmpp-websocket', bosh: 'http://{address}/xmpp-httpbind', node: 'project-7' }}); }})"
            )
        };
        for (road, text) in [("websocket", "one"), ("bosh", "two")] {
            page.run(&begin(road)).await;
            page.until("pubsub.status.kind === 'live'").await;
            page.run(&format!("return push.publish('project-7', '{text}')"))
                .await;
            page.until(&format!("heard.includes('{text}')")).await;
            page.until(&format!("pubsub.updates.some((entry) => entry.text() === '{text}')"))
                .await;
            page.run("pubsub.close()").await;
        }
    })
    .await;
}

#[tokio::test]
async fn an_origin_that_is_none_is_refused() {
    for wrong in ["example.org", "https://example.org/", "https://*", "null"] {
        let mut program = support::program("pubsub");
        program.args(["serve", "--http", "127.0.0.1:0", "--origin", wrong]);
        let output = program.output().unwrap();
        assert!(!output.status.success());
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains("write http:// or https://"), "{error}");
    }
}
