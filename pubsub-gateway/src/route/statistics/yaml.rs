//! Statistics as YAML.

use super::{Head, Summary};
use crate::channel::Info;
use crate::frame::json_text;

pub(super) fn single(info: &Info) -> String {
    format!(
        "  channel: {}\r\n  published_messages: {}\r\n  stored_messages: {}\r\n  subscribers: {}\r\n",
        scalar(&info.channel),
        info.published,
        info.stored,
        info.subscribers
    )
}

pub(super) fn group(head: &Head, infos: &[Info]) -> String {
    let infos: String = infos
        .iter()
        .map(|info| format!(" -\r\n{}", single(info)))
        .collect();
    format!(
        "{}uptime: {}\r\ninfos: \r\n{infos}",
        begin(head),
        head.uptime
    )
}

pub(super) fn summary(head: &Head, summary: &Summary) -> String {
    let Summary {
        published,
        stored,
        subscribers,
        pid,
    } = summary;
    let uptime = head.uptime;
    format!(
        "{}published_messages: {published}\r\nstored_messages: {stored}\r\nmessages_in_trash: 0\r\n\
         channels_in_delete: 0\r\nchannels_in_trash: 0\r\nsubscribers: {subscribers}\r\nuptime: {uptime}\r\n\
         by_worker: \r\n -\r\n  pid: {pid}\r\n  subscribers: {subscribers}\r\n  uptime: {uptime}\r\n",
        begin(head)
    )
}

fn begin(head: &Head) -> String {
    format!(
        "hostname: {}\r\ntime: {}\r\nchannels: {}\r\nwildcard_channels: {}\r\n",
        scalar(&head.hostname),
        head.time,
        head.channels,
        head.wildcard_channels
    )
}

/// A name as it is where YAML takes it for a string, and in quotes where it might not. JSON strings are YAML.
fn scalar(name: &str) -> String {
    let begins_well = name.starts_with(|first: char| first.is_ascii_alphabetic());
    let is_plain = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    let is_word = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
        .iter()
        .any(|word| name.eq_ignore_ascii_case(word));
    if begins_well && is_plain && !is_word {
        name.to_owned()
    } else {
        json_text(name)
    }
}

#[cfg(test)]
mod tests {
    use super::scalar;

    #[test]
    fn names_that_yaml_would_read_otherwise_are_quoted() {
        for (name, expected) in [
            ("a-1.b_c", "a-1.b_c"),
            ("/home", "\"/home\""),
            ("5", "\"5\""),
            ("No", "\"No\""),
            ("a: b", "\"a: b\""),
            ("é\"", "\"é\\\"\""),
        ] {
            assert_eq!(scalar(name), expected);
        }
    }
}
