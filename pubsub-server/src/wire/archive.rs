//! The archive of a node on the wire (XEP-0313): reads what is asked of it, writes what was found.

use std::borrow::Cow;

use pubsub_xml::Reader;

use super::request::RequestError;
use super::{attribute, form, namespace, page, reply};
use crate::address;
use crate::moment;
use crate::service::error::ServiceError;
use crate::service::node::Item;
use crate::service::options::Field;
use crate::service::vocabulary::{Filter, Page, PageInfo};

/// What is asked of the archive of a node.
#[derive(Debug)]
pub(crate) struct Query<'x> {
    pub(crate) node: Cow<'x, str>,
    pub(crate) id: Option<Cow<'x, str>>,
    pub(crate) filter: Filter<'x>,
    pub(crate) page: Page<'x>,
}

/// Reads the `<query/>` that was just entered.
pub(crate) fn read<'x>(reader: &mut Reader<'x>) -> Result<Query<'x>, RequestError> {
    let node = reader.attribute("node").filter(|node| !node.is_empty());
    let id = reader.attribute("queryid");
    let mut filter = Filter::default();
    let mut asked = Page::default();
    while let Some(name) = reader.child()? {
        if name.is("set", namespace::PAGE) {
            asked = page::read(reader)?;
        } else if name.is("x", namespace::DATA_FORM) {
            for field in form::read(reader)?.fields {
                set(&mut filter, field)?;
            }
        } else {
            reader.skip()?;
        }
    }
    Ok(Query {
        node: node.ok_or(ServiceError::NodeRequired)?,
        id,
        filter,
        page: asked,
    })
}

fn set<'x>(filter: &mut Filter<'x>, field: Field<'x>) -> Result<(), ServiceError> {
    let value = field.values.first().map_or("", |value| value.as_ref());
    let date = || {
        moment::read(value).ok_or(ServiceError::BadRequest {
            reason: "start and end are moments as 2030-01-31T12:00:00Z",
        })
    };
    match &*field.name {
        "start" => filter.start = Some(date()?),
        "end" => filter.end = Some(date()?),
        "with" => {
            filter.with = Some(address::normalize(value).ok_or(ServiceError::BadRequest {
                reason: "with is the address of a publisher",
            })?);
        }
        "ids" => filter.ids = field.values,
        _ => {
            return Err(ServiceError::BadRequest {
                reason: "archives are searched by start, end, with and ids",
            });
        }
    }
    Ok(())
}

/// The form that says by what an archive is searched.
pub(crate) fn write_form(out: &mut String) {
    out.push_str("<query xmlns='urn:xmpp:mam:2'>");
    form::open(out, "form", namespace::ARCHIVE);
    for (name, kind) in [
        ("with", "jid-single"),
        ("start", "text-single"),
        ("end", "text-single"),
        ("ids", "list-multi"),
    ] {
        out.push_str("<field");
        attribute(out, "var", name);
        attribute(out, "type", kind);
        out.push_str("/>");
    }
    form::close(out);
    out.push_str("</query>");
}

/// One item that was found, as a message of its own.
pub(crate) fn write_item(
    out: &mut String,
    (service, to): (&str, &str),
    node: &str,
    query: Option<&str>,
    item: &Item,
) {
    out.push_str("<message");
    attribute(out, "to", to);
    attribute(out, "from", service);
    out.push_str("><result xmlns='urn:xmpp:mam:2'");
    attribute(out, "id", &item.id);
    if let Some(query) = query {
        attribute(out, "queryid", query);
    }
    out.push_str("><forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay'");
    attribute(out, "stamp", &moment::write(item.published));
    out.push_str("/><message xmlns='jabber:client'");
    attribute(out, "from", service);
    out.push_str("><event xmlns='http://jabber.org/protocol/pubsub#event'><items");
    attribute(out, "node", node);
    out.push('>');
    reply::write_item(out, item);
    out.push_str("</items></event></message></forwarded></result></message>");
}

/// The end of the answer.
pub(crate) fn write_end(out: &mut String, is_complete: bool, info: &PageInfo) {
    out.push_str("<fin xmlns='urn:xmpp:mam:2'");
    if is_complete {
        attribute(out, "complete", "true");
    }
    out.push('>');
    page::write(out, info);
    out.push_str("</fin>");
}
