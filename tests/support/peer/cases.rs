//! One list of cases, a test for each of them and each server.

/// Makes a test of every named `async fn case(peer: Peer)` for every server that is listed.
///
/// The tests are called `ours::case`, `prosody::case` and `ejabberd::case`.
#[macro_export]
macro_rules! on_peers {
    ($peers:tt $cases:tt) => {
        $crate::on_peers! { @each $peers $cases }
    };
    (@each { $($module:ident: $server:ty),* $(,)? } $cases:tt) => {
        $($crate::on_peers! { @one $module $server, $cases })*
    };
    (@one $module:ident $server:ty, { $($case:ident),* $(,)? }) => {
        mod $module {
            $(
                #[tokio::test]
                async fn $case() {
                    super::$case(<$server>::start().await).await;
                }
            )*
        }
    };
}
