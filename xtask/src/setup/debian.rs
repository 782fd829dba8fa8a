//! Debian's packages: whether one is installed, and a non-interactive installation that starts no
//! service.
//!
//! A package like ejabberd starts its daemon as soon as it is configured. Debian's switch against that
//! is `policy-rc.d`: while a script of that name answers 101, no service is started.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

const POLICY: &str = "/usr/sbin/policy-rc.d";

/// Whether `package` is not installed.
pub fn missing(package: &str) -> bool {
    let status = Command::new("dpkg-query")
        .args(["--show", "--showformat=${db:Status-Status}", package])
        .stderr(Stdio::null())
        .output();
    !status.is_ok_and(|output| output.stdout == b"installed")
}

/// Installs `packages`.
pub fn install(packages: &[&str]) -> Result<(), String> {
    let by_hand = format!(
        "sudo apt-get install --no-install-recommends {}",
        packages.join(" ")
    );
    if !is_root() {
        return Err(format!(
            "installing packages needs root; run `{by_hand}` and try again"
        ));
    }
    let _no_services = NoServices::declare()?;
    if packages.iter().any(|package| !is_known(package)) {
        apt(&["update"])?;
    }
    let mut arguments = vec!["install", "--yes", "--no-install-recommends"];
    arguments.extend(packages);
    // A package list older than the archive names files that are gone: refresh it once.
    apt(&arguments).or_else(|_| apt(&["update"]).and_then(|()| apt(&arguments)))
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Whether apt's lists know `package`.
fn is_known(package: &str) -> bool {
    let policy = Command::new("apt-cache").args(["show", package]).output();
    policy.is_ok_and(|output| output.status.success() && !output.stdout.is_empty())
}

fn apt(arguments: &[&str]) -> Result<(), String> {
    let status = Command::new("apt-get")
        .arg("-qq")
        .args(["-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=120"])
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .map_err(|error| format!("cannot run apt-get: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!(
            "apt-get {} failed with {status}",
            arguments.join(" ")
        ))
    }
}

/// While this lives, packages that are installed do not start their services.
struct NoServices {
    ours: bool,
}

impl NoServices {
    fn declare() -> Result<Self, String> {
        let path = Path::new(POLICY);
        if path.exists() {
            return Ok(Self { ours: false }); // the machine has a policy of its own
        }
        std::fs::write(path, "#!/bin/sh\nexit 101\n")
            .and_then(|()| std::fs::set_permissions(path, Permissions::from_mode(0o755)))
            .map_err(|error| format!("cannot write {POLICY}: {error}"))?;
        Ok(Self { ours: true })
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if self.ours {
            drop(std::fs::remove_file(POLICY));
        }
    }
}
