//! A gateway with lists over an embedded server, with one store or another, or none.

use std::net::SocketAddr;

use pubsub_core::{PubSub, Publish};
use pubsub_gateway::settings::{Filtering, Lists, Resource};
use pubsub_gateway::{Builder, Gateway, Settings};
use serde_json::Value;
use support::PostgresServer;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::browser::{Answer, Client};
use crate::models::{Commit, User, commit, samples, teams, users};

/// Where rows are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    Sqlite,
    Postgres,
    /// Only as the items of their nodes.
    Nowhere,
}

/// A running gateway; it ends when this is dropped.
pub struct Site {
    pub pubsub: PubSub,
    pub address: SocketAddr,
    _stop: oneshot::Sender<()>,
    pub directory: TempDir,
    _server: Option<std::sync::Arc<PostgresServer>>,
}

/// The resources of the live page.
pub fn lists() -> Lists {
    let only = |lookups: &[&str]| {
        Filtering::Only(lookups.iter().map(|lookup| (*lookup).to_owned()).collect())
    };
    Lists::default()
        .with(
            Resource::of::<Commit>()
                .filter("user", Filtering::AllWithRelations)
                .filter("project", Filtering::All)
                .filter("timestamp", only(&["exact", "range", "gt", "lt"]))
                .sort_by(&["timestamp", "id"])
                .order("-timestamp")
                .link("user", "user"),
        )
        .with(Resource::of::<User>().link("team", "team"))
}

impl Site {
    pub async fn with(kept: Kept, lists: Lists, set: impl FnOnce(Builder) -> Builder) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let builder = PubSub::builder();
        let mut server = None;
        let builder = match kept {
            Kept::Sqlite => {
                let path = directory.path().join("lists.db");
                builder
                    .store(&format!("sqlite:{}", path.display()))
                    .unwrap()
            }
            Kept::Postgres => {
                let running = PostgresServer::shared().await;
                let url = running.database().await;
                server = Some(running);
                builder.store(&url).unwrap()
            }
            Kept::Nowhere => builder,
        };
        let pubsub = builder.connect().await.unwrap();
        Self {
            directory,
            _server: server,
            ..Self::serve(pubsub, lists, set).await
        }
    }

    /// Over this connection.
    pub async fn over(pubsub: PubSub, lists: Lists) -> Self {
        Self::serve(pubsub, lists, |builder| builder).await
    }

    async fn serve(pubsub: PubSub, lists: Lists, set: impl FnOnce(Builder) -> Builder) -> Self {
        let settings = Settings {
            lists: Some(lists),
            ..Settings::default()
        };
        let gateway = set(Gateway::builder(pubsub.clone()).settings(settings));
        let gateway = gateway.build().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = gateway;
        // Ends when the value that holds the other end is dropped.
        tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            serving.serve(listener, stopped).await;
        });
        Self {
            pubsub,
            address,
            _stop: stop,
            directory: tempfile::tempdir().unwrap(),
            _server: None,
        }
    }

    /// With the resources of the page, and so many commits.
    pub async fn start(kept: Kept, commits: i64) -> Self {
        let site = Self::with(kept, lists(), |builder| builder).await;
        let saved: Vec<_> = (1..=commits).map(commit).collect();
        site.save(&saved).await;
        site.save(&users()).await;
        site.save(&teams()).await;
        site.save(&samples()).await;
        site
    }

    pub async fn save<M: Publish + Sync>(&self, models: &[M]) {
        self.pubsub.save_all(models).await.unwrap();
    }

    pub async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut client = Client::connect(self.address).await;
        client.send(method, path, headers, "").await;
        client.answer().await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[]).await
    }

    /// The JSON of a page that is there.
    pub async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        serde_json::from_slice(&answer.body).unwrap()
    }

    /// The ids on a page.
    pub async fn ids(&self, path: &str) -> Vec<i64> {
        let page = self.json(path).await;
        let objects = page["objects"].as_array().unwrap().iter();
        objects
            .map(|object| object["id"].as_i64().unwrap())
            .collect()
    }
}
