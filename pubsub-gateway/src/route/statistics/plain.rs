//! Statistics as lines of text.

use super::{Head, Summary};
use crate::channel::Info;

pub(super) fn single(info: &Info) -> String {
    format!(
        "channel: {}\r\npublished_messages: {}\r\nstored_messages: {}\r\nactive_subscribers: {}\r\n",
        info.channel, info.published, info.stored, info.subscribers
    )
}

pub(super) fn group(head: &Head, infos: &[Info]) -> String {
    let infos: Vec<_> = infos.iter().map(single).collect();
    format!(
        "{}, uptime: {}, infos: \r\n{}\r\n",
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
        "{}, published_messages: {published}, stored_messages: {stored}, messages_in_trash: 0, channels_in_delete: 0, \
         channels_in_trash: 0, active_subscribers: {subscribers}, uptime: {uptime}, by_worker: \r\n\
         pid: {pid}, active_subscribers: {subscribers}, uptime: {uptime}\r\n",
        begin(head)
    )
}

fn begin(head: &Head) -> String {
    format!(
        "hostname: {}, time: {}, channels: {}, wildcard_channels: {}",
        head.hostname, head.time, head.channels, head.wildcard_channels
    )
}
