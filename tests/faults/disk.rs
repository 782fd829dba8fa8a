//! A disk that is full, and one that cannot be written: small file systems of their own, which need a mount namespace.

use super::rows::{Hearing, run, saved, saver};
use support::OurServer;

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_clearly_and_loses_nothing() {
    let peer = OurServer::start().await;
    let hearing = Hearing::start(&peer).await;
    let directory = tempfile::tempdir().expect("a temporary directory");
    let at = directory.path().display();
    let script = format!(
        "mount -t tmpfs -o size=4m tmpfs {at} && head -c 1000000 /dev/zero > {at}/ballast && exec \"$@\""
    );
    let wrapper = [
        "unshare",
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
        &script,
        "sh",
    ];
    let (url, store) = (peer.url("ann"), format!("sqlite:{at}/full.db"));
    let ballast = format!("{at}/ballast");
    let output = run(saver(&wrapper, &[&url, &store, "fill", &ballast])).await;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{output:?}");
    let refusal = said.lines().find(|line| line.starts_with("refused "));
    assert!(
        refusal.is_some_and(|refusal| refusal.contains("full")),
        "it does not say that the disk is full: {refusal:?}"
    );
    let saved = saved(&output);
    assert!(saved.len() > 10, "{said}");
    hearing.all(saved).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_cannot_be_written_refuses_at_the_start() {
    let peer = OurServer::start().await;
    let directory = tempfile::tempdir().expect("a temporary directory");
    let at = directory.path().display();
    let (url, store) = (peer.url("ann"), format!("sqlite:{at}/readonly.db"));
    let first = run(saver(&[], &[&url, &store, "drain"])).await;
    assert!(first.status.success(), "{first:?}");
    let script = format!("mount --bind {at} {at} && mount -o remount,bind,ro {at} && exec \"$@\"");
    let wrapper = [
        "unshare",
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
        &script,
        "sh",
    ];
    let output = run(saver(&wrapper, &[&url, &store, "drain"])).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success(),
        "it started on a disk that cannot be written"
    );
    assert!(
        said.contains("readonly.db") && said.contains("cannot be written"),
        "it does not say what is wrong: {said}"
    );
}
