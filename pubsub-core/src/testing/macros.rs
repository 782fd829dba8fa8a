//! Assertions that print the whole book when they fail.

/// Asserts that something was published to the nodes of a [`Recorder`](crate::testing::Recorder).
///
/// - `assert_published!(recorder, value)`: this value, to the node of its model;
/// - `assert_published!(recorder, "node", 2)`: this many changes to this node, retractions not counted.
///
/// # Panics
///
/// When it was not.
#[macro_export]
macro_rules! assert_published {
    ($recorder:expr, $node:literal, $count:expr $(,)?) => {
        $recorder.__assert_count($node, $count)
    };
    ($recorder:expr, $value:expr $(,)?) => {
        $recorder.__assert_value(&$value)
    };
}

/// Asserts that this value was retracted from the node of its model.
///
/// # Panics
///
/// When it was not.
#[macro_export]
macro_rules! assert_retracted {
    ($recorder:expr, $value:expr $(,)?) => {
        $recorder.__assert_retracted(&$value)
    };
}

/// Asserts that nothing was published or retracted.
///
/// # Panics
///
/// When something was.
#[macro_export]
macro_rules! assert_nothing_published {
    ($recorder:expr $(,)?) => {
        $recorder.__assert_nothing()
    };
}
