//! What an owner may set of a room (XEP-0045 §10.2): the values, and the one table that the form, its reading and the room's features
//! come from.

use crate::service::options;

/// Whom something is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Whom {
    #[default]
    Anyone,
    Participants,
    Moderators,
    Nobody,
}

/// The settings of one room.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one box of the form, set by itself"
)]
pub(crate) struct Settings {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) is_persistent: bool,
    pub(crate) is_public: bool,
    pub(crate) is_members_only: bool,
    pub(crate) is_moderated: bool,
    /// Empty: none.
    pub(crate) password: String,
    pub(crate) max_users: usize,
    /// Whether everybody who has a voice may change the subject.
    pub(crate) anyone_changes_subject: bool,
    pub(crate) members_invite: bool,
    /// Whether all see the real JIDs, or moderators alone.
    pub(crate) is_non_anonymous: bool,
    pub(crate) private_messages: Whom,
    /// How many messages are kept.
    pub(crate) history: usize,
}

/// The kind of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Boolean,
    Text,
    Private,
    Choice(&'static [&'static str]),
}

/// One field of the form.
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) kind: Kind,
    pub(crate) read: fn(&Settings) -> String,
    /// Takes a value, or refuses it. The bounds are the most that the server allows.
    pub(crate) write: fn(&mut Settings, &str, &Bounds) -> Option<()>,
}

/// The most that an owner may set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) occupants: usize,
    pub(crate) history: usize,
    pub(crate) text: usize,
}

impl Settings {
    /// What a room is at first: open to all, not listed as anything special, gone with its last occupant.
    pub(crate) fn new(bounds: &Bounds) -> Self {
        Self {
            name: String::new(),
            description: String::new(),
            is_persistent: false,
            is_public: true,
            is_members_only: false,
            is_moderated: false,
            password: String::new(),
            max_users: bounds.occupants,
            anyone_changes_subject: false,
            members_invite: false,
            is_non_anonymous: false,
            private_messages: Whom::Anyone,
            history: bounds.history.min(20),
        }
    }
}

fn flag(value: bool) -> String {
    String::from(if value { "1" } else { "0" })
}

/// A box of the form; one that is sent empty is not ticked.
fn boolean(value: &str) -> Option<bool> {
    match value.trim() {
        "" => Some(false),
        value => options::boolean(value),
    }
}

fn short(value: &str, bounds: &Bounds) -> Option<String> {
    (value.len() <= bounds.text).then(|| value.to_owned())
}

fn number(value: &str, most: usize) -> Option<usize> {
    value.trim().parse().ok().filter(|number| *number <= most)
}

/// The settings in the order of the form.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting {
        name: "muc#roomconfig_roomname",
        label: "Name",
        kind: Kind::Text,
        read: |settings| settings.name.clone(),
        write: |settings, value, bounds| short(value, bounds).map(|text| settings.name = text),
    },
    Setting {
        name: "muc#roomconfig_roomdesc",
        label: "Description",
        kind: Kind::Text,
        read: |settings| settings.description.clone(),
        write: |settings, value, bounds| {
            short(value, bounds).map(|text| settings.description = text)
        },
    },
    Setting {
        name: "muc#roomconfig_persistentroom",
        label: "Stays when the last occupant leaves",
        kind: Kind::Boolean,
        read: |settings| flag(settings.is_persistent),
        write: |settings, value, _| boolean(value).map(|is| settings.is_persistent = is),
    },
    Setting {
        name: "muc#roomconfig_publicroom",
        label: "Listed for everybody",
        kind: Kind::Boolean,
        read: |settings| flag(settings.is_public),
        write: |settings, value, _| boolean(value).map(|is| settings.is_public = is),
    },
    Setting {
        name: "muc#roomconfig_membersonly",
        label: "Only members may enter",
        kind: Kind::Boolean,
        read: |settings| flag(settings.is_members_only),
        write: |settings, value, _| boolean(value).map(|is| settings.is_members_only = is),
    },
    Setting {
        name: "muc#roomconfig_moderatedroom",
        label: "Only those with voice may speak",
        kind: Kind::Boolean,
        read: |settings| flag(settings.is_moderated),
        write: |settings, value, _| boolean(value).map(|is| settings.is_moderated = is),
    },
    Setting {
        name: "muc#roomconfig_passwordprotectedroom",
        label: "A password is needed to enter",
        kind: Kind::Boolean,
        read: |settings| flag(!settings.password.is_empty()),
        // Without a password there is none to ask for; `muc#roomconfig_roomsecret` follows and sets it.
        write: |settings, value, _| {
            boolean(value).map(|is| {
                if !is {
                    settings.password.clear();
                }
            })
        },
    },
    Setting {
        name: "muc#roomconfig_roomsecret",
        label: "The password",
        kind: Kind::Private,
        read: |settings| settings.password.clone(),
        write: |settings, value, bounds| short(value, bounds).map(|text| settings.password = text),
    },
    Setting {
        name: "muc#roomconfig_maxusers",
        label: "The most occupants",
        kind: Kind::Text,
        read: |settings| settings.max_users.to_string(),
        write: |settings, value, bounds| {
            let most = match value.trim() {
                "none" | "0" | "" => Some(bounds.occupants),
                value => number(value, bounds.occupants),
            };
            most.map(|most| settings.max_users = most)
        },
    },
    Setting {
        name: "muc#roomconfig_changesubject",
        label: "Everybody with voice may change the subject",
        kind: Kind::Boolean,
        read: |settings| flag(settings.anyone_changes_subject),
        write: |settings, value, _| boolean(value).map(|is| settings.anyone_changes_subject = is),
    },
    Setting {
        name: "muc#roomconfig_allowinvites",
        label: "Everybody may invite where only members may enter",
        kind: Kind::Boolean,
        read: |settings| flag(settings.members_invite),
        write: |settings, value, _| boolean(value).map(|is| settings.members_invite = is),
    },
    Setting {
        name: "muc#roomconfig_whois",
        label: "Who sees the real addresses",
        kind: Kind::Choice(&["moderators", "anyone"]),
        read: |settings| {
            String::from(if settings.is_non_anonymous {
                "anyone"
            } else {
                "moderators"
            })
        },
        write: |settings, value, _| {
            settings.is_non_anonymous = match value {
                "anyone" => true,
                "moderators" => false,
                _ => return None,
            };
            Some(())
        },
    },
    Setting {
        name: "muc#roomconfig_allowpm",
        label: "Who may send private messages",
        kind: Kind::Choice(&["anyone", "participants", "moderators", "none"]),
        read: |settings| settings.private_messages.as_str().to_owned(),
        write: |settings, value, _| {
            Whom::from_word(value).map(|whom| settings.private_messages = whom)
        },
    },
    Setting {
        name: "muc#roomconfig_historylength",
        label: "How many messages newcomers are shown",
        kind: Kind::Text,
        read: |settings| settings.history.to_string(),
        write: |settings, value, bounds| {
            number(value, bounds.history).map(|most| settings.history = most)
        },
    },
];

impl Whom {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Anyone => "anyone",
            Self::Participants => "participants",
            Self::Moderators => "moderators",
            Self::Nobody => "none",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [
            Self::Anyone,
            Self::Participants,
            Self::Moderators,
            Self::Nobody,
        ]
        .into_iter()
        .find(|one| one.as_str() == word)
    }
}

/// Takes the values of a form over, all or none. Fields that no setting has are passed over, as forms of other services have them.
pub(crate) fn submit<'f>(
    settings: &Settings,
    fields: impl Iterator<Item = (&'f str, &'f str)>,
    bounds: &Bounds,
) -> Option<Settings> {
    let mut changed = settings.clone();
    for (name, value) in fields {
        if let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name) {
            (setting.write)(&mut changed, value, bounds)?;
        }
    }
    Some(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        occupants: 100,
        history: 50,
        text: 20,
    };

    #[test]
    fn a_form_is_taken_as_a_whole_or_not_at_all() {
        let settings = Settings::new(&BOUNDS);
        let good = [
            ("muc#roomconfig_roomname", "Hall"),
            ("muc#roomconfig_maxusers", "7"),
            ("muc#roomconfig_whois", "anyone"),
            ("of_another_service", "x"),
        ];
        let changed = submit(&settings, good.into_iter(), &BOUNDS).expect("all are possible");
        assert_eq!((changed.name.as_str(), changed.max_users), ("Hall", 7));
        assert!(changed.is_non_anonymous);
        for bad in [
            ("muc#roomconfig_maxusers", "101"),
            ("muc#roomconfig_historylength", "51"),
            ("muc#roomconfig_publicroom", "perhaps"),
            ("muc#roomconfig_whois", "nobody"),
            (
                "muc#roomconfig_roomname",
                "a name that is longer than it may be",
            ),
        ] {
            assert_eq!(
                submit(&settings, [bad].into_iter(), &BOUNDS),
                None,
                "{bad:?}"
            );
        }
    }

    #[test]
    fn what_a_form_says_it_takes_back() {
        let settings = Settings {
            password: "open".to_owned(),
            private_messages: Whom::Moderators,
            ..Settings::new(&BOUNDS)
        };
        let said: Vec<_> = SETTINGS
            .iter()
            .map(|setting| (setting.name, (setting.read)(&settings)))
            .collect();
        let fields = said.iter().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(
            submit(&Settings::new(&BOUNDS), fields, &BOUNDS),
            Some(settings)
        );
    }
}
