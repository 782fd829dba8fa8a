//! How long 200 derived structs take to build, against the two derives of serde for the same structs.
//!
//! Run with `cargo xtask bench compile`. Two throw-away packages are built in turns, three times each, with
//! everything but the package itself built beforehand.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use bench_support::Table;

const STRUCTS: usize = 200;
const ROUNDS: usize = 3;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
        .to_owned();
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let publish = package(
        scratch.path(),
        "publish",
        &format!(
            "pubsub-core = {{ path = \"{}\", default-features = false, features = [\"derive\"] }}",
            root.join("pubsub-core").display()
        ),
        "#[derive(pubsub_core::Publish)]",
        "#[publish(id)] ",
    );
    let serde = package(
        scratch.path(),
        "with_serde",
        "serde = { version = \"1\", features = [\"derive\"] }",
        "#[derive(serde::Serialize, serde::Deserialize)]",
        "",
    );
    let mut table = Table::new(["200 structs of 8 fields", "profile", "seconds", "ratio"]);
    for (profile, arguments) in [
        ("check", ["check", "--quiet"]),
        ("dev", ["build", "--quiet"]),
    ] {
        build(&publish, &root, arguments);
        build(&serde, &root, arguments);
        let mut times = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            times.0.push(build(&publish, &root, arguments));
            times.1.push(build(&serde, &root, arguments));
        }
        let (ours, theirs) = (median(times.0), median(times.1));
        table.row([
            "derive(Publish)".into(),
            profile.into(),
            format!("{:.2}", ours.as_secs_f64()),
            format!("{:.2}", ours.as_secs_f64() / theirs.as_secs_f64()),
        ]);
        table.row([
            "derive(Serialize, Deserialize)".into(),
            profile.into(),
            format!("{:.2}", theirs.as_secs_f64()),
            "1.00".into(),
        ]);
    }
    println!("{table}");
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Writes a library package with the structs.
fn package(scratch: &Path, name: &str, dependency: &str, derive: &str, on_id: &str) -> PathBuf {
    let folder = scratch.join(name);
    std::fs::create_dir_all(folder.join("src")).expect("a folder");
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n{dependency}\n\n[workspace]\n"
    );
    std::fs::write(folder.join("Cargo.toml"), manifest).expect("a manifest");
    let mut source = String::new();
    for number in 0..STRUCTS {
        write!(
            source,
            "{derive}\npub struct Model{number} {{\n    {on_id}pub id: i64,\n    pub author: String,\n    pub text: String,\n    \
             pub likes: u32,\n    pub score: f64,\n    pub is_public: bool,\n    pub reply_to: Option<i64>,\n    pub tags: Vec<String>,\n}}\n\n"
        )
        .expect("a string");
    }
    std::fs::write(folder.join("src/lib.rs"), source).expect("a source file");
    folder
}

/// Builds the package anew and says how long that took; its dependencies stay built.
fn build(folder: &Path, root: &Path, arguments: [&str; 2]) -> Duration {
    let source = folder.join("src/lib.rs");
    let text = std::fs::read_to_string(&source).expect("the source file");
    std::fs::write(&source, format!("{text}\n")).expect("the source file");
    let lock = folder.join("Cargo.lock");
    if !lock.exists() {
        std::fs::copy(root.join("Cargo.lock"), &lock).expect("the lock file");
    }
    let start = Instant::now();
    let status = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(folder)
        .env("CARGO_INCREMENTAL", "0")
        .env_remove("CARGO_TARGET_DIR")
        .status()
        .expect("cargo");
    assert!(status.success(), "{} does not build", folder.display());
    start.elapsed()
}
