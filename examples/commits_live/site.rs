//! The routes: the page and its parts, the webhook, the list API and the channels.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use pubsub_gateway::{Gateway, assets};

use crate::model::Book;
use crate::webhook::{self, Secret};

/// Nothing from elsewhere, and no script but ours.
const POLICY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const ICON: &str = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32' fill='none' stroke='#d9480f' stroke-width='3.4' \
    stroke-linecap='round'><path d='M16 3v7M16 22v7'/><circle cx='16' cy='16' r='5.5'/></svg>";
/// What GitHub signs a webhook with.
const SIGNATURE: &str = "x-hub-signature-256";
/// No webhook is longer.
const LONGEST_PUSH: usize = 4 * 1024 * 1024;

const PAGE: &str = "text/html; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

#[derive(Clone)]
struct Site {
    book: Arc<Book>,
    secret: Option<Arc<Secret>>,
}

/// The whole site. With a secret only who knows it can push.
pub fn routes(gateway: &Gateway, book: Arc<Book>, secret: Option<Secret>) -> Router {
    let site = Site {
        book,
        secret: secret.map(Arc::new),
    };
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
        .with_state(site)
        .merge(assets())
        .merge(gateway.lists())
        .nest("/events", gateway.router())
}

fn part(kind: &'static str, text: &'static str) -> MethodRouter<Site> {
    let headers = [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-cache"),
    ];
    get(move || async move { (headers, text) })
}

/// A page elsewhere can send texts and forms without being asked whether it may, and this it cannot.
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next());
    kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// GitHub tells of a push. Saved, it is told to everybody who listens.
async fn pushed(State(site): State<Site>, headers: HeaderMap, body: Bytes) -> Response {
    if !is_json(&headers) {
        let words = "A push is told as application/json: that is the content type to choose for the webhook.\n";
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, words).into_response();
    }
    if let Some(secret) = &site.secret {
        let signature = headers.get(SIGNATURE).map(HeaderValue::as_bytes);
        if !secret.has_signed(signature, &body) {
            let words = "X-Hub-Signature-256 is not what this body and the secret make.\n";
            return (StatusCode::UNAUTHORIZED, words).into_response();
        }
    }
    let pushed = match webhook::read(&body) {
        Ok(pushed) => pushed,
        Err(words) => return (StatusCode::UNPROCESSABLE_ENTITY, words).into_response(),
    };
    match site.book.take(pushed).await {
        Ok(new) => (StatusCode::OK, format!("{new} new\n")).into_response(),
        Err(error) => {
            tracing::error!(%error, "a push was not taken");
            let words = "This did not work. Please try again later.";
            (StatusCode::INTERNAL_SERVER_ERROR, words).into_response()
        }
    }
}
