//! The settings of the list API: where it is, and how each resource behaves.
//!
//! The names of django-tastypie's options stand beside what does the same here.

use std::collections::BTreeMap;

use pubsub_core::Publish;

/// The list API. By default every model of the program is a resource, called after its type: `BlogPost` is at `/api/v1/blog-post/`.
#[derive(Debug, Clone)]
pub struct Lists {
    /// Where it is, without a slash at the end. Default `/api/v1`. [`Gateway::serve`](crate::Gateway::serve) and the links in answers use it.
    pub base: String,
    /// How many rows a page has when nobody says (`API_LIMIT_PER_PAGE`). Default: 20.
    pub limit: u64,
    /// How many it may have (`max_limit`). Default: 1000. With `None`, `limit=0` asks for all rows.
    pub max_limit: Option<u64>,
    /// What is different for some models.
    pub resources: Vec<Resource>,
    /// Whether models that are not among them are resources too. Default: yes.
    pub all: bool,
    /// Whether nodes of models that this program does not link are resources too, if they say what their items look like and anybody may read them. They
    /// are looked for at the service at most once a minute. Default: no.
    pub discover: bool,
}

/// How the rows of one model are shown.
#[derive(Debug, Clone, Default)]
#[must_use = "put it into `Lists::resources`"]
pub struct Resource {
    /// The node of the model.
    pub node: String,
    /// Its name in the path (`resource_name`). Default: that of the type in Rust, in lower case with `-` between words.
    pub name: Option<String>,
    /// As [`Lists::limit`].
    pub limit: Option<u64>,
    /// As [`Lists::max_limit`].
    pub max_limit: Option<u64>,
    /// Which fields may be filtered by, and how (`filtering`). Default: every field of one value, in every way.
    pub filtering: Option<BTreeMap<String, Filtering>>,
    /// Which fields may be sorted by (`ordering`). Default: every field of one value.
    pub ordering: Option<Vec<String>>,
    /// How rows are sorted when nobody says: `-timestamp` is the latest first. Default: in the order in which they were first saved.
    pub order: Vec<String>,
    /// Fields whose values are ids of other resources, by the names of those (`ForeignKey`): shown as URIs, and `author__name=…` filters by a field of what they name.
    pub links: BTreeMap<String, String>,
    /// Who may read it.
    pub visibility: Visibility,
}

/// How a field may be filtered by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filtering {
    /// In every way (`ALL`).
    All,
    /// In every way, and by the fields of what it links to (`ALL_WITH_RELATIONS`).
    AllWithRelations,
    /// In these ways: `exact`, `gt`, `range`…
    Only(Vec<String>),
}

/// Who may read a resource: its rows in the list API, and what is pushed of its node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Visibility {
    /// Everybody, unless the model's node is for some only (`#[publish(access = "…")]`), or all of its channels are
    /// [private](crate::settings::AccessRules::private) (`user-{author}`).
    #[default]
    AsTheModel,
    /// Everybody.
    Public,
    /// Whoever has a token for the channel of the model's node, or is let in by the [hook](crate::Access).
    Private,
}

impl Default for Lists {
    fn default() -> Self {
        Self {
            base: "/api/v1".to_owned(),
            limit: 20,
            max_limit: Some(1000),
            resources: Vec::new(),
            all: true,
            discover: false,
        }
    }
}

impl Lists {
    /// The same with one more resource that is not as the others.
    #[must_use]
    pub fn with(mut self, resource: Resource) -> Self {
        self.resources.push(resource);
        self
    }
}

impl Resource {
    /// The rows of a model that this program links.
    pub fn of<M: Publish>() -> Self {
        Self::at(M::NODE)
    }

    /// The rows of the model that publishes to this node.
    pub fn at(node: &str) -> Self {
        Self {
            node: node.to_owned(),
            ..Self::default()
        }
    }

    /// Is called so in paths.
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// Shows so many rows on a page when nobody says, and at most so many.
    pub fn limits(mut self, limit: u64, most: u64) -> Self {
        (self.limit, self.max_limit) = (Some(limit), Some(most));
        self
    }

    /// Lets this field be filtered by, and none that is not named.
    pub fn filter(mut self, field: &str, filtering: Filtering) -> Self {
        let fields = self.filtering.get_or_insert_default();
        fields.insert(field.to_owned(), filtering);
        self
    }

    /// Lets rows be sorted by these fields, and by no others.
    pub fn sort_by(mut self, fields: &[&str]) -> Self {
        self.ordering = Some(fields.iter().map(|field| (*field).to_owned()).collect());
        self
    }

    /// Sorts by this field when nobody says, and by those that were named before where they are equal; the largest first with a `-` before it.
    pub fn order(mut self, field: &str) -> Self {
        self.order.push(field.to_owned());
        self
    }

    /// Shows the values of this field, which are ids, as URIs of that resource.
    pub fn link(mut self, field: &str, resource: &str) -> Self {
        self.links.insert(field.to_owned(), resource.to_owned());
        self
    }

    /// Is for everybody.
    pub fn public(mut self) -> Self {
        self.visibility = Visibility::Public;
        self
    }

    /// Is for whoever has a token, or is let in by the hook.
    pub fn private(mut self) -> Self {
        self.visibility = Visibility::Private;
        self
    }
}
