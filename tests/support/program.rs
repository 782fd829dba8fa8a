//! The workspace's own programs and examples, built before they are run.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// A command that runs the example `name`.
///
/// # Panics
///
/// When it does not compile.
#[must_use]
pub fn example(name: &str) -> Command {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| build("--examples"));
    Command::new(directory().join("examples").join(name))
}

/// A command that runs the program `name`.
///
/// # Panics
///
/// When it does not compile.
#[must_use]
pub fn program(name: &str) -> Command {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| build("--bins"));
    Command::new(directory().join(name))
}

/// The whole workspace, as `cargo xtask test` builds it: then nothing is built twice.
fn build(kind: &str) {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["build", "--quiet", "--workspace", kind, "--manifest-path"])
        .arg(manifest);
    if directory().ends_with("release") {
        cargo.arg("--release");
    }
    let status = cargo.status().expect("cargo starts");
    assert!(status.success(), "cargo build {kind}: {status}");
}

/// Where cargo puts what it builds in the profile of the running test: `target/debug` or `target/release`.
fn directory() -> PathBuf {
    let own = std::env::current_exe().expect("the path of the running test");
    let directory = own
        .parent()
        .and_then(Path::parent)
        .expect("a test lies in deps/ of its profile");
    directory.to_owned()
}

/// The directory that cargo builds into.
pub(crate) fn target() -> PathBuf {
    directory().parent().map(Path::to_owned).unwrap_or_default()
}
