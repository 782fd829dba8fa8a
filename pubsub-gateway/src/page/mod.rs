//! The dashboard: one page that shows what the gateway is doing, from its own statistics and metrics.
//!
//! Knows the files and where they are. What is in them is written in `dashboard/`; its script is built by `npm run build` in `web/`.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;

use crate::asset::File;

/// Nothing from elsewhere, and no script or style in the text.
const POLICY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const ICON: &str = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32' fill='none' stroke='#d9480f' stroke-width='3.2' \
    stroke-linecap='round' stroke-linejoin='round'><path d='M3 17h6l4-11 6 20 4-9h6'/></svg>";

static FILES: [(&str, File); 5] = [
    (
        "/",
        File::page(include_str!("dashboard/index.html"), POLICY),
    ),
    (
        "/pubsub/base.css",
        File::own(STYLE, include_str!("base.css")),
    ),
    (
        "/pubsub/dashboard.css",
        File::own(STYLE, include_str!("dashboard/dashboard.css")),
    ),
    (
        "/pubsub/dashboard.js",
        File::own(SCRIPT, include_str!("dashboard/dashboard.js")),
    ),
    ("/pubsub/icon.svg", File::own("image/svg+xml", ICON)),
];

/// Where the page asks what an XMPP server beside the gateway is doing.
const SERVER: &str = "/pubsub/server.json";

/// The routes of the dashboard, for the root of a site whose gateway is at `/events`.
pub fn dashboard() -> Router {
    let nobody = Router::new().route(SERVER, get(async || StatusCode::NO_CONTENT));
    dashboard_beside(nobody)
}

/// The same beside an XMPP server: `server` has the route `/pubsub/server.json`, where it says what that server is doing, and is best
/// [inspected](crate::Gateway::inspected). An object of numbers: `tcp`, `websocket` and `bosh` are connections, `nodes`, `subscriptions`, `awaited`, `items` and
/// `stored_bytes` what there is, `published` and `delivered` what was counted since the start.
pub fn dashboard_beside(server: Router) -> Router {
    FILES.iter().fold(server, |router, (path, file)| {
        router.route(path, file.route())
    })
}
