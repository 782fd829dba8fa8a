//! What the four subscription stanzas do to a contact, said by the account or heard from the contact (RFC 6121 appendix A).

use std::sync::Arc;

use super::contact::Contact;

/// One of the four.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Subscribe,
    Subscribed,
    Unsubscribe,
    Unsubscribed,
}

impl Step {
    /// The `type` of its presence stanza.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Subscribe => "subscribe",
            Self::Subscribed => "subscribed",
            Self::Unsubscribe => "unsubscribe",
            Self::Unsubscribed => "unsubscribed",
        }
    }

    pub(crate) fn of(word: &str) -> Option<Self> {
        [
            Self::Subscribe,
            Self::Subscribed,
            Self::Unsubscribe,
            Self::Unsubscribed,
        ]
        .into_iter()
        .find(|step| step.as_str() == word)
    }
}

/// What came of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an answer of its own"
)]
pub(crate) struct Effect {
    /// The contact is not what it was.
    pub(crate) is_changed: bool,
    /// What is shown of it is not what it was: clients are told.
    pub(crate) is_shown: bool,
    /// Said: it goes on to the contact. Heard: it is delivered to the account's clients.
    pub(crate) goes_on: bool,
    /// Heard: the answer was given long ago, and the server repeats it.
    pub(crate) is_granted_already: bool,
}

impl Contact {
    /// The account says it to the contact (appendix A.2).
    pub(crate) fn say(&mut self, step: Step) -> Effect {
        let before = self.clone();
        let goes_on = match step {
            Step::Subscribe => {
                self.has_asked = !self.to;
                self.is_listed = true;
                true
            }
            Step::Unsubscribe => {
                (self.to, self.has_asked) = (false, false);
                true
            }
            Step::Subscribed => {
                let is_asked = self.request.take().is_some();
                self.from |= is_asked;
                self.is_listed |= is_asked;
                is_asked
            }
            Step::Unsubscribed => {
                let held = self.from || self.request.is_some();
                (self.from, self.request) = (false, None);
                held
            }
        };
        self.effect(&before, goes_on)
    }

    /// The account hears it from the contact (appendix A.3); `stanza` is kept of one who asks.
    pub(crate) fn hear(&mut self, step: Step, stanza: &Arc<str>) -> Effect {
        let before = self.clone();
        let goes_on = match step {
            Step::Subscribe => {
                if self.from {
                    return Effect {
                        is_granted_already: true,
                        ..Effect::default()
                    };
                }
                let is_new = self.request.is_none();
                if is_new {
                    self.request = Some(stanza.clone());
                }
                is_new
            }
            Step::Unsubscribe => {
                let held = self.from || self.request.is_some();
                (self.from, self.request) = (false, None);
                held
            }
            Step::Subscribed => {
                let is_awaited = self.has_asked && !self.to;
                self.to |= is_awaited;
                self.has_asked = false;
                is_awaited
            }
            Step::Unsubscribed => {
                let held = self.to || self.has_asked;
                (self.to, self.has_asked) = (false, false);
                held
            }
        };
        self.effect(&before, goes_on)
    }

    fn effect(&self, before: &Self, goes_on: bool) -> Effect {
        let shown = |contact: &Self| {
            (
                contact.is_listed,
                contact.to,
                contact.from,
                contact.has_asked,
            )
        };
        Effect {
            is_changed: self != before,
            is_shown: self.is_listed && shown(self) != shown(before),
            goes_on,
            is_granted_already: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The nine states of appendix A.1, by the letters that stand in the tables below.
    const STATES: [(&str, bool, bool, bool, bool); 9] = [
        ("N", false, false, false, false),
        ("NO", false, false, true, false),
        ("NI", false, false, false, true),
        ("NOI", false, false, true, true),
        ("T", true, false, false, false),
        ("TI", true, false, false, true),
        ("F", false, true, false, false),
        ("FO", false, true, true, false),
        ("B", true, true, false, false),
    ];

    fn contact(name: &str) -> Contact {
        let (_, to, from, has_asked, is_asked) = STATES
            .into_iter()
            .find(|state| state.0 == name)
            .unwrap_or_else(|| panic!("{name}"));
        Contact {
            to,
            from,
            has_asked,
            request: is_asked.then(|| "ask".into()),
            is_listed: true,
            ..Contact::default()
        }
    }

    fn name(contact: &Contact) -> &'static str {
        let found = (
            contact.to,
            contact.from,
            contact.has_asked,
            contact.request.is_some(),
        );
        STATES
            .into_iter()
            .find(|(_, to, from, out, pending)| (*to, *from, *out, *pending) == found)
            .map_or("?", |state| state.0)
    }

    /// A table of the appendix: for each state the next one, with a `+` where the stanza goes on.
    fn check(table: &str, act: impl Fn(&mut Contact) -> Effect) {
        for ((before, ..), expected) in STATES.into_iter().zip(table.split_whitespace()) {
            let mut contact = contact(before);
            let effect = act(&mut contact);
            let next = expected.trim_end_matches('+');
            assert_eq!(name(&contact), next, "after {before}");
            assert_eq!(effect.goes_on, expected.ends_with('+'), "from {before}");
            assert_eq!(effect.is_changed, before != next, "from {before}");
        }
    }

    #[test]
    fn what_the_account_says_is_the_table_of_the_standard() {
        let say = |step| move |contact: &mut Contact| contact.say(step);
        check("NO+ NO+ NOI+ NOI+ T+ TI+ FO+ FO+ B+", say(Step::Subscribe));
        check("N+ N+ NI+ NI+ N+ NI+ F+ F+ F+", say(Step::Unsubscribe));
        check("N NO F+ FO+ T B+ F FO B", say(Step::Subscribed));
        check("N NO N+ NO+ T T+ N+ NO+ T+", say(Step::Unsubscribed));
    }

    #[test]
    fn what_the_account_hears_is_the_table_of_the_standard() {
        let stanza: Arc<str> = "ask".into();
        let hear = |step| {
            let stanza = stanza.clone();
            move |contact: &mut Contact| contact.hear(step, &stanza)
        };
        check("NI+ NOI+ NI NOI TI+ TI F FO B", hear(Step::Subscribe));
        check("N NO N+ NO+ T T+ N+ NO+ T+", hear(Step::Unsubscribe));
        check("N T+ NI TI+ T TI F B+ B", hear(Step::Subscribed));
        check("N N+ NI NI+ N+ NI+ F F+ F+", hear(Step::Unsubscribed));
    }

    #[test]
    fn who_is_let_in_already_is_answered_by_the_server() {
        for (state, is_granted) in [("F", true), ("FO", true), ("B", true), ("N", false)] {
            let effect = contact(state).hear(Step::Subscribe, &"ask".into());
            assert_eq!(effect.is_granted_already, is_granted, "{state}");
        }
    }
}
