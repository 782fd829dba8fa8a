//! JavaScript packages, in a directory of their own under `target/`, so that nothing outside is touched.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::debian;

/// What the tests run: clients of other people, and the compiler that judges the types we write; with their versions.
const PACKAGES: [(&str, &str); 7] = [
    ("@xmpp/client", "0.14.0"),
    ("jquery", "4.0.0"),
    ("stanza", "12.22.1"),
    ("strophe.js", "5.0.0"),
    ("strophejs-plugin-pubsub", "0.0.2"),
    ("typescript", "7.0.2"),
    ("ws", "8.18.3"),
];

/// Where the tests find them too (`tests/support/site.rs`).
fn place() -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    target.join("npm")
}

/// Whether one of them is missing, or of another version.
pub fn missing() -> bool {
    PACKAGES.iter().any(|(name, version)| {
        let manifest = place().join("node_modules").join(name).join("package.json");
        let manifest = std::fs::read_to_string(manifest).unwrap_or_default();
        !manifest.contains(&format!("\"version\": \"{version}\""))
    })
}

/// Installs them; the plugin asks for a Strophe of ten years ago and runs with today's.
pub fn install() -> Result<(), String> {
    let has_npm = Command::new("npm").arg("--version").output().is_ok();
    if !has_npm {
        debian::install(&["npm"])?;
    }
    let place = place();
    std::fs::create_dir_all(&place).map_err(|error| format!("{}: {error}", place.display()))?;
    let status = Command::new("npm")
        .args(["install", "--silent", "--no-save", "--no-package-lock"])
        .args(["--no-audit", "--no-fund", "--legacy-peer-deps"])
        .args(["--ignore-scripts", "--prefix"])
        .arg(&place)
        .args(PACKAGES.map(|(name, version)| format!("{name}@{version}")))
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("cannot run npm: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err("npm could not install the packages".to_owned())
    }
}
