//! A certificate authority of this test alone, and a certificate for `localhost` signed by it.
//!
//! Made by the `openssl` program, so that the certificates are not made by the library that checks them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// PEM files in a directory that someone else owns.
#[derive(Debug, Clone)]
pub struct Certificates {
    /// The authority that clients have to trust.
    pub authority: PathBuf,
    /// The server's certificate, for `localhost` and everything below it.
    pub certificate: PathBuf,
    /// The server's private key.
    pub key: PathBuf,
    /// Certificate and key in one file, as ejabberd wants them.
    pub both: PathBuf,
}

impl Certificates {
    /// Writes new certificates into `directory`.
    ///
    /// # Panics
    ///
    /// When `openssl` is not installed or refuses.
    #[must_use]
    pub fn create(directory: &Path) -> Self {
        let own = Self {
            authority: directory.join("authority.pem"),
            certificate: directory.join("localhost.crt"),
            key: directory.join("localhost.key"),
            both: directory.join("localhost.pem"),
        };
        let authority_key = directory.join("authority.key");
        issue(
            "test authority",
            &own.authority,
            &authority_key,
            &[
                "-addext",
                "basicConstraints=critical,CA:TRUE",
                "-addext",
                "keyUsage=critical,keyCertSign",
            ],
        );
        issue(
            "localhost",
            &own.certificate,
            &own.key,
            &[
                "-CA",
                &own.authority.to_string_lossy(),
                "-CAkey",
                &authority_key.to_string_lossy(),
                "-addext",
                "basicConstraints=critical,CA:FALSE",
                "-addext",
                "extendedKeyUsage=serverAuth",
                "-addext",
                "subjectAltName=DNS:localhost,DNS:*.localhost",
            ],
        );
        let read = |path| std::fs::read_to_string(path).expect("a PEM file just written");
        std::fs::write(&own.both, read(&own.certificate) + &read(&own.key))
            .expect("a writable directory");
        own
    }
}

fn issue(name: &str, certificate: &Path, key: &Path, extensions: &[&str]) {
    let output = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
        ])
        .args(["-days", "30", "-subj", &format!("/CN={name}"), "-out"])
        .arg(certificate)
        .arg("-keyout")
        .arg(key)
        .args(extensions)
        .stdin(Stdio::null())
        .output()
        .expect("openssl is installed (`cargo xtask setup` does it)");
    assert!(
        output.status.success(),
        "openssl: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}
