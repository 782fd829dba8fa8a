//! Compares what the derives expand to with the record in `tests/expand`, which is also their documentation for whoever wants to see it.
//!
//! `UPDATE_EXPECT=1 cargo test -p pubsub-derive` records anew. The inputs are compiled as well, by `tests/ui.rs`.

use std::path::{Path, PathBuf};

use expect_test::expect_file;
use proc_macro2::TokenStream;
use syn::{Attribute, Item, ItemFn, Meta, parse_quote};

use crate::declaration::Derive;
use crate::errors::Errors;
use crate::hook::Stage;
use crate::{derive, hook};

#[test]
fn expansions_are_as_recorded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/expand")
        .canonicalize()
        .unwrap();
    let mut inputs: Vec<PathBuf> = std::fs::read_dir(folder.join("input"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    inputs.sort();
    assert!(!inputs.is_empty());
    for input in inputs {
        let source = syn::parse_file(&std::fs::read_to_string(&input).unwrap()).unwrap();
        let expanded: TokenStream = source.items.iter().map(expand).collect();
        let expanded = prettyplease::unparse(&syn::parse2(expanded).unwrap());
        expect_file![folder.join("output").join(input.file_name().unwrap())].assert_eq(&expanded);
    }
}

/// What an item expands to, if it is one of ours.
fn expand(item: &Item) -> TokenStream {
    match item {
        Item::Struct(item) => expand_derive(&item.attrs, &parse_quote!(#item)),
        Item::Enum(item) => expand_derive(&item.attrs, &parse_quote!(#item)),
        Item::Fn(function) => expand_hook(function),
        _ => TokenStream::new(),
    }
}

fn expand_derive(attributes: &[Attribute], item: &syn::DeriveInput) -> TokenStream {
    let mut expanded = TokenStream::new();
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("derive"))
    {
        attribute
            .parse_nested_meta(|meta| {
                if meta.path.is_ident("Publish") {
                    expanded.extend(derive(item, Derive::Publish));
                } else if meta.path.is_ident("Payload") {
                    expanded.extend(derive(item, Derive::Payload));
                }
                Ok(())
            })
            .unwrap();
    }
    expanded
}

fn expand_hook(function: &ItemFn) -> TokenStream {
    let mut function = function.clone();
    let Some(position) = function
        .attrs
        .iter()
        .position(|attribute| attribute.path().is_ident("after_save"))
    else {
        return TokenStream::new();
    };
    let arguments = match function.attrs.remove(position).meta {
        Meta::List(list) => list.tokens,
        _ => TokenStream::new(),
    };
    hook::expand(Stage::AfterSave, syn::parse2(arguments), &function)
}

#[test]
#[cfg(debug_assertions)]
fn errors_cannot_be_dropped_unread() {
    let dropped = std::panic::catch_unwind(|| {
        Errors::new().push(syn::Error::new(proc_macro2::Span::call_site(), "lost"));
    });
    assert!(dropped.is_err());
}
