//! Functions that run after a model was saved: what `#[after_save]` and `#[after_commit]` register.
//!
//! Knows which hooks exist, which model each is for and in what order they run. Does not know transactions: whoever saves calls them inside one.

use std::any::{Any, TypeId};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::change::{Action, Actions};

/// A hook's own error, whatever type it has.
pub type HookFailure = Box<dyn std::error::Error + Send + Sync>;

/// When a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Inside the transaction, before the save is certain; an error undoes it.
    AfterSave,
    /// Once the change can no longer be undone; an error, or a panic, is only reported.
    AfterCommit,
}

/// One registered hook.
#[derive(Clone, Copy)]
pub struct Hook {
    pub(crate) name: &'static str,
    pub(crate) order: i32,
    pub(crate) stage: Stage,
    pub(crate) actions: Actions,
    pub(crate) model: fn() -> TypeId,
    pub(crate) call: fn(&dyn Any, Action) -> Result<(), HookFailure>,
}

impl Hook {
    /// Describes a hook; `#[after_save]` does it for you.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(
        name: &'static str,
        model: fn() -> TypeId,
        call: fn(&dyn Any, Action) -> Result<(), HookFailure>,
    ) -> Self {
        let actions = Actions {
            create: true,
            update: true,
            delete: false,
        };
        Self {
            name,
            order: 0,
            stage: Stage::AfterSave,
            actions,
            model,
            call,
        }
    }

    /// The same at the other stage.
    #[doc(hidden)]
    #[must_use]
    pub const fn after_commit(mut self) -> Self {
        self.stage = Stage::AfterCommit;
        self
    }

    /// The same at another place in the order.
    #[doc(hidden)]
    #[must_use]
    pub const fn order(mut self, order: i32) -> Self {
        self.order = order;
        self
    }

    /// The same for other actions.
    #[doc(hidden)]
    #[must_use]
    pub const fn on(mut self, actions: Actions) -> Self {
        self.actions = actions;
        self
    }

    /// The function, with its module.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// When it runs.
    #[must_use]
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// Which actions it runs for.
    #[must_use]
    pub const fn actions(&self) -> Actions {
        self.actions
    }

    /// The type it is for.
    #[must_use]
    pub fn model(&self) -> TypeId {
        (self.model)()
    }

    /// Runs it for a value; a value of another type is passed over.
    ///
    /// # Errors
    ///
    /// Whatever the hook answered, with its name.
    pub fn run(&self, value: &dyn Any, action: Action) -> Result<(), HookError> {
        (self.call)(value, action).map_err(|source| HookError {
            hook: self.name,
            source,
        })
    }
}

impl Hook {
    /// The same, where nobody may be harmed by a hook that panics: that is an error, too.
    pub(crate) fn run_alone(&self, value: &dyn Any, action: Action) -> Result<(), HookError> {
        // The hook sees the value only through a shared reference, and what else it has broken is its own.
        let ran = catch_unwind(AssertUnwindSafe(|| self.run(value, action)));
        ran.unwrap_or_else(|panic| {
            let said = panic
                .downcast_ref::<&str>()
                .copied()
                .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
                .unwrap_or("without words");
            Err(HookError {
                hook: self.name,
                source: format!("it panicked: {said}").into(),
            })
        })
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hook")
            .field("name", &self.name)
            .field("order", &self.order)
            .field("stage", &self.stage)
            .field("actions", &self.actions)
            .finish_non_exhaustive()
    }
}

inventory::collect!(Hook);

/// The hooks linked into this program, in no particular order. [`Registry::load`](crate::Registry::load) sorts them.
pub fn registered() -> impl Iterator<Item = Hook> {
    inventory::iter::<Hook>.into_iter().copied()
}

/// Puts hooks into the order they run in: by `order`, then by name. Neither linking nor the place in a file matters.
pub(crate) fn sort(hooks: &mut [Hook]) {
    hooks.sort_by_key(|hook| (hook.order, hook.name));
}

/// A hook answered with an error.
#[derive(Debug, thiserror::Error)]
#[error("hook `{hook}` failed: {source}")]
pub struct HookError {
    hook: &'static str,
    source: HookFailure,
}

impl HookError {
    /// The hook's name, with its module.
    #[must_use]
    pub const fn hook(&self) -> &'static str {
        self.hook
    }
}

/// What a hook may return: nothing, or a `Result` whose error undoes the save.
#[diagnostic::on_unimplemented(
    message = "a hook returns nothing or `Result<(), E>`, not `{Self}`",
    label = "not something a hook can return",
    note = "`E` is any error that is `Send + Sync + 'static`, or `String`"
)]
pub trait HookOutcome {
    /// The outcome with its error boxed.
    ///
    /// # Errors
    ///
    /// When the hook failed.
    fn into_result(self) -> Result<(), HookFailure>;
}

impl HookOutcome for () {
    fn into_result(self) -> Result<(), HookFailure> {
        Ok(())
    }
}

impl<E: Into<HookFailure>> HookOutcome for Result<(), E> {
    fn into_result(self) -> Result<(), HookFailure> {
        self.map_err(Into::into)
    }
}
