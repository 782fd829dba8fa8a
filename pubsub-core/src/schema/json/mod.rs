//! The payload of a row as JSON, straight into a text.
//!
//! Knows the entry around a payload and what the list API adds to a row. What becomes what is told in [`schema`](super); how a payload is walked over in `walk`, and how
//! values are spelled in `scalar`.

mod copy;
mod number;
mod pieces;
mod plan;
mod scalar;
mod string;
mod walk;

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use pubsub_xml::Reader;

pub use self::copy::{JsonError, push_json};
use self::copy::{Numbers, copy};
use self::plan::{Plan, plans};
pub use self::string::push_string;
use self::walk::Walk;
use super::outline::{Body, Count, Outline, ValueKind};
use crate::payload::{ATOM, DecodeError, DecodeErrorKind};
use crate::registry::Format;

/// What may stand in a segment of a path as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Writes the rows of one model as JSON.
///
/// ```
/// use pubsub_core::schema::{Outline, RowWriter};
/// use pubsub_core::{Publish, Stamp};
///
/// #[derive(Publish)]
/// struct Tweet {
///     #[publish(id)]
///     id: i64,
///     author: u32,
///     text: Option<String>,
/// }
///
/// let mut entry = String::new();
/// Tweet { id: 1, author: 7, text: None }.encode_entry(&Stamp::default(), &mut entry)?;
///
/// let writer = RowWriter::new(Outline::of(Tweet::DESCRIPTOR));
/// assert_eq!(writer.row("1", &entry)?, r#"{"id":1,"author":7,"text":null}"#);
///
/// let writer = writer.at("/api/v1/tweet/").with_link("author", "/api/v1/user/")?;
/// assert_eq!(
///     writer.row("1", &entry)?,
///     r#"{"id":1,"author":"/api/v1/user/7/","text":null,"resource_uri":"/api/v1/tweet/1/"}"#
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct RowWriter {
    outline: Outline,
    plans: Vec<Plan>,
    /// The member that identifies a row.
    id: Option<usize>,
    /// Where the resource of this model is.
    base: Option<String>,
    /// By member: where the resource is that its values are the ids of.
    links: Vec<Option<String>>,
}

/// A member cannot be a link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The model has no such member.
    #[error("`{model}` has no field `{member}` that could be a link")]
    NoMember {
        /// The type in Rust.
        model: String,
        /// What was named.
        member: String,
    },
    /// It is no single value, or is written by serde.
    #[error(
        "`{model}.{member}` cannot be a link: it has to be the id of one row, and the model not in the format `json`"
    )]
    NoId {
        /// The type in Rust.
        model: String,
        /// What was named.
        member: String,
    },
}

impl RowWriter {
    /// For the rows of a model.
    #[must_use]
    pub fn new(outline: Outline) -> Self {
        let id = outline.id().and_then(|id| {
            let mut members = outline.members().iter();
            members.position(|member| member.column == id)
        });
        Self {
            plans: plans(&outline),
            outline,
            id,
            base: None,
            links: Vec::new(),
        }
    }

    /// The same, for a resource of the list API at this path, with a slash at its end: each row then has `id`, the id of its item, and `resource_uri`, unless a field
    /// has that name. A row that is no object becomes the member `value` of one.
    #[must_use]
    pub fn at(mut self, base: &str) -> Self {
        self.base = Some(base.to_owned());
        self
    }

    /// The same with a member whose values are ids of another resource: shown as the URI of what they name, `null` where there is none.
    ///
    /// # Errors
    ///
    /// [`LinkError`] for what is no member, or one that cannot hold an id.
    pub fn with_link(mut self, member: &str, base: &str) -> Result<Self, LinkError> {
        let names = || (self.outline.name().to_owned(), member.to_owned());
        let members = self.outline.members();
        let Some(place) = members.iter().position(|each| each.name == member) else {
            let (model, member) = names();
            return Err(LinkError::NoMember { model, member });
        };
        let is_single = members.get(place).is_some_and(|member| {
            matches!(member.count, Count::One | Count::Optional)
                && !matches!(member.kind, ValueKind::Nested(_) | ValueKind::Json)
        });
        if !is_single || self.outline.format() == Format::Json {
            let (model, member) = names();
            return Err(LinkError::NoId { model, member });
        }
        self.links.resize(members.len(), None);
        if let Some(link) = self.links.get_mut(place) {
            *link = Some(base.to_owned());
        }
        Ok(self)
    }

    /// What its rows look like, for [`typescript_of`](super::typescript_of) and [`json_schema_of`](super::json_schema_of): the model with texts where it
    /// writes links. What a resource has besides is in `Listed`.
    ///
    /// ```
    /// # use pubsub_core::Publish;
    /// # use pubsub_core::schema::{Outline, RowWriter, typescript_of};
    /// # #[derive(Publish)]
    /// # #[publish(node = "/blog/Essay")]
    /// # struct Essay {
    /// #     #[publish(id)]
    /// #     id: u32,
    /// #     author: Option<u64>,
    /// # }
    /// let writer = RowWriter::new(Outline::of(Essay::DESCRIPTOR)).with_link("author", "/api/v1/user/")?;
    /// assert!(typescript_of(&[writer.shown()]).contains("  id: number;\n  author: string | null;\n"));
    /// # Ok::<(), pubsub_core::schema::LinkError>(())
    /// ```
    #[must_use]
    pub fn shown(&self) -> Outline {
        let mut outline = self.outline.clone();
        if let Some(Body::Record(members)) = outline.types.first_mut().map(|first| &mut first.body)
        {
            for (member, link) in members.iter_mut().zip(&self.links) {
                if link.is_some() {
                    member.kind = ValueKind::Text;
                }
            }
        }
        outline
    }

    /// The model whose rows it writes.
    #[must_use]
    pub fn outline(&self) -> &Outline {
        &self.outline
    }

    /// One row: the id of its item, and its `<entry/>` or the bare payload.
    ///
    /// # Errors
    ///
    /// When there is no payload of the model, or one that the model could not be read from.
    pub fn row(&self, item: &str, entry: &str) -> Result<String, DecodeError> {
        let mut out = String::with_capacity(entry.len());
        self.push_row(item, entry, &mut out)?;
        Ok(out)
    }

    /// Appends one row.
    ///
    /// # Errors
    ///
    /// As of [`row`](Self::row); `out` is then as it was.
    pub fn push_row(&self, item: &str, entry: &str, out: &mut String) -> Result<(), DecodeError> {
        let before = out.len();
        let written = self.write(item, entry, out);
        if written.is_err() {
            out.truncate(before);
        }
        written.map_err(|error| error.within(self.outline.name()))
    }

    /// What is left of a row that is gone: `id` and, for a resource, `resource_uri`.
    #[must_use]
    pub fn gone(&self, item: &str) -> String {
        let mut out = String::from("{");
        self.push_id_of(item, &mut out);
        self.push_uri(false, item, false, &mut out);
        out.push('}');
        out
    }

    fn write(&self, item: &str, entry: &str, out: &mut String) -> Result<(), DecodeError> {
        let (Some(plan), Some(payload)) = (self.plans.first(), self.outline.payload()) else {
            return Err(DecodeError::new("", DecodeErrorKind::NoPayload));
        };
        let mut reader = Reader::new(entry);
        let namespace = enter(&mut reader, &payload.name, &payload.namespace)?;
        let walk = Walk {
            plans: &self.plans,
            links: &self.links,
        };
        if self.outline.format() == Format::Json {
            return self.json(item, &reader.text()?, out);
        }
        let Plan::Record(record) = plan else {
            return self.single(item, out, |out| {
                walk.element(plan, &mut reader, &namespace, out)
            });
        };
        let pieces = match self.outline.format() {
            Format::Django => walk.row(record, self.id, &mut reader, &namespace)?,
            Format::Entry | Format::Json => walk.record(record, &mut reader, &namespace)?,
        };
        out.push('{');
        let is_first = !self.push_id(self.outline.member("id").is_some(), item, out);
        let start = out.len();
        pieces.write(record, is_first, out)?;
        let is_empty = is_first && out.len() == start;
        self.push_uri(
            self.outline.member("resource_uri").is_some(),
            item,
            is_empty,
            out,
        );
        out.push('}');
        Ok(())
    }

    /// What serde wrote.
    fn json(&self, item: &str, json: &str, out: &mut String) -> Result<(), DecodeError> {
        let malformed = |error| DecodeError::invalid("", error);
        if self.base.is_none() {
            return copy(json, Numbers::Exact, out, |_| {}).map_err(malformed);
        }
        if !json.trim_ascii_start().starts_with('{') {
            return self.single(item, out, |out| {
                copy(json, Numbers::Exact, out, |_| {}).map_err(malformed)
            });
        }
        let (mut has_id, mut has_uri) = (false, false);
        let mut object = String::with_capacity(json.len());
        copy(json, Numbers::Exact, &mut object, |name| {
            has_id |= name == "\"id\"";
            has_uri |= name == "\"resource_uri\"";
        })
        .map_err(malformed)?;
        let members = object
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        let members = members.unwrap_or_default();
        out.push('{');
        let is_first = !self.push_id(has_id, item, out);
        if !is_first && !members.is_empty() {
            out.push(',');
        }
        out.push_str(members);
        self.push_uri(has_uri, item, is_first && members.is_empty(), out);
        out.push('}');
        Ok(())
    }

    /// A row that is no object.
    fn single(
        &self,
        item: &str,
        out: &mut String,
        write: impl FnOnce(&mut String) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        if self.base.is_none() {
            return write(out);
        }
        out.push('{');
        self.push_id(false, item, out);
        out.push_str(",\"value\":");
        write(out)?;
        self.push_uri(false, item, false, out);
        out.push('}');
        Ok(())
    }

    /// Writes the member `id`, unless it is there; whether it was written.
    fn push_id(&self, has_id: bool, item: &str, out: &mut String) -> bool {
        let is_written = !has_id && self.base.is_some();
        if is_written {
            self.push_id_of(item, out);
        }
        is_written
    }

    fn push_id_of(&self, item: &str, out: &mut String) {
        out.push_str("\"id\":");
        // As the field tells it that it is made of.
        let start = out.len();
        let kind = self.outline.id_member().map(|member| &member.kind);
        let kind = kind.unwrap_or(&ValueKind::Text);
        if scalar::push(kind, Cow::Borrowed(item), out).is_err() {
            out.truncate(start);
            push_string(out, item);
        }
    }

    fn push_uri(&self, has_uri: bool, item: &str, is_first: bool, out: &mut String) {
        if let (false, Some(base)) = (has_uri, &self.base) {
            if !is_first {
                out.push(',');
            }
            out.push_str("\"resource_uri\":");
            push_uri(out, base, item);
        }
    }
}

/// Writes the URI of something as a string: `"/api/v1/user/5/"`.
fn push_uri(out: &mut String, base: &str, name: &str) {
    if name.is_empty() {
        return out.push_str("null");
    }
    let mut uri = String::with_capacity(base.len() + name.len() + 1);
    uri.push_str(base);
    uri.extend(utf8_percent_encode(name, SEGMENT));
    uri.push('/');
    push_string(out, &uri);
}

/// Enters the payload in its entry, or the bare payload, and tells the namespace of what is in it.
fn enter<'x>(
    reader: &mut Reader<'x>,
    name: &str,
    namespace: &str,
) -> Result<Cow<'x, str>, DecodeError> {
    let root = reader.root()?;
    if root.is(name, namespace) && namespace != ATOM {
        return Ok(root.namespace);
    }
    if root.local != "entry" {
        return Err(DecodeError::new(name, DecodeErrorKind::NotAnEntry));
    }
    while let Some(child) = reader.child()? {
        let is_shared = namespace == ATOM && child.namespace == root.namespace;
        if child.local == name && (child.namespace == namespace || is_shared) {
            return Ok(child.namespace);
        }
        reader.skip()?;
    }
    Err(DecodeError::new(name, DecodeErrorKind::NoPayload))
}
