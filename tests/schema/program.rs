//! `pubsub schema`: what it prints of a running system is what the library says of the models.

use std::process::Command;

use pubsub_core::schema::{Outline, json_schema_of, linked, typescript, typescript_of, xsd_of};
use pubsub_core::{PubSub, Publish};
use support::{Dialogue, OurProgram, Peer};

use crate::models::{Leaves, Order};

fn schema(peer: &Peer, arguments: &[&str]) -> Command {
    let mut command = support::program("pubsub");
    command
        .arg("schema")
        .args(arguments)
        .env("PUBSUB_URL", peer.url("bob"))
        .env_remove("RUST_LOG");
    command
}

async fn print(command: Command) -> String {
    let (lines, status) = Dialogue::start(command).end().await;
    assert!(status.success(), "{status}: {lines:?}");
    lines.join("\n") + "\n"
}

/// A server at which a program with all these models has made its nodes.
async fn served() -> (Peer, PubSub) {
    let peer = OurProgram::start().await;
    let builder = PubSub::builder().url(&peer.url("ann")).unwrap();
    let pubsub = builder.make_nodes().connect().await.unwrap();
    (peer, pubsub)
}

#[tokio::test]
async fn what_is_printed_is_what_the_models_are() {
    let (peer, _pubsub) = served().await;
    assert_eq!(print(schema(&peer, &[])).await, typescript());
    let some = [
        Outline::of(Leaves::DESCRIPTOR),
        Outline::of(Order::DESCRIPTOR),
    ];
    let nodes = [Order::NODE, Leaves::NODE, Order::NODE];
    let arguments = |language| [&[language], &nodes[..]].concat();
    assert_eq!(
        print(schema(&peer, &arguments("--typescript"))).await,
        typescript_of(&some)
    );
    assert_eq!(
        print(schema(&peer, &arguments("--json-schema"))).await,
        json_schema_of(&some)
    );
    let documents = xsd_of(&some);
    let (_, expected) = documents.iter().next().unwrap();
    assert_eq!(print(schema(&peer, &arguments("--xsd"))).await, *expected);
}

#[tokio::test]
async fn what_cannot_be_told_is_said() {
    let (peer, pubsub) = served().await;
    pubsub
        .publish(&"/plain".parse().unwrap(), "Hello")
        .await
        .unwrap();
    let plain = "pubsub: node /plain does not say what its items look like; it does once a program that links its model has saved something with an account that owns the node";
    let missing = "pubsub: node \"/missing\" or the item asked for does not exist";
    let namespaces = linked()
        .into_iter()
        .map(|model| model.payload().unwrap().namespace.clone());
    let namespaces: std::collections::BTreeSet<_> = namespaces.collect();
    let several = format!(
        "pubsub: a document of XML Schema describes one namespace, and these nodes have {}: {}; name nodes of one",
        namespaces.len(),
        Vec::from_iter(namespaces).join(", ")
    );
    for (arguments, expected) in [
        (&["/plain"][..], plain),
        (&["/missing"], missing),
        (&["--xsd"], &several),
        (&["--xsd", "--typescript"], "cannot be used with"),
        (&["a\nb"], "invalid value"),
    ] {
        let output = schema(&peer, arguments).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && error.contains(expected),
            "{arguments:?}: {error}"
        );
    }
    let empty = OurProgram::start().await;
    let output = schema(&empty, &[]).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("no node of the service says"), "{error}");
}

/// Runs the example with these arguments: how it ended, and all that it printed.
fn example(arguments: &[&str]) -> (bool, String) {
    let mut command = support::example("front_end_types");
    let output = command.args(arguments).output().unwrap();
    let printed = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(printed).unwrap())
}

#[test]
fn the_example_writes_types_and_says_when_they_are_old() {
    let (is_done, types) = example(&[]);
    assert!(is_done, "{types}");
    let documented = include_str!("../../docs/front-end-types.md");
    let (_, documented) = documented.split_once("```ts\n").unwrap();
    let (documented, _) = documented.split_once("```").unwrap();
    for part in documented.split("\n\n") {
        assert!(types.contains(part.trim()), "{part} is not in {types}");
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("rows.ts");
    let path = path.to_str().unwrap();
    let old =
        format!("front_end_types: {path} is not what the models say; run this without --check\n");
    assert_eq!(example(&["--out", path, "--check"]), (false, old.clone()));
    assert_eq!(example(&["--out", path]), (true, String::new()));
    assert_eq!(std::fs::read_to_string(path).unwrap(), types);
    assert_eq!(example(&["--out", path, "--check"]), (true, String::new()));
    std::fs::write(path, "old").unwrap();
    assert_eq!(example(&["--out", path, "--check"]), (false, old));
    let (is_done, schema) = example(&["--language", "json-schema"]);
    assert!(is_done && serde_json::from_str::<serde_json::Value>(&schema).is_ok());
    let (is_done, schema) = example(&["--language", "xsd"]);
    assert!(
        is_done && schema.starts_with("<?xml") && schema.contains("name=\"Status\""),
        "{schema}"
    );
}
