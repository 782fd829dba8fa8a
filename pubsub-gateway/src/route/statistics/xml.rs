//! Statistics as XML.

use pubsub_xml::escape_text;

use super::{Head, Summary};
use crate::channel::Info;

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\r\n";

pub(super) fn single(info: &Info) -> String {
    format!("{DECLARATION}{}", channel(info))
}

pub(super) fn group(head: &Head, infos: &[Info]) -> String {
    let infos: String = infos.iter().map(channel).collect();
    format!(
        "{DECLARATION}<root>\r\n{}  <uptime>{}</uptime>\r\n  <infos>\r\n{infos}  </infos>\r\n</root>\r\n",
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
        "{DECLARATION}<infos>\r\n{}  <published_messages>{published}</published_messages>\r\n  \
         <stored_messages>{stored}</stored_messages>\r\n  <messages_in_trash>0</messages_in_trash>\r\n  \
         <channels_in_delete>0</channels_in_delete>\r\n  <channels_in_trash>0</channels_in_trash>\r\n  \
         <subscribers>{subscribers}</subscribers>\r\n  <uptime>{uptime}</uptime>\r\n  <by_worker>\r\n    <worker>\r\n      \
         <pid>{pid}</pid>\r\n      <subscribers>{subscribers}</subscribers>\r\n      <uptime>{uptime}</uptime>\r\n    \
         </worker>\r\n  </by_worker>\r\n</infos>\r\n",
        begin(head)
    )
}

fn begin(head: &Head) -> String {
    format!(
        "  <hostname>{}</hostname>\r\n  <time>{}</time>\r\n  <channels>{}</channels>\r\n  \
         <wildcard_channels>{}</wildcard_channels>\r\n",
        text(&head.hostname),
        head.time,
        head.channels,
        head.wildcard_channels
    )
}

fn channel(info: &Info) -> String {
    format!(
        "<channel>\r\n  <name>{}</name>\r\n  <published_messages>{}</published_messages>\r\n  \
         <stored_messages>{}</stored_messages>\r\n  <subscribers>{}</subscribers>\r\n</channel>\r\n",
        text(&info.channel),
        info.published,
        info.stored,
        info.subscribers
    )
}

/// The name of a channel holds nothing that XML cannot carry: it is the name of a node.
fn text(name: &str) -> String {
    let mut out = String::new();
    if escape_text(&mut out, name).is_err() {
        out.push('?');
    }
    out
}
