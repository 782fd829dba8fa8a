//! The routes of the list API: from a request to its answer.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::any;
use futures_util::future::BoxFuture;
use http::request::Parts;
use http::{Method, StatusCode};
use pubsub_core::schema::push_string;
use pubsub_core::store::{Condition, Query, Value};

use super::access::{Access, Readable};
use super::arguments::{Arguments, Span};
use super::directory::{Directory, Entry};
use super::filter::{self, Wanted};
use super::path::{Asked, read};
use super::refusal::Refusal;
use super::sieve::holds_all;
use super::{answer, page, schema, sorting, source};
use crate::settings::Origins;

/// More ids than this are not followed from one resource to another.
const MOST_RELATED: u64 = 1000;
/// Relations may be followed this far.
const FURTHEST: usize = 4;

/// What the handler needs.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) directory: Arc<Directory>,
    pub(crate) access: Access,
    pub(crate) origins: Origins,
}

/// The routes, at their whole paths.
pub(crate) fn router(api: Arc<Api>) -> Router {
    let base = api.directory.lists().base.clone();
    Router::new()
        .route(if base.is_empty() { "/" } else { &base }, any(handle))
        .route(&format!("{base}/{{*rest}}"), any(handle))
        .route(&format!("{base}/"), any(handle))
        .with_state(api)
}

async fn handle(State(api): State<Arc<Api>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let answer = api.answer(&parts).await;
    let answer = answer.unwrap_or_else(answer::refused);
    answer::finish(answer, &api.origins, &parts.headers)
}

impl Api {
    async fn answer(&self, request: &Parts) -> Result<Response, Refusal> {
        let (base, uri) = (&self.directory.lists().base, &request.uri);
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
            Asked::Top => Ok(self.top(request).await),
            Asked::List(name) => {
                let (entry, readable) = self.readable(&name, request).await?;
                self.list(&entry, readable, &arguments, request).await
            }
            Asked::Detail(name, id) => {
                let (entry, readable) = self.readable(&name, request).await?;
                self.detail(&entry, &readable, &id).await
            }
            Asked::Set(name, ids) => {
                let (entry, readable) = self.readable(&name, request).await?;
                self.set(&entry, &readable, &ids).await
            }
            Asked::Schema(name) => {
                let (entry, _) = self.readable(&name, request).await?;
                let schema = schema::schema(&entry.resource, base);
                Ok(answer::json(StatusCode::OK, schema.to_string()))
            }
        }
    }

    /// The resource, and what of it may be seen.
    async fn readable(
        &self,
        name: &str,
        request: &Parts,
    ) -> Result<(Arc<Entry>, Conditions), Refusal> {
        let entry = self.directory.resource(name).await;
        let entry = entry.ok_or_else(Refusal::missing)?;
        let resource = &entry.resource;
        let readable = self.access.of(request, &resource.node, resource.is_public);
        let conditions = match readable.await {
            Readable::All => Vec::new(),
            Readable::Only(conditions) => conditions,
            Readable::Unknown => return Err(Refusal::bare(StatusCode::UNAUTHORIZED)),
            Readable::Nothing => return Err(Refusal::bare(StatusCode::FORBIDDEN)),
        };
        Ok((entry, conditions))
    }

    /// Which resources there are, as far as the request may see any of their rows.
    async fn top(&self, request: &Parts) -> Response {
        let mut body = String::from("{");
        for entry in self.directory.resources().await {
            let resource = &entry.resource;
            let readable = self.access.of(request, &resource.node, resource.is_public);
            if matches!(readable.await, Readable::Unknown | Readable::Nothing) {
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
        request: &Parts,
    ) -> Result<Response, Refusal> {
        let resource = &entry.resource;
        let span = Span::read(arguments, resource.limit, resource.max_limit)?;
        let wanted = filter::read(resource, arguments)?;
        let order = sorting::read(resource, arguments)?;
        let mut conditions = self.resolve(wanted, request, FURTHEST).await?;
        conditions.extend(readable);
        let query = Query {
            conditions,
            order,
            limit: span.limit,
            offset: span.offset,
            with_total: true,
        };
        let pubsub = self.directory.pubsub();
        let found = source::rows(pubsub, resource, &entry.snapshots, &query).await?;
        let body = page::page(resource, arguments, span, &found)?;
        Ok(answer::rows(body, Some(&found.position)))
    }

    /// The conditions on a resource's own columns; what is asked of other resources is asked there first.
    fn resolve<'a>(
        &'a self,
        wanted: Vec<Wanted>,
        request: &'a Parts,
        furthest: usize,
    ) -> BoxFuture<'a, Result<Conditions, Refusal>> {
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
                        let ids = self
                            .related(&resource, &arguments, request, furthest)
                            .await?;
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
        request: &Parts,
        furthest: usize,
    ) -> Result<Vec<Value>, Refusal> {
        let furthest = furthest.checked_sub(1).ok_or_else(|| {
            Refusal::bad(format!("Relations are followed at most {FURTHEST} deep."))
        })?;
        let (entry, readable) = self.readable(name, request).await?;
        let wanted = filter::read(&entry.resource, arguments)?;
        if wanted.is_empty() {
            // A field that is none is ignored; here that would ask for all.
            return Err(Refusal::bad(format!(
                "The '{name}' resource has no such field to filter by."
            )));
        }
        let mut conditions = self.resolve(wanted, request, furthest).await?;
        conditions.extend(readable);
        let query = Query {
            conditions,
            limit: Some(MOST_RELATED + 1),
            ..Query::default()
        };
        let pubsub = self.directory.pubsub();
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
        let mut body = String::new();
        page::push_row(&entry.resource, &row, &mut body)?;
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
        let mut body = String::from("{\"objects\":[");
        page::push_rows(&entry.resource, &rows, &mut body)?;
        body.push(']');
        if !missing.is_empty() {
            body.push_str(",\"not_found\":[");
            for (position, id) in missing.into_iter().enumerate() {
                body.push_str(if position == 0 { "" } else { "," });
                push_string(&mut body, id);
            }
            body.push(']');
        }
        body.push('}');
        Ok(answer::rows(body, None))
    }

    /// A row that may be seen.
    async fn row(
        &self,
        entry: &Entry,
        readable: &Conditions,
        id: &str,
    ) -> Result<Option<source::Row>, Refusal> {
        let (pubsub, resource) = (self.directory.pubsub(), &entry.resource);
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
