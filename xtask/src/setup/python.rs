//! slixmpp, in a virtual environment of its own under `target/`, so that nothing outside is touched.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PACKAGE: &str = "slixmpp==1.17.0";

/// Where the tests find the interpreter too (`tests/support/slixmpp.rs`).
fn environment() -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    target.join("python")
}

fn interpreter() -> PathBuf {
    environment().join("bin/python")
}

/// Whether slixmpp cannot be imported.
pub fn missing() -> bool {
    !run(&interpreter(), &["-c", "import slixmpp"]).is_ok_and(|success| success)
}

/// Creates the environment and installs slixmpp into it.
pub fn install() -> Result<(), String> {
    let place = environment();
    let place = place.to_string_lossy();
    if !run(Path::new("python3"), &["-m", "venv", "--clear", &place])? {
        return Err("python3 cannot make a virtual environment; on Debian run \
                    `sudo apt-get install python3-venv` and try again"
            .to_owned());
    }
    if run(
        &interpreter(),
        &["-m", "pip", "install", "--quiet", PACKAGE],
    )? {
        Ok(())
    } else {
        Err(format!("pip could not install {PACKAGE}"))
    }
}

fn run(program: &Path, arguments: &[&str]) -> Result<bool, String> {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map(|status| status.success())
        .map_err(|error| format!("cannot run {}: {error}", program.display()))
}
