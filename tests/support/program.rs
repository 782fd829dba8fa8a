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
    BUILT.get_or_init(build);
    Command::new(directory().join("examples").join(name))
}

/// A command that runs the program `name`.
///
/// # Panics
///
/// When it does not compile.
#[must_use]
pub fn program(name: &str) -> Command {
    BUILT.get_or_init(build);
    Command::new(directory().join(name))
}

static BUILT: OnceLock<()> = OnceLock::new();

/// Everything that can be run, of the whole workspace: cargo then sees the same features as for the tests, and
/// builds no dependency twice.
fn build() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args([
            "build",
            "--quiet",
            "--workspace",
            "--bins",
            "--examples",
            "--manifest-path",
        ])
        .arg(manifest);
    if directory().ends_with("release") {
        cargo.arg("--release");
    }
    // What cargo says of this package would have build scripts that look at it run again.
    for (name, _) in std::env::vars().filter(|(name, _)| is_of_package(name)) {
        cargo.env_remove(name);
    }
    let status = cargo.status().expect("cargo starts");
    assert!(status.success(), "cargo build: {status}");
}

fn is_of_package(variable: &str) -> bool {
    variable.starts_with("CARGO_PKG_") || variable.starts_with("CARGO_MANIFEST_")
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
