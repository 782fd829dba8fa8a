//! Whatever is written is read again, and what is damaged or not known is refused.

use proptest::prelude::*;

use super::*;
use crate::service::options::Kind;
use crate::service::shows::Shows;
use crate::service::terms::Expiry;

/// Any configuration that a form can make.
fn config() -> impl Strategy<Value = NodeConfig> {
    let one = (0..OPTIONS.len(), any::<usize>(), "[0-9]{1,6}");
    proptest::collection::vec(one, 0..8).prop_map(|choices| {
        let fields: Vec<Field<'_>> = choices
            .iter()
            .map(|(option, choice, number)| {
                let option = &OPTIONS[*option];
                let value = match option.kind {
                    Kind::Boolean => ["0", "1"][choice % 2],
                    Kind::Text | Kind::Texts | Kind::Addresses => number,
                    Kind::Choice(words) | Kind::Choices(words) => words[choice % words.len()],
                };
                Field {
                    name: option.name.into(),
                    values: vec![value.into()],
                }
            })
            .collect();
        NodeConfig::default()
            .with(&fields)
            .expect("what a form offers")
    })
}

/// Any terms that can be asked for and granted.
fn terms() -> impl Strategy<Value = Terms> {
    (any::<[bool; 4]>(), 0..3_u8, 0..4_000_000_000_u64).prop_map(
        |([is_pending, deliver, include_body, is_choosy], expire, moment)| Terms {
            shows: Shows::read(if is_choosy { "chat\nonline" } else { "" }).expect("words"),
            state: if is_pending {
                SubscriptionState::Pending
            } else {
                SubscriptionState::Subscribed
            },
            deliver,
            include_body,
            expire: match expire {
                0 => Expiry::Never,
                1 => Expiry::Presence,
                _ => Expiry::At(moment),
            },
            is_kept: true,
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        (node, rest, publisher, payload) in (".{0,40}", ".{0,40}", ".{0,40}", ".{0,400}"),
        (place, published) in any::<(u64, u64)>(),
        config in config(),
        terms in terms(),
    ) {
        for subject in [Subject::Node, Subject::Config, Subject::Affiliation(&rest), Subject::Subscription(&rest), Subject::Item(&rest), Subject::Terms(&publisher.replace('\0', ""), &payload)] {
            let key = key(&node, &subject);
            prop_assert_eq!(read_key(&key), Ok((&*node, subject.clone())));
            prop_assert!(key.starts_with(&node_prefix(&node)));
            prop_assert_eq!(key.starts_with(&items_prefix(&node)), matches!(subject, Subject::Item(_)));
        }
        let written = write_node(&publisher, published);
            prop_assert_eq!(read_node(&written), Ok((&*publisher, published)));
        prop_assert_eq!(read_config(&write_config(&config)), Ok(config));
        let written = write_subscription(&rest);
            prop_assert_eq!(read_subscription(&written), Ok(&*rest));
        for affiliation in Affiliation::ALL {
            prop_assert_eq!(read_affiliation(&write_affiliation(affiliation)), Ok(affiliation));
        }
        let written = write_terms(&terms);
        prop_assert_eq!(read_terms(&written), Ok(terms));
        let item = Item { id: (&*rest).into(), publisher: publisher.into(), payload: payload.into(), published };
        let written = write_item(place, &item);
        prop_assert_eq!(read_item(&rest, &written, |text| text.into()), Ok((place, item)));
    }

    #[test]
    fn damage_is_found_or_harmless(bytes in proptest::collection::vec(any::<u8>(), 0..60), version in any::<bool>()) {
        let mut bytes = bytes;
        if version {
            bytes.insert(0, VERSION);
        }
        // None of these may panic; what they say is up to the bytes.
        let _ = read_key(&bytes);
        let _ = read_node(&bytes);
        let _ = read_config(&bytes);
        let _ = read_affiliation(&bytes);
        let _ = read_subscription(&bytes);
        let _ = read_terms(&bytes);
        let _ = read_item("i", &bytes, |text| text.into());
    }

    #[test]
    fn a_record_that_was_cut_is_refused(cut in any::<prop::sample::Index>()) {
        let whole = write_node("ann@localhost", 1_700_000_000);
        prop_assert!(read_node(&whole[..cut.index(whole.len())]).is_err());
    }
}

#[test]
fn nodes_do_not_run_into_each_other() {
    let names = ["", "a", "a\u{0}", "ab", "b", "/n", "/n/m"];
    for one in names {
        for other in names {
            let key = key(one, &Subject::Item("b"));
            assert_eq!(
                key.starts_with(&node_prefix(other)),
                one == other,
                "{one:?} {other:?}"
            );
        }
    }
}

#[test]
fn what_is_not_known_is_said() {
    let mut later = write_subscription("x");
    later[0] = 9;
    let mut colour = vec![VERSION];
    text(&mut colour, "pubsub#colour");
    text(&mut colour, "green");
    let mut king = vec![VERSION];
    text(&mut king, "king");
    let mut longer = write_node("ann@localhost", 1);
    longer.push(0);
    let mut kind = node_prefix("/n");
    kind.push(7);
    for (said, expected) in [
        (
            read_subscription(&later).map(drop),
            "it is of version 9, and this program knows 1",
        ),
        (
            read_config(&colour).map(drop),
            "the option pubsub#colour is not known to this version",
        ),
        (
            read_affiliation(&king).map(drop),
            "the affiliation king is not known to this version",
        ),
        (
            read_terms(&write_affiliation(Affiliation::Owner)).map(drop),
            "the subscription state owner is not known to this version",
        ),
        (
            read_node(&longer).map(drop),
            "it goes on where it should end",
        ),
        (
            read_key(&kind).map(drop),
            "node \"/n\" has a record of the unknown kind 7",
        ),
    ] {
        assert_eq!(
            said.map_err(|error| error.to_string()),
            Err(expected.to_owned())
        );
    }
}

/// Options that are not written have these values when they are read: another default needs another version.
#[test]
fn the_defaults_are_those_of_the_format() {
    let values: Vec<String> = OPTIONS
        .iter()
        .map(|option| {
            let name = option.name.trim_start_matches("pubsub#");
            format!("{name}={}", (option.read)(&NodeConfig::default()))
        })
        .collect();
    let known = "title= description= type= access_model=open publish_model=publishers persist_items=1 max_items=max max_payload_size=0 \
        deliver_payloads=1 notify_retract=1 notify_delete=1 notify_config=0 send_last_published_item=never notification_type=headline";
    let known: Vec<&str> = known.split_whitespace().collect();
    for option in &known {
        assert!(
            values.iter().any(|value| value == option),
            "{option} is not among {values:?}"
        );
    }
}
