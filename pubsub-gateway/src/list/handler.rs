//! The routes of the list API: from a request to its answer.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use axum::routing::any;
use futures_util::future::BoxFuture;
use http::{Method, StatusCode};
use pubsub_core::schema::push_string;
use pubsub_core::store::{Condition, Query, Value};

use super::arguments::{Arguments, Span};
use super::directory::Entry;
use super::filter::{self, Wanted};
use super::path::{Asked as Place, read};
use super::refusal::Refusal;
use super::sieve::holds_all;
use super::{answer, page, schema, sorting, source};
use crate::access::{Grant, Intent, settle_host};
use crate::channel::ChannelName;
use crate::inner::Inner;
use crate::route::Asked;

/// More ids than this are not followed from one resource to another.
const MOST_RELATED: u64 = 1000;
/// The positions of so many channels are told at most.
const MOST_CHANNELS: usize = 16;
/// Relations may be followed this far.
const FURTHEST: usize = 4;

/// The routes, at their whole paths.
pub(crate) fn router(inner: Arc<Inner>) -> Router {
    let base = inner.directory().lists().base.clone();
    Router::new()
        .route(if base.is_empty() { "/" } else { &base }, any(handle))
        .route(&format!("{base}/{{*rest}}"), any(handle))
        .route(&format!("{base}/"), any(handle))
        .with_state(inner)
}

async fn handle(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let settled = settle_host(&mut parts);
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let api = Api {
        inner: &inner,
        asked: Asked {
            parts: &parts,
            peer: peer.map(|peer| peer.0),
            rest: "",
        },
    };
    let answer = match settled {
        Ok(()) => api.answer().await,
        Err(error) => Err(Refusal::bad(error.to_string())),
    };
    let answer = answer.unwrap_or_else(answer::refused);
    let status = answer.status();
    if status.is_client_error() || status.is_server_error() {
        inner.hub().measure().refused(status);
    }
    answer::finish(answer, &inner.settings().origins, &parts.headers)
}

/// One request.
#[derive(Clone, Copy)]
struct Api<'r> {
    inner: &'r Inner,
    asked: Asked<'r>,
}

impl Api<'_> {
    async fn answer(&self) -> Result<Response, Refusal> {
        let directory = self.inner.directory();
        let request = self.asked.parts;
        let (base, uri) = (&directory.lists().base, &request.uri);
        let path = uri.path();
        let rest = path.strip_prefix(base.as_str()).unwrap_or(path);
        let (asked, has_slash) = read(rest).ok_or_else(Refusal::missing)?;
        if !matches!(request.method, Method::GET | Method::HEAD) {
            return Ok(answer::methods(&request.method));
        }
        if !has_slash {
            return Ok(answer::moved(path, uri.query()));
        }
        let arguments = Arguments::read(uri.query().unwrap_or_default())?;
        check_format(&arguments)?;
        match asked {
            Place::Top => Ok(self.top().await),
            Place::List(name) => {
                let (entry, readable) = self.readable(&name).await?;
                self.list(&entry, readable, &arguments).await
            }
            Place::Detail(name, id) => {
                let (entry, readable) = self.readable(&name).await?;
                self.detail(&entry, &readable, &id).await
            }
            Place::Set(name, ids) => {
                let (entry, readable) = self.readable(&name).await?;
                self.set(&entry, &readable, &ids).await
            }
            Place::Schema(name) => {
                let (entry, _) = self.readable(&name).await?;
                let schema = schema::schema(&entry.resource, base);
                Ok(answer::json(StatusCode::OK, schema.to_string()))
            }
        }
    }

    /// The resource, and what of it may be seen.
    async fn readable(&self, name: &str) -> Result<(Arc<Entry>, Conditions), Refusal> {
        let entry = self.inner.directory().resource(name).await;
        let entry = entry.ok_or_else(Refusal::missing)?;
        let conditions = self.conditions(&entry).await?;
        Ok((entry, conditions))
    }

    /// What holds for all rows of a resource that may be seen.
    async fn conditions(&self, entry: &Entry) -> Result<Conditions, Refusal> {
        let resource = &entry.resource;
        // A name that no channel has is that of a node which nobody can listen to here.
        let channel = ChannelName::new(resource.node.as_str());
        let channel = channel.map_err(|_| Refusal::bare(StatusCode::FORBIDDEN))?;
        let grant = self.may(Intent::List, std::slice::from_ref(&channel));
        Ok(grant.await?.rows)
    }

    async fn may(&self, intent: Intent, channels: &[ChannelName]) -> Result<Grant, Refusal> {
        let may = self.inner.may(intent, channels, &self.asked);
        may.await.map_err(|denied| Refusal::denied(&denied))
    }

    /// Which resources there are, as far as the request may see any of their rows.
    async fn top(&self) -> Response {
        let mut body = String::from("{");
        for entry in self.inner.directory().resources().await {
            let resource = &entry.resource;
            if self.conditions(&entry).await.is_err() {
                continue;
            }
            if body.len() > 1 {
                body.push(',');
            }
            push_string(&mut body, &resource.name);
            body.push_str(":{\"list_endpoint\":");
            push_string(&mut body, &resource.base);
            body.push_str(",\"schema\":");
            push_string(&mut body, &format!("{}schema/", resource.base));
            body.push('}');
        }
        body.push('}');
        answer::json(StatusCode::OK, body)
    }

    async fn list(
        &self,
        entry: &Entry,
        readable: Conditions,
        arguments: &Arguments,
    ) -> Result<Response, Refusal> {
        let resource = &entry.resource;
        let span = Span::read(arguments, resource.limit, resource.max_limit)?;
        let wanted = filter::read(resource, arguments)?;
        let order = sorting::read(resource, arguments)?;
        let channels = channels(arguments)?;
        if !channels.is_empty() {
            // Where a channel is says how much happens on it.
            self.may(Intent::Subscribe, &channels).await?;
        }
        let mut conditions = self.resolve(wanted, FURTHEST).await?;
        conditions.extend(readable);
        let query = Query {
            conditions,
            order,
            limit: span.limit,
            offset: span.offset,
            with_total: true,
            channels: channels.iter().map(|name| name.node().clone()).collect(),
        };
        let pubsub = self.inner.pubsub();
        let found = source::rows(pubsub, resource, &entry.snapshots, &query).await?;
        let body = page::page(resource, arguments, span, &found);
        Ok(answer::rows(body, Some(&found.position)))
    }

    /// The conditions on a resource's own columns; what is asked of other resources is asked there first.
    fn resolve(
        &self,
        wanted: Vec<Wanted>,
        furthest: usize,
    ) -> BoxFuture<'_, Result<Conditions, Refusal>> {
        Box::pin(async move {
            let mut conditions = Vec::new();
            for one in wanted {
                conditions.push(match one {
                    Wanted::Own(column, condition) => (column, condition),
                    Wanted::Related {
                        column,
                        resource,
                        arguments,
                    } => {
                        let ids = self.related(&resource, &arguments, furthest).await?;
                        (column, Condition::In(ids))
                    }
                });
            }
            Ok(conditions)
        })
    }

    /// The ids of the rows of another resource for which these arguments hold, as far as the request may see them.
    async fn related(
        &self,
        name: &str,
        arguments: &Arguments,
        furthest: usize,
    ) -> Result<Vec<Value>, Refusal> {
        let furthest = furthest.checked_sub(1).ok_or_else(|| {
            Refusal::bad(format!("Relations are followed at most {FURTHEST} deep."))
        })?;
        let (entry, readable) = self.readable(name).await?;
        let wanted = filter::read(&entry.resource, arguments)?;
        if wanted.is_empty() {
            // A field that is none is ignored; here that would ask for all.
            return Err(Refusal::bad(format!(
                "The '{name}' resource has no such field to filter by."
            )));
        }
        let mut conditions = self.resolve(wanted, furthest).await?;
        conditions.extend(readable);
        let query = Query {
            conditions,
            limit: Some(MOST_RELATED + 1),
            ..Query::default()
        };
        let pubsub = self.inner.pubsub();
        let found = source::rows(pubsub, &entry.resource, &entry.snapshots, &query).await?;
        if found.rows.len() as u64 > MOST_RELATED {
            return Err(Refusal::bad(format!(
                "More than {MOST_RELATED} rows of the '{name}' resource are meant; narrow it down."
            )));
        }
        Ok(found.rows.into_iter().map(|row| row.item.into()).collect())
    }

    async fn detail(
        &self,
        entry: &Entry,
        readable: &Conditions,
        id: &str,
    ) -> Result<Response, Refusal> {
        let row = self.row(entry, readable, id).await?;
        let row = row.ok_or_else(Refusal::missing)?;
        let body = page::detail(&entry.resource, &row)?;
        Ok(answer::rows(body, None))
    }

    async fn set(
        &self,
        entry: &Entry,
        readable: &Conditions,
        ids: &[String],
    ) -> Result<Response, Refusal> {
        let (mut rows, mut missing) = (Vec::new(), Vec::new());
        for id in ids {
            match self.row(entry, readable, id).await? {
                Some(row) => rows.push(row),
                None => missing.push(id),
            }
        }
        let body = page::set(&entry.resource, &rows, &missing);
        Ok(answer::rows(body, None))
    }

    /// A row that may be seen.
    async fn row(
        &self,
        entry: &Entry,
        readable: &Conditions,
        id: &str,
    ) -> Result<Option<source::Row>, Refusal> {
        let (pubsub, resource) = (self.inner.pubsub(), &entry.resource);
        let row = source::row(pubsub, resource, &entry.snapshots, id).await?;
        if readable.is_empty() {
            return Ok(row);
        }
        Ok(row.filter(|row| {
            let plain = source::plainly(resource, row);
            plain.is_some_and(|plain| holds_all(resource, &plain, readable))
        }))
    }
}

type Conditions = Vec<(String, Condition)>;

/// There is one format. Whoever asks for another one by name is told so; who only would rather have another gets this one.
fn check_format(arguments: &Arguments) -> Result<(), Refusal> {
    match arguments.get("format") {
        None | Some("" | "json" | "application/json") => Ok(()),
        Some(other) => Err(Refusal::bad(format!(
            "The format '{other}' is not available; use 'json'."
        ))),
    }
}

/// The channels whose positions are asked for instead of that of the model's node.
fn channels(arguments: &Arguments) -> Result<Vec<ChannelName>, Refusal> {
    let names = arguments
        .all("position_of")
        .flat_map(|names| names.split(','));
    let is_none = |name, error| Refusal::bad(format!("'{name}' is no channel: {error}"));
    let channels: Vec<_> = names
        .take(MOST_CHANNELS + 1)
        .map(|name| ChannelName::new(name).map_err(|error| is_none(name, error)))
        .collect::<Result<_, Refusal>>()?;
    if channels.len() > MOST_CHANNELS {
        return Err(Refusal::bad(format!(
            "The positions of at most {MOST_CHANNELS} channels are told."
        )));
    }
    Ok(channels)
}
