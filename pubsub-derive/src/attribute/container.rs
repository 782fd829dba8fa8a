//! The words on the type itself.
//!
//! Knows what each word takes. Does not know which go together, or with which kind of type.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, LitStr, Path, Token, parenthesized, token};

use super::value::{bare, choice, count_or_max, flag};
use super::{Given, Level, each_word, give, misplaced, path, quoted, sea_orm};
use crate::errors::Errors;
use crate::naming::{Case, nearest};

/// How the payload is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Entry,
    Django,
    Json,
}

/// One wish for the node's configuration; the word is also the name of the setter in `NodeConfig`.
#[derive(Clone)]
pub(crate) struct Setting {
    pub(crate) word: Ident,
    pub(crate) value: SettingValue,
}

/// What a wish says.
#[derive(Clone)]
pub(crate) enum SettingValue {
    Flag(bool),
    Text(LitStr),
    /// `None`: as many as the service permits.
    Count(Option<u32>),
    /// A variant of an enum of the core.
    Choice(&'static str, &'static str),
}

/// The words on one type.
#[derive(Default)]
pub(crate) struct ContainerAttributes {
    pub(crate) node: Option<Given<LitStr>>,
    pub(crate) channels: Option<Given<Vec<LitStr>>>,
    /// The actions, as the words they were given by.
    pub(crate) on: Option<Given<Vec<Ident>>>,
    pub(crate) when: Option<Given<Path>>,
    pub(crate) format: Option<Given<Format>>,
    pub(crate) xml_name: Option<Given<LitStr>>,
    pub(crate) xml_namespace: Option<Given<LitStr>>,
    pub(crate) rename_all: Option<Given<Case>>,
    pub(crate) core: Option<Given<Path>>,
    pub(crate) sea_orm: Option<Given<()>>,
    /// The table that SeaORM is told of.
    pub(crate) table: Option<LitStr>,
    pub(crate) settings: Vec<Setting>,
}

const ACCESS: [(&str, &str); 5] = [
    ("open", "Open"),
    ("presence", "Presence"),
    ("roster", "Roster"),
    ("authorize", "Authorize"),
    ("whitelist", "Whitelist"),
];
const PUBLISH_MODEL: [(&str, &str); 3] = [
    ("publishers", "Publishers"),
    ("subscribers", "Subscribers"),
    ("open", "Open"),
];
const SEND_LAST: [(&str, &str); 3] = [
    ("never", "Never"),
    ("on_sub", "OnSub"),
    ("on_sub_and_presence", "OnSubAndPresence"),
];
const FORMATS: [(&str, Format); 3] = [
    ("entry", Format::Entry),
    ("django", Format::Django),
    ("json", Format::Json),
];
/// The actions that `on(...)` takes.
const ACTIONS: [&str; 3] = ["create", "update", "delete"];

impl ContainerAttributes {
    /// Whether the type is an entity of SeaORM.
    pub(crate) fn is_entity(&self) -> bool {
        self.sea_orm.is_some() || self.table.is_some()
    }

    pub(crate) fn read(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut found = Self {
            table: sea_orm::table(attributes),
            ..Self::default()
        };
        each_word(attributes, errors, |word, input| found.word(word, input));
        found
    }

    fn word(&mut self, word: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        match word.unraw().to_string().as_str() {
            "node" => quoted(word, input).and_then(|name| give(&mut self.node, word, name)),
            "channels" => list::<LitStr>(word, input, "\"user-{id}\"")
                .and_then(|channels| give(&mut self.channels, word, channels)),
            "on" => actions(word, input).and_then(|actions| give(&mut self.on, word, actions)),
            "when" => path(word, input).and_then(|function| give(&mut self.when, word, function)),
            "format" => choice(word, input, &FORMATS)
                .and_then(|format| give(&mut self.format, word, format)),
            "xml" => self.xml(word, input),
            "rename_all" => choice(word, input, &Case::WORDS)
                .and_then(|case| give(&mut self.rename_all, word, case)),
            "crate" => path(word, input).and_then(|core| give(&mut self.core, word, core)),
            "sea_orm" => bare(word, input).and_then(|()| give(&mut self.sea_orm, word, ())),
            "access" => {
                let value = SettingValue::Choice("AccessModel", choice(word, input, &ACCESS)?);
                self.set(word, value)
            }
            "publish_model" => {
                let value =
                    SettingValue::Choice("PublishModel", choice(word, input, &PUBLISH_MODEL)?);
                self.set(word, value)
            }
            "send_last" => {
                let value = SettingValue::Choice("SendLast", choice(word, input, &SEND_LAST)?);
                self.set(word, value)
            }
            "max_items" => {
                let value = SettingValue::Count(count_or_max(word, input)?);
                self.set(word, value)
            }
            "title" => {
                let value = SettingValue::Text(quoted(word, input)?);
                self.set(word, value)
            }
            "persist" | "notify_retract" | "deliver_payloads" => {
                let value = SettingValue::Flag(flag(word, input)?);
                self.set(word, value)
            }
            _ => Err(misplaced(word, Level::Container)),
        }
    }

    fn set(&mut self, word: &Ident, value: SettingValue) -> syn::Result<()> {
        if self.settings.iter().any(|earlier| earlier.word == *word) {
            return Err(syn::Error::new(
                word.span(),
                format!("`{word}` is given twice; keep one of them"),
            ));
        }
        self.settings.push(Setting {
            word: word.clone(),
            value,
        });
        Ok(())
    }

    /// `xml(name = "...", namespace = "...")`
    fn xml(&mut self, word: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        in_parentheses(
            word,
            input,
            "name = \"...\", namespace = \"...\"",
            |inside| {
                while !inside.is_empty() {
                    let part: Ident = inside.parse()?;
                    match part.to_string().as_str() {
                        "name" => give(&mut self.xml_name, &part, quoted(&part, inside)?)?,
                        "namespace" => {
                            give(&mut self.xml_namespace, &part, quoted(&part, inside)?)?;
                        }
                        _ => {
                            let message = format!(
                                "unknown word `{part}`; `xml` takes `name` and `namespace`"
                            );
                            return Err(syn::Error::new(part.span(), message));
                        }
                    }
                    if !inside.is_empty() {
                        inside.parse::<Token![,]>()?;
                    }
                }
                Ok(())
            },
        )
    }
}

/// `on(create, update, delete)`
pub(crate) fn actions(word: &Ident, input: ParseStream<'_>) -> syn::Result<Vec<Ident>> {
    let actions = list::<Ident>(word, input, "create, update, delete")?;
    let mut seen = Vec::new();
    for action in &actions {
        let name = action.to_string();
        if !ACTIONS.contains(&name.as_str()) {
            let advice = match nearest(&name, ACTIONS) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "there are `create`, `update` and `delete`".to_owned(),
            };
            return Err(syn::Error::new(
                action.span(),
                format!("unknown action `{name}`; {advice}"),
            ));
        }
        if seen.contains(&name) {
            return Err(syn::Error::new(
                action.span(),
                format!("`{name}` is given twice; keep one of them"),
            ));
        }
        seen.push(name);
    }
    Ok(actions)
}

/// `word(item, item)`, at least one.
fn list<T: Parse>(word: &Ident, input: ParseStream<'_>, example: &str) -> syn::Result<Vec<T>> {
    in_parentheses(word, input, example, |inside| {
        if inside.is_empty() {
            return Err(syn::Error::new(
                word.span(),
                format!("`{word}` needs something in it; write {word}({example})"),
            ));
        }
        let items = Punctuated::<T, Token![,]>::parse_terminated(inside).map_err(|error| {
            syn::Error::new(
                error.span(),
                format!("`{word}` takes a list; write {word}({example})"),
            )
        })?;
        Ok(items.into_iter().collect())
    })
}

/// Reads what is in parentheses; after an error the rest of it is of no interest.
fn in_parentheses<T>(
    word: &Ident,
    input: ParseStream<'_>,
    example: &str,
    read: impl FnOnce(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<T> {
    if !input.peek(token::Paren) {
        return Err(syn::Error::new(
            word.span(),
            format!("`{word}` takes a list; write {word}({example})"),
        ));
    }
    let inside;
    parenthesized!(inside in input);
    let read = read(&inside);
    if read.is_err() {
        inside.parse::<proc_macro2::TokenStream>()?;
    }
    read
}
