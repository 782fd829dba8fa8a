//! Node.js with npm, which build and test what runs in browsers.

use std::process::Command;

use super::debian;

/// Earlier ones lack what the tests stand on.
const OLDEST: u32 = 20;

/// Whether it is missing, or too old.
pub fn missing() -> bool {
    let has_npm = Command::new("npm").arg("--version").output().is_ok();
    !has_npm || version().is_none_or(|version| version < OLDEST)
}

/// Installs Debian's. Where that is too old as well, somebody has to choose one.
pub fn install() -> Result<(), String> {
    debian::install(&["nodejs", "npm"])?;
    match version() {
        Some(version) if version < OLDEST => Err(format!(
            "the tests of web/ need Node.js {OLDEST} or later, and Debian has {version}: install it from elsewhere and try again"
        )),
        _ => Ok(()),
    }
}

/// The first part of the version: 20 of `v20.20.2`.
fn version() -> Option<u32> {
    let output = Command::new("node").arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.trim()
        .strip_prefix('v')?
        .split('.')
        .next()?
        .parse()
        .ok()
}
