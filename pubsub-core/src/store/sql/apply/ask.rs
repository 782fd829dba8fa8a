//! Asking a caller whether its unit is to be written, without letting everybody wait for one who thinks.
//!
//! Knows questions and answers. Does not know what is asked about, nor where a unit waits that is still being thought about.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::work::Work;
use crate::store::{Former, Question, StoreError, StoreErrorKind};

/// How long a caller may think in all.
const THINKING: Duration = Duration::from_secs(5);
/// How long all the callers of a transaction may think while others wait, and how long each may in any case.
const MOMENT: Duration = Duration::from_millis(50);
const BLINK: Duration = Duration::from_millis(2);

/// How long to wait for answers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Thinking {
    in_all: Duration,
    until: Option<Instant>,
}

impl Thinking {
    /// Others wait for the same transaction: whoever thinks for longer than a moment is put aside.
    pub(crate) const A_MOMENT: Self = Self {
        in_all: MOMENT,
        until: None,
    };
    /// The transaction is the caller's own.
    pub(crate) const LONG: Self = Self {
        in_all: THINKING,
        until: None,
    };

    fn until(&mut self) -> Instant {
        let now = Instant::now();
        let until = *self.until.get_or_insert(now + self.in_all);
        until.max(now + BLINK)
    }
}

/// A question that was put to a caller.
#[derive(Debug)]
pub(super) struct Asked {
    /// When the first one was.
    since: Instant,
    /// What it was about.
    formers: Vec<Former>,
    answer: Answer,
}

#[derive(Debug)]
enum Answer {
    Waiting(oneshot::Receiver<bool>),
    Given(bool),
}

/// Whether a unit is to be written; `None` when its caller still thinks about it. One who has said yes is asked again only when what is there
/// has changed since.
pub(super) async fn ask(
    work: &mut Work,
    formers: Vec<Former>,
    thinking: &mut Thinking,
) -> Result<Option<bool>, StoreError> {
    let Some(consult) = &work.unit.consult else {
        return Ok(Some(true));
    };
    loop {
        let mut since = Instant::now();
        if let Some(asked) = &mut work.asked {
            since = asked.since;
            if let Answer::Waiting(answer) = &mut asked.answer {
                match timeout_at(thinking.until(), answer).await {
                    // Who is gone has said no.
                    Ok(said) => asked.answer = Answer::Given(said.unwrap_or(false)),
                    Err(_) if since.elapsed() >= THINKING => return Err(silence()),
                    Err(_) => return Ok(None),
                }
            }
            match asked.answer {
                Answer::Given(false) => return Ok(Some(false)),
                Answer::Given(true) if asked.formers == formers => return Ok(Some(true)),
                _ if since.elapsed() >= THINKING => return Err(silence()),
                _ => {}
            }
        }
        let (reply, answer) = oneshot::channel();
        let question = Question {
            formers: formers.clone(),
            reply,
        };
        // The one before was answered, so there is room, unless the caller is gone.
        let answer = match consult.ask.try_send(question) {
            Ok(()) => Answer::Waiting(answer),
            Err(_) => Answer::Given(false),
        };
        work.asked = Some(Asked {
            since,
            formers: formers.clone(),
            answer,
        });
    }
}

impl Asked {
    /// Whether the caller need not be waited for any longer.
    pub(super) fn is_over(&mut self) -> bool {
        if let Answer::Waiting(answer) = &mut self.answer {
            match answer.try_recv() {
                Ok(said) => self.answer = Answer::Given(said),
                Err(oneshot::error::TryRecvError::Closed) => self.answer = Answer::Given(false),
                Err(oneshot::error::TryRecvError::Empty) => {}
            }
        }
        matches!(self.answer, Answer::Given(_)) || self.since.elapsed() >= THINKING
    }
}

pub(super) fn silence() -> StoreError {
    StoreError::new(
        StoreErrorKind::Unanswered,
        format!(
            "a hook took longer than {} s, or the save was not polled; nothing was written. \
             Do what takes long in an after_commit hook",
            THINKING.as_secs()
        ),
    )
}
