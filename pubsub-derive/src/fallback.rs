//! What a type with mistakes expands to: the messages, and impls that do nothing.
//!
//! Without the impls every use of the type would be an error of its own, and the one that matters would be hard to find.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields, Generics, parse_quote};

use crate::check;
use crate::declaration::{Declaration, Derive};
use crate::expand::{self, block};

/// The messages and the impls.
pub(crate) fn expand(
    error: &syn::Error,
    input: &DeriveInput,
    declaration: &Declaration<'_>,
) -> TokenStream {
    let ident = &input.ident;
    let messages = error.to_compile_error();
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    let text = is_text(input).then(|| {
        quote! {
            #[automatically_derived]
            impl #impl_generics __pubsub::Text for #ident #type_generics #where_clause {
                const KIND: __pubsub::Kind = __pubsub::Kind::Text;

                fn write_text(&self, _: &mut __pubsub::String, _: __pubsub::Escape) -> __pubsub::Result<(), __pubsub::TextError> {
                    __pubsub::Ok(())
                }

                fn read_text(_: __pubsub::Cow<'_, __pubsub::str>) -> __pubsub::Result<Self, __pubsub::TextError> {
                    __pubsub::Err(__pubsub::TextError::invalid(""))
                }
            }
        }
    });
    let bounded = sendable(input);
    let (_, _, model_where) = bounded.split_for_impl();
    let model = (declaration.derive == Derive::Publish).then(|| {
        quote! {
            #[automatically_derived]
            impl #impl_generics __pubsub::Publish for #ident #type_generics #model_where {
                const NODE: &'static __pubsub::str = "";
                const DESCRIPTOR: &'static __pubsub::Descriptor = &__pubsub::Descriptor {
                    type_name: "",
                    node: "",
                    schema: <Self as __pubsub::Payload>::SCHEMA,
                    format: __pubsub::Format::Entry,
                    actions: __pubsub::Actions::NONE,
                    config: __pubsub::NodeConfig::new(),
                    id: __pubsub::None,
                    channels: &[],
                };
            }
        }
    });
    let behaviour = behaviour(declaration);
    let items = quote! {
        #[automatically_derived]
        impl #impl_generics __pubsub::Payload for #ident #type_generics #where_clause {
            const NAME: &'static __pubsub::str = "";
            const NAMESPACE: &'static __pubsub::str = "";
            const SHAPE: __pubsub::Shape = __pubsub::Shape::Fields(&[]);

            fn write_content(&self, _: &mut __pubsub::String) -> __pubsub::Written {
                __pubsub::Ok(())
            }

            fn read(_: &mut __pubsub::Reader<'_>, _: &__pubsub::str) -> __pubsub::ReadAs<Self> {
                __pubsub::Err(__pubsub::DecodeError::invalid("", ""))
            }
        }
        #text
        #model
        #behaviour
    };
    let items = block(&check::core(&declaration.attributes), &items);
    quote!(#messages #items)
}

/// Without one the entity of SeaORM would have none, and what SeaORM generates would not compile.
fn behaviour(declaration: &Declaration<'_>) -> Option<TokenStream> {
    let given = declaration.attributes.sea_orm.as_ref()?;
    (declaration.derive == Derive::Publish && declaration.ident == "Model")
        .then(|| expand::behaviour(given.span()))
}

/// The generics with what a model asks of its type, which a generic one cannot promise by itself.
fn sendable(input: &DeriveInput) -> Generics {
    let mut generics = input.generics.clone();
    if generics.type_params().next().is_some() {
        let ident = &input.ident;
        let (_, type_generics, _) = input.generics.split_for_impl();
        let predicate =
            parse_quote!(#ident #type_generics: ::core::marker::Send + ::core::marker::Sync);
        generics.make_where_clause().predicates.push(predicate);
    }
    generics
}

/// Whether the type would have been text.
fn is_text(input: &DeriveInput) -> bool {
    match &input.data {
        Data::Struct(data) => {
            matches!(&data.fields, Fields::Unnamed(fields) if fields.unnamed.len() == 1)
        }
        Data::Enum(data) => data
            .variants
            .iter()
            .all(|variant| matches!(variant.fields, Fields::Unit)),
        Data::Union(_) => false,
    }
}
