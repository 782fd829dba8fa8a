//! The models of a live page of commits, and some that are not for everybody.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pubsub_core::{Payload, Publish};

/// A commit, as the page shows it.
#[derive(Debug, Clone, Publish)]
#[publish(node = "/list/Commit", channels("project-{project}", "global"))]
pub struct Commit {
    #[publish(id)]
    pub id: i64,
    pub hash: String,
    pub name: String,
    pub message: Option<String>,
    pub user: Option<i64>,
    pub project: i64,
    pub timestamp: SystemTime,
    #[publish(child)]
    pub files: Vec<File>,
}

#[derive(Debug, Clone, Payload)]
pub struct File {
    pub file: String,
    pub language: Option<String>,
}

/// Who made it.
#[derive(Debug, Clone, Publish)]
#[publish(node = "/list/User")]
pub struct User {
    #[publish(id)]
    pub id: i64,
    pub username: String,
    pub team: Option<String>,
}

/// What it is part of, which is known by its name.
#[derive(Debug, Clone, Publish)]
#[publish(node = "/list/Team")]
pub struct Team {
    #[publish(id)]
    pub name: String,
    pub slogan: String,
}

/// A field of every kind.
#[derive(Debug, Clone, Publish)]
#[publish(node = "/list/SampleOfKinds")]
pub struct SampleOfKinds {
    #[publish(id)]
    pub key: u32,
    pub text: Option<String>,
    pub flag: Option<bool>,
    pub big: u64,
    pub wide: Option<i128>,
    pub real: Option<f64>,
    pub at: Option<SystemTime>,
    pub uuid: uuid::Uuid,
    pub mood: Mood,
    #[publish(flatten)]
    pub audit: Audit,
    pub tags: Vec<String>,
}

#[derive(Debug, Clone, Copy, Payload)]
#[publish(rename_all = "lowercase")]
pub enum Mood {
    Good,
    Bad,
}

#[derive(Debug, Clone, Payload)]
pub struct Audit {
    pub changed_by: String,
}

/// For some only.
#[derive(Debug, Clone, Publish)]
#[publish(node = "/list/Secret", access = "whitelist")]
pub struct Secret {
    #[publish(id)]
    pub id: i64,
    pub text: String,
}

/// For one only.
#[derive(Debug, Clone, Publish)]
#[publish(node = "/list/Letter", channels("user-{to}"))]
pub struct Letter {
    #[publish(id)]
    pub id: i64,
    pub to: String,
    pub text: String,
}

pub fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_340_000_000 + seconds)
}

pub fn commit(id: i64) -> Commit {
    Commit {
        id,
        hash: format!("{id:040x}"),
        name: ["Ann", "Bob", "Eve"][usize::try_from(id % 3).unwrap()].to_owned(),
        message: (id % 4 != 0).then(|| format!("message {id}")),
        user: (id % 5 != 0).then_some(id % 5),
        project: id % 2,
        timestamp: at(u64::try_from(id).unwrap() * 60),
        files: (0..id % 3)
            .map(|number| File {
                file: format!("src/{number}.rs"),
                language: (number == 0).then(|| "Rust".to_owned()),
            })
            .collect(),
    }
}

pub fn users() -> Vec<User> {
    let user = |id: i64, username: &str, team: Option<&str>| User {
        id,
        username: username.to_owned(),
        team: team.map(str::to_owned),
    };
    vec![
        user(1, "ann", Some("red & blue")),
        user(2, "bob", Some("green")),
        user(3, "Bert", None),
        user(4, "eve", Some("red & blue")),
    ]
}

pub fn teams() -> Vec<Team> {
    let team = |name: &str, slogan: &str| Team {
        name: name.to_owned(),
        slogan: slogan.to_owned(),
    };
    vec![team("red & blue", "Slow/steady"), team("green", "Go")]
}

pub fn samples() -> Vec<SampleOfKinds> {
    let reals = [
        None,
        Some(0.0),
        Some(-1.5),
        Some(f64::NAN),
        Some(f64::INFINITY),
        Some(1e300),
    ];
    let texts = [
        None,
        Some(""),
        Some("a"),
        Some("A"),
        Some("ä%_b"),
        Some("none"),
    ];
    let bigs = [0, 1, 9_007_199_254_740_993, u64::MAX, 10, 9];
    let wides = [
        None,
        Some(0),
        Some(i128::MIN),
        Some(i128::MAX),
        Some(-5),
        Some(5),
    ];
    (0..6_u32)
        .map(|key| {
            let place = key as usize;
            SampleOfKinds {
                key,
                text: texts[place].map(str::to_owned),
                flag: [None, Some(true), Some(false)][place % 3],
                big: bigs[place],
                wide: wides[place],
                real: reals[place],
                at: (key % 2 == 0).then(|| at(u64::from(key) * 86_400 * 300)),
                uuid: uuid::Uuid::from_u128(u128::from(key)),
                mood: if key < 3 { Mood::Good } else { Mood::Bad },
                audit: Audit {
                    changed_by: format!("p{key}"),
                },
                tags: vec!["x".to_owned(); place],
            }
        })
        .collect()
}
