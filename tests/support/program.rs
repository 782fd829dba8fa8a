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
    Command::new(target().join("debug/examples").join(name))
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
    Command::new(target().join("debug").join(name))
}

/// The whole workspace, as `cargo xtask test` builds it: then nothing is built twice.
fn build(kind: &str) {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--workspace", kind, "--manifest-path"])
        .arg(manifest)
        .status()
        .expect("cargo starts");
    assert!(status.success(), "cargo build {kind}: {status}");
}

/// The directory that cargo builds into.
pub(crate) fn target() -> PathBuf {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(default, PathBuf::from)
}
