//! From a publication to tokens. Nothing here can fail.
//!
//! Knows how the impls are put together; `write`, `read` and `schema` know the code of one field, `enumeration` that of variants, `row` the
//! format of Django, `model` what a node needs. All names that are not the user's own are invisible to the user's code.

mod enumeration;
mod model;
mod read;
mod row;
mod schema;
mod write;

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use crate::bounds;
use crate::publication::{Content, Field, Publication};

/// Where generated names live: they resolve like the user's, but are never mistaken for them.
fn site() -> Span {
    Span::mixed_site()
}

/// Generated code that the compiler shows as the user's field.
fn at(field: &Field<'_>) -> Span {
    site().located_at(field.span)
}

/// The impls of one type, and its registration if it is a model.
pub(crate) fn expand(publication: &Publication<'_>) -> TokenStream {
    let payload = payload(publication);
    let text = enumeration::text(publication);
    let model = publication
        .model
        .as_ref()
        .map(|model| self::model::expand(publication, model));
    quote_spanned!(site()=> #payload #text #model)
}

/// The bodies of `Payload`, each format its own.
struct Bodies {
    attributes: TokenStream,
    content: TokenStream,
    read: TokenStream,
}

fn payload(publication: &Publication<'_>) -> TokenStream {
    let Publication {
        ident, core, name, ..
    } = publication;
    let (impl_generics, type_generics, _) = publication.generics.split_for_impl();
    let where_clause = bounds::where_clause(publication);
    let namespace = match &publication.namespace {
        Some(namespace) => quote_spanned!(site()=> #namespace),
        None => {
            quote_spanned!(site()=> #core::__private::join!["urn:pubsub:", #core::__private::crate_of(::core::module_path!())])
        }
    };
    let shape = schema::shape(publication);
    let Bodies {
        attributes,
        content,
        read,
    } = bodies(publication);
    let attributes = (!attributes.is_empty()).then(|| {
        quote_spanned! {site()=>
            fn write_attributes(&self, out: &mut ::std::string::String) -> ::core::result::Result<(), #core::__private::EncodeError> {
                #attributes
                ::core::result::Result::Ok(())
            }
        }
    });
    let is_checked = schema::has_checks(publication);
    let lifetimes = model::without_lifetimes(publication.generics);
    let checked = (is_checked && publication.generics.type_params().next().is_none() && publication.generics.const_params().next().is_none())
        .then(|| quote_spanned!(site()=> const _: #core::__private::Shape = <#ident #lifetimes as #core::__private::Payload>::SHAPE;));
    quote_spanned! {site()=>
        #[automatically_derived]
        impl #impl_generics #core::__private::Payload for #ident #type_generics #where_clause {
            const NAME: &'static str = #name;
            const NAMESPACE: &'static str = #namespace;
            const SHAPE: #core::__private::Shape = #shape;

            #attributes

            fn write_content(&self, out: &mut ::std::string::String) -> ::core::result::Result<(), #core::__private::EncodeError> {
                #content
            }

            fn read(reader: &mut #core::__private::Reader<'_>, namespace: &str) -> ::core::result::Result<Self, #core::__private::DecodeError> {
                #read
            }
        }
        #checked
    }
}

fn bodies(publication: &Publication<'_>) -> Bodies {
    let core = &publication.core;
    match &publication.content {
        Content::Fields(fields) => {
            let access = write::Access::Struct;
            let content = write::elements(core, fields, access);
            let uses = write::uses(
                core,
                fields.iter().filter(|field| write::is_in_content(field)),
            );
            Bodies {
                attributes: write::attributes(core, fields, access),
                content: write::body(&uses, &content),
                read: read::fields(core, fields, &quote_spanned!(site()=> Self)),
            }
        }
        Content::Row(fields) => row::bodies(publication, fields),
        Content::Json(_) => Bodies {
            attributes: TokenStream::new(),
            content: quote_spanned!(site()=> #core::__private::write_json(self, out)),
            read: quote_spanned! {site()=>
                let _ = namespace;
                #core::__private::read_json(reader)
            },
        },
        Content::Words(_) | Content::Value(_) => Bodies {
            attributes: TokenStream::new(),
            content: quote_spanned! {site()=>
                use #core::__private::WriteLeaf as _;
                #core::__private::Leaf(self).write(out, "0", #core::__private::Escape::Element)
            },
            read: quote_spanned! {site()=>
                use #core::__private::ReadText as _;
                let _ = namespace;
                let value = #core::__private::Slot::<Self>::FREE.text(reader, "0")?;
                #core::__private::required(value, "0")
            },
        },
        Content::Variants(variants) => enumeration::bodies(core, variants),
    }
}
