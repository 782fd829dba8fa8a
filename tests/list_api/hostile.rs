//! Arguments that mean harm.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::Value;

use crate::browser::Client;
use crate::site::{Kept, Site};

/// What SQL, JSON, HTTP and paths have a use for.
const PIECES: [&str; 30] = [
    "'",
    "\"",
    ";",
    "--",
    "/*",
    "*/",
    "%00",
    "%0d%0a",
    "%25",
    "%",
    "\\",
    "$1",
    "?1",
    "(",
    ")",
    "UNION",
    "NULL",
    "pubsub_payload",
    "..",
    "%2e%2e",
    "%2F",
    "%C3%28",
    "%F0%9F%A6%80",
    "__",
    "_",
    ",",
    "-",
    "=",
    "%26",
    "<script>",
];

fn texts() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..6)
        .prop_map(|pieces| pieces.concat())
}

fn paths() -> impl Strategy<Value = String> {
    let names = prop::sample::select(vec![
        "name", "text", "id", "big", "real", "at", "user", "order_by", "limit", "offset", "format",
        "nothing", "message",
    ]);
    let lookups = prop::sample::select(vec![
        "",
        "__gt",
        "__in",
        "__range",
        "__contains",
        "__isnull",
        "__username",
        "__",
    ]);
    let pairs = prop::collection::vec((names, lookups, texts()), 0..4).prop_map(|pairs| {
        let pairs: Vec<_> = pairs
            .into_iter()
            .map(|(name, lookup, text)| format!("{name}{lookup}={text}"))
            .collect();
        pairs.join("&")
    });
    let places = prop_oneof![
        Just("commit/".to_owned()),
        Just("sample-of-kinds/".to_owned()),
        texts().prop_map(|id| format!("commit/{id}/")),
        texts().prop_map(|id| format!("commit/set/{id}/")),
        texts().prop_map(|name| format!("{name}/")),
    ];
    (places, pairs).prop_map(|(place, pairs)| format!("/api/v1/{place}?{pairs}"))
}

async fn answers_go_on(kept: Kept) {
    let site = Site::start(kept, 10).await;
    let mut runner = TestRunner::deterministic();
    let strategy = paths();
    let mut client = Client::connect(site.address).await;
    let mut statuses = std::collections::BTreeMap::new();
    for _ in 0..600 {
        let path = strategy.new_tree(&mut runner).unwrap().current();
        let path = path
            .replace('"', "%22")
            .replace('<', "%3C")
            .replace('>', "%3E")
            .replace('\\', "%5C");
        client.send("GET", &path, &[], "").await;
        let answer = client.answer().await;
        assert!(
            [200, 301, 400, 404].contains(&answer.status),
            "{path}: {answer:?}"
        );
        assert!(
            answer
                .headers
                .iter()
                .all(|(name, _)| !name.contains("Injected"))
        );
        if !answer.body.is_empty() {
            let body: Value = serde_json::from_slice(&answer.body).unwrap();
            assert!(body.is_object(), "{path}");
        }
        *statuses.entry(answer.status).or_insert(0) += 1;
    }
    assert!(statuses.len() >= 3, "{statuses:?}");
    // All is as it was.
    let page = site.json("/api/v1/commit/?limit=0").await;
    assert_eq!(page["meta"]["total_count"], 10);
}

#[tokio::test]
async fn nothing_in_an_argument_reaches_sqlite() {
    answers_go_on(Kept::Sqlite).await;
}

#[tokio::test]
async fn nothing_in_an_argument_reaches_postgresql() {
    answers_go_on(Kept::Postgres).await;
}

#[tokio::test]
async fn a_name_that_would_be_a_header_is_none() {
    let site = Site::start(Kept::Sqlite, 1).await;
    for path in [
        "/api/v1/commit?x=%0d%0aInjected:%201",
        "/api/v1/team/%0d%0aInjected:%201",
        "/api/v1/%0d%0aInjected:%201/",
        "/api/v1//evil.example/",
        "//evil.example/api/v1/commit",
    ] {
        let answer = site.get(path).await;
        assert!(!answer.has("injected"), "{path}: {answer:?}");
        assert!(
            !answer.header("location").starts_with("//"),
            "{path}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn questions_have_a_limit() {
    let site = Site::start(Kept::Sqlite, 3).await;
    for (path, status) in [
        (format!("/api/v1/commit/?{}", "a=1&".repeat(200)), 200),
        (format!("/api/v1/commit/?{}", "a=1&".repeat(201)), 400),
        (format!("/api/v1/user/?id__in={}", "1,".repeat(3000)), 400),
        (format!("/api/v1/user/?id__in={}1", "1,".repeat(3000)), 200),
        (format!("/api/v1/commit/set/{}/", "1;".repeat(1000)), 200),
        (format!("/api/v1/commit/set/{}/", "1;".repeat(1001)), 404),
        (format!("/api/v1/commit/{}/", "1".repeat(2000)), 404),
        (
            "/api/v1/commit/?offset=18446744073709551615&limit=1000".to_owned(),
            200,
        ),
    ] {
        let answer = site.get(&path).await;
        assert_eq!(answer.status, status, "{}: {answer:?}", &path[..60]);
    }
}
