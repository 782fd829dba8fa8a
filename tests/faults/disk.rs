//! A disk that is full, and one that cannot be written: small file systems of their own, which need a mount namespace and
//! are gone with it.

use std::path::Path;
use std::process::Output;

use super::rows::{Hearing, refused, run, saved, saver};
use support::{OurServer, Peer};
use tempfile::TempDir;

/// The saver's store.
const FILE: &str = "store.db";

/// A directory for a store of the saver, seen differently inside a mount namespace.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory"))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Runs the saver after a shell script that mounts, in which `$AT` is the directory.
    async fn run(&self, peer: &Peer, script: &str, task: &[&str]) -> Output {
        let at = self.path().display();
        let script = format!("set -e; AT={at}; {script}\nexec \"$@\"");
        let wrapper = [
            "unshare",
            "--map-root-user",
            "--mount",
            "sh",
            "-c",
            &script,
            "sh",
        ];
        let (url, store) = (peer.url("ann"), format!("sqlite:{at}/{FILE}"));
        let arguments = [&[&*url, &*store][..], task].concat();
        run(saver(&wrapper, &arguments)).await
    }

    /// What the saver says when it does not start.
    async fn refusal(&self, peer: &Peer, script: &str) -> String {
        let output = self.run(peer, script, &["drain"]).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success(),
            "it starts all the same after: {script}"
        );
        assert_eq!(
            said.matches(FILE).count(),
            1,
            "it does not name the file once: {said}"
        );
        said
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_clearly_and_loses_nothing() {
    let peer = OurServer::start().await;
    let mut hearing = Hearing::start(&peer).await;
    let place = Place::new();
    let ballast = place.path().join("ballast");
    let script = "mount -t tmpfs -o size=4m tmpfs $AT; head -c 1000000 /dev/zero > $AT/ballast";
    let task = ["fill", ballast.to_str().expect("UTF-8")];
    let output = place.run(&peer, script, &task).await;
    assert!(output.status.success(), "{output:?}");
    let refused = refused(&output);
    assert!(refused.len() > 50, "{output:?}");
    for (number, reason) in &refused {
        assert!(
            reason.contains("the disk is full") && reason.matches(FILE).count() == 1,
            "{number}: {reason}"
        );
    }
    let saved = saved(&output);
    assert!(saved.len() > 10, "{output:?}");
    let heard = hearing.all(saved).await;
    let told = refused.iter().find(|(number, _)| heard.contains(number));
    assert_eq!(told, None, "it was refused, and told");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_at_the_start_is_said() {
    let peer = OurServer::start().await;
    let place = Place::new();
    // Both for a store that is there, and for one that is to be made.
    for make in ["\"$@\";", ""] {
        let script = format!(
            "mount -t tmpfs -o size=1m tmpfs $AT; {make} head -c 2000000 /dev/zero > $AT/ballast 2>/dev/null || true"
        );
        let said = place.refusal(&peer, &script).await;
        assert!(said.contains("the disk is full"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_is_refused_at_the_start() {
    let peer = OurServer::start().await;
    let place = Place::new();
    let made = place.run(&peer, "", &["drain"]).await;
    assert!(made.status.success(), "{made:?}");
    let read_only =
        |what: &str| format!("mount --bind {what} {what}; mount -o remount,bind,ro {what};");
    let file = format!("$AT/{FILE}");
    // The file that is there, in a directory that can be written; the other way round; neither; and one that is to be made.
    let scripts = [
        read_only(&file),
        format!(
            "mkdir $AT/moved; cp {file} $AT/moved; mount -t tmpfs tmpfs $AT/moved; cp {file} $AT/moved; mount --bind $AT $AT; mount --bind $AT/moved/{FILE} {file}; mount -o remount,bind,ro $AT;"
        ),
        read_only("$AT"),
        format!("rm {file}; {}", read_only("$AT")),
    ];
    for script in scripts {
        let said = place.refusal(&peer, &script).await;
        assert!(said.contains("cannot be written"), "{script}: {said}");
        assert!(said.contains("ReadOnly"), "{script}: {said}");
    }
}
