//! The outline of what the derive wrote down: types are numbered instead of pointing at each other, and flattened fields take their place.
//!
//! Knows both forms. One type may be met at several addresses, as constants are copied; what looks alike all the way down is one type.

use std::collections::HashMap;

use super::outline::{Body, Case, Count, Member, Site, Type, ValueKind};
use super::{FieldSchema, Kind, Occurs, Place, Schema, Shape, VariantContent, VariantSchema};

/// The payload and everything nested in it.
pub(super) fn types(payload: &'static Schema) -> Vec<Type> {
    let mut gathering = Gathering {
        numbers: HashMap::new(),
        wanted: Vec::new(),
    };
    gathering.number(payload);
    let mut types = Vec::new();
    // Whatever is nested is added while this goes on.
    while let Some(wanted) = gathering.wanted.get(types.len()).copied() {
        let made = gathering.made(wanted);
        types.push(made);
    }
    merged(types).0
}

/// A type that is still to be made.
#[derive(Clone, Copy)]
enum Wanted {
    /// A schema of its own.
    Schema(&'static Schema),
    /// What stands in the place of a field, where nobody says what it is called.
    Inline(&'static FieldSchema, &'static Shape),
}

struct Gathering {
    /// By the address of a schema.
    numbers: HashMap<usize, usize>,
    wanted: Vec<Wanted>,
}

impl Gathering {
    fn number(&mut self, schema: &'static Schema) -> usize {
        let next = self.wanted.len();
        let number = *self
            .numbers
            .entry(std::ptr::from_ref(schema).addr())
            .or_insert(next);
        if number == next {
            self.wanted.push(Wanted::Schema(schema));
        }
        number
    }

    fn made(&mut self, wanted: Wanted) -> Type {
        let (name, namespace, shape) = match wanted {
            Wanted::Schema(schema) => (schema.name, schema.namespace, &schema.shape),
            Wanted::Inline(field, shape) => (field.name, "", shape),
        };
        Type {
            name: name.to_owned(),
            namespace: namespace.to_owned(),
            body: self.body(shape),
        }
    }

    fn body(&mut self, shape: &'static Shape) -> Body {
        match shape {
            Shape::Fields(fields) => Body::Record(self.record(fields)),
            Shape::Variants(variants) => {
                Body::Cases(variants.iter().map(|variant| self.case(variant)).collect())
            }
            Shape::Text(kind) => Body::Value(self.kind(kind)),
        }
    }

    fn case(&mut self, variant: &'static VariantSchema) -> Case {
        Case {
            name: variant.rust_name.to_owned(),
            tag: variant.name.to_owned(),
            body: match &variant.content {
                VariantContent::Fields(fields) => Body::Record(self.record(fields)),
                VariantContent::Value(kind) => Body::Value(self.kind(kind)),
            },
        }
    }

    fn record(&mut self, fields: &'static [FieldSchema]) -> Vec<Member> {
        let mut members = Vec::new();
        self.fields(fields, "", &mut members);
        members
    }

    fn fields(&mut self, fields: &'static [FieldSchema], group: &str, members: &mut Vec<Member>) {
        for field in fields {
            let column = format!("{group}{}", field.rust_name);
            let (site, kind) = match field.place {
                Place::Element => (Site::Element, self.kind(&field.kind)),
                Place::Attribute => (Site::Attribute, self.kind(&field.kind)),
                Place::Inline(Shape::Fields(inner)) => {
                    self.fields(inner, &format!("{column}_"), members);
                    continue;
                }
                Place::Inline(shape) => (Site::Among, self.inline(field, shape)),
            };
            members.push(Member {
                name: free(field.rust_name, &column, members),
                column,
                tag: field.name.to_owned(),
                site,
                kind,
                count: match field.occurs {
                    Occurs::Once => Count::One,
                    Occurs::Optional => Count::Optional,
                    Occurs::Many => Count::Many,
                    // What is no single text is no key of JSON; the derive lets nothing else through.
                    Occurs::Keyed(Kind::Nested(_) | Kind::Json) => Count::Keyed(ValueKind::Text),
                    Occurs::Keyed(key) => Count::Keyed(self.kind(key)),
                },
                has_default: field.has_default,
            });
        }
    }

    fn inline(&mut self, field: &'static FieldSchema, shape: &'static Shape) -> ValueKind {
        if let Kind::Nested(_) = field.kind {
            return self.kind(&field.kind);
        }
        self.wanted.push(Wanted::Inline(field, shape));
        ValueKind::Nested(self.wanted.len() - 1)
    }

    fn kind(&mut self, kind: &Kind) -> ValueKind {
        match *kind {
            Kind::Text => ValueKind::Text,
            Kind::Integer { bits, signed } => ValueKind::Integer { bits, signed },
            Kind::Float { bits } => ValueKind::Float { bits },
            Kind::Bool => ValueKind::Bool,
            Kind::Timestamp => ValueKind::Timestamp,
            Kind::Uuid => ValueKind::Uuid,
            Kind::Choice(words) => {
                ValueKind::Choice(words.iter().map(|word| (*word).to_owned()).collect())
            }
            Kind::Nested(nested) => ValueKind::Nested(self.number(nested.schema())),
            Kind::Json => ValueKind::Json,
        }
    }
}

/// The name of a member, the longer one or one with a number where it is taken.
fn free(name: &str, column: &str, members: &[Member]) -> String {
    let is_taken = |name: &str| members.iter().any(|member| member.name == name);
    if !is_taken(name) {
        return name.to_owned();
    }
    let mut free = column.to_owned();
    let mut number = 2_u32;
    while is_taken(&free) {
        free = format!("{column}_{number}");
        number = number.saturating_add(1);
    }
    free
}

/// Makes one of all types that look alike all the way down. Tells the number that each of them has then.
///
/// Takes all for alike at first and tells them apart as long as that changes something: two types are then told apart if, and only if,
/// some path leads to a difference.
pub(super) fn merged(types: Vec<Type>) -> (Vec<Type>, Vec<usize>) {
    let mut classes = vec![0; types.len()];
    loop {
        let mut known: HashMap<Type, usize> = HashMap::new();
        let told_apart: Vec<usize> = types
            .iter()
            .map(|each| {
                let mut each = each.clone();
                renumber(&mut each.body, &classes);
                let next = known.len();
                *known.entry(each).or_insert(next)
            })
            .collect();
        if told_apart == classes {
            break;
        }
        classes = told_apart;
    }
    let mut kept: Vec<Type> = Vec::new();
    for (mut each, class) in types.into_iter().zip(&classes) {
        if *class == kept.len() {
            renumber(&mut each.body, &classes);
            kept.push(each);
        }
    }
    (kept, classes)
}

/// Puts the class of each type in the place of its number.
fn renumber(body: &mut Body, classes: &[usize]) {
    replace(body, &|number| {
        classes.get(number).copied().unwrap_or_default()
    });
}

/// Puts another number in the place of every number of a type.
pub(super) fn replace(body: &mut Body, by: &impl Fn(usize) -> usize) {
    let kind = |kind: &mut ValueKind| {
        if let ValueKind::Nested(number) = kind {
            *number = by(*number);
        }
    };
    match body {
        Body::Record(members) => members.iter_mut().for_each(|member| kind(&mut member.kind)),
        Body::Cases(cases) => cases
            .iter_mut()
            .for_each(|case| replace(&mut case.body, by)),
        Body::Value(value) => kind(value),
    }
}
