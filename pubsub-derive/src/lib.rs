//! The derive macros of `pubsub-core`, which re-exports them: use them from there.
//!
//! One stage a file: `attribute` (grammar) and `declaration` (what the user wrote) are judged by `check`, which alone can make a `publication`;
//! `expand` turns that into tokens and cannot fail. `fallback` is what a type with mistakes expands to. `hook` is `#[after_save]` and
//! `#[after_commit]`, all of them.

mod attribute;
mod bounds;
mod check;
mod declaration;
mod errors;
mod expand;
mod fallback;
mod hook;
mod naming;
mod occurs;
mod publication;
#[cfg(test)]
mod snapshots;

use proc_macro::TokenStream;
use syn::{DeriveInput, ItemFn, parse_macro_input};

use crate::declaration::{Declaration, Derive};
use crate::errors::Errors;
use crate::hook::Stage;

#[doc = include_str!("docs/publish.md")]
#[proc_macro_derive(Publish, attributes(publish))]
pub fn derive_publish(input: TokenStream) -> TokenStream {
    derive(&parse_macro_input!(input), Derive::Publish).into()
}

#[doc = include_str!("docs/payload.md")]
#[proc_macro_derive(Payload, attributes(publish))]
pub fn derive_payload(input: TokenStream) -> TokenStream {
    derive(&parse_macro_input!(input), Derive::Payload).into()
}

#[doc = include_str!("docs/after_save.md")]
#[proc_macro_attribute]
pub fn after_save(attributes: TokenStream, item: TokenStream) -> TokenStream {
    hook(Stage::AfterSave, attributes, item)
}

#[doc = include_str!("docs/after_commit.md")]
#[proc_macro_attribute]
pub fn after_commit(attributes: TokenStream, item: TokenStream) -> TokenStream {
    hook(Stage::AfterCommit, attributes, item)
}

fn hook(stage: Stage, attributes: TokenStream, item: TokenStream) -> TokenStream {
    match syn::parse::<ItemFn>(item.clone()) {
        Ok(function) => hook::expand(stage, syn::parse(attributes), &function).into(),
        Err(_) => hook::not_a_function(stage, &item.into()).into(),
    }
}

/// All of a derive: read, judge, and either expand or say everything that is wrong.
fn derive(input: &DeriveInput, derive: Derive) -> proc_macro2::TokenStream {
    let mut errors = Errors::new();
    let declaration = Declaration::read(input, derive, &mut errors);
    if declaration.is_copy_by_sea_orm() {
        // Whatever is wrong with it is wrong with the original.
        let _ = errors.into_result();
        return proc_macro2::TokenStream::new();
    }
    let publication = check::check(&declaration, &mut errors);
    match (errors.into_result(), publication) {
        (Ok(()), Some(publication)) => expand::expand(&publication),
        (Ok(()), None) => proc_macro2::TokenStream::new(),
        (Err(error), _) => fallback::expand(&error, input, &declaration),
    }
}
