//! Calling a hook whose model is known only at run time.
//!
//! Knows types. Does not know when hooks run.

use std::any::Any;

use crate::change::Action;
use crate::hooks::{HookFailure, HookOutcome};

/// Calls a hook that looks at the value.
pub fn call_hook<T: 'static, O: HookOutcome>(
    value: &dyn Any,
    hook: fn(&T) -> O,
) -> Result<(), HookFailure> {
    match value.downcast_ref() {
        Some(value) => hook(value).into_result(),
        None => Ok(()),
    }
}

/// Calls a hook that looks at the value and at what happened to it.
pub fn call_action_hook<T: 'static, O: HookOutcome>(
    value: &dyn Any,
    action: Action,
    hook: fn(&T, Action) -> O,
) -> Result<(), HookFailure> {
    match value.downcast_ref() {
        Some(value) => hook(value, action).into_result(),
        None => Ok(()),
    }
}
