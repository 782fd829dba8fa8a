//! The schema of a payload, as constant data, and the checks that need the schemas of other types.
//!
//! Knows how a field is told of. What the checks refuse is said by the core, where the schemas are known.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::ext::IdentExt;
use syn::{Path, Type};

use super::{at, site};
use crate::publication::{
    Absent, Codec, Content, Field, Format, Occurs, Place, Publication, VariantContent,
};

/// The value of `Payload::SHAPE`.
pub(super) fn shape(publication: &Publication<'_>) -> TokenStream {
    let core = &publication.core;
    let shape = match &publication.content {
        Content::Fields(fields) | Content::Row(fields) => {
            let fields = fields_schema(core, fields, Format::Entry);
            quote_spanned!(site()=> #core::__private::Shape::Fields(#fields))
        }
        Content::Json(fields) => {
            let fields = fields_schema(core, fields, Format::Json);
            quote_spanned!(site()=> #core::__private::Shape::Fields(#fields))
        }
        Content::Words(_) | Content::Value(_) => {
            quote_spanned!(site()=> #core::__private::Shape::Text(<Self as #core::__private::Text>::KIND))
        }
        Content::Variants(variants) => {
            let variants = variants.iter().map(|variant| {
                let (rust_name, name) = (variant.ident.unraw().to_string(), &variant.xml_name);
                let content = match &variant.content {
                    VariantContent::Unit => quote_spanned!(site()=> Fields(&[])),
                    VariantContent::Fields(fields) => {
                        let fields = fields_schema(core, fields, Format::Entry);
                        quote_spanned!(site()=> Fields(#fields))
                    }
                    VariantContent::Value(field) => {
                        let kind = kind(core, field.item, field.codec, Format::Entry);
                        quote_spanned!(site()=> Value(#kind))
                    }
                };
                quote_spanned! {site()=>
                    #core::__private::VariantSchema {
                        rust_name: #rust_name,
                        name: #name,
                        content: #core::__private::VariantContent::#content,
                    }
                }
            });
            quote_spanned!(site()=> #core::__private::Shape::Variants(&[#(#variants),*]))
        }
    };
    let checks = checks(publication);
    let any_kind = quote_spanned! {site()=>
        #[allow(unused_imports, reason = "needed only by types without a kind of their own")]
        use #core::__private::AnyKind as _;
    };
    if !needs_kinds(&publication.content) {
        return shape;
    }
    quote_spanned! {site()=>
        {
            #any_kind
            #checks
            #shape
        }
    }
}

fn needs_kinds(content: &Content<'_>) -> bool {
    let any = |fields: &[Field<'_>]| fields.iter().any(|field| field.place != Place::Skipped);
    match content {
        Content::Fields(fields) | Content::Row(fields) | Content::Json(fields) => any(fields),
        Content::Words(_) | Content::Value(_) => false,
        Content::Variants(variants) => variants.iter().any(|variant| match &variant.content {
            VariantContent::Unit => false,
            VariantContent::Fields(fields) => any(fields),
            VariantContent::Value(_) => true,
        }),
    }
}

fn fields_schema(core: &Path, fields: &[Field<'_>], format: Format) -> TokenStream {
    let fields = fields
        .iter()
        .filter(|field| field.place != Place::Skipped)
        .map(|field| field_schema(core, field, format));
    quote_spanned!(site()=> &[#(#fields),*])
}

fn field_schema(core: &Path, field: &Field<'_>, format: Format) -> TokenStream {
    let Field {
        rust_name,
        xml_name,
        ..
    } = field;
    let kind = kind(core, field.item, field.codec, format);
    let named = (rust_name != xml_name).then(|| quote_spanned!(site()=> .named(#xml_name)));
    let place = match field.place {
        Place::Attribute => Some(quote_spanned!(site()=> .attribute())),
        Place::Inline => Some(quote_spanned!(site()=> .inline())),
        Place::Element | Place::Skipped => None,
    };
    let occurs = match field.occurs {
        Occurs::Once => None,
        Occurs::Optional => Some(quote_spanned!(site()=> .optional())),
        Occurs::Many => Some(quote_spanned!(site()=> .many())),
        Occurs::Keyed(key) => {
            let key = self::kind(core, key, Codec::Text, format);
            Some(quote_spanned!(site()=> .keyed(&#key)))
        }
    };
    let default = matches!(field.absent, Absent::Default | Absent::Path(_))
        .then(|| quote_spanned!(site()=> .with_default()));
    quote_spanned!(at(field)=> #core::__private::FieldSchema::new(#rust_name, #kind)#named #place #occurs #default)
}

/// What one value is.
pub(super) fn kind(core: &Path, item: &Type, codec: Codec<'_>, format: Format) -> TokenStream {
    match (format, codec) {
        (Format::Json, _) => quote_spanned!(site()=> #core::__private::KindOf::<#item>::JSON),
        (_, Codec::Text) => quote_spanned!(site()=> #core::__private::KindOf::<#item>::TEXT),
        (_, Codec::With(_)) => quote_spanned!(site()=> #core::__private::Kind::Text),
        (_, Codec::Child) => quote_spanned!(site()=> #core::__private::KindOf::<#item>::NESTED),
    }
}

/// Whether there is anything to check in the schemas of other types.
pub(super) fn has_checks(publication: &Publication<'_>) -> bool {
    !checks(publication).is_empty()
}

fn checks(publication: &Publication<'_>) -> TokenStream {
    let core = &publication.core;
    let mut checks = TokenStream::new();
    match &publication.content {
        Content::Fields(fields) => checks.extend(field_checks(core, fields)),
        Content::Variants(variants) => {
            for variant in variants {
                if let VariantContent::Fields(fields) = &variant.content {
                    checks.extend(field_checks(core, fields));
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
        let kind = kind(core, updated.item, Codec::Text, Format::Entry);
        checks.extend(quote_spanned!(site().located_at(updated.span)=> #core::__private::check_timestamp(&#kind);));
    }
    checks
}

fn field_checks(core: &Path, fields: &[Field<'_>]) -> TokenStream {
    let names = |place: Place| {
        fields
            .iter()
            .filter(move |field| field.place == place)
            .map(|field| &field.xml_name)
    };
    let mut checks = TokenStream::new();
    for field in fields {
        let item = field.item;
        if field.place == Place::Inline {
            let (elements, attributes) = (names(Place::Element), names(Place::Attribute));
            checks.extend(quote_spanned! {at(field)=>
                #core::__private::check_inline(&[#(#elements),*], &[#(#attributes),*], &<#item as #core::__private::Payload>::SHAPE);
            });
        }
        if let (Occurs::Keyed(_), Codec::Child) = (field.occurs, field.codec) {
            checks.extend(quote_spanned! {at(field)=>
                #core::__private::check_attribute_free("key", &<#item as #core::__private::Payload>::SHAPE);
            });
        }
    }
    checks
}
