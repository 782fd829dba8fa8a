//! The two things that `#[sea_orm(...)]` says about an entity and that matter here: its table, and its primary key.
//!
//! Knows where they stand. The rest of that grammar is SeaORM's own, and mistakes in it are told by SeaORM.

use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, LitStr, Meta};

/// `#[sea_orm(table_name = "...")]`
pub(super) fn table(attributes: &[Attribute]) -> Option<LitStr> {
    words(attributes).find_map(|word| match &word[..] {
        [
            TokenTree::Ident(name),
            TokenTree::Punct(_),
            TokenTree::Literal(value),
        ] if name == "table_name" => syn::parse2(TokenTree::from(value.clone()).into()).ok(),
        _ => None,
    })
}

/// `#[sea_orm(primary_key)]`
pub(super) fn is_key(attributes: &[Attribute]) -> bool {
    words(attributes)
        .any(|word| matches!(&word[..], [TokenTree::Ident(name)] if name == "primary_key"))
}

/// What stands between the commas of all `#[sea_orm(...)]`.
fn words(attributes: &[Attribute]) -> impl Iterator<Item = Vec<TokenTree>> {
    let lists = attributes
        .iter()
        .filter_map(|attribute| match &attribute.meta {
            Meta::List(list) if list.path.is_ident("sea_orm") => Some(&list.tokens),
            _ => None,
        });
    lists.flat_map(between_commas)
}

fn between_commas(tokens: &TokenStream) -> Vec<Vec<TokenTree>> {
    let mut words = vec![Vec::new()];
    for token in tokens.clone() {
        match (&token, words.last_mut()) {
            (TokenTree::Punct(mark), _) if mark.as_char() == ',' => words.push(Vec::new()),
            (_, Some(word)) => word.push(token),
            (_, None) => {}
        }
    }
    words
}
