//! Which columns the table of a model has: one for each field that has a single value, made of the model's schema.
//!
//! Knows names and kinds. Does not know SQL types, which differ between databases, nor values.

use crate::registry::{Descriptor, Format};
use crate::schema::{FieldSchema, Kind, Occurs, Place, Shape};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// `true` or `false`.
    Bool,
    /// A whole number of at most 64 bits with a sign.
    Integer,
    /// A whole number that is never negative and may need all of 64 or 128 bits.
    BigInteger,
    /// A whole number of up to 128 bits with a sign.
    WideInteger,
    /// A floating-point number. NaN is one: equal to itself, and larger than any other.
    Real,
    /// A point in time, kept as text of one width so that texts sort as times do.
    Time,
    /// Text, and whatever else is spelled as text: UUIDs, words of an enum.
    Text,
}

impl ColumnKind {
    /// The word that stands for it where a store notes the columns it has made.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Integer => "integer",
            Self::BigInteger => "big",
            Self::WideInteger => "wide",
            Self::Real => "real",
            Self::Time => "time",
            Self::Text => "text",
        }
    }

    /// The column for a field of one value; `None` for what does not fit one.
    const fn of(kind: &Kind) -> Option<Self> {
        Some(match kind {
            Kind::Bool => Self::Bool,
            Kind::Integer {
                bits: 0..=64,
                signed: true,
            }
            | Kind::Integer {
                bits: 0..=32,
                signed: false,
            } => Self::Integer,
            Kind::Integer {
                bits: 0..=128,
                signed: false,
            } => Self::BigInteger,
            Kind::Integer {
                bits: 0..=128,
                signed: true,
            } => Self::WideInteger,
            Kind::Float { .. } => Self::Real,
            Kind::Timestamp => Self::Time,
            Kind::Text | Kind::Uuid | Kind::Choice(_) => Self::Text,
            Kind::Integer { .. } | Kind::Nested(_) | Kind::Json => return None,
        })
    }
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// What a query calls it: the name of the field in Rust; of a field that stands inline, both names joined by `_`.
    pub field: String,
    /// Its name in the database: the same, unless the database or this library uses that name itself.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
    pub(crate) path: ColumnPath,
}

/// Where in a payload the value of a column stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ColumnPath {
    /// The name of the element, the attribute, the row's field or the member of the object.
    pub(crate) name: &'static str,
    /// Whether it is an attribute: of the payload's element, or of the row in Django's format.
    pub(crate) is_attribute: bool,
}

/// PostgreSQL has columns of these names in every table.
const TAKEN: [&str; 6] = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];
/// PostgreSQL cuts off what is longer.
const LONGEST: usize = 63;
/// Neither database takes many more columns in one table.
const MOST: usize = 1_000;

/// The columns of a model, in the order of its fields. A payload that is no record of fields has none, and a thousand are enough.
#[must_use]
pub fn columns(model: &Descriptor) -> Vec<Column> {
    let mut columns = Vec::new();
    gather(model, &model.schema.shape, "", &mut columns);
    columns
}

fn gather(model: &Descriptor, shape: &Shape, group: &str, columns: &mut Vec<Column>) {
    let Shape::Fields(fields) = shape else {
        return;
    };
    for field in *fields {
        let name = format!("{group}{}", field.rust_name);
        if let Place::Inline(inner) = field.place {
            gather(model, inner, &format!("{name}_"), columns);
        } else if matches!(field.occurs, Occurs::Once | Occurs::Optional)
            && columns.len() < MOST
            && let Some(kind) = ColumnKind::of(&field.kind)
        {
            let path = path(model, field);
            columns.push(Column {
                name: free(&safe(&name), |name| {
                    columns
                        .iter()
                        .any(|column| column.name.eq_ignore_ascii_case(name))
                }),
                field: free(&name, |name| {
                    columns.iter().any(|column| column.field == name)
                }),
                kind,
                path,
            });
        }
    }
}

fn path(model: &Descriptor, field: &FieldSchema) -> ColumnPath {
    match model.format {
        Format::Entry => ColumnPath {
            name: field.name,
            is_attribute: field.place == Place::Attribute,
        },
        Format::Django if model.id == Some(field.rust_name) => ColumnPath {
            name: "pk",
            is_attribute: true,
        },
        Format::Django => ColumnPath {
            name: field.name,
            is_attribute: false,
        },
        Format::Json => ColumnPath {
            name: field.rust_name,
            is_attribute: false,
        },
    }
}

/// A name that no database has a use for already.
fn safe(field: &str) -> String {
    let is_ours = field
        .get(..7)
        .is_some_and(|start| start.eq_ignore_ascii_case("pubsub_"));
    if is_ours {
        return format!("_{field}");
    }
    let is_taken = TAKEN.iter().any(|taken| field.eq_ignore_ascii_case(taken));
    if is_taken {
        return format!("{field}_");
    }
    field.to_owned()
}

/// The name, cut to what a database takes, with a number where it is taken.
fn free(wanted: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let mut name = cut(wanted, LONGEST).to_owned();
    let mut number = 2_u32;
    while is_taken(&name) {
        let suffix = format!("_{number}");
        name = format!("{}{suffix}", cut(wanted, LONGEST - suffix.len()));
        number = number.saturating_add(1);
    }
    name
}

fn cut(text: &str, length: usize) -> &str {
    text.get(..text.floor_char_boundary(length))
        .unwrap_or_default()
}
