//! Saving without a store: changes are sent at once, and the save waits for the service.
//!
//! Knows hooks and changes. Does not know stanzas, sockets or how a payload is written.

use futures_util::StreamExt as _;
use futures_util::future::try_join_all;
use futures_util::stream::FuturesOrdered;

use super::step::id_of;
use crate::change::{Action, Change, ChangeKind};
use crate::error::SaveError;
use crate::handle::PubSub;
use crate::hooks::Stage;
use crate::name::{ItemId, NodeName};
use crate::node_config::Setting;
use crate::payload::{EncodeError, EncodeErrorKind};
use crate::publish::Publish;
use crate::receipt::Receipt;
use crate::registry::Descriptor;
use crate::scope::Scope;
use crate::session::PubSubError;
use crate::store::{StoreError, StoreErrorKind};

/// How many values of one [`PubSub::save_all`] are on their way at once.
const AT_ONCE: usize = 1024;

/// What one save or delete tells.
#[derive(Debug)]
struct Planned {
    item: ItemId,
    changes: Vec<Change>,
    /// What happened, where that is known.
    action: Option<Action>,
}

impl PubSub {
    pub(super) async fn save_directly<M: Publish>(&self, model: &M) -> Result<Receipt, SaveError> {
        let planned = self.plan_save(model).await?;
        self.carry_out(planned, model).await
    }

    pub(super) async fn save_all_directly<M: Publish>(
        &self,
        models: &[M],
    ) -> Result<Vec<Receipt>, SaveError> {
        let mut planned = Vec::with_capacity(models.len());
        for model in models {
            planned.push((self.plan_save(model).await?, model));
        }
        let mut under_way = FuturesOrdered::new();
        let mut settled = Vec::with_capacity(models.len());
        for (planned, model) in planned {
            if under_way.len() == AT_ONCE {
                settled.extend(under_way.next().await);
            }
            under_way.push_back(self.carry_out(planned, model));
        }
        settled.extend(under_way.collect::<Vec<_>>().await);
        settled.into_iter().collect()
    }

    pub(super) async fn delete_directly<M: Publish>(
        &self,
        model: &M,
    ) -> Result<Receipt, SaveError> {
        let item = id_of(model)?;
        self.run_hooks(Stage::AfterSave, model, Action::Delete)?;
        let planned = self.plan(model, item, Some(Action::Delete))?;
        self.carry_out(planned, model).await
    }

    /// The last row is what the node of the model holds.
    pub(super) async fn delete_directly_by_id<M: Publish>(
        &self,
        item: ItemId,
    ) -> Result<Receipt, SaveError> {
        let node = node_of::<M>()?;
        let found = match self.outlet().item(&node, &item).await {
            Err(PubSubError::NotFound { .. }) => None,
            found => found?,
        };
        let Some(payload) = found.and_then(|found| found.payload) else {
            return Ok(Receipt::new(item, Vec::new(), None));
        };
        let (model, _) = M::decode_entry(&payload).map_err(|error| {
            let message = format!(
                "the item \"{item}\" of {node} is not a {} ({error}); retract it with PubSub::retract",
                M::DESCRIPTOR.type_name
            );
            StoreError::new(StoreErrorKind::Row, message).with(error)
        })?;
        self.run_hooks(Stage::AfterSave, &model, Action::Delete)?;
        let planned = self.plan(&model, item, Some(Action::Delete))?;
        self.carry_out(planned, &model).await
    }

    pub(super) async fn touch_directly<M: Publish>(&self, model: &M) -> Result<Receipt, SaveError> {
        let item = id_of(model)?;
        let Planned { item, changes, .. } = self.plan(model, item, None)?;
        let nodes = nodes(&changes);
        try_join_all(self.send_all::<M>(changes)).await?;
        Ok(Receipt::new(item, nodes, None))
    }

    /// Sends one change to one node.
    pub(super) async fn change_directly(
        &self,
        node: &NodeName,
        item: &ItemId,
        kind: ChangeKind,
    ) -> Result<Receipt, SaveError> {
        let action = match kind {
            ChangeKind::Put { .. } => None,
            ChangeKind::Retract { .. } => Some(Action::Delete),
        };
        if Scope::current().is_suppressed {
            return Ok(Receipt::new(item.clone(), Vec::new(), action));
        }
        let setting = self
            .registry()
            .model(node.as_str())
            .map_or(Setting::default(), Descriptor::setting);
        let change = Change {
            node: node.clone(),
            item: item.clone(),
            kind,
        };
        self.outlet().send(change, setting).await?;
        Ok(Receipt::new(item.clone(), vec![node.clone()], action))
    }

    /// What a save will tell, with the hooks already run.
    async fn plan_save<M: Publish>(&self, model: &M) -> Result<Planned, SaveError> {
        let (item, action) = match model.item_id()? {
            None => (ItemId::unique(), Some(Action::Create)),
            Some(item) => {
                let action = self.action::<M>(&item).await?;
                (item, action)
            }
        };
        self.run_hooks(Stage::AfterSave, model, action.unwrap_or(Action::Update))?;
        self.plan(model, item, action)
    }

    fn plan<M: Publish>(
        &self,
        model: &M,
        item: ItemId,
        action: Option<Action>,
    ) -> Result<Planned, SaveError> {
        let mut changes = model.changes(action, &item, &self.stamp())?;
        if Scope::current().is_suppressed {
            changes.clear();
        }
        Ok(Planned {
            item,
            changes,
            action,
        })
    }

    /// Whether a save creates or updates. The service is asked only when the model makes a difference.
    async fn action<M: Publish>(&self, item: &ItemId) -> Result<Option<Action>, SaveError> {
        let actions = M::DESCRIPTOR.actions;
        if actions.create == actions.update {
            return Ok(None);
        }
        match self.outlet().item(&node_of::<M>()?, item).await {
            Ok(Some(_)) => Ok(Some(Action::Update)),
            Ok(None) | Err(PubSubError::NotFound { .. }) => Ok(Some(Action::Create)),
            Err(error) => Err(error.into()),
        }
    }

    fn run_hooks<M: Publish>(
        &self,
        stage: Stage,
        model: &M,
        action: Action,
    ) -> Result<(), SaveError> {
        let Some(value) = model.as_any() else {
            return Ok(());
        };
        Ok(self.registry().run_hooks(stage, value, action)?)
    }

    /// Sends what was planned. The changes are on their way when this returns, not only when the future is polled.
    fn carry_out<'a, M: Publish>(
        &'a self,
        planned: Planned,
        model: &'a M,
    ) -> impl Future<Output = Result<Receipt, SaveError>> + Send + 'a {
        let Planned {
            item,
            changes,
            action,
        } = planned;
        let nodes = nodes(&changes);
        let answers = self.send_all::<M>(changes);
        async move {
            try_join_all(answers).await?;
            let told = action.unwrap_or(Action::Update);
            if let Err(error) = self.run_hooks(Stage::AfterCommit, model, told) {
                // It is published; nobody can take that back.
                tracing::error!(%error, "a hook failed after the change was published");
            }
            Ok(Receipt::new(item, nodes, action))
        }
    }

    fn send_all<M: Publish>(
        &self,
        changes: Vec<Change>,
    ) -> Vec<impl Future<Output = Result<(), PubSubError>> + Send + use<M>> {
        let changes = changes.into_iter();
        changes
            .map(|change| self.outlet().send(change, M::DESCRIPTOR.setting()))
            .collect()
    }
}

fn nodes(changes: &[Change]) -> Vec<NodeName> {
    changes.iter().map(|change| change.node.clone()).collect()
}

fn node_of<M: Publish>() -> Result<NodeName, EncodeError> {
    NodeName::new(M::NODE).map_err(|error| EncodeError::new("NODE", EncodeErrorKind::Name(error)))
}
