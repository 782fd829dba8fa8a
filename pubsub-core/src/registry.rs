//! All the models and hooks that are linked into the program.
//!
//! Knows what the derives have registered, and refuses two models with one node at start rather than at first use. Does not know a service.
//!
//! Registration rides on linking: a crate that is a dependency but is never named in code is not linked, and its models are
//! silently missing. Name it once, `use models as _;`, in the program that needs them.

use std::any::{Any, TypeId};
use std::collections::{BTreeMap, HashMap};
use std::fmt;

use crate::change::{Action, Actions};
use crate::hooks::{self, Hook, HookError, Stage};
use crate::name::{NameError, check_name};
use crate::node_config::{NodeConfig, Setting};
use crate::schema::Schema;

/// How a model is written in its entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// One element a field.
    Entry,
    /// As Django's XML serialiser writes a row.
    Django,
    /// JSON in the container of XEP-0335.
    Json,
}

/// Everything known about a model without a value of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Descriptor {
    /// The type with its module.
    pub type_name: &'static str,
    /// The node of all its changes.
    pub node: &'static str,
    /// What its payload looks like.
    pub schema: &'static Schema,
    /// How the payload is written.
    pub format: Format,
    /// Which actions are published.
    pub actions: Actions,
    /// How its nodes are to be set up.
    pub config: NodeConfig,
    /// The field that identifies an item.
    pub id: Option<&'static str>,
    /// The channels as written, `{field}` not filled in.
    pub channels: &'static [&'static str],
    /// Whether the store keeps rows of it. A program that keeps them in tables of its own says no.
    pub is_stored: bool,
}

impl Descriptor {
    /// What is known of the changes of this model.
    pub(crate) fn setting(&self) -> Setting {
        Setting {
            config: self.config,
            model: Some(self.node),
        }
    }
}

/// One model, as the derive hands it in.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Registration(pub &'static Descriptor);

inventory::collect!(Registration);

/// The models linked into this program, in no particular order and unchecked. [`Registry::load`] checks and sorts them.
pub fn registered() -> impl Iterator<Item = &'static Descriptor> {
    inventory::iter::<Registration>
        .into_iter()
        .map(|registration| registration.0)
}

/// The models and hooks of the program, checked.
#[derive(Debug, Clone)]
pub struct Registry {
    models: BTreeMap<&'static str, &'static Descriptor>,
    hooks: HashMap<TypeId, Vec<Hook>>,
}

impl Registry {
    /// Takes everything that is linked.
    ///
    /// # Errors
    ///
    /// When two models claim one node, or a node's name cannot be one.
    pub fn load() -> Result<Self, RegistryError> {
        Self::of(registered(), hooks::registered())
    }

    /// No models and no hooks.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            models: BTreeMap::new(),
            hooks: HashMap::new(),
        }
    }

    /// Takes what is given.
    ///
    /// # Errors
    ///
    /// When two models claim one node, or a node's name cannot be one.
    pub fn of(
        models: impl IntoIterator<Item = &'static Descriptor>,
        hooks: impl IntoIterator<Item = Hook>,
    ) -> Result<Self, RegistryError> {
        let mut registry = Self::empty();
        let mut problems = Vec::new();
        for model in models {
            if let Err(error) = check_name(model.node) {
                problems.push(RegistryProblem::Name {
                    model: model.type_name,
                    error,
                });
            } else if let Some(earlier) = registry.models.insert(model.node, model) {
                let mut models = [earlier.type_name, model.type_name];
                models.sort_unstable();
                problems.push(RegistryProblem::DuplicateNode {
                    node: model.node,
                    models,
                });
            }
        }
        if !problems.is_empty() {
            problems.sort_by_key(ToString::to_string);
            return Err(RegistryError { problems });
        }
        for hook in hooks {
            registry.hooks.entry(hook.model()).or_default().push(hook);
        }
        for hooks in registry.hooks.values_mut() {
            hooks::sort(hooks);
        }
        Ok(registry)
    }

    /// The models, sorted by node.
    pub fn models(&self) -> impl Iterator<Item = &'static Descriptor> {
        self.models.values().copied()
    }

    /// The model whose node this is.
    #[must_use]
    pub fn model(&self, node: &str) -> Option<&'static Descriptor> {
        self.models.get(node).copied()
    }

    /// The hooks for a type, in the order they run: by their `order`, then by name.
    #[must_use]
    pub fn hooks(&self, model: TypeId) -> &[Hook] {
        self.hooks.get(&model).map_or(&[], Vec::as_slice)
    }

    /// Whether a type has hooks.
    pub(crate) fn has_hooks(&self, model: TypeId) -> bool {
        !self.hooks(model).is_empty()
    }

    /// Whether a type has hooks of a stage.
    pub(crate) fn has_hooks_at(&self, model: TypeId, stage: Stage) -> bool {
        self.hooks(model).iter().any(|hook| hook.stage() == stage)
    }

    /// Runs the hooks of one stage for a value, in order: those inside a transaction until one fails, those after it all. One of the latter that
    /// panics has failed.
    ///
    /// # Errors
    ///
    /// What the first failing hook answered.
    pub fn run_hooks(
        &self,
        stage: Stage,
        value: &dyn Any,
        action: Action,
    ) -> Result<(), HookError> {
        let mut hooks = self
            .hooks(value.type_id())
            .iter()
            .filter(|hook| hook.stage() == stage && hook.actions().contain(action));
        match stage {
            Stage::AfterSave => hooks.try_for_each(|hook| hook.run(value, action)),
            Stage::AfterCommit => {
                // Nothing can be undone any more: one that fails keeps none of the others from running.
                let mut failures = hooks.filter_map(|hook| hook.run_alone(value, action).err());
                let first = failures.next();
                failures.for_each(
                    |error| tracing::error!(%error, "another hook failed after the commit"),
                );
                first.map_or(Ok(()), Err)
            }
        }
    }
}

/// The models of the program do not fit together. Tells everything that is wrong at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryError {
    problems: Vec<RegistryProblem>,
}

/// One thing that is wrong with the models of the program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryProblem {
    /// Two models have one node.
    #[error(
        "`{}` and `{}` both publish to node `{node}`; give one of them another with #[publish(node = \"...\")]",
        models[0], models[1]
    )]
    DuplicateNode {
        /// The node.
        node: &'static str,
        /// Both types.
        models: [&'static str; 2],
    },
    /// A model's node cannot be one.
    #[error("the node of `{model}` is no name: {error}")]
    Name {
        /// The type.
        model: &'static str,
        /// What is wrong with the name.
        error: NameError,
    },
}

impl RegistryError {
    /// Everything that is wrong.
    #[must_use]
    pub fn problems(&self) -> &[RegistryProblem] {
        &self.problems
    }
}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, problem) in self.problems.iter().enumerate() {
            if position > 0 {
                f.write_str("; ")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for RegistryError {}
