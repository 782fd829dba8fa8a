//! What is on the wall, and what may be put there.

use std::time::SystemTime;

use pubsub_core::{Page, Publish, ReadError};
use serde::Deserialize;

/// So many are shown.
pub const LATEST: u64 = 50;

const LONGEST_NAME: usize = 40;
const LONGEST_TEXT: usize = 280;

/// Something that somebody is up to. Everybody who listens to `/wall/Status` hears of it.
#[derive(Debug, Clone, PartialEq, Publish)]
#[publish(
    node = "/wall/Status",
    title = "Statuses",
    access = "open",
    max_items = 200
)]
pub struct Status {
    /// Later ones have a higher id, as text too.
    #[publish(id)]
    pub id: String,
    pub author: String,
    pub text: String,
    pub posted: SystemTime,
}

/// A status as the form sends it.
#[derive(Debug, Deserialize)]
pub struct NewStatus {
    author: String,
    text: String,
}

impl NewStatus {
    /// The status, from now on.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in words for whoever wrote it.
    pub fn check(self) -> Result<Status, String> {
        let author = self.author.trim();
        let text = self.text.replace("\r\n", "\n");
        let text = text.trim();
        if author.is_empty() || text.is_empty() {
            return Err("A status needs a name and a text.".to_owned());
        }
        if author.chars().count() > LONGEST_NAME {
            return Err(format!("A name has at most {LONGEST_NAME} characters."));
        }
        if text.chars().count() > LONGEST_TEXT {
            return Err(format!("A status has at most {LONGEST_TEXT} characters."));
        }
        Ok(Status {
            id: uuid::Uuid::now_v7().to_string(),
            author: author.to_owned(),
            text: text.to_owned(),
            posted: SystemTime::now(),
        })
    }
}

/// The latest ones, newest first, and the moment at which they were read.
///
/// # Errors
///
/// When the store cannot be read.
pub async fn latest() -> Result<Page<Status>, ReadError> {
    Status::list()
        .order_by("id")
        .descending()
        .limit(LATEST)
        .fetch()
        .await
}
