//! Where the store is: the setting `PUBSUB_STORE`, read and checked.
//!
//! Knows the forms a setting may have. Opens nothing, and never shows a password.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::{StoreError, StoreErrorKind};

/// How many of the newest entries are kept when nothing else is said.
const KEEP: u64 = 10_000;
/// How long a write waits for other processes when nothing else is said.
const PATIENCE: Duration = Duration::from_secs(30);
/// What is said of a setting that is none.
const FORMS: &str = "write sqlite:pubsub.db, sqlite:///var/lib/app/pubsub.db, postgres://user:password@host/database, or off";

/// Where a store is, and how it is to be kept.
///
/// ```
/// use pubsub_core::store::StoreUrl;
///
/// let url: StoreUrl = "sqlite:tweets.db?keep=50000".parse()?;
/// assert!(!url.is_off());
/// # Ok::<(), pubsub_core::store::StoreError>(())
/// ```
///
/// | form | meaning |
/// |---|---|
/// | `sqlite:name.db` | a file in the working directory |
/// | `sqlite:///path/name.db` | a file anywhere |
/// | `postgres://user:password@host:5432/database` | a database of a PostgreSQL server, with the parameters that sqlx knows, such as `sslmode` |
/// | `off` | no store |
///
/// Both databases take `keep=10000`, how many delivered entries are kept for replay, and `busy_timeout=30s`, how long a write
/// waits for others. SQLite takes `synchronous=full` (the default: what is saved survives the loss of power) or `normal` (it survives the end of
/// the process, and the loss of power may cost the last moments).
#[derive(Clone, PartialEq, Eq)]
pub struct StoreUrl {
    pub(crate) place: Place,
    pub(crate) keep: u64,
    pub(crate) patience: Duration,
}

/// Which database it is, and what only that database has.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// None at all.
    Off,
    /// A file.
    Sqlite {
        /// Its path.
        path: PathBuf,
        /// Whether a commit waits for the disk.
        is_synchronous: bool,
    },
    /// A server, by the URL without our parameters.
    Postgres(Box<url::Url>),
}

impl StoreUrl {
    /// Whether there is to be no store.
    #[must_use]
    pub fn is_off(&self) -> bool {
        matches!(self.place, Place::Off)
    }

    /// The file, if the store is one.
    #[must_use]
    pub fn path(&self) -> Option<&std::path::Path> {
        match &self.place {
            Place::Sqlite { path, .. } => Some(path),
            _ => None,
        }
    }

    fn at(place: Place) -> Self {
        Self {
            place,
            keep: KEEP,
            patience: PATIENCE,
        }
    }

    /// Takes a parameter that both databases have. Whether it was one.
    fn take(&mut self, name: &str, value: &str) -> Result<bool, StoreError> {
        match name {
            "keep" => {
                self.keep = value.parse().map_err(|_| {
                    wrong(format!(
                        "keep={value} is not a number of entries, such as keep=10000"
                    ))
                })?;
            }
            "busy_timeout" => self.patience = duration(value)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl FromStr for StoreUrl {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("off") {
            return Ok(Self::at(Place::Off));
        }
        match text.split_once(':') {
            Some(("sqlite" | "sqlite3", rest)) => sqlite(rest),
            Some(("postgres" | "postgresql", _)) => postgres(text),
            // A scheme and nothing behind it: the rest may hold a password.
            Some((scheme, _)) => Err(wrong(format!(
                "a store of the kind {scheme:?} is not known; {FORMS}"
            ))),
            None => Err(wrong(format!("{text:?} does not say which store; {FORMS}"))),
        }
    }
}

fn sqlite(rest: &str) -> Result<StoreUrl, StoreError> {
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let path = path.strip_prefix("//").unwrap_or(path);
    let path = percent_encoding::percent_decode_str(path)
        .decode_utf8()
        .map_err(|_| wrong("the path of the store is not UTF-8 once decoded"))?;
    if path.is_empty() {
        return Err(wrong(
            "a file is missing after sqlite:, as in sqlite:pubsub.db",
        ));
    }
    if path.starts_with(":memory:") {
        return Err(wrong(
            "a store in memory promises nothing: name a file, as in sqlite:pubsub.db, or set PUBSUB_STORE=off to have no store",
        ));
    }
    if path.contains('\0') {
        return Err(wrong("the path of the store holds a NUL"));
    }
    let mut is_synchronous = true;
    let mut url = StoreUrl::at(Place::Off);
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if url.take(&name, &value)? {
            continue;
        }
        is_synchronous = match (&*name, value.to_ascii_lowercase().as_str()) {
            ("synchronous", "full") => true,
            ("synchronous", "normal") => false,
            ("synchronous", _) => {
                return Err(wrong(format!(
                    "synchronous={value} is neither full nor normal"
                )));
            }
            ("mode", "memory") => {
                return Err(wrong(
                    "a store in memory promises nothing: leave mode=memory out",
                ));
            }
            _ => {
                return Err(wrong(format!(
                    "a store in SQLite has no parameter {name:?}; it has synchronous, keep and busy_timeout"
                )));
            }
        };
    }
    let path = PathBuf::from(&*path);
    url.place = Place::Sqlite {
        path,
        is_synchronous,
    };
    Ok(url)
}

fn postgres(text: &str) -> Result<StoreUrl, StoreError> {
    // The error of the parser does not repeat the text.
    let mut parsed = url::Url::parse(text)
        .map_err(|error| wrong(format!("the URL of the PostgreSQL store is none: {error}")))?;
    let mut url = StoreUrl::at(Place::Off);
    let mut theirs = Vec::new();
    for (name, value) in parsed.query_pairs() {
        if !url.take(&name, &value)? {
            theirs.push((name.into_owned(), value.into_owned()));
        }
    }
    parsed.set_query(None);
    if !theirs.is_empty() {
        parsed.query_pairs_mut().extend_pairs(theirs);
    }
    url.place = Place::Postgres(Box::new(parsed));
    Ok(url)
}

/// Reads `30`, `30s`, `500ms` or `2m`.
fn duration(text: &str) -> Result<Duration, StoreError> {
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: Option<u64> = number.parse().ok();
    let read = match unit {
        "" | "s" => number.map(Duration::from_secs),
        "ms" => number.map(Duration::from_millis),
        "m" => number
            .and_then(|n| n.checked_mul(60))
            .map(Duration::from_secs),
        _ => None,
    };
    // What is longer is not meant, and overflows what SQLite takes.
    read.filter(|read| *read <= Duration::from_hours(1))
        .ok_or_else(|| {
            wrong(format!(
                "busy_timeout={text} is not a time of at most an hour, such as 500ms, 30s or 2m"
            ))
        })
}

fn wrong(message: impl Into<std::sync::Arc<str>>) -> StoreError {
    StoreError::new(StoreErrorKind::Configuration, message)
}

impl fmt::Display for StoreUrl {
    /// Without password and parameters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Off => f.write_str("off"),
            Place::Sqlite { path, .. } => write!(f, "sqlite:{}", path.display()),
            Place::Postgres(url) => {
                f.write_str("postgres://")?;
                if !url.username().is_empty() {
                    write!(f, "{}@", url.username())?;
                }
                if let Some(host) = url.host_str() {
                    f.write_str(host)?;
                }
                if let Some(port) = url.port() {
                    write!(f, ":{port}")?;
                }
                f.write_str(url.path())
            }
        }
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        let error = text.parse::<StoreUrl>().expect_err(text);
        assert_eq!(error.kind(), StoreErrorKind::Configuration);
        error.to_string()
    }

    fn file(text: &str) -> PathBuf {
        let url: StoreUrl = text.parse().expect(text);
        url.path().expect("a file").to_owned()
    }

    #[test]
    fn a_file_is_relative_or_absolute() {
        assert_eq!(file("sqlite:pubsub.db"), PathBuf::from("pubsub.db"));
        assert_eq!(file("sqlite://pubsub.db"), PathBuf::from("pubsub.db"));
        assert_eq!(file("sqlite:/var/a.db"), PathBuf::from("/var/a.db"));
        assert_eq!(file("sqlite:///var/a.db"), PathBuf::from("/var/a.db"));
        assert_eq!(file("sqlite:a%20b%3F.db"), PathBuf::from("a b?.db"));
    }

    #[test]
    fn parameters_are_taken() {
        let url: StoreUrl = "sqlite:a.db?synchronous=normal&keep=7&busy_timeout=250ms"
            .parse()
            .expect("a store");
        assert_eq!(url.keep, 7);
        assert_eq!(url.patience, Duration::from_millis(250));
        assert!(matches!(
            url.place,
            Place::Sqlite {
                is_synchronous: false,
                ..
            }
        ));
    }

    #[test]
    fn parameters_of_postgresql_are_left_to_it() {
        let url: StoreUrl = "postgres://ann:secret@db.example:5433/app?sslmode=require&keep=9"
            .parse()
            .expect("a store");
        assert_eq!(url.keep, 9);
        let Place::Postgres(theirs) = &url.place else {
            panic!("{url:?}");
        };
        assert_eq!(
            theirs.as_str(),
            "postgres://ann:secret@db.example:5433/app?sslmode=require"
        );
    }

    #[test]
    fn a_password_is_never_shown() {
        let url: StoreUrl = "postgres://ann:secret@db.example/app"
            .parse()
            .expect("a store");
        assert_eq!(url.to_string(), "postgres://ann@db.example/app");
        assert_eq!(
            format!("{url:?}"),
            "StoreUrl(postgres://ann@db.example/app)"
        );
        assert!(!refusal("mysql://ann:secret@db/app").contains("secret"));
    }

    #[test]
    fn off_is_no_store() {
        assert!("off".parse::<StoreUrl>().expect("off").is_off());
        assert!(" OFF ".parse::<StoreUrl>().expect("off").is_off());
    }

    #[test]
    fn what_cannot_be_used_is_said_with_what_to_write() {
        assert!(refusal("pubsub.db").contains("sqlite:pubsub.db"));
        assert!(refusal("mysql://db/app").contains("postgres://"));
        assert!(refusal("sqlite:").contains("sqlite:pubsub.db"));
        assert!(refusal("sqlite::memory:").contains("PUBSUB_STORE=off"));
        assert!(refusal("sqlite:a.db?cache=shared").contains("synchronous"));
        assert!(refusal("sqlite:a.db?synchronous=off").contains("neither full nor normal"));
        assert!(refusal("sqlite:a.db?keep=many").contains("keep=10000"));
        assert!(refusal("sqlite:a.db?busy_timeout=5h").contains("500ms"));
        assert!(refusal("postgres://[").contains("PostgreSQL"));
    }
}
