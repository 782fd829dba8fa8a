//! Every transcript of `protocol/`, each against a server of its own. Named by section of XEP-0060, or by the standard they are about;
//! `protocol/README.md` says which example of the standard is where.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use support::transcript;

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("protocol")
}

/// The names of all files that are played.
fn transcripts() -> BTreeSet<String> {
    std::fs::read_dir(directory())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "README.md")
        .collect()
}

macro_rules! transcripts {
    ($($name:ident = $file:literal,)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                transcript::play(&directory().join(concat!($file, ".txt"))).await;
            }
        )*

        #[test]
        fn no_transcript_is_left_out() {
            let played = [$(concat!($file, ".txt")),*];
            for name in transcripts() {
                assert!(played.contains(&name.as_str()), "{name} is not played");
            }
        }
    };
}

/// The conditions of XEP-0060 §16.3 that this service has a use for: all but `configuration-required`, as no subscription waits for its options here.
const CONDITIONS: [&str; 22] = [
    "closed-node",
    "invalid-jid",
    "invalid-options",
    "invalid-payload",
    "invalid-subid",
    "item-forbidden",
    "item-required",
    "jid-required",
    "max-items-exceeded",
    "max-nodes-exceeded",
    "nodeid-required",
    "not-in-roster-group",
    "not-subscribed",
    "payload-required",
    "payload-too-big",
    "pending-subscription",
    "precondition-not-met",
    "presence-subscription-required",
    "subid-required",
    "too-many-subscriptions",
    "unsupported",
    "unsupported-access-model",
];

#[test]
fn every_condition_has_a_transcript() {
    let all: String = transcripts()
        .into_iter()
        .map(|name| std::fs::read_to_string(directory().join(name)).unwrap())
        .collect();
    for condition in CONDITIONS {
        let element = format!("<{condition} xmlns='http://jabber.org/protocol/pubsub#errors'");
        assert!(all.contains(&element), "nothing provokes {condition}");
    }
}

/// What stands between back quotes in the rows of tables, as far as it could be the name of a transcript.
fn named_in_tables(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter(|line| line.starts_with('|'))
        .flat_map(|row| row.split('`').skip(1).step_by(2))
        .filter(|word| {
            word.chars()
                .all(|one| one.is_ascii_alphanumeric() || one == '_')
        })
        .filter(|word| {
            word.starts_with(|one: char| one.is_ascii_lowercase() || one.is_ascii_digit())
        })
        .map(|word| format!("{word}.txt"))
        .collect()
}

#[test]
fn the_table_names_every_transcript_and_no_other() {
    let table = std::fs::read_to_string(directory().join("README.md")).unwrap();
    // Words of the standard.
    let words = ["collection.txt", "unconfigured.txt", "publisher.txt"].map(str::to_owned);
    let named: BTreeSet<String> = &named_in_tables(&table) - &BTreeSet::from(words);
    assert_eq!(named, transcripts());
}

transcripts! {
    event_types = "04_3_event_types",
    discover = "05_discover",
    meta_data = "05_4_meta_data",
    own_affiliations = "05_7_own_affiliations",
    own_standing = "05_6_own_standing",
    subscribe = "06_1_subscribe",
    subscribe_errors = "06_1_subscribe_errors",
    last_item = "06_1_7_last_item",
    access_models = "04_5_access_models",
    multi_subscribe = "06_1_6_multi_subscribe",
    no_subscriptions = "06_1_3_10_no_subscriptions",
    unsubscribe_errors = "06_2_3_unsubscribe_errors",
    subscription_options = "06_3_subscription_options",
    show_values = "06_3_show_values",
    leases = "06_3_leases",
    authorize = "08_6_authorize",
    get_pending = "08_7_get_pending",
    notify_sub = "08_8_notify_sub",
    presence_based = "12_presence",
    archive = "xep_0313_node_archive",
    retrieve_items = "06_5_retrieve_items",
    retrieve_errors = "06_5_9_retrieve_errors",
    publish = "07_1_publish",
    publish_errors = "07_1_3_publish_errors",
    publish_options = "07_1_5_publish_options",
    retract = "07_2_retract",
    create = "08_1_create",
    full_form = "08_1_3_full_form",
    configure = "08_2_configure",
    notify_config = "08_2_5_notify_config",
    delete = "08_4_delete",
    purge = "08_5_purge",
    pending_outcast = "08_7_4_pending_outcast",
    modify_subscriptions = "08_8_2_modify_subscriptions",
    modify_affiliations = "08_9_2_modify_affiliations",
    manage_subscriptions = "08_8_manage_subscriptions",
    manage_affiliations = "08_9_manage_affiliations",
    too_many_affiliations = "08_9_too_many_affiliations",
    long_lists = "08_8_long_lists",
    limits_of_bytes = "limits_of_bytes",
    limits_of_nodes = "limits_of_nodes",
    routing = "rfc6120_routing",
    conflict = "rfc6120_conflict",
    spoofed_sender = "rfc6120_spoofed_sender",
    roster = "rfc6121_2_roster",
    roster_errors = "rfc6121_2_roster_errors",
    remove_contact = "rfc6121_2_remove_contact",
    presence_subscriptions = "rfc6121_3_subscriptions",
    presence_subscription_errors = "rfc6121_3_subscription_errors",
    presence = "rfc6121_4_presence",
    messages = "rfc6121_8_messages",
    carbons = "xep_0280_carbons",
    access_by_people = "05_access_by_presence_and_roster",
    personal_eventing = "xep_0163_personal_eventing",
    news_when_let_in = "xep_0163_news_when_let_in",
    personal_archive = "xep_0313_personal_archive",
    bookmarks = "xep_0402_bookmarks",
    false_claim = "xep_0115_false_claim",
    awaited = "await",
    anonymous = "anonymous",
    anonymous_creates = "anonymous_creates",
    anonymous_reads_no_private_node = "anonymous_reads_no_private_node",
    registration = "xep_0077_registration",
    rooms_enter = "xep_0045_enter",
    rooms_talk = "xep_0045_talk",
    rooms_invite = "xep_0045_invite",
    rooms_voice = "xep_0045_voice",
    rooms_refuse = "xep_0045_refuse",
    rooms_govern = "xep_0045_govern",
    rooms_configure = "xep_0045_configure",
    components = "xep_0114_component",
    admin = "xep_0133_admin",
    registration_closed = "xep_0077_closed",
    stream_management = "xep_0198_management",
}
