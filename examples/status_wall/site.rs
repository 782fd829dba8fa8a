//! The routes: the page and its parts, the form, and XMPP on the same origin.

use std::net::SocketAddr;

use axum::Form;
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use pubsub_core::Publish as _;
use pubsub_server::{HttpClient, HttpService};

use crate::page;
use crate::status::{self, NewStatus};

/// Nothing from elsewhere, and no script but ours.
const POLICY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const ICON: &str = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32' fill='none' stroke='#d9480f' stroke-width='3.4' \
    stroke-linecap='round'><circle cx='8' cy='24' r='3.4' fill='#d9480f' stroke='none'/><path d='M8 14a10 10 0 0 1 10 10M8 5a19 19 0 0 1 19 19'/></svg>";
/// No form is longer.
const LONGEST_FORM: usize = 16 * 1024;

const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

#[derive(Clone)]
struct Site {
    domain: String,
    xmpp: HttpService,
}

/// The whole site. `domain` is where its pages log in.
pub fn routes(domain: &str, xmpp: HttpService) -> Router {
    let site = Site {
        domain: domain.to_owned(),
        xmpp,
    };
    Router::new()
        .route("/", get(wall))
        .route("/statuses", post(put))
        .route("/icon.svg", part("image/svg+xml", ICON))
        .route(
            "/base.css",
            part(STYLE, include_str!("../../web/pages/base.css")),
        )
        .route(
            "/board.css",
            part(STYLE, include_str!("../../web/pages/board.css")),
        )
        .route("/page.js", part(SCRIPT, include_str!("page.js")))
        .route(
            "/pubsub.js",
            part(SCRIPT, include_str!("../../web/dist/pubsub.js")),
        )
        .fallback(over_http)
        .layer(DefaultBodyLimit::max(LONGEST_FORM))
        .with_state(site)
}

fn part(kind: &'static str, text: &'static str) -> axum::routing::MethodRouter<Site> {
    get(move || async move { ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache")], text) })
}

/// The wall as it is now.
async fn wall(State(site): State<Site>) -> Result<Response, Problem> {
    let latest = status::latest().await.map_err(Problem::ours)?;
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, page::write(&latest, &site.domain)).into_response())
}

/// Puts a status on the wall. A script gets a short answer, a form the wall.
async fn put(headers: HeaderMap, Form(new): Form<NewStatus>) -> Result<Response, Problem> {
    let status = new.check().map_err(Problem::Theirs)?;
    status.save().await.map_err(Problem::ours)?;
    let accepts = headers
        .get(ACCEPT)
        .and_then(|accepts| accepts.to_str().ok());
    Ok(if accepts.is_some_and(|accepts| accepts.contains("json")) {
        StatusCode::CREATED.into_response()
    } else {
        Redirect::to("/").into_response()
    })
}

/// XMPP over WebSocket and BOSH, and 404 for everything else.
async fn over_http(
    State(site): State<Site>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let client = HttpClient {
        address,
        is_encrypted: false,
    };
    let response = site.xmpp.handle(request, client).await;
    response.map(Body::new)
}

/// Why something was not done.
enum Problem {
    /// Whoever asked can mend it.
    Theirs(String),
    /// We cannot.
    Ours,
}

impl Problem {
    fn ours(error: impl std::error::Error) -> Self {
        tracing::error!(%error, "a request failed");
        Self::Ours
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        match self {
            Self::Theirs(words) => (StatusCode::UNPROCESSABLE_ENTITY, words).into_response(),
            Self::Ours => {
                let words = "This did not work. Please try again later.";
                (StatusCode::INTERNAL_SERVER_ERROR, words).into_response()
            }
        }
    }
}
