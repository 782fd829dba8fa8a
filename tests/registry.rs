//! The models of a program: which of them are found, which are refused, and in what order hooks run.

use std::any::TypeId;
use std::sync::Mutex;

use pubsub_core::hooks::{Hook, Stage};
use pubsub_core::registry::RegistryProblem;
use pubsub_core::{Action, Publish, Registry, after_commit, after_save, registered};

// Naming a crate links it. `fixture_unnamed` is a dependency just as well, but nothing here says its name.
use fixture_named as _;

static HEARD: Mutex<Vec<&str>> = Mutex::new(Vec::new());

#[derive(Debug, Publish)]
struct Tweet {
    #[publish(id)]
    id: i64,
    text: String,
}

#[derive(Debug, Publish)]
#[publish(node = "/registry/Tweet")]
#[allow(dead_code, reason = "looked at by its node only")]
struct Copied {
    text: String,
}

#[derive(Debug, Publish)]
#[allow(dead_code, reason = "has no hook, and is never saved")]
struct Plain {
    text: String,
}

#[after_save]
fn b_in_the_middle(_: &Tweet) {
    heard("b");
}

#[after_save]
fn a_in_the_middle(tweet: &Tweet) -> Result<(), String> {
    heard("a");
    if tweet.text.is_empty() {
        Err("say something".to_owned())
    } else {
        Ok(())
    }
}

#[after_save(order = 7)]
fn last(_: &Tweet) {
    heard("last");
}

#[after_save(order = -7, on(create, delete))]
fn first(_: &Tweet, action: Action) {
    heard(action.as_str());
}

/// Runs at another stage, and so not with those above.
#[after_commit(order = -100)]
fn committed(_: &Tweet) {
    heard("committed");
}

fn heard(what: &'static str) {
    HEARD.lock().unwrap().push(what);
}

fn models() -> impl Iterator<Item = &'static pubsub_core::Descriptor> {
    registered().filter(|model| model.type_name != "registry::Copied")
}

fn hooks() -> impl Iterator<Item = Hook> {
    pubsub_core::hooks::registered()
}

#[test]
fn models_of_a_linked_crate_are_found() {
    let names: Vec<_> = registered().map(|model| model.type_name).collect();
    assert!(names.contains(&"fixture_named::Linked"), "{names:?}");
}

/// This is a trap rather than a feature, and the reason why the documentation says `use models as _;`. Should a future linker or compiler
/// find these models by itself, that advice can go.
#[test]
fn models_of_a_crate_that_nothing_names_are_silently_missing() {
    let names: Vec<_> = registered().map(|model| model.type_name).collect();
    assert!(
        !names.iter().any(|name| name.contains("Forgotten")),
        "{names:?}"
    );
}

#[test]
fn two_models_with_one_node_are_refused_with_both_names() {
    let error = Registry::load().unwrap_err();
    let [RegistryProblem::DuplicateNode { node, models }] = error.problems() else {
        panic!("{error}");
    };
    assert_eq!(*node, "/registry/Tweet");
    assert_eq!(*models, ["registry::Copied", "registry::Tweet"]);
    assert_eq!(
        error.to_string(),
        "`registry::Copied` and `registry::Tweet` both publish to node `/registry/Tweet`; give one of them another with #[publish(node = \"...\")]"
    );
}

#[test]
fn models_are_found_by_node_and_listed_in_its_order() {
    let registry = Registry::of(models(), hooks()).unwrap();
    let nodes: Vec<_> = registry.models().map(|model| model.node).collect();
    assert_eq!(
        nodes,
        [
            "/fixture_named/Linked",
            "/registry/Plain",
            "/registry/Tweet"
        ]
    );
    assert_eq!(registry.model("/registry/Tweet"), Some(Tweet::DESCRIPTOR));
    assert_eq!(registry.model("/registry/Nothing"), None);
}

#[test]
fn a_node_that_is_no_name_is_refused() {
    let mut descriptor = *Tweet::DESCRIPTOR;
    descriptor.node = "";
    let error = Registry::of([&*Box::leak(Box::new(descriptor))], []).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the node of `registry::Tweet` is no name: a name cannot be empty"
    );
}

#[test]
fn hooks_run_by_their_order_and_then_by_name_until_one_fails() {
    let registry = Registry::of(models(), hooks()).unwrap();
    let names: Vec<_> = registry
        .hooks(TypeId::of::<Tweet>())
        .iter()
        .map(Hook::name)
        .collect();
    assert_eq!(
        names,
        [
            "registry::committed",
            "registry::first",
            "registry::a_in_the_middle",
            "registry::b_in_the_middle",
            "registry::last"
        ]
    );
    assert!(registry.hooks(TypeId::of::<Plain>()).is_empty());

    let run = |tweet: &Tweet, action| {
        HEARD.lock().unwrap().clear();
        let value = tweet.as_any().unwrap();
        let result = registry
            .run_hooks(Stage::AfterSave, value, action)
            .map_err(|error| error.to_string());
        (result, std::mem::take(&mut *HEARD.lock().unwrap()))
    };
    let mut tweet = Tweet {
        id: 1,
        text: "hello".to_owned(),
    };
    assert_eq!(
        run(&tweet, Action::Create),
        (Ok(()), vec!["create", "a", "b", "last"])
    );
    assert_eq!(
        run(&tweet, Action::Update),
        (Ok(()), vec!["a", "b", "last"])
    );
    assert_eq!(run(&tweet, Action::Delete), (Ok(()), vec!["delete"]));
    HEARD.lock().unwrap().clear();
    let value = tweet.as_any().unwrap();
    registry
        .run_hooks(Stage::AfterCommit, value, Action::Create)
        .unwrap();
    assert_eq!(*HEARD.lock().unwrap(), ["committed"]);
    tweet.text.clear();
    let refused = Err("hook `registry::a_in_the_middle` failed: say something".to_owned());
    assert_eq!(run(&tweet, Action::Create), (refused, vec!["create", "a"]));
}

#[test]
fn a_hook_of_another_crate_is_found() {
    let registry = Registry::of(models(), hooks()).unwrap();
    let names: Vec<_> = registry
        .hooks(TypeId::of::<fixture_named::Linked>())
        .iter()
        .map(Hook::name)
        .collect();
    assert_eq!(names, ["fixture_named::first"]);
}
