//! Result set management (XEP-0059): asking for a page, and where a page stands.

use pubsub_xml::{Reader, XmlError};

use crate::session::stanza::namespace::RSM;
use crate::session::stanza::text;

/// Which page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Turn<'t> {
    First,
    After(&'t str),
    Last,
    Before(&'t str),
}

/// Where a page stands in the whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) first: Option<String>,
    pub(super) last: Option<String>,
    pub(super) count: Option<u64>,
}

pub(super) fn write(out: &mut String, size: u32, turn: &Turn<'_>) {
    out.extend(["<set xmlns='", RSM, "'><max>", &size.to_string(), "</max>"]);
    match turn {
        Turn::First => {}
        Turn::Last => out.push_str("<before/>"),
        Turn::After(id) => {
            out.push_str("<after>");
            text(out, id);
            out.push_str("</after>");
        }
        Turn::Before(id) => {
            out.push_str("<before>");
            text(out, id);
            out.push_str("</before>");
        }
    }
    out.push_str("</set>");
}

/// Reads the `<set/>` that `reader` has entered.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<Standing, XmlError> {
    let mut standing = Standing::default();
    while let Some(child) = reader.child()? {
        match child.local {
            "first" => standing.first = Some(reader.text()?.into_owned()),
            "last" => standing.last = Some(reader.text()?.into_owned()),
            "count" => standing.count = reader.text()?.trim().parse().ok(),
            _ => reader.skip()?,
        }
    }
    Ok(standing)
}

#[cfg(test)]
mod tests {
    use pubsub_xml::Reader;

    use super::{Turn, read, write};

    #[test]
    fn pages_are_asked_for_and_placed() {
        let mut out = String::new();
        write(&mut out, 10, &Turn::After("a&b"));
        assert_eq!(
            out,
            "<set xmlns='http://jabber.org/protocol/rsm'><max>10</max><after>a&amp;b</after></set>"
        );
        let mut reader = Reader::new(
            "<set xmlns='http://jabber.org/protocol/rsm'><first index='0'>a</first><last>b</last><count>7</count></set>",
        );
        reader.root().unwrap();
        let standing = read(&mut reader).unwrap();
        assert_eq!(standing.first.as_deref(), Some("a"));
        assert_eq!(standing.last.as_deref(), Some("b"));
        assert_eq!(standing.count, Some(7));
    }
}
