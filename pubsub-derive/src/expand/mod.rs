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

pub(crate) use self::model::behaviour;
use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::Path;

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
    block(
        &publication.core,
        &quote_spanned!(site()=> #payload #text #model),
    )
}

/// Items in a block of their own, in which the names of the core are at hand and which leaves none behind.
pub(crate) fn block(core: &Path, items: &TokenStream) -> TokenStream {
    quote_spanned! {site()=>
        const _: () = {
            use #core::__private as __pubsub;
            #[allow(unused_imports, reason = "not every type needs all of them")]
            use __pubsub::{AnyKind as _, ReadChild as _, ReadText as _, WriteChild as _, WriteLeaf as _};

            #items
        };
    }
}

/// The bodies of `Payload`, each format its own.
struct Bodies {
    attributes: TokenStream,
    content: TokenStream,
    read: TokenStream,
}

fn payload(publication: &Publication<'_>) -> TokenStream {
    let Publication { ident, name, .. } = publication;
    let (impl_generics, type_generics, _) = publication.generics.split_for_impl();
    let where_clause = bounds::where_clause(publication);
    let namespace = match &publication.namespace {
        Some(namespace) => quote_spanned!(site()=> #namespace),
        None => {
            quote_spanned!(site()=> __pubsub::join!["urn:pubsub:", __pubsub::crate_of(::core::module_path!())])
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
            fn write_attributes(&self, out: &mut __pubsub::String) -> __pubsub::Written {
                #attributes
                __pubsub::Ok(())
            }
        }
    });
    let is_checked = schema::has_checks(publication);
    let lifetimes = model::without_lifetimes(publication.generics);
    let checked = (is_checked && publication.generics.type_params().next().is_none() && publication.generics.const_params().next().is_none())
        .then(|| quote_spanned!(site()=> const _: __pubsub::Shape = <#ident #lifetimes as __pubsub::Payload>::SHAPE;));
    quote_spanned! {site()=>
        #[automatically_derived]
        impl #impl_generics __pubsub::Payload for #ident #type_generics #where_clause {
            const NAME: &'static __pubsub::str = #name;
            const NAMESPACE: &'static __pubsub::str = #namespace;
            const SHAPE: __pubsub::Shape = #shape;

            #attributes

            fn write_content(&self, out: &mut __pubsub::String) -> __pubsub::Written {
                #content
            }

            fn read(reader: &mut __pubsub::Reader<'_>, namespace: &__pubsub::str) -> __pubsub::ReadAs<Self> {
                #read
            }
        }
        #checked
    }
}

fn bodies(publication: &Publication<'_>) -> Bodies {
    match &publication.content {
        Content::Fields(fields) => {
            let access = write::Access::Struct;
            let content = write::elements(fields, access);
            Bodies {
                attributes: write::attributes(fields, access),
                content: write::body(&content),
                read: read::fields(fields, &quote_spanned!(site()=> Self)),
            }
        }
        Content::Row(fields) => row::bodies(publication, fields),
        Content::Json(_) => Bodies {
            attributes: TokenStream::new(),
            content: quote_spanned!(site()=> __pubsub::write_json(self, out)),
            read: quote_spanned! {site()=>
                let _ = namespace;
                __pubsub::read_json(reader)
            },
        },
        Content::Words(_) | Content::Value(_) => Bodies {
            attributes: TokenStream::new(),
            content: quote_spanned! {site()=>
                __pubsub::Leaf(self).write(out, "0", __pubsub::Escape::Element)
            },
            read: quote_spanned! {site()=>
                let _ = namespace;
                let value = __pubsub::Slot::<Self>::FREE.text(reader, "0")?;
                __pubsub::required(value, "0")
            },
        },
        Content::Variants(variants) => enumeration::bodies(variants),
    }
}
