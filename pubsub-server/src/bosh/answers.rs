//! The latest answers of a session: kept to be given again to a client that asks again, and to be found out if they were lost (XEP-0124 §14).
//!
//! A page that was loaded anew does not ask again for what its predecessor was answered. So the content of an answer is said once more in the
//! next one if it was never written, if its connection was torn down, or if the client begins anew and nothing shows that the answer had arrived
//! before: no request has followed it.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use super::body;
use crate::witness::Witness;

/// What was answered to one request.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) id: u64,
    /// The key that the request had.
    pub(super) key: Option<String>,
    pub(super) body: Bytes,
    /// The elements in it.
    pub(super) content: Bytes,
    /// Looks after the connection that it went out on.
    pub(super) witness: Option<Witness>,
    /// Whether it was never written.
    pub(super) is_lost: bool,
    /// Whether the client has asked something since.
    is_followed: bool,
}

impl Answer {
    pub(super) fn new(
        id: u64,
        key: Option<String>,
        body: Bytes,
        content: Bytes,
        witness: Option<Witness>,
    ) -> Self {
        Self {
            id,
            key,
            body,
            content,
            witness,
            is_lost: false,
            is_followed: false,
        }
    }

    /// An answer without content, which nobody waits for.
    pub(super) fn empty(id: u64, key: Option<String>) -> Self {
        Self::new(id, key, empty_body(), Bytes::new(), None)
    }

    fn has_arrived(&self) -> bool {
        !self.is_lost && !self.witness.as_ref().is_some_and(Witness::is_broken)
    }
}

/// So many answers as the client may still ask for.
#[derive(Debug)]
pub(super) struct Answers {
    kept: VecDeque<Answer>,
    most: usize,
}

impl Answers {
    pub(super) fn new(most: usize) -> Self {
        Self {
            kept: VecDeque::new(),
            most,
        }
    }

    pub(super) fn remember(&mut self, answer: Answer) {
        while self.kept.len() >= self.most {
            self.kept.pop_front();
        }
        self.kept.push_back(answer);
    }

    /// Whether nothing was answered yet.
    pub(super) fn is_fresh(&self) -> bool {
        self.kept.is_empty()
    }

    pub(super) fn find(&mut self, id: u64) -> Option<&mut Answer> {
        self.kept.iter_mut().find(|answer| answer.id == id)
    }

    /// Forgets what the client says it has got.
    pub(super) fn acknowledge(&mut self, id: u64) {
        self.kept.retain(|answer| answer.id > id);
    }

    /// Takes the content of answers that were lost; they are empty from then on. Called for every new request, and told whether with this one
    /// the client begins anew.
    pub(super) fn take_lost(&mut self, begins_anew: bool) -> BytesMut {
        let mut lost = BytesMut::new();
        for answer in &mut self.kept {
            let is_doubtful = begins_anew && !answer.is_followed;
            if !answer.content.is_empty() && (is_doubtful || !answer.has_arrived()) {
                lost.extend_from_slice(&answer.content);
                *answer = Answer::empty(answer.id, answer.key.take());
            }
            answer.is_followed = true;
        }
        lost
    }
}

/// The body of an answer that says nothing.
fn empty_body() -> Bytes {
    let mut start = String::new();
    body::open(&mut start);
    body::finish(&start, b"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(id: u64, content: &'static str, is_lost: bool) -> Answer {
        Answer {
            content: Bytes::from_static(content.as_bytes()),
            is_lost,
            ..Answer::empty(id, None)
        }
    }

    #[test]
    fn lost_content_is_taken_once_and_in_order() {
        let mut answers = Answers::new(3);
        for (id, content, is_lost) in [
            (1, "a", true),
            (2, "b", true),
            (3, "c", false),
            (4, "d", true),
        ] {
            answers.remember(answer(id, content, is_lost));
        }
        assert!(answers.find(1).is_none(), "only the latest are kept");
        assert_eq!(answers.take_lost(false), "bd");
        assert_eq!(answers.take_lost(false), "");
        assert!(
            answers
                .find(2)
                .is_some_and(|answer| answer.content.is_empty())
        );
        answers.acknowledge(3);
        assert!(answers.find(3).is_none());
        assert!(answers.find(4).is_some());
    }

    #[test]
    fn a_client_that_begins_anew_hears_again_what_nobody_has_asked_after() {
        let mut answers = Answers::new(3);
        answers.remember(answer(1, "a", false));
        assert_eq!(answers.take_lost(false), "");
        answers.remember(answer(2, "b", false));
        assert_eq!(answers.take_lost(true), "b");
        assert_eq!(answers.take_lost(true), "");
    }
}
