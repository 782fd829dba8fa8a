//! The grammar of `#[publish(...)]`: words, each perhaps with a value.
//!
//! Knows how the words are read and which belong where; every one is spelled out once, in [`WORDS`]. Does not know which go together:
//! that is `check`'s business.

mod container;
mod field;
mod sea_orm;
mod value;

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Meta, Token};

pub(crate) use self::container::{ContainerAttributes, Format, Setting, SettingValue, actions};
pub(crate) use self::field::{DefaultValue, FieldAttributes, VariantAttributes};
pub(crate) use self::value::{path, quoted};
use crate::errors::Errors;
use crate::naming::nearest;

/// Where a word may stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Container,
    Field,
    Variant,
}

impl Level {
    fn named(self) -> &'static str {
        match self {
            Self::Container => "the type",
            Self::Field => "a field",
            Self::Variant => "a variant",
        }
    }
}

/// Every word, with the levels it may stand at.
const WORDS: &[(&str, &[Level])] = &[
    ("node", &[Level::Container]),
    ("channels", &[Level::Container]),
    ("on", &[Level::Container]),
    ("when", &[Level::Container]),
    ("format", &[Level::Container]),
    ("xml", &[Level::Container]),
    ("rename_all", &[Level::Container]),
    ("crate", &[Level::Container]),
    ("sea_orm", &[Level::Container]),
    ("access", &[Level::Container]),
    ("publish_model", &[Level::Container]),
    ("persist", &[Level::Container]),
    ("max_items", &[Level::Container]),
    ("title", &[Level::Container, Level::Field]),
    ("notify_retract", &[Level::Container]),
    ("deliver_payloads", &[Level::Container]),
    ("send_last", &[Level::Container]),
    ("id", &[Level::Field]),
    ("skip", &[Level::Field]),
    ("rename", &[Level::Field, Level::Variant]),
    ("attribute", &[Level::Field]),
    ("with", &[Level::Field]),
    ("default", &[Level::Field]),
    ("skip_if", &[Level::Field]),
    ("child", &[Level::Field]),
    ("flatten", &[Level::Field]),
    ("updated", &[Level::Field]),
];

/// A value together with the word that gave it, which is where messages point.
pub(crate) struct Given<T> {
    pub(crate) word: Ident,
    pub(crate) value: T,
}

impl<T> Given<T> {
    pub(crate) fn span(&self) -> Span {
        self.word.span()
    }
}

/// Stores what a word gave, unless it has been given before.
fn give<T>(place: &mut Option<Given<T>>, word: &Ident, value: T) -> syn::Result<()> {
    if place.is_some() {
        return Err(syn::Error::new(
            word.span(),
            format!("`{word}` is given twice; keep one of them"),
        ));
    }
    *place = Some(Given {
        word: word.clone(),
        value,
    });
    Ok(())
}

/// Visits the words of all `#[publish(...)]` among the attributes. An error in one word does not hide those in others.
fn each_word(
    attributes: &[Attribute],
    errors: &mut Errors,
    mut visit: impl FnMut(&Ident, ParseStream<'_>) -> syn::Result<()>,
) {
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("publish"))
    {
        let Meta::List(list) = &attribute.meta else {
            errors.at(
                &attribute.meta,
                "`publish` takes a list of words: #[publish(...)]",
            );
            continue;
        };
        let read = list.parse_args_with(|input: ParseStream<'_>| {
            while !input.is_empty() {
                if let Err(error) = read_word(input, &mut visit) {
                    errors.push(error);
                    skip_to_comma(input);
                }
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        });
        if let Err(error) = read {
            errors.push(error);
        }
    }
}

fn read_word(
    input: ParseStream<'_>,
    visit: &mut impl FnMut(&Ident, ParseStream<'_>) -> syn::Result<()>,
) -> syn::Result<()> {
    let word = input.call(Ident::parse_any)?;
    visit(&word, input)?;
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }
    Err(input.error(format!(
        "unexpected after `{word}`; separate words with commas"
    )))
}

fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.parse::<proc_macro2::TokenTree>().is_err() {
            return;
        }
    }
}

/// Says what to do about a word that does not stand where it may.
fn misplaced(word: &Ident, level: Level) -> syn::Error {
    let text = word.unraw().to_string();
    if let Some((_, levels)) = WORDS.iter().find(|(known, _)| *known == text) {
        let levels: Vec<_> = levels.iter().map(|level| level.named()).collect();
        let (here, there) = (level.named(), levels.join(" or "));
        return syn::Error::new(
            word.span(),
            format!("`{text}` does not go on {here}; put it on {there}"),
        );
    }
    let here = || {
        WORDS
            .iter()
            .filter(|(_, levels)| levels.contains(&level))
            .map(|(known, _)| *known)
    };
    let advice = match nearest(&text, here()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!(
            "{} takes {}",
            level.named(),
            here()
                .map(|known| format!("`{known}`"))
                .collect::<Vec<_>>()
                .join(", ")
        ),
    };
    syn::Error::new(word.span(), format!("unknown word `{text}`; {advice}"))
}
