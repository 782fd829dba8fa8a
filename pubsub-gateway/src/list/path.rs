//! What a path below the base asks for.
//!
//! Pure. Segments are decoded one by one, so that an id may hold a slash or a semicolon.

use percent_encoding::percent_decode_str;

/// More ids than this are not asked for at once.
const MOST_IDS: usize = 1000;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// Which resources there are.
    Top,
    /// A page of rows.
    List(String),
    /// One row.
    Detail(String, String),
    /// These rows.
    Set(String, Vec<String>),
    /// What rows look like, and what may be asked.
    Schema(String),
}

/// Reads the rest of a path, which begins with a slash unless it is empty. Whether it ends as it should, with one, is told too.
pub(super) fn read(path: &str) -> Option<(Asked, bool)> {
    let rest = path.strip_prefix('/').unwrap_or(path);
    let (rest, has_slash) = match rest.strip_suffix('/') {
        Some(rest) => (rest, true),
        None => (rest, rest.is_empty()),
    };
    let mut segments = rest.split('/');
    let resource = segments.next().unwrap_or_default();
    if resource.is_empty() {
        // One slash asks for all there is; two ask for a resource without a name.
        if path.len() > 1 {
            return None;
        }
        return segments.next().is_none().then_some((Asked::Top, has_slash));
    }
    let resource = decoded(resource)?;
    let asked = match (segments.next(), segments.next(), segments.next()) {
        (None, _, _) => Asked::List(resource),
        (Some("schema"), None, _) => Asked::Schema(resource),
        (Some("set"), Some(ids), None) => Asked::Set(resource, set(ids)?),
        (Some(id), None, _) if !id.is_empty() => Asked::Detail(resource, decoded(id)?),
        _ => return None,
    };
    Some((asked, has_slash))
}

/// The ids between semicolons.
fn set(ids: &str) -> Option<Vec<String>> {
    let ids = ids.split(';').filter(|id| !id.is_empty());
    let ids: Option<Vec<_>> = ids.take(MOST_IDS + 1).map(decoded).collect();
    ids.filter(|ids| ids.len() <= MOST_IDS)
}

fn decoded(segment: &str) -> Option<String> {
    let text = percent_decode_str(segment).decode_utf8().ok()?;
    Some(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::{Asked, read};

    fn check(path: &str, asked: Asked, has_slash: bool) {
        assert_eq!(read(path), Some((asked, has_slash)), "{path}");
    }

    #[test]
    fn a_path_asks_for_one_thing_or_for_nothing() {
        let text = str::to_owned;
        check("", Asked::Top, true);
        check("/", Asked::Top, true);
        check("/tweet", Asked::List(text("tweet")), false);
        check("/tweet/", Asked::List(text("tweet")), true);
        check("/tweet/5/", Asked::Detail(text("tweet"), text("5")), true);
        check(
            "/tweet/a%2Fb%3B/",
            Asked::Detail(text("tweet"), text("a/b;")),
            true,
        );
        check(
            "/tweet/set",
            Asked::Detail(text("tweet"), text("set")),
            false,
        );
        check("/tweet/schema/", Asked::Schema(text("tweet")), true);
        check("/tweet/schema", Asked::Schema(text("tweet")), false);
        let ids = vec![text("1"), text("2;"), text("x")];
        check(
            "/tweet/set/1;2%3B;;x;/",
            Asked::Set(text("tweet"), ids),
            true,
        );
        for nothing in [
            "//",
            "/tweet//",
            "//tweet/",
            "/tweet/5/6/",
            "/tweet/set/1/2/",
            "/tweet/%ff/",
            "/tweet/schema/x/",
        ] {
            assert_eq!(read(nothing), None, "{nothing}");
        }
        assert_eq!(read(&format!("/tweet/set/{}/", "1;".repeat(1001))), None);
    }
}
