//! What the user wrote: a type, its fields or variants, and the words on them. Borrowed from syn, not yet judged.
//!
//! Knows which kinds of types there are. Does not know which words and types go together: that is `check`'s business.

use proc_macro2::{Ident, Span};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Field, Fields, Generics, Type};

use crate::attribute::{ContainerAttributes, FieldAttributes, Given, VariantAttributes};
use crate::errors::Errors;

/// Which derive was written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Derive {
    Payload,
    Publish,
}

/// A type with a derive on it.
pub(crate) struct Declaration<'a> {
    pub(crate) derive: Derive,
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    pub(crate) attributes: ContainerAttributes,
    pub(crate) body: Body<'a>,
}

/// What the type is made of.
pub(crate) enum Body<'a> {
    /// A struct with named fields, perhaps none.
    Struct(Vec<FieldDeclaration<'a>>),
    /// A struct around one value without a name.
    Newtype(Box<FieldDeclaration<'a>>),
    /// An enum.
    Enum(Vec<VariantDeclaration<'a>>),
    /// Something no derive can do anything with; an error has been recorded.
    Unusable,
}

/// One field.
pub(crate) struct FieldDeclaration<'a> {
    /// The name, if it has one.
    pub(crate) ident: Option<&'a Ident>,
    pub(crate) ty: &'a Type,
    pub(crate) attributes: FieldAttributes,
}

impl FieldDeclaration<'_> {
    /// Where messages about the field as a whole point.
    pub(crate) fn span(&self) -> Span {
        self.ident.map_or_else(|| self.ty.span(), Ident::span)
    }
}

/// One variant.
pub(crate) struct VariantDeclaration<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) attributes: VariantAttributes,
    pub(crate) content: VariantBody<'a>,
}

/// What a variant holds.
pub(crate) enum VariantBody<'a> {
    Unit,
    Fields(Vec<FieldDeclaration<'a>>),
    Newtype(Box<FieldDeclaration<'a>>),
}

impl<'a> Declaration<'a> {
    pub(crate) fn read(input: &'a DeriveInput, derive: Derive, errors: &mut Errors) -> Self {
        let attributes = ContainerAttributes::read(&input.attrs, errors);
        let body = match &input.data {
            Data::Struct(data) => match &data.fields {
                Fields::Unit => Body::Struct(Vec::new()),
                Fields::Named(named) => Body::Struct(fields(&named.named, errors)),
                Fields::Unnamed(unnamed) => match fields(&unnamed.unnamed, errors) {
                    mut one if one.len() == 1 => one
                        .pop()
                        .map_or(Body::Unusable, |one| Body::Newtype(Box::new(one))),
                    _ => {
                        let message = "the values of a tuple struct have no names to be published under; name the fields, `struct Name { field: Type }`";
                        errors.at(&data.fields, message);
                        Body::Unusable
                    }
                },
            },
            Data::Enum(data) => {
                if data.variants.is_empty() {
                    errors.at(
                        &input.ident,
                        "an enum without variants has no value to publish; add a variant",
                    );
                }
                Body::Enum(
                    data.variants
                        .iter()
                        .map(|variant| VariantDeclaration::read(variant, errors))
                        .collect(),
                )
            }
            Data::Union(data) => {
                errors.at_span(
                    data.union_token.span,
                    "which field of a union is alive is not known; use an enum",
                );
                Body::Unusable
            }
        };
        let mut declaration = Self {
            derive,
            ident: &input.ident,
            generics: &input.generics,
            attributes,
            body,
        };
        declaration.identify_by_key();
        declaration
    }

    /// The primary key of SeaORM is the id, if it is one field and no field is marked.
    fn identify_by_key(&mut self) {
        let Body::Struct(fields) = &mut self.body else {
            return;
        };
        if !self.attributes.is_entity() || fields.iter().any(|field| field.attributes.id.is_some())
        {
            return;
        }
        let mut keys = fields.iter_mut().filter(|field| field.attributes.is_key);
        if let (Some(key), None) = (keys.next(), keys.next()) {
            let word = Ident::new("id", key.span());
            key.attributes.id = Some(Given { word, value: () });
        }
    }

    /// Whether this is what SeaORM makes of a model to hold related rows: a copy, with the attributes of the original, that is not saved by itself.
    pub(crate) fn is_copy_by_sea_orm(&self) -> bool {
        self.attributes.is_entity() && self.ident == "ModelEx"
    }
}

impl<'a> VariantDeclaration<'a> {
    fn read(variant: &'a syn::Variant, errors: &mut Errors) -> Self {
        let attributes = VariantAttributes::read(&variant.attrs, errors);
        let content = match &variant.fields {
            Fields::Unit => VariantBody::Unit,
            Fields::Named(named) => VariantBody::Fields(fields(&named.named, errors)),
            Fields::Unnamed(unnamed) => match fields(&unnamed.unnamed, errors) {
                mut one if one.len() == 1 => one
                    .pop()
                    .map_or(VariantBody::Unit, |one| VariantBody::Newtype(Box::new(one))),
                none if none.is_empty() => VariantBody::Fields(Vec::new()),
                _ => {
                    let ident = &variant.ident;
                    let message = format!(
                        "the values of a tuple variant have no names to be published under; name them, `{ident} {{ field: Type }}`"
                    );
                    errors.at(&variant.fields, message);
                    VariantBody::Unit
                }
            },
        };
        Self {
            ident: &variant.ident,
            attributes,
            content,
        }
    }
}

fn fields<'a>(
    fields: impl IntoIterator<Item = &'a Field>,
    errors: &mut Errors,
) -> Vec<FieldDeclaration<'a>> {
    fields
        .into_iter()
        .map(|field| FieldDeclaration {
            ident: field.ident.as_ref(),
            ty: &field.ty,
            attributes: FieldAttributes::read(&field.attrs, errors),
        })
        .collect()
}
