//! How a save becomes changes: hooks, the number of each change, which nodes hear of it, and the wait for all of them.
//!
//! The saving half of [`PubSub`]. Does not know stanzas, sockets or how a payload is written.

use futures_util::StreamExt as _;
use futures_util::future::try_join_all;
use futures_util::stream::FuturesOrdered;

use crate::change::{Action, Change, ChangeKind};
use crate::content::Content;
use crate::error::SaveError;
use crate::handle::PubSub;
use crate::hooks::Stage;
use crate::name::{ItemId, NodeName};
use crate::node_config::NodeConfig;
use crate::payload::{EncodeError, EncodeErrorKind};
use crate::publish::Publish;
use crate::receipt::Receipt;
use crate::session::PubSubError;

/// How many values of one [`PubSub::save_all`] are on their way at once.
const AT_ONCE: usize = 1024;

/// What one save or delete tells.
#[derive(Debug)]
struct Planned {
    item: ItemId,
    changes: Vec<Change>,
}

impl PubSub {
    /// Publishes a value: to the node of its model, and to its channels. Returns when the service has it.
    ///
    /// The same as [`Publish::save_with`].
    ///
    /// # Errors
    ///
    /// See [`SaveError`].
    pub async fn save<M: Publish>(&self, model: &M) -> Result<Receipt, SaveError> {
        let (planned, action) = self.plan_save(model).await?;
        self.carry_out(planned, model, action).await
    }

    /// Publishes several values, pipelined and in their order.
    ///
    /// The same as [`Publish::save_all`]. When one of them cannot be written, or a hook does not want it, nothing is sent.
    ///
    /// # Errors
    ///
    /// The first that went wrong; the others were sent nevertheless.
    pub async fn save_all<M: Publish>(&self, models: &[M]) -> Result<Vec<Receipt>, SaveError> {
        let mut planned = Vec::with_capacity(models.len());
        for model in models {
            planned.push((self.plan_save(model).await?, model));
        }
        let mut under_way = FuturesOrdered::new();
        let mut settled = Vec::with_capacity(models.len());
        for ((planned, action), model) in planned {
            if under_way.len() == AT_ONCE {
                settled.extend(under_way.next().await);
            }
            under_way.push_back(self.carry_out(planned, model, action));
        }
        settled.extend(under_way.collect::<Vec<_>>().await);
        settled.into_iter().collect()
    }

    /// Retracts a value from the node of its model and from its channels.
    ///
    /// The same as [`Publish::delete_with`].
    ///
    /// # Errors
    ///
    /// See [`SaveError`].
    pub async fn delete<M: Publish>(&self, model: &M) -> Result<Receipt, SaveError> {
        let Some(item) = model.item_id()? else {
            return Err(SaveError::NoId {
                model: M::DESCRIPTOR.type_name,
            });
        };
        self.run_hooks(Stage::AfterSave, model, Action::Delete)?;
        let changes = model.changes(Some(Action::Delete), &item, &self.stamp())?;
        self.carry_out(Planned { item, changes }, model, Action::Delete)
            .await
    }

    /// Publishes anything to any node, as an item with a new id. The node is created where it is missing.
    ///
    /// # Errors
    ///
    /// See [`SaveError`].
    pub async fn publish(
        &self,
        node: &NodeName,
        content: impl Content,
    ) -> Result<Receipt, SaveError> {
        self.publish_as(node, &ItemId::unique(), content).await
    }

    /// Publishes anything to any node under a given id; an item with that id is replaced.
    ///
    /// # Errors
    ///
    /// See [`SaveError`].
    pub async fn publish_as(
        &self,
        node: &NodeName,
        item: &ItemId,
        content: impl Content,
    ) -> Result<Receipt, SaveError> {
        let mut payload = String::new();
        content.write(&self.stamp(), &mut payload)?;
        let kind = ChangeKind::Put {
            payload: payload.into(),
        };
        self.change(node, item, kind).await
    }

    /// Retracts an item from a node.
    ///
    /// # Errors
    ///
    /// See [`SaveError`].
    pub async fn retract(&self, node: &NodeName, item: &ItemId) -> Result<Receipt, SaveError> {
        self.change(
            node,
            item,
            ChangeKind::Retract {
                payload: None,
                notify: true,
            },
        )
        .await
    }

    /// What a save will tell, with the hooks already run.
    async fn plan_save<M: Publish>(&self, model: &M) -> Result<(Planned, Action), SaveError> {
        let (item, action) = match model.item_id()? {
            None => (ItemId::unique(), Some(Action::Create)),
            Some(item) => {
                let action = self.action::<M>(&item).await?;
                (item, action)
            }
        };
        let told = action.unwrap_or(Action::Update);
        self.run_hooks(Stage::AfterSave, model, told)?;
        let changes = model.changes(action, &item, &self.stamp())?;
        Ok((Planned { item, changes }, told))
    }

    /// Whether a save creates or updates. The service is asked only when the model makes a difference.
    async fn action<M: Publish>(&self, item: &ItemId) -> Result<Option<Action>, SaveError> {
        let actions = M::DESCRIPTOR.actions;
        if actions.create == actions.update {
            return Ok(None);
        }
        let name = |error| EncodeError::new("NODE", EncodeErrorKind::Name(error));
        let node = NodeName::new(M::NODE).map_err(name)?;
        match self.outlet().item(&node, item).await {
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
        action: Action,
    ) -> impl Future<Output = Result<Receipt, SaveError>> + Send + 'a {
        let Planned { item, changes } = planned;
        let nodes: Vec<NodeName> = changes.iter().map(|change| change.node.clone()).collect();
        let answers: Vec<_> = changes
            .into_iter()
            .map(|change| self.outlet().send(change, M::DESCRIPTOR.config))
            .collect();
        async move {
            try_join_all(answers).await?;
            if let Err(error) = self.run_hooks(Stage::AfterCommit, model, action) {
                // It is published; nobody can take that back.
                tracing::error!(%error, "a hook failed after the change was published");
            }
            Ok(Receipt::new(item, nodes))
        }
    }

    async fn change(
        &self,
        node: &NodeName,
        item: &ItemId,
        kind: ChangeKind,
    ) -> Result<Receipt, SaveError> {
        let config = self
            .registry()
            .model(node.as_str())
            .map_or(NodeConfig::new(), |model| model.config);
        let change = Change {
            node: node.clone(),
            item: item.clone(),
            kind,
        };
        self.outlet().send(change, config).await?;
        Ok(Receipt::new(item.clone(), vec![node.clone()]))
    }
}
