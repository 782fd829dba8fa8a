//! The browser client, as the gateway serves it: `/pubsub.js` for modules, `/pubsub.classic.js` for pages without them, `/push.js` without
//! XMPP, and the types of each.
//!
//! The files in `dist/` are what `npm run build` in `web/` makes of its sources; `cargo xtask test web` proves it. How a file is answered is
//! in `file`, what a browser accepts in `accept`.

mod accept;
mod file;

use axum::Router;

pub(crate) use self::file::File;

const SCRIPT: &str = "text/javascript; charset=utf-8";
const TYPES: &str = "text/plain; charset=utf-8";

/// Everything that is served, by its path.
static FILES: [(&str, File); 6] = [
    (
        "/pubsub.js",
        File::shared(SCRIPT, include_str!("dist/pubsub.js")),
    ),
    (
        "/pubsub.classic.js",
        File::shared(SCRIPT, include_str!("dist/pubsub.classic.js")),
    ),
    (
        "/push.js",
        File::shared(SCRIPT, include_str!("dist/push.js")),
    ),
    (
        "/pubsub.d.ts",
        File::shared(TYPES, include_str!("dist/pubsub.d.ts")),
    ),
    (
        "/push.d.ts",
        File::shared(TYPES, include_str!("dist/push.d.ts")),
    ),
    (
        "/THIRD-PARTY.txt",
        File::shared(TYPES, include_str!("dist/THIRD-PARTY.txt")),
    ),
];

/// The routes of the browser client, for the root of a site.
pub fn assets() -> Router {
    FILES.iter().fold(Router::new(), |router, (path, file)| {
        router.route(path, file.route())
    })
}
