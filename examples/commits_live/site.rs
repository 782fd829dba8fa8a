//! The routes: the page and its parts, the webhook, the list API and the channels.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use pubsub_gateway::{Gateway, assets};

use crate::model::Book;
use crate::webhook;

/// Nothing from elsewhere, and no script but ours.
const POLICY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const ICON: &str = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32' fill='none' stroke='#d9480f' stroke-width='3.4' \
    stroke-linecap='round'><path d='M16 3v7M16 22v7'/><circle cx='16' cy='16' r='5.5'/></svg>";
/// No webhook is longer.
const LONGEST_PUSH: usize = 4 * 1024 * 1024;

const PAGE: &str = "text/html; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The whole site.
pub fn routes(gateway: &Gateway, book: Arc<Book>) -> Router {
    Router::new()
        .route("/", part(PAGE, include_str!("index.html")))
        .route("/icon.svg", part("image/svg+xml", ICON))
        .route(
            "/base.css",
            part(STYLE, include_str!("../../web/pages/base.css")),
        )
        .route("/page.css", part(STYLE, include_str!("page.css")))
        .route("/page.js", part(SCRIPT, include_str!("page.js")))
        .route("/hooks/github", post(pushed))
        .layer(DefaultBodyLimit::max(LONGEST_PUSH))
        .with_state(book)
        .merge(assets())
        .merge(gateway.lists())
        .nest("/events", gateway.router())
}

fn part(kind: &'static str, text: &'static str) -> MethodRouter<Arc<Book>> {
    let headers = [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-cache"),
    ];
    get(move || async move { (headers, text) })
}

/// GitHub tells of a push. Saved, it is told to everybody who listens.
async fn pushed(State(book): State<Arc<Book>>, body: Bytes) -> Response {
    let pushed = match webhook::read(&body) {
        Ok(pushed) => pushed,
        Err(words) => return (StatusCode::UNPROCESSABLE_ENTITY, words).into_response(),
    };
    match book.take(pushed).await {
        Ok(new) => (StatusCode::OK, format!("{new} new\n")).into_response(),
        Err(error) => {
            tracing::error!(%error, "a push was not taken");
            let words = "This did not work. Please try again later.";
            (StatusCode::INTERNAL_SERVER_ERROR, words).into_response()
        }
    }
}
