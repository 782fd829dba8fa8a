//! What a type with mistakes expands to: the messages, and impls that do nothing.
//!
//! Without the impls every use of the type would be an error of its own, and the one that matters would be hard to find.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields, Path};

use crate::declaration::Derive;

/// The messages and the impls.
pub(crate) fn expand(
    error: &syn::Error,
    input: &DeriveInput,
    core: &Path,
    derive: Derive,
) -> TokenStream {
    let ident = &input.ident;
    let messages = error.to_compile_error();
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    let text = is_text(input).then(|| {
        quote! {
            #[automatically_derived]
            impl #impl_generics #core::__private::Text for #ident #type_generics #where_clause {
                const KIND: #core::__private::Kind = #core::__private::Kind::Text;

                fn write_text(&self, _: &mut ::std::string::String, _: #core::__private::Escape) -> ::core::result::Result<(), #core::__private::TextError> {
                    ::core::result::Result::Ok(())
                }

                fn read_text(_: ::std::borrow::Cow<'_, str>) -> ::core::result::Result<Self, #core::__private::TextError> {
                    ::core::result::Result::Err(#core::__private::TextError::invalid(""))
                }
            }
        }
    });
    let model = (derive == Derive::Publish).then(|| {
        quote! {
            #[automatically_derived]
            impl #impl_generics #core::__private::Publish for #ident #type_generics #where_clause {
                const NODE: &'static str = "";
                const DESCRIPTOR: &'static #core::__private::Descriptor = &#core::__private::Descriptor {
                    type_name: "",
                    node: "",
                    schema: <Self as #core::__private::Payload>::SCHEMA,
                    format: #core::__private::Format::Entry,
                    actions: #core::__private::Actions::NONE,
                    config: #core::__private::NodeConfig::new(),
                    id: ::core::option::Option::None,
                    channels: &[],
                };
            }
        }
    });
    quote! {
        #messages
        #[automatically_derived]
        impl #impl_generics #core::__private::Payload for #ident #type_generics #where_clause {
            const NAME: &'static str = "";
            const NAMESPACE: &'static str = "";
            const SHAPE: #core::__private::Shape = #core::__private::Shape::Fields(&[]);

            fn write_content(&self, _: &mut ::std::string::String) -> ::core::result::Result<(), #core::__private::EncodeError> {
                ::core::result::Result::Ok(())
            }

            fn read(_: &mut #core::__private::Reader<'_>, _: &str) -> ::core::result::Result<Self, #core::__private::DecodeError> {
                ::core::result::Result::Err(#core::__private::DecodeError::invalid("", ""))
            }
        }
        #text
        #model
    }
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
