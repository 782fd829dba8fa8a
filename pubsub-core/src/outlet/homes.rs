//! The nodes of the program's models, as words for the session: it makes them before the first change of a model, where others may await them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::name::NodeName;
use crate::registry::{Descriptor, Registry};
use crate::schema::Outline;
use crate::session::Home;

/// The nodes of the program's models, as they are to be before the first change of the model.
#[derive(Debug, Clone, Default)]
pub(crate) struct Homes {
    by_model: Arc<HashMap<&'static str, Arc<Home>>>,
}

impl Homes {
    pub(super) fn of(registry: &Registry) -> Self {
        let home = |model: &'static Descriptor| {
            // The registry has checked the name.
            let node = NodeName::new(model.node).ok()?;
            let text = Outline::of(model).to_text().ok();
            let home = Home {
                node,
                config: model.config,
                description: text.map(|text| (model.schema.namespace, text)),
                is_ours: AtomicBool::new(false),
                is_used: AtomicBool::new(false),
            };
            Some((model.node, Arc::new(home)))
        };
        Self {
            by_model: Arc::new(registry.models().filter_map(home).collect()),
        }
    }

    /// Whether this program has made the node of the model.
    pub(super) fn is_ours(&self, model: &str) -> bool {
        let home = self.by_model.get(model);
        home.is_some_and(|home| home.is_ours.load(Ordering::Relaxed))
    }

    /// Whether nothing of the model was saved here before; from now on something was.
    pub(super) fn is_new(&self, model: &str) -> bool {
        let home = self.by_model.get(model);
        home.is_some_and(|home| {
            !home.is_used.load(Ordering::Relaxed) && !home.is_used.swap(true, Ordering::Relaxed)
        })
    }

    pub(super) fn of_model(&self, model: Option<&str>) -> Option<Arc<Home>> {
        self.by_model.get(model?).cloned()
    }
}
