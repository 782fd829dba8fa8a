//! What GitHub tells of a push, as far as it matters here.
//!
//! Pure: JSON in, commits out. Others write it, so everything is checked and nothing is believed. With a [`Secret`] it is known that GitHub wrote
//! it, or somebody else who has the secret; without one anybody may push.

use std::time::SystemTime;

use pubsub_core::payload::Text as _;
use ring::hmac;
use serde::Deserialize;

/// More commits of one push are not taken.
const MOST_COMMITS: usize = 200;
/// Texts are cut at so many characters.
const LONGEST_LINE: usize = 200;
const LONGEST_MESSAGE: usize = 2000;
const MOST_FILES: usize = 100;

/// What GitHub and this program know, and nobody else.
pub struct Secret(hmac::Key);

impl Secret {
    pub fn new(words: &str) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, words.as_bytes()))
    }

    /// Whether this header, `X-Hub-Signature-256`, was made of the body with the secret.
    pub fn has_signed(&self, header: Option<&[u8]>, body: &[u8]) -> bool {
        let signature = header
            .and_then(|header| header.strip_prefix(b"sha256="))
            .and_then(bytes);
        // Takes as long whatever is wrong with it.
        signature.is_some_and(|signature| hmac::verify(&self.0, body, &signature).is_ok())
    }
}

/// Bytes from their hexadecimal digits.
fn bytes(digits: &[u8]) -> Option<Vec<u8>> {
    let digit = |digit: u8| char::from(digit).to_digit(16);
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(digit(*high)? * 16 + digit(*low)?).ok(),
        _ => None,
    });
    pairs.collect()
}

/// A `push` event.
#[derive(Debug, Deserialize)]
struct Push {
    repository: Repository,
    #[serde(default)]
    commits: Vec<Told>,
}

#[derive(Debug, Deserialize)]
struct Repository {
    full_name: String,
    #[serde(default)]
    html_url: String,
}

/// A commit in the words of GitHub.
#[derive(Debug, Deserialize)]
struct Told {
    id: String,
    message: String,
    timestamp: String,
    #[serde(default)]
    url: String,
    author: Author,
    #[serde(default)]
    added: Vec<String>,
    #[serde(default)]
    modified: Vec<String>,
    #[serde(default)]
    removed: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Author {
    #[serde(default)]
    name: String,
    #[serde(default)]
    username: Option<String>,
}

/// A push that was understood.
#[derive(Debug, PartialEq, Eq)]
pub struct Pushed {
    pub project: String,
    pub project_url: String,
    /// In the order of the push.
    pub commits: Vec<Pushing>,
}

/// One commit of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Pushing {
    pub hash: String,
    pub author: String,
    /// Who it is, where GitHub knows.
    pub username: Option<String>,
    pub message: String,
    pub url: String,
    pub timestamp: SystemTime,
    pub files: Vec<String>,
}

/// Reads a `push` event.
///
/// # Errors
///
/// What is wrong with it, in words for whoever sent it.
pub fn read(body: &[u8]) -> Result<Pushed, String> {
    let push: Push =
        serde_json::from_slice(body).map_err(|error| format!("This is no push: {error}"))?;
    if push.commits.len() > MOST_COMMITS {
        return Err(format!("A push has at most {MOST_COMMITS} commits here."));
    }
    let project = line(&push.repository.full_name);
    if project.is_empty() {
        return Err("A repository needs a full_name.".to_owned());
    }
    Ok(Pushed {
        project,
        project_url: web(&push.repository.html_url),
        commits: push
            .commits
            .into_iter()
            .map(commit)
            .collect::<Result<_, _>>()?,
    })
}

fn commit(told: Told) -> Result<Pushing, String> {
    let is_hash = told.id.len() >= 7
        && told.id.len() <= 64
        && told.id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hash {
        return Err("The id of a commit is a hash of 7 to 64 hexadecimal digits.".to_owned());
    }
    let timestamp = SystemTime::read_text(told.timestamp.as_str().into()).map_err(|_| {
        format!(
            "{:?} is no time: it should be like 2026-11-21T05:08:58Z",
            told.timestamp
        )
    })?;
    let username = told
        .author
        .username
        .as_deref()
        .map(line)
        .filter(|name| !name.is_empty());
    let author = line(&told.author.name);
    let files = [told.added, told.modified, told.removed].concat();
    Ok(Pushing {
        hash: told.id.to_ascii_lowercase(),
        author: if author.is_empty() {
            "Somebody".to_owned()
        } else {
            author
        },
        username,
        message: cut(told.message.trim(), LONGEST_MESSAGE),
        url: web(&told.url),
        timestamp,
        files: files
            .iter()
            .take(MOST_FILES)
            .map(|file| line(file))
            .collect(),
    })
}

/// An address of the web; anything else, such as a script, is none.
fn web(url: &str) -> String {
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    if is_web { line(url) } else { String::new() }
}

/// One line without control characters.
fn line(text: &str) -> String {
    let plain: String = text
        .chars()
        .filter(|character| !character.is_control())
        .collect();
    cut(plain.trim(), LONGEST_LINE)
}

/// What XML cannot carry is left out.
fn cut(text: &str, most: usize) -> String {
    let may_stay = |character: &char| !character.is_control() || matches!(character, '\n' | '\t');
    text.chars().filter(may_stay).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::{Secret, read};

    const PUSH: &str = include_str!("push.json");

    #[test]
    fn a_push_of_github_is_read() {
        let pushed = read(PUSH.as_bytes()).unwrap();
        assert_eq!(pushed.project, "octocat/hello-world");
        assert_eq!(pushed.commits.len(), 2);
        let first = &pushed.commits[0];
        assert_eq!(first.hash, "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d");
        assert_eq!(first.username.as_deref(), Some("octocat"));
        assert_eq!(first.files, ["README"]);
    }

    /// The example of GitHub's own documentation.
    #[test]
    fn a_signature_is_that_of_github() {
        let secret = Secret::new("It's a Secret to Everybody");
        let header = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        let signed =
            |header: &str, body: &str| secret.has_signed(Some(header.as_bytes()), body.as_bytes());
        assert!(signed(header, "Hello, World!"));
        assert!(signed(
            &header.to_uppercase().replace("SHA", "sha"),
            "Hello, World!"
        ));
        for (header, body) in [
            (header, "Hello, World?"),
            (&header[1..], "Hello, World!"),
            (&header[..header.len() - 1], "Hello, World!"),
            ("sha256=", "Hello, World!"),
            ("sha256=zz", "Hello, World!"),
            ("sha1=757107ea", "Hello, World!"),
            ("", ""),
        ] {
            assert!(!signed(header, body), "{header}");
        }
        assert!(!secret.has_signed(None, b"Hello, World!"));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (change, words) in [
            (("\"id\": \"7fd1", "\"id\": \"../x"), "hexadecimal"),
            (("2026-11-20T21:15:03-05:00", "yesterday"), "is no time"),
            ((": \"octocat/hello-world\"", ": \" \""), "full_name"),
            (("\"message\"", "\"massage\""), "missing field `message`"),
        ] {
            let error = read(PUSH.replacen(change.0, change.1, 1).as_bytes()).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
        assert!(read(b"{").is_err());
    }

    #[test]
    fn addresses_that_are_scripts_are_left_out() {
        let pushed = read(PUSH.replace("https://", "javascript:").as_bytes()).unwrap();
        assert_eq!(pushed.project_url, "");
        assert!(pushed.commits.iter().all(|commit| commit.url.is_empty()));
    }
}
