//! The rules of ARCHITECTURE.md and CONTRIBUTING.md that a program can check.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The crates that users get; the rest is examples, tests and tools.
const LIBRARIES: [&str; 6] = [
    "pubsub-xml",
    "pubsub-derive",
    "pubsub-core",
    "pubsub-server",
    "pubsub-gateway",
    "pubsub-cli",
];

/// Every arrow between crates of the workspace that may exist: who, whom, and behind which feature.
const ARROWS: [(&str, &str, Option<&str>); 10] = [
    ("pubsub-core", "pubsub-xml", None),
    ("pubsub-core", "pubsub-derive", Some("derive")),
    ("pubsub-core", "pubsub-server", Some("embedded")),
    ("pubsub-server", "pubsub-xml", None),
    ("pubsub-gateway", "pubsub-core", None),
    ("pubsub-gateway", "pubsub-xml", None),
    ("pubsub-cli", "pubsub-core", None),
    ("pubsub-cli", "pubsub-gateway", None),
    ("pubsub-cli", "pubsub-server", None),
    ("pubsub-cli", "pubsub-xml", None),
];

/// Names that say nothing about what is in the file.
const EMPTY_NAMES: [&str; 6] = ["util", "utils", "helper", "helpers", "common", "manager"];

/// A file above this has two jobs.
const LONGEST_FILE: usize = 500;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The members of the workspace, as cargo sees them.
fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

/// Every Rust file below `directory`, with its content.
fn sources(directory: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = std::fs::read_to_string(&path).unwrap();
            found.push((path, source));
        }
    }
    found
}

/// Every file below `src/` of the library crates.
fn library_sources() -> Vec<(PathBuf, String)> {
    LIBRARIES
        .iter()
        .flat_map(|name| sources(&root().join(name).join("src")))
        .collect()
}

/// Fails naming every file for which `is_wrong`.
fn no_file(files: &[(PathBuf, String)], problem: &str, is_wrong: impl Fn(&Path, &str) -> bool) {
    assert!(!files.is_empty());
    let wrong: Vec<_> = files
        .iter()
        .filter(|(path, source)| is_wrong(path, source))
        .map(|(path, _)| path.display())
        .collect();
    assert!(wrong.is_empty(), "{problem}: {wrong:#?}");
}

#[test]
fn crates_depend_on_each_other_only_along_the_arrows() {
    let packages = packages();
    let members: BTreeSet<&str> = packages
        .iter()
        .map(|package| text(package, "name"))
        .collect();
    for package in packages
        .iter()
        .filter(|package| LIBRARIES.contains(&text(package, "name")))
    {
        let from = text(package, "name");
        for dependency in package["dependencies"].as_array().unwrap() {
            let to = text(dependency, "name");
            if !members.contains(to) {
                continue;
            }
            let arrow = ARROWS
                .iter()
                .find(|(tail, head, _)| (*tail, *head) == (from, to));
            let (.., feature) = arrow.unwrap_or_else(|| panic!("{from} may not depend on {to}"));
            let is_optional = dependency["optional"] == true;
            assert_eq!(
                is_optional,
                feature.is_some(),
                "{from} -> {to} is optional: {is_optional}"
            );
            if let Some(feature) = feature {
                let switches = package["features"][*feature].as_array().unwrap();
                let switched_on = switches.iter().any(|switch| *switch == format!("dep:{to}"));
                assert!(
                    switched_on,
                    "{from} -> {to} is not behind the feature {feature}"
                );
            }
        }
    }
}

#[test]
fn crates_that_users_get_are_publishable_and_the_rest_is_not() {
    for package in packages() {
        let name = text(&package, "name");
        let is_published = package["publish"].is_null();
        assert_eq!(
            is_published,
            LIBRARIES.contains(&name),
            "{name} is published: {is_published}"
        );
        assert_eq!(text(&package, "license"), "MIT OR Apache-2.0", "{name}");
    }
}

#[test]
fn every_file_of_tests_is_a_test_target() {
    let packages = packages();
    let tests = packages
        .iter()
        .find(|package| text(package, "name") == "pubsub-tests")
        .unwrap();
    let targets = tests["targets"].as_array().unwrap();
    let targets = targets.iter().filter(|target| target["kind"][0] == "test");
    let targets: BTreeSet<&str> = targets.map(|target| text(target, "name")).collect();
    let files = std::fs::read_dir(root().join("tests"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let sources = files.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let sources: BTreeSet<String> = sources
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    // `cargo xtask test` runs a target for each file, so both have to be the same.
    assert!(
        sources
            .iter()
            .map(String::as_str)
            .eq(targets.iter().copied()),
        "{sources:?} are not {targets:?}"
    );
}

#[test]
fn every_benchmark_has_a_name_to_call_it_by() {
    let list = std::fs::read_to_string(root().join("xtask/src/bench.rs")).unwrap();
    let packages = packages();
    let benches = packages
        .iter()
        .find(|package| text(package, "name") == "pubsub-benches")
        .unwrap();
    let targets = benches["targets"].as_array().unwrap();
    for target in targets.iter().filter(|target| target["kind"][0] == "bench") {
        let name = text(target, "name");
        assert!(
            list.contains(&format!("\"{name}\"")),
            "xtask/src/bench.rs does not run {name}"
        );
    }
}

#[test]
fn every_feature_of_the_core_is_checked_alone() {
    let plan = std::fs::read_to_string(root().join("xtask/src/plan.rs")).unwrap();
    let packages = packages();
    let core = packages
        .iter()
        .find(|package| text(package, "name") == "pubsub-core")
        .unwrap();
    for feature in core["features"]
        .as_object()
        .unwrap()
        .keys()
        .filter(|name| *name != "default")
    {
        assert!(
            plan.contains(&format!("\"{feature}\"")),
            "xtask/src/plan.rs does not check {feature}"
        );
    }
}

/// Everything that a build of the workspace pulls in, as `name licence expression`.
fn dependencies() -> Vec<(String, String)> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--workspace",
            "--prefix",
            "none",
            "--no-dedupe",
            "--format",
            "{p}|{l}",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let lines: BTreeSet<&str> = std::str::from_utf8(&output.stdout)
        .unwrap()
        .lines()
        .collect();
    let parts = lines.iter().filter_map(|line| line.split_once('|'));
    let name = |package: &str| package.split(' ').next().unwrap_or_default().to_owned();
    parts
        .map(|(package, licence)| (name(package), licence.replace('/', " OR ")))
        .collect()
}

/// Whether the licence expression is fulfilled by the permitted licences.
fn is_permitted(expression: &str, permitted: &[&str]) -> bool {
    expression.split(" AND ").all(|part| {
        let alternatives = part.trim_matches(['(', ')']);
        // With a plus, or under any later version: this one will do.
        let mut licences = alternatives.split(" OR ").map(str::trim);
        licences.any(|licence| permitted.contains(&licence.trim_end_matches('+')))
    })
}

#[test]
fn dependencies_are_what_deny_toml_permits() {
    let rules = std::fs::read_to_string(root().join("deny.toml")).unwrap();
    let (_, licences) = rules.split_once("allow = [").unwrap();
    let (licences, _) = licences.split_once(']').unwrap();
    let permitted: Vec<&str> = licences.split('"').skip(1).step_by(2).collect();
    let banned: Vec<&str> = rules
        .split("{ crate = \"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(
        permitted.contains(&"MIT") && banned.contains(&"openssl"),
        "{permitted:?} {banned:?}"
    );
    for (name, licence) in dependencies() {
        assert!(
            is_permitted(&licence, &permitted),
            "{name} is licensed under {licence}"
        );
        assert!(
            !banned.contains(&&*name),
            "{name} must not come into the graph"
        );
    }
}

#[test]
fn licence_expressions_are_understood() {
    let permitted = ["MIT", "Unicode-3.0", "Apache-2.0 WITH LLVM-exception"];
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("MIT+", true),
        ("GPL-3.0 OR MIT", true),
        ("(GPL-3.0 OR MIT) AND Unicode-3.0", true),
        ("MIT AND GPL-3.0", false),
        ("Apache-2.0 WITH LLVM-exception OR Apache-2.0", true),
    ] {
        assert_eq!(
            is_permitted(expression, &permitted),
            expected,
            "{expression}"
        );
    }
}

#[test]
fn every_file_opens_by_saying_what_it_knows() {
    no_file(&library_sources(), "without a //! header", |_, source| {
        !source.starts_with("//!")
    });
}

#[test]
fn no_file_has_two_jobs() {
    no_file(&library_sources(), "too long", |_, source| {
        source.lines().count() > LONGEST_FILE
    });
}

#[test]
fn no_file_has_an_empty_name() {
    let all: Vec<_> = [
        &LIBRARIES[..],
        &["tests/support", "benches", "examples", "xtask/src"],
    ]
    .concat()
    .iter()
    .flat_map(|directory| sources(&root().join(directory)))
    .collect();
    no_file(&all, "named after nothing", |path, _| {
        let stem = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or_default();
        EMPTY_NAMES.contains(&stem)
    });
}

#[test]
fn nothing_is_left_undone_or_ignored() {
    // Written in pieces, so that this file does not contain what it looks for.
    let forbidden = [
        concat!("#[", "ignore"),
        concat!("todo", "!("),
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
    ];
    let mut all = library_sources();
    for directory in ["tests", "examples", "benches", "xtask/src"] {
        all.extend(sources(&root().join(directory)));
    }
    for word in forbidden {
        no_file(&all, word, |_, source| source.contains(word));
    }
}
