//! Commits, who made them and what they belong to; and the three channels that hear of a commit.
//!
//! Knows what is kept. Does not know HTTP, nor how a push arrives.

use std::time::{SystemTime, UNIX_EPOCH};

use pubsub_core::{PubSub, Publish, ReadError, SaveError};
use tokio::sync::Mutex;

use crate::webhook::{Pushed, Pushing};

/// Somebody who pushes.
#[derive(Debug, Clone, PartialEq, Eq, Publish)]
#[publish(node = "/commits/User", title = "Users", access = "open")]
pub struct User {
    #[publish(id)]
    pub id: u64,
    pub name: String,
}

/// Something that is pushed to.
#[derive(Debug, Clone, PartialEq, Eq, Publish)]
#[publish(node = "/commits/Project", title = "Projects", access = "open")]
pub struct Project {
    #[publish(id)]
    pub id: u64,
    pub name: String,
    pub url: String,
}

/// A commit. Whoever made it, its project and everybody have a channel.
#[derive(Debug, Clone, PartialEq, Eq, Publish)]
#[publish(
    node = "/commits/Commit",
    title = "Commits",
    access = "open",
    channels("user-{user}", "project-{project}", "global")
)]
pub struct Commit {
    /// Later ones have a higher id; small enough for JavaScript's numbers.
    #[publish(id)]
    pub id: u64,
    pub hash: String,
    pub author: String,
    pub username: Option<String>,
    pub message: String,
    pub url: String,
    pub user: Option<u64>,
    pub project: u64,
    pub project_name: String,
    pub project_url: String,
    pub files: Vec<String>,
    pub timestamp: SystemTime,
    pub created_on: SystemTime,
}

/// Why a push was not taken.
#[derive(Debug)]
pub enum Problem {
    Read(ReadError),
    Save(SaveError),
}

impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Read(error) => error.fmt(formatter),
            Self::Save(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for Problem {}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl From<SaveError> for Problem {
    fn from(error: SaveError) -> Self {
        Self::Save(error)
    }
}

/// Takes pushes one after another, so that nobody is made twice.
pub struct Book {
    pubsub: PubSub,
    turn: Mutex<()>,
}

impl Book {
    pub fn new(pubsub: PubSub) -> Self {
        let turn = Mutex::default();
        Self { pubsub, turn }
    }

    /// Writes a push down: all of it, or nothing. How many of its commits were new.
    ///
    /// # Errors
    ///
    /// When the store cannot be read or written.
    pub async fn take(&self, pushed: Pushed) -> Result<usize, Problem> {
        let _turn = self.turn.lock().await;
        let project = self.project(&pushed).await?;
        let mut commits: Vec<Commit> = Vec::new();
        for pushing in pushed.commits {
            let is_known = self
                .pubsub
                .list::<Commit>()
                .filter("hash", pushing.hash.as_str());
            let is_twice = commits.iter().any(|commit| commit.hash == pushing.hash);
            if is_twice || is_known.first().await?.is_some() {
                continue;
            }
            let user = match &pushing.username {
                Some(name) => Some(self.user(name).await?),
                None => None,
            };
            let id = commits
                .last()
                .map_or_else(now, |last| now().max(last.id + 1));
            commits.push(commit(id, pushing, user, &project));
        }
        let _ = self.pubsub.save_all(&commits).await?;
        Ok(commits.len())
    }

    async fn user(&self, name: &str) -> Result<User, Problem> {
        let known = self
            .pubsub
            .list::<User>()
            .filter("name", name)
            .first()
            .await?;
        if let Some(user) = known {
            return Ok(user);
        }
        let last = self
            .pubsub
            .list::<User>()
            .order_by("id")
            .descending()
            .first()
            .await?;
        let user = User {
            id: last.map_or(1, |last| last.id + 1),
            name: name.to_owned(),
        };
        let _ = self.pubsub.save(&user).await?;
        Ok(user)
    }

    async fn project(&self, pushed: &Pushed) -> Result<Project, Problem> {
        let name = pushed.project.as_str();
        let known = self
            .pubsub
            .list::<Project>()
            .filter("name", name)
            .first()
            .await?;
        if let Some(project) = known {
            return Ok(project);
        }
        let last = self
            .pubsub
            .list::<Project>()
            .order_by("id")
            .descending()
            .first()
            .await?;
        let project = Project {
            id: last.map_or(1, |last| last.id + 1),
            name: name.to_owned(),
            url: pushed.project_url.clone(),
        };
        let _ = self.pubsub.save(&project).await?;
        Ok(project)
    }
}

fn commit(id: u64, pushing: Pushing, user: Option<User>, project: &Project) -> Commit {
    let (user, username) = user.map(|user| (user.id, user.name)).unzip();
    Commit {
        id,
        hash: pushing.hash,
        author: pushing.author,
        username,
        message: pushing.message,
        url: pushing.url,
        user,
        project: project.id,
        project_name: project.name.clone(),
        project_url: project.url.clone(),
        files: pushing.files,
        timestamp: pushing.timestamp,
        created_on: SystemTime::now(),
    }
}

/// Microseconds since 1970: 51 bits until the year 2041, and JavaScript has 53.
fn now() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}
