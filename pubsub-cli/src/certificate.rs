//! The certificate of `serve` and `gateway`: from two files, or one of our own for development. It is for all doors, and files that change are read anew.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use pubsub_server::self_signed_files;

use crate::Failure;

/// How often it is looked whether the files have changed.
const LOOK: Duration = Duration::from_secs(2);

/// A certificate with its key, in PEM.
#[derive(Debug)]
pub(crate) struct Certificate {
    files: Option<[PathBuf; 2]>,
    pem: [Vec<u8>; 2],
}

/// Uses a certificate that has changed.
pub(crate) type Replace = Box<dyn Fn(&[u8], &[u8]) -> Result<(), String> + Send>;

/// Who uses a certificate, and takes another one while it runs.
pub(crate) struct Renewal {
    files: [PathBuf; 2],
    seen: Vec<Option<(SystemTime, u64)>>,
    uses: Vec<Replace>,
}

impl std::fmt::Debug for Renewal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("Renewal");
        shown.field("files", &self.files).finish_non_exhaustive()
    }
}

impl Certificate {
    /// What two files say; neither or both must be given.
    pub(crate) fn read(
        certificate: Option<PathBuf>,
        key: Option<PathBuf>,
    ) -> Result<Option<Self>, Failure> {
        match (certificate, key) {
            (Some(certificate), Some(key)) => Self::of_files([certificate, key]).map(Some),
            (None, None) => Ok(None),
            _ => Err("tls_certificate and tls_key belong together; one is missing".into()),
        }
    }

    fn of_files(files: [PathBuf; 2]) -> Result<Self, Failure> {
        let pem = [read(&files[0])?, read(&files[1])?];
        Ok(Self {
            files: Some(files),
            pem,
        })
    }

    /// One that nobody has signed but itself, for the domain and what is below it. It is kept where the data is; without such a place, each start has
    /// another one.
    pub(crate) fn self_signed(domain: &str, data: Option<&Path>) -> Result<Self, Failure> {
        let files = data.map(self_signed_files);
        if let Some(files) = &files
            && files.iter().all(|file| file.exists())
        {
            return Self::of_files(files.clone());
        }
        let names = [domain.to_owned(), format!("*.{domain}")];
        let made = rcgen::generate_simple_self_signed(names)
            .map_err(|error| format!("no certificate can be made for \"{domain}\": {error}"))?;
        let pem = [made.cert.pem(), made.signing_key.serialize_pem()].map(String::into_bytes);
        if let Some([certificate, key]) = &files {
            write(key, &pem[1])?;
            write(certificate, &pem[0])?;
        }
        let print = ring::digest::digest(&ring::digest::SHA256, made.cert.der());
        let print: Vec<_> = print
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect();
        eprintln!(
            "pubsub: made a certificate for {domain} that nobody else has signed; its SHA-256 fingerprint is {}",
            print.join(":")
        );
        Ok(Self { files: None, pem })
    }

    /// The gateway's.
    pub(crate) fn for_gateway(&self) -> Result<pubsub_gateway::Tls, Failure> {
        let [certificate, key] = &self.pem;
        pubsub_gateway::Tls::from_pem(certificate, key).map_err(|error| self.unusable(&error))
    }

    /// The server's.
    pub(crate) fn for_server(&self) -> Result<pubsub_server::Tls, Failure> {
        let [certificate, key] = &self.pem;
        pubsub_server::Tls::from_pem(certificate, key).map_err(|error| self.unusable(&error))
    }

    fn unusable(&self, error: &dyn std::fmt::Display) -> Failure {
        match &self.files {
            Some([certificate, key]) => {
                format!("{} and {}: {error}", certificate.display(), key.display()).into()
            }
            None => error.to_string().into(),
        }
    }

    /// Looks after the files, if there are any, for those who use them.
    pub(crate) fn renewed_for(self, uses: Vec<Replace>) -> Option<Renewal> {
        let files = self.files?;
        Some(Renewal {
            seen: files.iter().map(|file| state(file)).collect(),
            files,
            uses,
        })
    }
}

impl Renewal {
    /// Reads the files whenever they have changed. What cannot be used changes nothing, and is complained of.
    pub(crate) async fn run(mut self) {
        loop {
            tokio::time::sleep(LOOK).await;
            let seen: Vec<_> = self.files.iter().map(|file| state(file)).collect();
            // A file that is just being replaced is missing for a moment.
            if seen == self.seen || seen.contains(&None) {
                continue;
            }
            self.seen = seen;
            match self.renew() {
                Ok(()) => {
                    tracing::info!(file = %self.files[0].display(), "the certificate has changed");
                }
                Err(error) => {
                    tracing::error!(%error, "the certificate has changed and cannot be used; the one before is used still");
                }
            }
        }
    }

    fn renew(&self) -> Result<(), String> {
        let [certificate, key] = [&self.files[0], &self.files[1]]
            .map(|file| read(file).map_err(|error| error.to_string()));
        let (certificate, key) = (certificate?, key?);
        self.uses
            .iter()
            .try_for_each(|replace| replace(&certificate, &key))
    }
}

fn state(file: &Path) -> Option<(SystemTime, u64)> {
    let data = std::fs::metadata(file).ok()?;
    Some((data.modified().ok()?, data.len()))
}

/// What a file holds.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()).into())
}

/// Writes a file that nobody else may read.
fn write(file: &Path, content: &[u8]) -> Result<(), Failure> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let written = options
        .open(file)
        .and_then(|mut open| std::io::Write::write_all(&mut open, content));
    written.map_err(|error| format!("cannot write {}: {error}", file.display()).into())
}
