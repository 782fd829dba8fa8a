//! Which models there are: those of this program, and those that nodes of the service describe.
//!
//! Knows them by node, by the name of their resource, and by the element of their payload. Does not know requests.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use pubsub_core::registry::Format;
use pubsub_core::schema::Outline;
use pubsub_core::{AccessModel, NodeName, PubSub};
use tokio::time::sleep_until;

use super::described::{Described, Element, described, element, elements};
use super::resource::{Resource, ResourceError, Source, kebab};
use super::source::Snapshots;
use crate::channel::ChannelName;
use crate::settings::{AccessRules, Lists, Resource as Settings};

/// How often the service is asked for nodes that are not known.
const BETWEEN: Duration = Duration::from_secs(1);
/// How often a node that does not describe its items is asked whether it does now. The second time comes sooner: it may just have been made.
const AGAIN: Duration = Duration::from_mins(1);
/// How often it is tried to find out what an element is that no node describes.
const STRANGE: Duration = Duration::from_secs(10);
/// How many nodes without a description are remembered.
const MOST_PLAIN: usize = 100_000;
/// How many kinds of payloads that nobody describes are remembered.
const MOST_STRANGE: usize = 1000;
/// How many nodes are looked at, and how many at once.
const MOST_NODES: usize = 1000;
const AT_ONCE: usize = 16;

/// All models that are known.
#[derive(Debug)]
pub(crate) struct Directory {
    pubsub: PubSub,
    lists: Lists,
    rules: AccessRules,
    known: RwLock<Arc<Known>>,
    /// What nodes have said of themselves, and when they were asked last.
    learned: tokio::sync::Mutex<Learned>,
}

/// A resource with the items of its node.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) resource: Resource,
    pub(super) snapshots: Snapshots,
    /// Whether it is in the list API.
    is_listed: bool,
}

#[derive(Debug, Default)]
struct Known {
    /// By name, those that are in the list API.
    resources: BTreeMap<String, Arc<Entry>>,
    by_node: HashMap<String, Arc<Entry>>,
    /// By name and namespace of the payload's element.
    by_element: HashMap<Element, Vec<Arc<Entry>>>,
}

#[derive(Debug, Default)]
struct Learned {
    outlines: BTreeMap<String, (Outline, bool)>,
    /// When nodes were asked that did not describe their items, first and last.
    plain: HashMap<NodeName, (Instant, Instant)>,
    searched: Option<Instant>,
    /// Elements that no node describes, and since when that is known.
    strange: HashMap<Element, Instant>,
}

impl Directory {
    /// Of the models of this program.
    ///
    /// # Errors
    ///
    /// When settings do not fit them.
    pub(crate) fn new(
        pubsub: PubSub,
        lists: Lists,
        rules: AccessRules,
    ) -> Result<Self, ResourceError> {
        let known = Known::of(&pubsub, &lists, &rules, &BTreeMap::new(), true)?;
        Ok(Self {
            pubsub,
            lists,
            rules,
            known: RwLock::new(Arc::new(known)),
            learned: tokio::sync::Mutex::default(),
        })
    }

    pub(crate) fn lists(&self) -> &Lists {
        &self.lists
    }

    /// The one answer to who may read what a channel or its node tells, in lists, in what is pushed, and in what was missed: everybody, or only who
    /// has a token for it or is let in by the hook.
    pub(crate) fn is_private(&self, channel: &ChannelName) -> bool {
        let is_of_private_model = || {
            let known = self.known();
            let entry = known.by_node.get(channel.node().as_str());
            entry.is_some_and(|entry| !entry.resource.is_public)
        };
        self.rules.is_private(channel.as_str()) || is_of_private_model()
    }

    fn known(&self) -> Arc<Known> {
        // No code that can panic runs while it is held.
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&known)
    }

    /// The resource of that name; where nodes are looked for, after a look at the service.
    pub(super) async fn resource(&self, name: &str) -> Option<Arc<Entry>> {
        if let Some(entry) = self.known().resources.get(name) {
            return Some(Arc::clone(entry));
        }
        if self.lists.discover {
            self.search(Haste::Usual).await;
        }
        self.known().resources.get(name).map(Arc::clone)
    }

    /// What the rows of all resources that are known look like, sorted by node.
    pub(crate) fn shown(&self) -> Vec<Outline> {
        let known = self.known();
        let mut outlines: Vec<_> = known
            .resources
            .values()
            .map(|entry| entry.resource.writer.shown())
            .collect();
        outlines.sort_by(|one, other| one.node().cmp(other.node()));
        outlines
    }

    /// All resources, by name.
    pub(super) async fn resources(&self) -> Vec<Arc<Entry>> {
        if self.lists.discover {
            self.search(Haste::Usual).await;
        }
        self.known().resources.values().map(Arc::clone).collect()
    }

    /// A row in JSON, as the list API shows it: of the model of the node, or of another model whose payload it is, as on a channel.
    pub(crate) fn row(&self, node: &NodeName, item: &str, entry: &str) -> Option<String> {
        let known = self.known();
        let row = |entry_of: &Arc<Entry>| {
            let row = entry_of.resource.writer.row(item, entry);
            row.map_err(|error| tracing::debug!(%node, item, %error, "a payload is no row"))
                .ok()
        };
        if let Some(own) = known.by_node.get(node.as_str()) {
            return row(own);
        }
        let mut models = candidates(&known, entry)?.iter();
        let first = models.next()?;
        if models.len() > 0 && first.resource.outline().format() != Format::Entry {
            // All rows of Django look alike, and all JSON.
            return None;
        }
        row(first).or_else(|| models.find_map(row))
    }

    /// Learns what the items of a node look like, before it is listened to. Whether there was such a node to ask.
    pub(crate) async fn learn(&self, node: &NodeName) -> bool {
        if self.known().by_node.contains_key(node.as_str()) {
            return true;
        }
        let mut learned = self.learned.lock().await;
        if learned.is_plain(node) {
            return true;
        }
        match described(&self.pubsub, node).await {
            Described::Rows(outline, is_open) => {
                learned.describe(node, *outline, is_open);
                self.relearn(&learned);
            }
            Described::Otherwise => {
                learned.note(node);
                // A channel of some model, perhaps: its node says more.
                drop(learned);
                self.search(Haste::Usual).await;
            }
            Described::Unknown => return false,
        }
        true
    }

    /// Finds out what a payload is that no model is known for, before it is told: its node, or the model's of whose channels it is one, may have come to be
    /// after the last look at the service. `is_new` says that the node itself has not been asked since.
    pub(crate) async fn recognize(&self, node: &NodeName, entry: &str, is_new: bool) {
        let known = self.known();
        if known.by_node.contains_key(node.as_str()) {
            return;
        }
        let element = element(entry);
        if is_new && element.is_none() {
            self.learn(node).await;
        }
        let Some(element) = element.filter(|it| !known.by_element.contains_key(it)) else {
            return;
        };
        let mut learned = self.learned.lock().await;
        if self.known().by_element.contains_key(&element)
            || learned
                .strange
                .get(&element)
                .is_some_and(|since| since.elapsed() < STRANGE)
        {
            return;
        }
        if let Described::Rows(outline, is_open) = described(&self.pubsub, node).await {
            learned.describe(node, *outline, is_open);
            self.relearn(&learned);
            return;
        }
        drop(learned);
        self.search(Haste::Now).await;
        if !self.known().by_element.contains_key(&element) {
            let mut learned = self.learned.lock().await;
            learned.strange.retain(|_, since| since.elapsed() < STRANGE);
            if learned.strange.len() < MOST_STRANGE {
                learned.strange.insert(element, Instant::now());
            }
        }
    }

    /// Asks the service for nodes that describe their items.
    async fn search(&self, haste: Haste) {
        let wanted = Instant::now();
        let mut learned = self.learned.lock().await;
        if let Some(at) = learned.searched {
            let is_fresh = at >= wanted || haste == Haste::Usual && at.elapsed() < BETWEEN;
            if is_fresh {
                return;
            }
            // Everybody who is in a hurry shares the next one.
            sleep_until((at + BETWEEN).into()).await;
        }
        learned.searched = Some(Instant::now());
        let nodes = match self.pubsub.nodes().await {
            Ok(nodes) => nodes,
            Err(error) => {
                tracing::debug!(%error, "the service does not say which nodes it has");
                return;
            }
        };
        let known = self.known();
        let unknown = nodes
            .into_iter()
            .filter(|node| !known.by_node.contains_key(node.as_str()))
            .filter(|node| !learned.is_plain(node))
            .take(MOST_NODES);
        let found: Vec<_> = stream::iter(unknown)
            .map(|node| async move {
                let found = described(&self.pubsub, &node).await;
                (node, found)
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        let before = learned.outlines.len();
        for (node, found) in found {
            match found {
                Described::Rows(outline, is_open) => {
                    learned.describe(&node, *outline, is_open);
                }
                Described::Otherwise => learned.note(&node),
                Described::Unknown => {}
            }
        }
        if learned.outlines.len() > before {
            self.relearn(&learned);
        }
    }

    fn relearn(&self, learned: &Learned) {
        match Known::of(
            &self.pubsub,
            &self.lists,
            &self.rules,
            &learned.outlines,
            false,
        ) {
            Ok(known) => {
                let mut place = self.known.write().unwrap_or_else(PoisonError::into_inner);
                *place = Arc::new(known);
            }
            Err(error) => tracing::warn!(%error, "models of the service are left out"),
        }
    }
}

/// How soon the service is to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Haste {
    /// Unless it was asked a moment ago.
    Usual,
    /// In any case, though perhaps in a moment.
    Now,
}

impl Learned {
    /// Notes what the items of a node look like, while there is room for it.
    fn describe(&mut self, node: &NodeName, outline: Outline, is_open: bool) {
        if self.outlines.len() >= MOST_NODES && !self.outlines.contains_key(node.as_str()) {
            tracing::warn!(%node, "more nodes describe their items than are looked at");
            return;
        }
        self.outlines
            .insert(node.as_str().to_owned(), (outline, is_open));
    }

    /// Whether the node was asked a while ago, and again not long ago, and did not describe its items.
    fn is_plain(&self, node: &NodeName) -> bool {
        let asked = self.plain.get(node);
        asked.is_some_and(|(first, last)| *last - *first >= BETWEEN && last.elapsed() < AGAIN)
    }

    fn note(&mut self, node: &NodeName) {
        let now = Instant::now();
        if self.plain.len() >= MOST_PLAIN {
            self.plain.retain(|_, (_, last)| last.elapsed() < AGAIN);
        }
        if self.plain.len() < MOST_PLAIN {
            self.plain.entry(node.clone()).or_insert((now, now)).1 = now;
        }
    }
}

/// The models that have a payload of the first element in the entry that one has.
fn candidates<'k>(known: &'k Known, entry: &str) -> Option<&'k Vec<Arc<Entry>>> {
    elements(entry, |name, namespace| {
        let key = (name.to_owned(), namespace.to_owned());
        known.by_element.get(&key)
    })
}

impl Known {
    fn of(
        pubsub: &PubSub,
        lists: &Lists,
        rules: &AccessRules,
        learned: &BTreeMap<String, (Outline, bool)>,
        is_strict: bool,
    ) -> Result<Self, ResourceError> {
        let sources = sources(pubsub, learned);
        let settings = |node: &str| lists.resources.iter().find(|it| it.node == node);
        let is_listed = |source: &Source| {
            let is_meant = lists.all || settings(source.outline.node()).is_some();
            let is_open = learned
                .get(source.outline.node())
                .is_none_or(|(_, is_open)| lists.discover && *is_open);
            is_meant && is_open
        };
        if is_strict && !lists.discover {
            let nodes: HashSet<&str> = sources.iter().map(|it| it.outline.node()).collect();
            let stray = lists.resources.iter().find(|it| !nodes.contains(&*it.node));
            if let Some(stray) = stray {
                return Err(ResourceError {
                    node: stray.node.clone(),
                    reason: "no model of this program publishes there".to_owned(),
                });
            }
        }
        let sources = named(sources, lists)?;
        let bases: HashMap<String, String> = sources
            .iter()
            .filter(|source| is_listed(source))
            .map(|source| {
                (
                    source.name.clone(),
                    format!("{}/{}/", lists.base, source.name),
                )
            })
            .collect();
        let mut known = Self::default();
        let usual = Settings::default();
        for source in sources {
            let node = source.outline.node().to_owned();
            let name = source.name.clone();
            let is_listed = is_listed(&source);
            let settings = settings(&node).unwrap_or(&usual);
            let entry = Arc::new(Entry {
                resource: Resource::new(source, settings, lists, &bases, rules)?,
                snapshots: Snapshots::default(),
                is_listed,
            });
            if let Some(payload) = entry.resource.outline().payload() {
                let key = (payload.name.clone(), payload.namespace.clone());
                known
                    .by_element
                    .entry(key)
                    .or_default()
                    .push(Arc::clone(&entry));
            }
            if entry.is_listed {
                known.resources.insert(name, Arc::clone(&entry));
            }
            known.by_node.insert(node, entry);
        }
        Ok(known)
    }
}

/// The models of the program first, then those of the service.
fn sources(pubsub: &PubSub, learned: &BTreeMap<String, (Outline, bool)>) -> Vec<Source> {
    let unnamed = String::new();
    let mut sources: Vec<_> = pubsub
        .models()
        .map(|model| Source {
            outline: Outline::of(model),
            model: Some(model),
            is_open: matches!(model.config.access, None | Some(AccessModel::Open)),
            name: unnamed.clone(),
        })
        .collect();
    sources.extend(learned.values().map(|(outline, is_open)| Source {
        outline: outline.clone(),
        model: None,
        is_open: *is_open,
        name: unnamed.clone(),
    }));
    sources
}

/// Gives each a name: that of the settings, or of its type; where several types have one name, with that of their crate before it.
fn named(mut sources: Vec<Source>, lists: &Lists) -> Result<Vec<Source>, ResourceError> {
    let mut count: HashMap<String, usize> = HashMap::new();
    for source in &sources {
        *count.entry(kebab(source.outline.name())).or_default() += 1;
    }
    let mut taken: HashSet<String> = HashSet::new();
    for source in &mut sources {
        let outline = &source.outline;
        let wrong = |reason: String| ResourceError {
            node: outline.node().to_owned(),
            reason,
        };
        let mut settings = lists.resources.iter();
        let settings = settings.find(|settings| settings.node == outline.node());
        let name = match settings.and_then(|settings| settings.name.clone()) {
            Some(name) => {
                let is_segment = !name.is_empty()
                    && name
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte));
                if !is_segment || name == "." || name == ".." {
                    return Err(wrong(format!(
                        "it cannot be called `{name}`; use letters, digits and `-_.~`"
                    )));
                }
                if taken.contains(&name) {
                    return Err(wrong(format!("another one is called `{name}` already")));
                }
                name
            }
            None => {
                let plain = kebab(outline.name());
                let is_shared = count.get(&plain).is_some_and(|count| *count > 1);
                let name = if is_shared {
                    let (krate, _) = outline.type_name().split_once("::").unwrap_or_default();
                    format!("{}-{plain}", kebab(krate))
                } else {
                    plain
                };
                free(&name, &taken)
            }
        };
        taken.insert(name.clone());
        source.name = name;
    }
    Ok(sources)
}

fn free(wanted: &str, taken: &HashSet<String>) -> String {
    let mut name = wanted.to_owned();
    let mut number = 2_u32;
    while taken.contains(&name) {
        name = format!("{wanted}-{number}");
        number = number.saturating_add(1);
    }
    name
}
