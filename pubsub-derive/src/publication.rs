//! The checked model: everything expansion needs and nothing it would have to doubt.
//!
//! Knows what is to be generated. Only `check` makes one, so having one means that every rule was kept.

use proc_macro2::{Ident, Span};
use syn::{Generics, Path, Type};

pub(crate) use crate::attribute::{Format, Setting, SettingValue};
pub(crate) use crate::occurs::Occurs;

/// A type and what is to be generated for it.
pub(crate) struct Publication<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    /// The crate whose names the generated code uses.
    pub(crate) core: Path,
    /// What the type is called where its node is not named.
    pub(crate) called: String,
    /// The local name of the payload's element.
    pub(crate) name: String,
    /// Its namespace, if it is not that of the crate.
    pub(crate) namespace: Option<String>,
    pub(crate) content: Content<'a>,
    /// What makes it a model; `None` for a nested payload.
    pub(crate) model: Option<Model<'a>>,
}

/// How the content of the element is written.
pub(crate) enum Content<'a> {
    /// One element, attribute or group a field.
    Fields(Vec<Field<'a>>),
    /// A row of Django.
    Row(Vec<Field<'a>>),
    /// What serde makes of it.
    Json(Vec<Field<'a>>),
    /// The name of a variant, as text.
    Words(Vec<Word<'a>>),
    /// An element named after the variant.
    Variants(Vec<Variant<'a>>),
    /// The text of the one value inside.
    Value(Field<'a>),
}

/// A field.
pub(crate) struct Field<'a> {
    /// How Rust reaches it; `None` in a newtype.
    pub(crate) ident: Option<&'a Ident>,
    pub(crate) rust_name: String,
    pub(crate) xml_name: String,
    pub(crate) span: Span,
    pub(crate) ty: &'a Type,
    pub(crate) occurs: Occurs<'a>,
    /// The type of one value.
    pub(crate) item: &'a Type,
    pub(crate) place: Place,
    pub(crate) codec: Codec<'a>,
    pub(crate) absent: Absent<'a>,
    pub(crate) skip_if: Option<&'a Path>,
}

/// Where a field is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Element,
    Attribute,
    /// Its own fields stand in its place.
    Inline,
    /// Nowhere.
    Skipped,
}

/// How one value is written and read.
#[derive(Clone, Copy)]
pub(crate) enum Codec<'a> {
    Text,
    /// By the functions of a module.
    With(&'a Path),
    /// As a payload of its own.
    Child,
}

/// What reading puts where nothing was written.
#[derive(Clone, Copy)]
pub(crate) enum Absent<'a> {
    /// An error.
    Refused,
    /// `None`, or an empty collection.
    Empty,
    /// `Default::default()`
    Default,
    /// What a function returns.
    Path(&'a Path),
}

/// A variant that is nothing but its name.
pub(crate) struct Word<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) xml_name: String,
}

/// A variant of an enum that carries data.
pub(crate) struct Variant<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) xml_name: String,
    pub(crate) content: VariantContent<'a>,
}

/// What a variant holds.
pub(crate) enum VariantContent<'a> {
    Unit,
    Fields(Vec<Field<'a>>),
    Value(Field<'a>),
}

/// What makes a payload a model.
pub(crate) struct Model<'a> {
    /// The node, if it is not `/{crate}/{Type}`.
    pub(crate) node: Option<String>,
    pub(crate) channels: Vec<Channel<'a>>,
    /// The actions that are published.
    pub(crate) actions: Vec<&'static str>,
    pub(crate) when: Option<Path>,
    pub(crate) format: Format,
    pub(crate) settings: Vec<Setting>,
    pub(crate) id: Option<Named<'a>>,
    pub(crate) title: Option<Named<'a>>,
    pub(crate) updated: Option<Named<'a>>,
    /// Where it says that SeaORM saves it, if it does.
    pub(crate) sea_orm: Option<Span>,
}

/// A field with text, wherever it is needed besides its own place.
#[derive(Clone)]
pub(crate) struct Named<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) rust_name: String,
    pub(crate) span: Span,
    pub(crate) item: &'a Type,
    pub(crate) occurs: Occurs<'a>,
    pub(crate) codec: Codec<'a>,
}

/// A channel with places for fields.
pub(crate) struct Channel<'a> {
    pub(crate) template: String,
    pub(crate) parts: Vec<ChannelPart<'a>>,
}

/// A piece of a channel's name.
pub(crate) enum ChannelPart<'a> {
    Literal(String),
    Field(Named<'a>),
}
