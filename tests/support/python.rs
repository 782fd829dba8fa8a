//! slixmpp scripts as the other side of a conversation.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The interpreter with slixmpp that `cargo xtask setup` installs.
///
/// # Panics
///
/// When it is not installed.
#[must_use]
pub fn interpreter() -> PathBuf {
    let program = target().join("python/bin/python");
    assert!(
        program.exists(),
        "slixmpp is not installed; run `cargo xtask setup`"
    );
    program
}

/// A command that runs the script `name` of `tests/slixmpp/`.
#[must_use]
pub fn script(name: &str) -> Command {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("slixmpp");
    let mut command = Command::new(interpreter());
    command.arg("-u").arg(scripts.join(name));
    command
}

/// The directory that cargo builds into.
fn target() -> PathBuf {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(default, PathBuf::from)
}
