//! Result set management (XEP-0059): asking for a page, and where a page stands.

use pubsub_xml::{Reader, XmlError};

use super::get;
use crate::session::stanza::namespace::RSM;
use crate::session::stanza::text;
use crate::session::{PubSubError, Session, Target};

/// How many entries of a list a further page is to have; a service may give fewer.
const PAGE: u32 = 10_000;

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

impl Session {
    /// All entries of a list within `<pubsub/>`, page by page. The first page is asked for as if there were none, so that a service without
    /// pages is asked for nothing unknown.
    pub(super) async fn list<T>(
        &self,
        namespace: &str,
        list: &str,
        target: Target,
        read: impl Fn(&str) -> Result<Vec<T>, XmlError>,
    ) -> Result<Vec<T>, PubSubError> {
        let mut found: Vec<T> = Vec::new();
        let mut last: Option<String> = None;
        loop {
            let mut body = format!("<pubsub xmlns='{namespace}'>{list}");
            if let Some(last) = &last {
                write(&mut body, PAGE, &Turn::After(last));
            }
            body.push_str("</pubsub>");
            let read = |body: &str| Ok((read(body)?, standing(body)?));
            let (page, standing) = self.ask(get(body), target.clone(), read).await?;
            let is_empty = page.is_empty();
            found.extend(page);
            match next(&standing, found.len(), last.as_deref()) {
                Some(next) if !is_empty => last = Some(next),
                _ => return Ok(found),
            }
        }
    }
}

/// Where an answer stands in the whole, as the `<set/>` in it says.
fn standing(body: &str) -> Result<Standing, XmlError> {
    if body.is_empty() {
        return Ok(Standing::default());
    }
    let mut reader = Reader::new(body);
    reader.root()?;
    while let Some(child) = reader.child()? {
        if child.is("set", RSM) {
            return read(&mut reader);
        }
        reader.skip()?;
    }
    Ok(Standing::default())
}

/// What to ask for after a page: what follows its last entry, unless that was all. Without pages a service ignores what was asked.
pub(super) fn next(standing: &Standing, found: usize, last: Option<&str>) -> Option<String> {
    let next = standing.last.as_deref()?;
    let is_all = standing
        .count
        .is_some_and(|count| u64::try_from(found).is_ok_and(|found| found >= count));
    (!is_all && last != Some(next)).then(|| next.to_owned())
}

#[cfg(test)]
mod tests {
    use pubsub_xml::Reader;

    use super::{Turn, next, read, standing, write};

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

    #[test]
    fn a_list_goes_on_until_it_is_all_there() {
        let list = |set: &str| format!("<pubsub xmlns='urn:p'><list><a/></list>{set}</pubsub>");
        let set =
            "<set xmlns='http://jabber.org/protocol/rsm'><last>b</last><count>2</count></set>";
        let whole = standing(&list("")).unwrap();
        assert_eq!(next(&whole, 1, None), None);
        let cut = standing(&list(set)).unwrap();
        assert_eq!(next(&cut, 1, None).as_deref(), Some("b"));
        // A service that answers the same page again is asked no more.
        assert_eq!(next(&cut, 1, Some("b")), None);
        assert_eq!(next(&cut, 2, Some("a")), None);
    }
}
