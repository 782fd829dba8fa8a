//! Statistics as JSON, to the byte as nginx-push-stream-module writes them, but with names escaped.

use super::{Head, Summary};
use crate::channel::Info;
use crate::frame::json_text;

pub(super) fn single(info: &Info) -> String {
    format!("{}\r\n", object(info))
}

pub(super) fn group(head: &Head, infos: &[Info]) -> String {
    let infos: Vec<_> = infos.iter().map(object).collect();
    format!(
        "{{{}, \"uptime\": {}, \"infos\": [\r\n{}\r\n]}}\r\n",
        begin(head),
        head.uptime,
        infos.join(",\r\n")
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
        "{{{}, \"published_messages\": {published}, \"stored_messages\": {stored}, \"messages_in_trash\": 0, \
         \"channels_in_delete\": 0, \"channels_in_trash\": 0, \"subscribers\": {subscribers}, \"uptime\": {uptime}, \
         \"by_worker\": [\r\n{{\"pid\": \"{pid}\", \"subscribers\": {subscribers}, \"uptime\": {uptime}}}\r\n]}}\r\n",
        begin(head)
    )
}

fn begin(head: &Head) -> String {
    format!(
        "\"hostname\": {}, \"time\": \"{}\", \"channels\": {}, \"wildcard_channels\": {}",
        json_text(&head.hostname),
        head.time,
        head.channels,
        head.wildcard_channels
    )
}

fn object(info: &Info) -> String {
    format!(
        "{{\"channel\": {}, \"published_messages\": {}, \"stored_messages\": {}, \"subscribers\": {}}}",
        json_text(&info.channel),
        info.published,
        info.stored,
        info.subscribers
    )
}
