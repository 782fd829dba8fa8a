//! Random decisions in groups of any size: whatever was kept, a restart makes the same state of it, in the same order.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::engine::Engine;
use super::group::{self, Changes};
use super::loading::Loading;
use super::{DiskStorage, Doubt, SyncLevel};
use crate::service::Service;
use crate::service::creators::Creators;
use crate::service::invariants::{Step, actor, context, durable, rules, step};
use crate::service::vocabulary::Write;
use crate::storage::{Storage as _, StorageError};

/// What steps decide, each a list of writes, on a service that they are applied to.
fn decisions(service: &mut Service, steps: &[Step], first: usize) -> Vec<Vec<Write>> {
    let mut decisions = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        let context = context(service, ((first + number) as u128) << 64);
        let Ok(outcome) = service.decide(&context, &actor(step.who), step.request()) else {
            continue;
        };
        service.apply(&outcome.writes);
        decisions.push(outcome.writes);
    }
    decisions
}

fn service() -> Service {
    Service::new(Arc::new(rules()), Creators::default())
}

fn slices(decisions: &[Vec<Write>]) -> Vec<&[Write]> {
    decisions.iter().map(Vec::as_slice).collect()
}

proptest! {
    #[test]
    fn records_make_the_state_that_was_decided(groups in proptest::collection::vec(proptest::collection::vec(step(), 1..12), 1..8)) {
        let mut reference = service();
        let mut records: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        for (number, steps) in groups.iter().enumerate() {
            let decisions = decisions(&mut reference, steps, number * 100);
            let changes: Changes = group::changes(number as u64 + 1, &slices(&decisions), |prefix| {
                let names = records.keys().filter(|name| name.starts_with(prefix)).cloned();
                Ok::<_, StorageError>(names.collect())
            }).expect("nothing fails here");
            for (name, value) in changes {
                match value {
                    Some(value) => records.insert(name, value),
                    None => records.remove(&name),
                };
            }
            let mut reborn = service();
            let mut apply = |write: Write| reborn.apply(&[write]);
            let mut loading = Loading::new(&mut apply);
            for (name, value) in &records {
                loading.record(name, value).expect("own words are understood");
            }
            loading.end().expect("nodes are complete");
            prop_assert_eq!(durable(&reborn), durable(&reference));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn the_disk_makes_the_state_that_was_decided(lives in proptest::collection::vec(proptest::collection::vec(step(), 1..40), 2..4), size in 1..9_usize) {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut reference = service();
        for (life, steps) in lives.iter().enumerate() {
            let level = if life % 2 == 0 { SyncLevel::Always } else { SyncLevel::Every(std::time::Duration::from_mins(1)) };
            let storage = DiskStorage::open(directory.path(), level).expect("it was let go");
            let mut reborn = service();
            storage.load(&mut |write| reborn.apply(&[write])).expect("own words are understood");
            prop_assert_eq!(durable(&reborn), durable(&reference), "life {}", life);
            // What a restart does not keep is gone, and the next decisions are made without it.
            reference = reborn;
            let decisions = decisions(&mut reference, steps, life * 100);
            for group in decisions.chunks(size) {
                storage.commit(&slices(group)).expect("the disk takes it");
            }
        }
    }
}

#[test]
fn a_directory_is_used_by_one_and_belongs_to_this_program() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let open = |path: &std::path::Path| {
        DiskStorage::open(path, SyncLevel::Always).map_err(|error| error.to_string())
    };
    let path = directory.path().join("ours");
    let first = open(&path).expect("it is new");
    let refused = open(&path).expect_err("the first one has it");
    assert!(refused.contains("is used by another server"), "{refused}");
    drop(first);
    drop(open(&path).expect("the first one is gone"));

    let marker = path.join("pubsub.data");
    for (content, said) in [
        (
            "pubsub data, format 2\n",
            "is in format 2, and this version knows 1",
        ),
        ("something else", "does not say which format it is in"),
    ] {
        std::fs::write(&marker, content).expect("a marker");
        let refused = open(&path).expect_err(content);
        assert!(refused.contains(said), "{refused}");
        assert_eq!(std::fs::read_to_string(&marker).expect("a marker"), content);
    }

    let foreign = directory.path().join("foreign");
    std::fs::create_dir(&foreign).expect("a directory");
    std::fs::write(foreign.join("letters.txt"), "dear").expect("a file");
    let refused = open(&foreign).expect_err("it holds letters");
    assert!(refused.contains("holds letters.txt"), "{refused}");
    let left: Vec<_> = std::fs::read_dir(&foreign).expect("a directory").collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn what_was_refused_and_reached_the_disk_is_taken_back() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("nodes");
    let records = |engine: &Engine| {
        let mut all: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        engine
            .each(|name, value| {
                all.insert(name.to_vec(), value.to_vec());
                Ok(())
            })
            .expect("records are read");
        all
    };
    let say = |words: &[(&str, Option<&str>)]| -> Changes {
        let words = words.iter();
        words
            .map(|(name, value)| ((*name).into(), value.map(Into::into)))
            .collect()
    };
    let mut engine = Engine::open(&path).expect("it is new");
    let first = say(&[("a", Some("1")), ("b", Some("1"))]);
    engine.change(&first, true).expect("the disk takes it");
    let kept = records(&engine);
    let refused = say(&[("a", Some("2")), ("b", None), ("c", Some("2"))]);
    let doubt = Doubt {
        group: engine.group + 1,
        before: engine.present(refused.keys()).ok(),
    };

    // It has not reached the disk: nothing is done.
    drop(engine);
    let mut engine = Engine::open(&path).expect("it was let go");
    doubt.settle(&mut engine).expect("there is nothing to do");
    assert_eq!(records(&engine), kept);
    // It has.
    engine.change(&refused, true).expect("the disk takes it");
    assert_ne!(records(&engine), kept);
    drop(engine);
    let mut engine = Engine::open(&path).expect("it was let go");
    doubt.settle(&mut engine).expect("the disk takes it");
    assert_eq!(records(&engine), kept);
    // What cannot be taken back is said.
    let lost = Doubt {
        group: engine.group,
        before: None,
    };
    let said = lost.settle(&mut engine).map_err(|error| error.to_string());
    assert!(said.is_err_and(|said| said.contains("restart the server")));
}
