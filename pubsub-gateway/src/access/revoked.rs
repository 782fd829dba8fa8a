//! What was taken back. It is kept for as long as there is room, as nobody here knows how long a token lives that was not shown yet.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::claims::Claims;
use super::guard::Identity;

/// So many revocations of either kind are kept; the oldest makes room.
const MOST: usize = 100_000;

/// What is taken back, for as long as the gateway runs: the last 100,000 subjects and ids each. One that is started again has to be told again of those
/// whose tokens have not expired.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Revocation {
    /// Everything that was granted to this subject until now. A token made later holds, if it says when it was made (`iat`).
    Subject(String),
    /// One token, by its id (`jti`), or one session, by the [id of its grant](super::Grant::id).
    Id(String),
}

#[derive(Debug, Default)]
pub(crate) struct Revoked {
    lists: Mutex<Lists>,
}

#[derive(Debug, Default)]
struct Lists {
    subjects: HashMap<String, Entry>,
    ids: HashMap<String, Entry>,
    /// How many there were.
    count: u64,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    /// When it was revoked, in seconds.
    since: u64,
    /// Which revocation it was, counted from 1.
    number: u64,
}

/// Which revocations there had been at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stage(u64);

impl Revoked {
    pub(crate) fn add(&self, revocation: &Revocation, now: u64) {
        let mut lists = self.lock();
        lists.count += 1;
        let entry = Entry {
            since: now,
            number: lists.count,
        };
        let (list, name) = match revocation {
            Revocation::Subject(subject) => (&mut lists.subjects, subject),
            Revocation::Id(id) => (&mut lists.ids, id),
        };
        if list.len() >= MOST && !list.contains_key(name) {
            let first = list.iter().min_by_key(|(_, entry)| entry.number);
            if let Some(first) = first.map(|(name, _)| name.clone()) {
                list.remove(&first);
            }
        }
        list.insert(name.clone(), entry);
    }

    /// How far it has come.
    pub(crate) fn stage(&self) -> Stage {
        Stage(self.lock().count)
    }

    /// Whether something was taken back from somebody after that stage.
    pub(crate) fn concerns(&self, identity: &Identity, stage: Stage) -> bool {
        let lists = self.lock();
        let is_later = |list: &HashMap<String, Entry>, name: &Option<Arc<str>>| {
            let entry = name.as_deref().and_then(|name| list.get(name));
            entry.is_some_and(|entry| entry.number > stage.0)
        };
        is_later(&lists.subjects, &identity.subject) || is_later(&lists.ids, &identity.id)
    }

    /// Whether a token with these claims was taken back.
    pub(crate) fn holds(&self, claims: &Claims) -> bool {
        let lists = self.lock();
        let by_id = claims
            .id
            .as_ref()
            .is_some_and(|id| lists.ids.contains_key(id));
        let by_subject = claims
            .subject
            .as_ref()
            .and_then(|subject| lists.subjects.get(subject));
        by_id
            || by_subject
                .is_some_and(|entry| claims.issued.is_none_or(|issued| issued <= entry.since))
    }

    fn lock(&self) -> MutexGuard<'_, Lists> {
        // No code that can panic runs while it is held.
        self.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Revocation {
    /// Whether it concerns somebody who is here.
    pub(crate) fn concerns(&self, identity: &Identity) -> bool {
        let is = |own: &Option<Arc<str>>, name: &str| own.as_deref() == Some(name);
        match self {
            Self::Subject(subject) => is(&identity.subject, subject),
            Self::Id(id) => is(&identity.id, id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Revocation, Revoked};
    use crate::access::Claims;

    #[test]
    fn what_was_taken_back_stays_so() {
        let revoked = Revoked::default();
        let claims = |subject: &str, id: &str, issued| Claims {
            subject: Some(subject.to_owned()),
            id: Some(id.to_owned()),
            issued,
            ..Claims::default()
        };
        revoked.add(&Revocation::Subject("ann".to_owned()), 100);
        revoked.add(&Revocation::Id("t7".to_owned()), 100);
        assert!(revoked.holds(&claims("ann", "t1", None)));
        assert!(revoked.holds(&claims("ann", "t1", Some(100))));
        assert!(!revoked.holds(&claims("ann", "t1", Some(101))));
        assert!(revoked.holds(&claims("bob", "t7", Some(200))));
        assert!(!revoked.holds(&claims("bob", "t8", None)));
        // However much later the next one is.
        revoked.add(&Revocation::Id("t9".to_owned()), 100 + 400 * 24 * 60 * 60);
        assert!(revoked.holds(&claims("bob", "t7", None)));
        assert!(revoked.holds(&claims("ann", "t1", Some(100))));
    }
}
