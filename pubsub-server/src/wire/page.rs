//! Result set management (XEP-0059): reads which page is asked for, writes which one is given.

use std::fmt::Write as _;

use pubsub_xml::{Reader, XmlError};

use super::{attribute, namespace, text};
use crate::service::vocabulary::{Page, PageInfo, PageStart};

/// Reads the `<set/>` that was just entered.
pub(crate) fn read<'x>(reader: &mut Reader<'x>) -> Result<Page<'x>, XmlError> {
    let mut page = Page::default();
    while let Some(name) = reader.child()? {
        let local = if name.namespace == namespace::PAGE {
            name.local
        } else {
            ""
        };
        match local {
            "max" => page.max = reader.text()?.trim().parse().ok(),
            "after" => page.from = PageStart::After(reader.text()?),
            "before" => {
                let id = reader.text()?;
                page.from = if id.is_empty() {
                    PageStart::Last
                } else {
                    PageStart::Before(id)
                };
            }
            "index" => {
                let index = reader.text()?.trim().parse();
                page.from = index.map_or(PageStart::First, PageStart::Index);
            }
            _ => reader.skip()?,
        }
    }
    Ok(page)
}

/// Writes the `<set/>` of an answer.
pub(crate) fn write(out: &mut String, info: &PageInfo) {
    out.push_str("<set xmlns='http://jabber.org/protocol/rsm'>");
    if let Some(first) = &info.first {
        out.push_str("<first");
        if let Some(index) = info.index {
            attribute(out, "index", &index.to_string());
        }
        out.push('>');
        text(out, first);
        out.push_str("</first>");
    }
    if let Some(last) = &info.last {
        out.push_str("<last>");
        text(out, last);
        out.push_str("</last>");
    }
    let _ = write!(out, "<count>{}</count></set>", info.count);
}
