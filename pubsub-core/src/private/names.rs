//! Names put together while the model compiles.
//!
//! Knows constants. Works without Cargo: the crate's name is the first segment of `module_path!()`.

/// The crate in a module path.
#[must_use]
pub const fn crate_of(module_path: &'static str) -> &'static str {
    let mut rest = module_path.as_bytes();
    let mut length = 0;
    while let [first, tail @ ..] = rest {
        if *first == b':' {
            break;
        }
        rest = tail;
        length += 1;
    }
    module_path.split_at(length).0
}

/// How many bytes the parts have together.
#[must_use]
pub const fn length_of(parts: &[&str]) -> usize {
    let mut rest = parts;
    let mut length = 0;
    while let [first, tail @ ..] = rest {
        length += first.len();
        rest = tail;
    }
    length
}

/// Parts joined into one constant string.
#[derive(Debug)]
pub struct Joined<const N: usize>([u8; N]);

impl<const N: usize> Joined<N> {
    /// Joins the parts, which have `N` bytes together.
    #[must_use]
    pub const fn new(parts: &[&str]) -> Self {
        let mut bytes = [0; N];
        let mut rest: &mut [u8] = &mut bytes;
        let mut parts = parts;
        while let [first, tail @ ..] = parts {
            let Some((place, after)) = rest.split_at_mut_checked(first.len()) else {
                break;
            };
            place.copy_from_slice(first.as_bytes());
            rest = after;
            parts = tail;
        }
        Self(bytes)
    }

    /// The whole string.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        match str::from_utf8(&self.0) {
            Ok(joined) => joined,
            Err(_) => "",
        }
    }
}

/// Joins constant strings into one.
#[doc(hidden)]
#[macro_export]
macro_rules! join {
    ($($part:expr),* $(,)?) => {{
        const PARTS: &[&$crate::__private::str] = &[$($part),*];
        const JOINED: $crate::__private::Joined<{ $crate::__private::length_of(PARTS) }> = $crate::__private::Joined::new(PARTS);
        JOINED.as_str()
    }};
}

/// Stops the compiler where a model asks for JSON and the feature is off.
#[cfg(feature = "json")]
#[doc(hidden)]
#[macro_export]
macro_rules! require_json {
    () => {};
}

/// Stops the compiler where a model asks for JSON and the feature is off.
#[cfg(not(feature = "json"))]
#[doc(hidden)]
#[macro_export]
macro_rules! require_json {
    () => {
        ::core::compile_error! {
            "format = \"json\" needs the feature `json` of pubsub-core; write pubsub-core = { version = \"...\", features = [\"json\"] }"
        }
    };
}

#[cfg(test)]
mod tests {
    use super::crate_of;

    const NODE: &str = join!["/", crate_of("démo::x"), "/", "Tweet"];

    #[test]
    fn the_crate_is_what_stands_before_the_first_colon() {
        assert_eq!(crate_of("demo::models::tweet"), "demo");
        assert_eq!(crate_of("demo"), "demo");
        assert_eq!(NODE, "/démo/Tweet");
    }
}
