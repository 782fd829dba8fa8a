//! The schema of a payload, as constant data, and the checks that need the schemas of other types.
//!
//! Knows how a field is told of. What the checks refuse is said by the core, where the schemas are known.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::Type;
use syn::ext::IdentExt;

use super::{at, site};
use crate::publication::{
    Absent, Codec, Content, Field, Format, Occurs, Place, Publication, VariantContent,
};

/// The value of `Payload::SHAPE`.
pub(super) fn shape(publication: &Publication<'_>) -> TokenStream {
    let shape = match &publication.content {
        Content::Fields(fields) | Content::Row(fields) => {
            let fields = fields_schema(fields, Format::Entry);
            quote_spanned!(site()=> __pubsub::Shape::Fields(#fields))
        }
        Content::Json(fields) => {
            let fields = fields_schema(fields, Format::Json);
            quote_spanned!(site()=> __pubsub::Shape::Fields(#fields))
        }
        Content::Words(_) | Content::Value(_) => {
            quote_spanned!(site()=> __pubsub::Shape::Text(<Self as __pubsub::Text>::KIND))
        }
        Content::Variants(variants) => {
            let variants = variants.iter().map(|variant| {
                let (rust_name, name) = (variant.ident.unraw().to_string(), &variant.xml_name);
                let content = match &variant.content {
                    VariantContent::Unit => quote_spanned!(site()=> Fields(&[])),
                    VariantContent::Fields(fields) => {
                        let fields = fields_schema(fields, Format::Entry);
                        quote_spanned!(site()=> Fields(#fields))
                    }
                    VariantContent::Value(field) => {
                        let kind = kind(field.item, field.codec, Format::Entry);
                        quote_spanned!(site()=> Value(#kind))
                    }
                };
                quote_spanned! {site()=>
                    __pubsub::VariantSchema {
                        rust_name: #rust_name,
                        name: #name,
                        content: __pubsub::VariantContent::#content,
                    }
                }
            });
            quote_spanned!(site()=> __pubsub::Shape::Variants(&[#(#variants),*]))
        }
    };
    let checks = checks(publication);
    if checks.is_empty() {
        return shape;
    }
    quote_spanned!(site()=> { #checks #shape })
}

fn fields_schema(fields: &[Field<'_>], format: Format) -> TokenStream {
    let fields = fields
        .iter()
        .filter(|field| field.place != Place::Skipped)
        .map(|field| field_schema(field, format));
    quote_spanned!(site()=> &[#(#fields),*])
}

fn field_schema(field: &Field<'_>, format: Format) -> TokenStream {
    let Field {
        rust_name,
        xml_name,
        ..
    } = field;
    let kind = kind(field.item, field.codec, format);
    let named = (rust_name != xml_name).then(|| quote_spanned!(site()=> .named(#xml_name)));
    let place = match field.place {
        Place::Attribute => Some(quote_spanned!(site()=> .attribute())),
        Place::Inline => {
            let item = field.item;
            Some(quote_spanned!(site()=> .inline(__pubsub::KindOf::<#item>::SHAPE)))
        }
        Place::Element | Place::Skipped => None,
    };
    let occurs = match field.occurs {
        Occurs::Once => None,
        Occurs::Optional => Some(quote_spanned!(site()=> .optional())),
        Occurs::Many => Some(quote_spanned!(site()=> .many())),
        Occurs::Keyed(key) => {
            let key = self::kind(key, Codec::Text, format);
            Some(quote_spanned!(site()=> .keyed(&#key)))
        }
    };
    let default = matches!(field.absent, Absent::Default | Absent::Path(_))
        .then(|| quote_spanned!(site()=> .with_default()));
    quote_spanned!(at(field)=> __pubsub::FieldSchema::new(#rust_name, #kind)#named #place #occurs #default)
}

/// What one value is.
pub(super) fn kind(item: &Type, codec: Codec<'_>, format: Format) -> TokenStream {
    match (format, codec) {
        (Format::Json, _) => quote_spanned!(site()=> __pubsub::KindOf::<#item>::JSON),
        (_, Codec::Text) => quote_spanned!(site()=> __pubsub::KindOf::<#item>::TEXT),
        (_, Codec::With(_)) => quote_spanned!(site()=> __pubsub::Kind::Text),
        (_, Codec::Child) => quote_spanned!(site()=> __pubsub::KindOf::<#item>::NESTED),
    }
}

/// Whether there is anything to check in the schemas of other types.
pub(super) fn has_checks(publication: &Publication<'_>) -> bool {
    !checks(publication).is_empty()
}

fn checks(publication: &Publication<'_>) -> TokenStream {
    let mut checks = TokenStream::new();
    match &publication.content {
        Content::Fields(fields) => checks.extend(field_checks(fields)),
        Content::Variants(variants) => {
            for variant in variants {
                if let VariantContent::Fields(fields) = &variant.content {
                    checks.extend(field_checks(fields));
                }
            }
        }
        Content::Row(_) | Content::Json(_) | Content::Words(_) | Content::Value(_) => {}
    }
    let updated = publication
        .model
        .as_ref()
        .and_then(|model| model.updated.as_ref());
    if let Some(updated) = updated
        && !matches!(updated.codec, Codec::With(_))
    {
        let kind = kind(updated.item, Codec::Text, Format::Entry);
        checks.extend(
            quote_spanned!(site().located_at(updated.span)=> __pubsub::check_timestamp(&#kind);),
        );
    }
    checks
}

fn field_checks(fields: &[Field<'_>]) -> TokenStream {
    let names = |place: Place| {
        fields
            .iter()
            .filter(move |field| field.place == place)
            .map(|field| &field.xml_name)
    };
    let mut checks = TokenStream::new();
    for (position, field) in fields.iter().enumerate() {
        let item = field.item;
        if field.place == Place::Inline {
            let (elements, attributes) = (names(Place::Element), names(Place::Attribute));
            checks.extend(quote_spanned! {at(field)=>
                __pubsub::check_inline(&[#(#elements),*], &[#(#attributes),*], __pubsub::KindOf::<#item>::SHAPE);
            });
            for earlier in fields
                .iter()
                .take(position)
                .filter(|earlier| earlier.place == Place::Inline)
            {
                let earlier = earlier.item;
                checks.extend(quote_spanned! {at(field)=>
                    __pubsub::check_apart(__pubsub::KindOf::<#item>::SHAPE, __pubsub::KindOf::<#earlier>::SHAPE);
                });
            }
        }
        if let (Occurs::Keyed(_), Codec::Child) = (field.occurs, field.codec) {
            checks.extend(quote_spanned!(at(field)=> __pubsub::check_keyed(__pubsub::KindOf::<#item>::SHAPE);));
        }
    }
    checks
}
