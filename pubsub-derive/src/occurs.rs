//! What a field's type says about how often its value occurs: once, perhaps, many times, or under keys.
//!
//! Knows types as they are written, because a derive sees nothing else: an alias is taken for a single value. Does not know attributes.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{GenericArgument, PathArguments, Type};

/// How often a value occurs.
#[derive(Clone, Copy)]
pub(crate) enum Occurs<'a> {
    Once,
    Optional,
    Many,
    /// Under keys of this type.
    Keyed(&'a Type),
}

/// A field's type taken apart.
#[derive(Clone, Copy)]
pub(crate) struct Shape<'a> {
    pub(crate) occurs: Occurs<'a>,
    /// The type of one value.
    pub(crate) item: &'a Type,
}

/// A type that cannot be read back or told apart, and what to write instead.
pub(crate) struct Refusal {
    pub(crate) span: Span,
    pub(crate) message: String,
}

impl<'a> Shape<'a> {
    /// Takes a type apart without judging it.
    pub(crate) fn of(ty: &'a Type) -> Self {
        let ty = bare(ty);
        let once = Self {
            occurs: Occurs::Once,
            item: ty,
        };
        let Some((name, arguments)) = outermost(ty) else {
            return once;
        };
        let occurs = match (name.as_str(), arguments.as_slice()) {
            ("Option", [_]) => Occurs::Optional,
            ("Vec" | "VecDeque" | "LinkedList" | "BTreeSet" | "HashSet", [_])
            | ("HashSet", [_, _]) => Occurs::Many,
            ("BTreeMap" | "HashMap", [key, _]) | ("HashMap", [key, _, _]) => Occurs::Keyed(key),
            _ => return once,
        };
        let item = match (occurs, arguments.as_slice()) {
            (Occurs::Keyed(_), [_, value, ..]) => value,
            (_, [item, ..]) => item,
            _ => return once,
        };
        Self {
            occurs,
            item: bare(item),
        }
    }

    /// The same, and everything that keeps it from being written and read back.
    pub(crate) fn judged(ty: &'a Type) -> (Self, Vec<Refusal>) {
        let shape = Self::of(ty);
        let inner = Self::of(shape.item);
        let mut refusals = Vec::new();
        let nested = match (shape.occurs, inner.occurs) {
            (Occurs::Once, _) | (_, Occurs::Once) => None,
            (Occurs::Optional, Occurs::Optional) => {
                Some("`None` and `Some(None)` look the same in XML; use one `Option`")
            }
            (Occurs::Optional, Occurs::Many | Occurs::Keyed(_)) => {
                Some("`None` and an empty collection look the same in XML; leave `Option` out")
            }
            (_, Occurs::Optional) => Some(
                "a `None` inside a collection leaves no trace in XML; leave `Option` out, or give the values a type of their own with `#[derive(Payload)]`",
            ),
            (_, Occurs::Many | Occurs::Keyed(_)) => Some(
                "where one collection ends and the next begins is lost in XML; give the inner one a struct of its own with `#[derive(Payload)]` and mark this field `child`",
            ),
        };
        if let Some(message) = nested {
            refusals.push(Refusal {
                span: shape.item.span(),
                message: message.to_owned(),
            });
        } else {
            refusals.extend(unreadable(shape.item));
        }
        if let Occurs::Keyed(key) = shape.occurs {
            refusals.extend(unreadable(key));
            if !matches!(Self::of(key).occurs, Occurs::Once) {
                let message =
                    "the key of a map is one text value; use a type that can be written as text"
                        .to_owned();
                refusals.push(Refusal {
                    span: key.span(),
                    message,
                });
            }
        }
        (shape, refusals)
    }
}

/// Types that no reading can fill.
fn unreadable(ty: &Type) -> Option<Refusal> {
    let message = match bare(ty) {
        Type::Reference(reference) => {
            let inner = &reference.elem;
            if matches!(outermost(inner), Some((name, _)) if name == "str") {
                let lifetime = reference.lifetime.as_ref().map_or_else(|| "'a".to_owned(), ToString::to_string);
                format!("a reference cannot be filled when the payload is read back; use `Cow<{lifetime}, str>`, which borrows when you publish and owns when it is read")
            } else {
                "a reference cannot be filled when the payload is read back; hold the value itself, or a `Cow` of it".to_owned()
            }
        }
        Type::Tuple(tuple) if tuple.elems.is_empty() => "`()` holds nothing to publish; mark the field `skip` or remove it".to_owned(),
        Type::Tuple(_) => "the parts of a tuple have no names; use a struct with `#[derive(Payload)]` and mark the field `child`".to_owned(),
        Type::Array(_) | Type::Slice(_) => "the length of an array cannot be kept when it is read back; use a `Vec`".to_owned(),
        Type::FnPtr(_) | Type::Ptr(_) | Type::Never(_) => "this cannot be written as XML; mark the field `skip`".to_owned(),
        Type::TraitObject(_) | Type::ImplTrait(_) | Type::Infer(_) => {
            "the type must be known to be read back; use one type, or an enum with `#[derive(Payload)]`".to_owned()
        }
        _ => match outermost(ty) {
            Some((name, arguments)) if is_pointer(&name) && matches!(arguments.as_slice(), [Type::Slice(_)]) => {
                "the length of a slice cannot be kept when it is read back; use a `Vec`".to_owned()
            }
            Some((name, arguments)) if is_pointer(&name) && matches!(arguments.as_slice(), [Type::TraitObject(_)]) => {
                "the type must be known to be read back; use one type, or an enum with `#[derive(Payload)]`".to_owned()
            }
            Some((name, _)) if name == "PhantomData" => "`PhantomData` holds nothing to publish; mark the field `skip`".to_owned(),
            _ => return None,
        },
    };
    Some(Refusal {
        span: ty.span(),
        message,
    })
}

fn is_pointer(name: &str) -> bool {
    matches!(name, "Box" | "Arc" | "Rc")
}

/// The last name of a path and the types in its angle brackets.
fn outermost(ty: &Type) -> Option<(String, Vec<&Type>)> {
    let Type::Path(path) = bare(ty) else {
        return None;
    };
    if path.qself.is_some() {
        return None;
    }
    let last = path.path.segments.last()?;
    let arguments = match &last.arguments {
        PathArguments::AngleBracketed(arguments) => arguments
            .args
            .iter()
            .filter_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    };
    Some((last.ident.to_string(), arguments))
}

/// The type without the parentheses and invisible groups around it.
fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Paren(inner) => bare(&inner.elem),
        Type::Group(inner) => bare(&inner.elem),
        _ => ty,
    }
}
