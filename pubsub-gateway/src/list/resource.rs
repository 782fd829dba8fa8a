//! A resource as it answers: a model with its settings, checked against each other.
//!
//! Knows fields, limits and links. Does not know requests, nor where rows come from.

use std::collections::HashMap;

use pubsub_core::schema::{Count, Member, Outline, RowWriter, Site, ValueKind};
use pubsub_core::store::Direction;
use pubsub_core::{Descriptor, NodeName};

use super::sorting::sort_key;
use crate::settings::{AccessRules, Filtering, Lists, Resource as Settings, Visibility};

/// A model as a resource.
#[derive(Debug)]
pub(super) struct Resource {
    /// Its name in paths.
    pub(super) name: String,
    /// Its path, with a slash at the end.
    pub(super) base: String,
    pub(super) node: NodeName,
    /// The model, where this program links it.
    pub(super) model: Option<&'static Descriptor>,
    /// Writes a row as it is shown.
    pub(super) writer: RowWriter,
    /// Writes a row with plain values in the place of links.
    pub(super) plain: RowWriter,
    pub(super) fields: Vec<Field>,
    pub(super) order: Vec<(String, Direction)>,
    pub(super) limit: u64,
    pub(super) max_limit: Option<u64>,
    pub(super) is_public: bool,
}

/// A member of a row, as far as it can be asked about.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) name: String,
    /// What a query calls it; `None` for what has no single value.
    pub(super) column: Option<String>,
    /// The member of a row in JSON whose value it is.
    pub(super) member: String,
    pub(super) kind: ValueKind,
    pub(super) is_nullable: bool,
    /// The resource whose ids it holds.
    pub(super) link: Option<String>,
    /// How it may be filtered by; `None` for not at all.
    pub(super) filtering: Option<Filtering>,
    pub(super) is_sortable: bool,
}

/// What a resource is made of.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) outline: Outline,
    pub(super) model: Option<&'static Descriptor>,
    /// Whether the service lets anybody read its node.
    pub(super) is_open: bool,
    pub(super) name: String,
}

/// Settings that do not fit the models; in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the resource of node {node}: {reason}")]
pub struct ResourceError {
    /// The node of its model.
    pub node: String,
    /// What does not fit.
    pub reason: String,
}

impl Resource {
    /// Puts a model and its settings together. `bases` are the paths of all resources by name.
    pub(super) fn new(
        source: Source,
        settings: &Settings,
        lists: &Lists,
        bases: &HashMap<String, String>,
        rules: &AccessRules,
    ) -> Result<Self, ResourceError> {
        let Source {
            outline,
            model,
            is_open,
            name,
        } = source;
        let node = outline.node().to_owned();
        let wrong = |reason: String| ResourceError {
            node: node.clone(),
            reason,
        };
        let plain = RowWriter::new(outline.clone());
        let mut writer = plain.clone();
        let base = bases.get(&name).cloned().unwrap_or_default();
        if !base.is_empty() {
            writer = writer.at(&base);
        }
        for (field, linked) in &settings.links {
            let base = bases.get(linked).ok_or_else(|| {
                wrong(format!(
                    "`{field}` links to `{linked}`, which is no resource"
                ))
            })?;
            writer = writer
                .with_link(field, base)
                .map_err(|error| wrong(error.to_string()))?;
        }
        let fields = fields(&outline, settings);
        let named = settings.filtering.iter().flat_map(|fields| fields.keys());
        let sorted = settings.ordering.iter().flatten();
        for name in named.chain(sorted) {
            let is_column = |field: &Field| field.name == *name && field.column.is_some();
            if !fields.iter().any(is_column) {
                return Err(wrong(format!("`{name}` is no field of one value")));
            }
        }
        let order = settings.order.iter().map(|key| {
            let (name, direction) = sort_key(key);
            let field = fields.iter().find(|field| field.name == name);
            let column = field.and_then(|field| field.column.clone());
            let column =
                column.ok_or_else(|| wrong(format!("`{name}` is no field of one value")))?;
            Ok((column, direction))
        });
        Ok(Self {
            order: order.collect::<Result<_, ResourceError>>()?,
            node: NodeName::new(node.as_str()).map_err(|error| wrong(error.to_string()))?,
            name,
            base,
            model,
            writer,
            plain,
            fields,
            limit: settings.limit.unwrap_or(lists.limit),
            max_limit: settings.max_limit.or(lists.max_limit),
            is_public: match settings.visibility {
                Visibility::Public => true,
                Visibility::Private => false,
                Visibility::AsTheModel => {
                    is_open && !model.is_some_and(|model| has_private_channels(model, rules))
                }
            },
        })
    }

    pub(super) fn outline(&self) -> &Outline {
        self.plain.outline()
    }

    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    pub(super) fn field_of(&self, column: &str) -> Option<&Field> {
        let is_it = |field: &&Field| field.column.as_deref() == Some(column);
        self.fields.iter().find(is_it)
    }
}

/// Whether the model has channels, and all of them are private: what it tells is meant for who may hear them.
fn has_private_channels(model: &Descriptor, rules: &AccessRules) -> bool {
    let beginning = |channel: &&'static str| channel.split_once('{').map_or(*channel, |it| it.0);
    let mut channels = model.channels.iter().map(beginning);
    !model.channels.is_empty() && channels.all(|channel| rules.is_private(channel))
}

fn fields(outline: &Outline, settings: &Settings) -> Vec<Field> {
    let mut fields: Vec<_> = outline
        .members()
        .iter()
        .map(|member| field(&member.name, member, settings))
        .collect();
    // The id of an item is that of its row, whatever the field is called.
    if outline.member("id").is_none()
        && let Some(id) = outline.id_member()
    {
        fields.insert(0, field("id", id, settings));
    }
    fields
}

fn field(name: &str, member: &Member, settings: &Settings) -> Field {
    let is_column = matches!(member.count, Count::One | Count::Optional)
        && member.site != Site::Among
        && !matches!(
            member.kind,
            ValueKind::Nested(_) | ValueKind::Json | ValueKind::Integer { bits: 129.., .. }
        );
    let filtering = match &settings.filtering {
        None => Some(Filtering::AllWithRelations),
        Some(fields) => fields.get(name).cloned(),
    };
    let is_sortable = match &settings.ordering {
        None => true,
        Some(fields) => fields.iter().any(|field| field == name),
    };
    Field {
        name: name.to_owned(),
        column: is_column.then(|| member.column.clone()),
        member: member.name.clone(),
        kind: member.kind.clone(),
        is_nullable: member.count == Count::Optional,
        link: settings.links.get(&member.name).cloned(),
        filtering: filtering.filter(|_| is_column),
        is_sortable: is_sortable && is_column,
    }
}

/// The name of a type as it stands in a path: `BlogPost` is `blog-post`.
pub(super) fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    let mut before = ' ';
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        let begins_word = letter.is_uppercase()
            && (before.is_lowercase()
                || before.is_numeric()
                || before.is_uppercase() && letters.peek().is_some_and(|next| next.is_lowercase()));
        if begins_word || matches!(letter, '_' | ' ') {
            kebab.push('-');
        }
        if letter.is_alphanumeric() {
            kebab.extend(letter.to_lowercase());
        }
        before = letter;
    }
    kebab.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::kebab;

    #[test]
    fn types_are_called_by_their_words() {
        for (name, expected) in [
            ("Tweet", "tweet"),
            ("BlogPost", "blog-post"),
            ("HTTPRequest", "http-request"),
            ("Level2Cache", "level2-cache"),
            ("Blog_Post", "blog-post"),
            ("ID", "id"),
            ("Größe", "größe"),
        ] {
            assert_eq!(kebab(name), expected);
        }
    }
}
