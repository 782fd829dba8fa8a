//! A room by itself: what must hold whatever it is asked for, in random order.

use std::sync::Arc;

use proptest::prelude::*;

use super::refusal::Refusal;
use super::room::{Limits, Room};
use super::settings::Bounds;
use super::standing::{Affiliation, Role};
use super::talking::Speech;
use super::vocabulary::{Audience, Destroyed, Entry, Line, Outcome, Visitor, Words};

const LIMITS: Limits = Limits {
    bounds: Bounds {
        occupants: 4,
        history: 3,
        text: 64,
    },
    history_bytes: 64,
    affiliations: 4,
    nick: 8,
    presence: 64,
};

fn visitor(number: u8) -> Visitor {
    let bare: Arc<str> = format!("u{}@d", number % 4).into();
    Visitor {
        full: format!("{bare}/{}", number / 4).into(),
        bare,
        session: u64::from(number) + 1,
        is_anonymous: false,
    }
}

fn room() -> Room {
    Room::new("r@s".into(), "u0@d".into(), LIMITS, 7)
}

#[derive(Clone, Debug)]
enum Step {
    Enter(u8, u8, bool),
    Leave(u8),
    Lose(u8, u64),
    Say(u8, bool),
    Affiliate(u8, u8, Affiliation),
    Role(u8, u8, Role),
    Configure(u8, &'static str, &'static str),
    Destroy(u8),
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..8_u8;
    let affiliation = proptest::sample::select(Affiliation::ALL.to_vec());
    let role = proptest::sample::select(vec![
        Role::None,
        Role::Visitor,
        Role::Participant,
        Role::Moderator,
    ]);
    let setting = proptest::sample::select(vec![
        ("muc#roomconfig_membersonly", "1"),
        ("muc#roomconfig_membersonly", "0"),
        ("muc#roomconfig_moderatedroom", "1"),
        ("muc#roomconfig_historylength", "2"),
        ("muc#roomconfig_maxusers", "3"),
        ("muc#roomconfig_whois", "anyone"),
    ]);
    prop_oneof![
        6 => (who.clone(), 0..6_u8, any::<bool>()).prop_map(|(who, nick, is)| Step::Enter(who, nick, is)),
        2 => who.clone().prop_map(Step::Leave),
        1 => (who.clone(), 0..9_u64).prop_map(|(who, session)| Step::Lose(who, session)),
        3 => (who.clone(), any::<bool>()).prop_map(|(who, is)| Step::Say(who, is)),
        3 => (who.clone(), 0..8_u8, affiliation).prop_map(|(who, whom, to)| Step::Affiliate(who, whom, to)),
        3 => (who.clone(), 0..6_u8, role).prop_map(|(who, nick, to)| Step::Role(who, nick, to)),
        2 => (who.clone(), setting).prop_map(|(who, (name, value))| Step::Configure(who, name, value)),
        1 => who.prop_map(Step::Destroy),
    ]
}

fn perform(room: &mut Room, step: &Step, now: u64) -> Result<Outcome, Refusal> {
    let nick = |number: u8| -> Arc<str> { format!("n{number}").into() };
    match *step {
        Step::Enter(who, number, is_entering) => room.enter(
            &visitor(who),
            &nick(number),
            Entry::default(),
            is_entering,
            now,
        ),
        Step::Leave(who) => room.leave(&visitor(who).full, "".into(), &[]),
        Step::Lose(who, session) => Ok(room.lose(&visitor(who).full, session)),
        Step::Say(who, is_subject) => room.say(
            &visitor(who),
            Speech {
                id: None,
                content: "0123456789".repeat(usize::from(who) + 1).into(),
                is_subject,
                is_kept: !is_subject,
            },
            now,
        ),
        Step::Affiliate(who, whom, affiliation) => {
            let line = Line {
                jid: Some(visitor(whom).bare),
                affiliation: Some(affiliation),
                ..Line::default()
            };
            room.govern(&visitor(who), &[line])
        }
        Step::Role(who, number, role) => {
            let line = Line {
                nick: Some(nick(number)),
                role: Some(role),
                ..Line::default()
            };
            room.govern(&visitor(who), &[line])
        }
        Step::Configure(who, name, value) => {
            room.configure(&visitor(who), [(name, value)].into_iter())
        }
        Step::Destroy(who) => room.destroy(&visitor(who), &Destroyed::default()),
    }
}

fn check(room: &Room) {
    let sessions: Vec<_> = room.sessions().collect();
    assert_eq!(sessions.len(), room.population());
    for (session, _, nick) in &sessions {
        let (found, occupant) = room.occupant_of(&session.full).expect("it is inside");
        assert_eq!(found, *nick);
        assert!(session.full.starts_with(&*occupant.bare));
    }
    for (nick, occupant) in &room.occupants {
        assert!(!occupant.sessions.is_empty(), "{nick} has no session");
        assert_ne!(occupant.role, Role::None);
        let affiliation = room.affiliation(&occupant.bare);
        assert_ne!(affiliation, Affiliation::Outcast);
        assert!(!room.settings.is_members_only || affiliation >= Affiliation::Member);
    }
    assert!(
        room.affiliations
            .values()
            .any(|held| *held == Affiliation::Owner)
    );
    assert!(room.affiliations.len() <= LIMITS.affiliations);
    assert!(room.history.iter().count() <= room.settings.history.min(3));
    let bytes: usize = room
        .history
        .iter()
        .map(|message| message.content.len())
        .sum();
    assert!(bytes <= LIMITS.history_bytes);
    // Admins and owners come in whatever is full.
    assert!(room.population() <= LIMITS.bounds.occupants + 4);
}

proptest! {
    #[test]
    fn a_room_is_sound_after_whatever_it_was_asked_for(steps in proptest::collection::vec(step(), 1..60)) {
        let mut room = room();
        for (now, step) in steps.iter().enumerate() {
            let before: Vec<_> = room.sessions().map(|(session, _, _)| session.full.clone()).collect();
            let Ok(outcome) = perform(&mut room, step, now as u64) else {
                let after: Vec<_> = room.sessions().map(|(session, _, _)| session.full.clone()).collect();
                prop_assert_eq!(before, after, "a refusal changes nothing: {:?}", step);
                continue;
            };
            check(&room);
            for full in before {
                let is_gone = room.occupant_of(&full).is_none();
                prop_assert_eq!(is_gone, outcome.gone.contains(&full), "{:?}", step);
                // Whoever is put out is told so.
                let is_told = outcome.tellings.iter().any(|telling| {
                    matches!((&telling.audience, &telling.words),
                        (Audience::These(jids), Words::Presence(announced)) if announced.is_unavailable && jids.contains(&full))
                });
                prop_assert!(!is_gone || is_told, "{:?}", step);
            }
            if room.is_gone {
                break;
            }
        }
    }
}

#[test]
fn an_old_session_takes_no_newer_one_along() {
    let mut room = room();
    let (older, nick): (Visitor, Arc<str>) = (visitor(0), "n".into());
    let newer = Visitor {
        session: 99,
        ..older.clone()
    };
    for one in [&older, &newer] {
        room.enter(one, &nick, Entry::default(), true, 0)
            .expect("the founder may");
    }
    assert!(room.lose(&older.full, older.session).gone.is_empty());
    assert_eq!(room.population(), 1);
    assert_eq!(room.lose(&newer.full, newer.session).gone.len(), 1);
    assert!(room.is_over());
}
