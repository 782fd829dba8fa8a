//! JIDs as the server keeps them: normalised text, compared byte by byte. Only here does the rule for a JID matter: it is that of stringprep (RFC 6122), which
//! knows Unicode 3.2 and no emoji, and not yet that of PRECIS (RFC 7622).

use std::sync::Arc;

/// The normal form of a JID, or nothing if it is none.
pub(crate) fn normalize(jid: &str) -> Option<Arc<str>> {
    jid::Jid::new(jid).ok().map(|jid| Arc::from(jid.as_str()))
}

/// The normal form of the part before the `@`.
pub(crate) fn normalize_local(local: &str) -> Option<String> {
    jid::NodePart::new(local)
        .ok()
        .map(|local| local.as_str().to_owned())
}

/// The normal form of the part after the `/`.
pub(crate) fn normalize_resource(resource: &str) -> Option<String> {
    jid::ResourcePart::new(resource)
        .ok()
        .map(|resource| resource.as_str().to_owned())
}

/// The JID without its resource.
pub(crate) fn bare(jid: &str) -> &str {
    jid.split_once('/').map_or(jid, |(bare, _)| bare)
}

/// The domain of a JID.
pub(crate) fn domain(jid: &str) -> &str {
    let bare = bare(jid);
    bare.split_once('@').map_or(bare, |(_, domain)| domain)
}
