//! What is in the book, what may be written there, and how it gets into the room.

use std::time::{SystemTime, UNIX_EPOCH};

use pubsub_core::{Event, Publish, Subscription};
use pubsub_server::{AnnounceError, RunningServer};
use serde::Deserialize;
use serde_json::json;

/// The room that every page enters: `guestbook@rooms.localhost`.
pub const ROOM: &str = "guestbook";

/// So many are read into the room when the program starts, for those who come later.
const LATEST: u64 = 20;

const LONGEST_NAME: usize = 40;
const LONGEST_TEXT: usize = 280;

/// Somebody was here.
#[derive(Debug, Clone, PartialEq, Publish)]
#[publish(node = "/guestbook/Signature", title = "Signatures", max_items = 200)]
pub struct Signature {
    /// Later ones have a higher id, as text too.
    #[publish(id)]
    pub id: String,
    pub author: String,
    pub text: String,
    pub signed: SystemTime,
}

/// A signature as the form sends it.
#[derive(Debug, Deserialize)]
pub struct NewSignature {
    author: String,
    text: String,
}

impl NewSignature {
    /// The signature, from now on.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in words for whoever wrote it.
    pub fn check(self) -> Result<Signature, String> {
        let (author, text) = (self.author.trim(), self.text.trim());
        if author.is_empty() || text.is_empty() {
            return Err("A signature needs a name and a text.".to_owned());
        }
        if author.chars().count() > LONGEST_NAME {
            return Err(format!("A name has at most {LONGEST_NAME} characters."));
        }
        if text.chars().count() > LONGEST_TEXT {
            return Err(format!(
                "A signature has at most {LONGEST_TEXT} characters."
            ));
        }
        Ok(Signature {
            id: uuid::Uuid::now_v7().to_string(),
            author: author.to_owned(),
            text: text.to_owned(),
            signed: SystemTime::now(),
        })
    }
}

/// Makes the room, with what is in the book already.
pub async fn open(server: &RunningServer) -> Result<(), Box<dyn std::error::Error>> {
    server.announce(ROOM, "The book is open.", "")?;
    let latest = Signature::list()
        .order_by("id")
        .descending()
        .limit(LATEST)
        .fetch()
        .await?;
    for signature in latest.rows.iter().rev() {
        announce(server, signature)?;
    }
    Ok(())
}

/// Brings each row into the room as soon as it is saved, whoever saves it.
pub async fn read_aloud(server: &RunningServer, mut signatures: Subscription<Signature>) {
    while let Some(event) = signatures.next().await {
        match event {
            Ok(Event::Published { item, .. }) => {
                if let Err(error) = announce(server, &item) {
                    tracing::error!(%error, "a signature did not get into the room");
                }
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the subscription"),
        }
    }
}

/// People read the body, our page reads the JSON beside it (XEP-0335).
fn announce(server: &RunningServer, signature: &Signature) -> Result<(), AnnounceError> {
    let Signature {
        id,
        author,
        text,
        signed,
    } = signature;
    let signed = signed.duration_since(UNIX_EPOCH).unwrap_or_default();
    let row = json!({ "id": id, "author": author, "text": text, "signed": u64::try_from(signed.as_millis()).unwrap_or(u64::MAX) });
    let row = row.to_string().replace('&', "&amp;").replace('<', "&lt;");
    let payload = format!("<json xmlns='urn:xmpp:json:0'>{row}</json>");
    server.announce(ROOM, &format!("{author}: {text}"), &payload)
}
