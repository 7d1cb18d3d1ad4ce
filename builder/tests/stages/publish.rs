//! Publishing a channel to a folder and to a server.

use std::fs;
use std::path::PathBuf;

use sos_builder::destination::Destination;
use sos_builder::error::{Error, Refusal, Result};
use sos_builder::progress::Progress;
use sos_builder::publish::{Published, publish};

use crate::channel::{Channel, files};
use crate::server::{Answer, Server};

const ONE: &str = "13.20261123.1";
const TWO: &str = "13.20261123.2";

/// Something done to a channel.
type Bend = fn(&Channel);

/// Publishes the channel with these releases to `place`.
fn to(place: &str, channel: &Channel, releases: &[&str]) -> Result<Published> {
    let dirs: Vec<PathBuf> = releases.iter().map(|version| channel.release(version)).collect();
    publish(&channel.offered()?, &dirs, &Destination::parse(place, None)?, Progress::Silent)
}

/// The same to a folder of the channel's.
fn to_folder(channel: &Channel, releases: &[&str]) -> Result<Published> {
    to(channel.path("place").to_str().unwrap(), channel, releases)
}

fn refusal(result: Result<Published>) -> Refusal {
    match result {
        Err(error @ Error::Refused(_)) if error.exit_code() != 3 => panic!("{error}"),
        Err(Error::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_folder_holds_what_is_signed_and_what_is_listed_and_nothing_else() {
    let channel = Channel::offering(&[ONE]);
    to_folder(&channel, &[ONE]).unwrap();
    let mut expected: Vec<String> = ["1.root.json", "1.snapshot.json", "1.targets.json", "timestamp.json"]
        .iter()
        .map(|name| format!("metadata/{name}"))
        .collect();
    expected.extend(files(&channel.release(ONE)).iter().map(|name| format!("releases/{ONE}/{name}")));
    expected.extend(files(&channel.path("repo/targets")).iter().map(|name| format!("targets/{name}")));
    assert_eq!(files(&channel.path("place")), expected);
    for path in expected.iter().filter(|path| path.starts_with("metadata/")) {
        assert_eq!(
            fs::read(channel.path("place").join(path)).unwrap(),
            fs::read(channel.path("repo").join(path)).unwrap()
        );
    }
}

#[test]
fn the_second_run_sends_nothing_and_the_next_release_only_what_is_new() {
    let channel = Channel::offering(&[ONE]);
    let first = to_folder(&channel, &[ONE]).unwrap();
    let second = to_folder(&channel, &[ONE]).unwrap();
    assert_eq!(second, Published { files: 0, bytes: 0, there: first.files });
    channel.make(TWO, "");
    channel.add(TWO);
    // Five of the release, its manifest, targets, snapshot, timestamp.
    assert_eq!(to_folder(&channel, &[TWO]).unwrap().files, 9);
}

#[test]
fn a_file_that_was_damaged_at_the_place_is_sent_again() {
    let channel = Channel::offering(&[ONE]);
    to_folder(&channel, &[ONE]).unwrap();
    let file = channel.path(&format!("place/releases/{ONE}/sos-{ONE}-amd64.slot"));
    let good = fs::read(&file).unwrap();
    fs::write(&file, vec![0; good.len()]).unwrap();
    assert_eq!(to_folder(&channel, &[ONE]).unwrap().files, 1);
    assert_eq!(fs::read(&file).unwrap(), good);
}

#[test]
fn a_release_that_is_not_offered_is_refused_and_nothing_is_sent() {
    let channel = Channel::offering(&[ONE]);
    channel.make(TWO, "");
    let refusal = refusal(to_folder(&channel, &[ONE, TWO]));
    assert!(matches!(&refusal, Refusal::NotListed { version, .. } if version == TWO), "{refusal}");
    assert!(refusal.to_string().contains("run `sos-sign add`"), "{refusal}");
    assert!(!channel.path("place").exists());
}

#[test]
fn a_release_that_was_revoked_is_refused() {
    let channel = Channel::offering(&[ONE, TWO]);
    channel.revoke(TWO);
    let refusal = refusal(to_folder(&channel, &[ONE, TWO]));
    assert!(matches!(&refusal, Refusal::NotListed { version, .. } if version == TWO), "{refusal}");
}

#[test]
fn another_release_under_an_offered_version_is_refused() {
    let channel = Channel::offering(&[ONE]);
    channel.make(ONE, " made again");
    let refusal = refusal(to_folder(&channel, &[ONE]));
    assert!(matches!(refusal, Refusal::OtherManifest { .. }), "{refusal}");
    assert!(!channel.path("place").exists());
}

#[test]
fn a_release_whose_file_has_changed_is_refused() {
    for bytes in ["", "something else"] {
        let channel = Channel::offering(&[ONE]);
        let file = channel.release(ONE).join(format!("sos-{ONE}-amd64.slot"));
        fs::write(&file, bytes).unwrap();
        let refusal = refusal(to_folder(&channel, &[ONE]));
        assert!(matches!(&refusal, Refusal::ArtefactDiffers { path } if *path == file), "{refusal}");
        assert!(!channel.path("place").exists());
    }
}

#[test]
fn a_release_that_is_offered_and_not_there_is_refused_before_anything_is_sent() {
    let channel = Channel::offering(&[ONE, TWO]);
    let refusal = refusal(to_folder(&channel, &[TWO]));
    let Refusal::ReleaseIncomplete { version, files, .. } = &refusal else { panic!("{refusal}") };
    assert_eq!(version, ONE);
    assert_eq!(files.lines().count(), 4, "{files}");
    assert!(refusal.to_string().contains("`sos-sign revoke`"), "{refusal}");
    assert!(!channel.path("place").exists());
}

#[test]
fn half_a_file_at_the_place_is_not_the_file() {
    let channel = Channel::offering(&[ONE, TWO]);
    to_folder(&channel, &[ONE, TWO]).unwrap();
    let file = format!("releases/{ONE}/sos-{ONE}-amd64.slot");
    fs::write(channel.path("place").join(&file), "half").unwrap();
    let refusal = refusal(to_folder(&channel, &[TWO]));
    assert!(refusal.to_string().contains(&format!("{file} (4 bytes instead of ")), "{refusal}");
}

#[test]
fn an_old_copy_of_the_repository_is_refused() {
    let channel = Channel::offering(&[ONE]);
    let old = fs::read(channel.path("repo/metadata/timestamp.json")).unwrap();
    channel.make(TWO, "");
    channel.add(TWO);
    to_folder(&channel, &[ONE, TWO]).unwrap();
    fs::write(channel.path("repo/metadata/timestamp.json"), old).unwrap();
    let refusal = refusal(to_folder(&channel, &[ONE]));
    assert!(matches!(refusal, Refusal::PlaceIsNewer { theirs: 2, ours: 1, .. }), "{refusal}");
}

#[test]
fn a_repository_that_does_not_hold_together_is_named() {
    let broken: [(&str, Bend, &str); 5] = [
        (
            "no release",
            |channel| fs::remove_file(channel.path("repo/metadata/timestamp.json")).unwrap(),
            "timestamp.json: it is missing: this is no repository",
        ),
        (
            "no snapshot",
            |channel| fs::remove_file(channel.path("repo/metadata/1.snapshot.json")).unwrap(),
            "1.snapshot.json: it is missing",
        ),
        (
            "no root",
            |channel| fs::remove_file(channel.path("repo/metadata/1.root.json")).unwrap(),
            "1.root.json: it is missing, and devices follow the chain of roots",
        ),
        (
            "a root between missing",
            |channel| {
                let root = channel.path("repo/metadata/1.root.json");
                fs::copy(&root, channel.path("repo/metadata/3.root.json")).map(drop).unwrap();
            },
            "2.root.json: it is missing, and devices follow the chain of roots",
        ),
        (
            "a manifest changed",
            |channel| {
                let name = files(&channel.path("repo/targets")).remove(0);
                fs::write(channel.path("repo/targets").join(name), "{}").unwrap();
            },
            "it is not what the repository's targets list",
        ),
    ];
    for (what, bend, reason) in broken {
        let channel = Channel::offering(&[ONE]);
        bend(&channel);
        let error = to_folder(&channel, &[ONE]).unwrap_err();
        assert!(error.to_string().contains(reason), "{what}: {error}");
        assert_eq!(error.exit_code(), 2, "{what}");
    }
}

#[test]
fn a_server_gets_the_pointer_last_and_the_releases_first() {
    let (channel, server) = (Channel::offering(&[ONE]), Server::start());
    to(&server.url("/sos"), &channel, &[ONE]).unwrap();
    let paths: Vec<String> = server.puts().into_iter().map(|put| put.path).collect();
    let kind = |path: &String| path.split('/').nth(2).unwrap().to_owned();
    let mut kinds: Vec<String> = paths.iter().map(kind).collect();
    kinds.dedup();
    assert_eq!(kinds, ["releases", "targets", "metadata"]);
    assert_eq!(paths.last().unwrap(), "/sos/metadata/timestamp.json");
    for name in files(&channel.release(ONE)) {
        let sent = server.file(&format!("/sos/releases/{ONE}/{name}"));
        assert!(sent == Some(fs::read(channel.release(ONE).join(&name)).unwrap()), "{name}");
    }
}

#[test]
fn a_server_is_sent_only_what_it_lacks() {
    let (channel, server) = (Channel::offering(&[ONE]), Server::start());
    to(&server.url("/"), &channel, &[ONE]).unwrap();
    let before = server.puts().len();
    // Half of a large file, and another small one of the same size.
    let (large, small) =
        (format!("/releases/{ONE}/sos-{ONE}-amd64.raw.zst"), format!("/releases/{ONE}/sos-{ONE}.notes.json"));
    server.set(&large, Answer::File(b"half".to_vec()));
    server.set(&small, Answer::File(vec![b' '; server.file(&small).unwrap().len()]));
    to(&server.url("/"), &channel, &[ONE]).unwrap();
    let mut paths: Vec<String> = server.puts().split_off(before).into_iter().map(|put| put.path).collect();
    paths.sort();
    assert_eq!(paths, [large, small]);
}

#[test]
fn a_server_that_does_not_know_head_is_asked_by_get() {
    let (channel, server) = (Channel::offering(&[ONE]), Server::start());
    server.forget_head();
    to(&server.url("/"), &channel, &[ONE]).unwrap();
    let before = server.puts().len();
    to(&server.url("/"), &channel, &[ONE]).unwrap();
    assert_eq!(server.puts().len(), before);
}

#[test]
fn a_server_out_of_order_is_tried_again() {
    let (channel, server) = (Channel::offering(&[ONE]), Server::start());
    server.refuse_put(".slot", 503);
    to(&server.url("/"), &channel, &[ONE]).unwrap();
    assert!(server.file("/metadata/timestamp.json").is_some());
}

#[test]
fn a_server_that_takes_no_files_is_a_fault_and_the_pointer_stays() {
    let (channel, server) = (Channel::offering(&[ONE]), Server::start());
    server.refuse_put("1.targets.json", 405);
    let error = to(&server.url("/"), &channel, &[ONE]).unwrap_err();
    assert!(matches!(error, Error::Send { .. }), "{error}");
    assert!(error.to_string().contains("/metadata/1.targets.json: the server says 405"), "{error}");
    assert_eq!(error.exit_code(), 1);
    assert_eq!(server.file("/metadata/timestamp.json"), None);
}

#[test]
fn a_server_sees_the_credentials_and_nobody_else_does() {
    let (channel, server) = (Channel::offering(&[ONE]), Server::start());
    let address = server.url("/").replace("http://", "http://club:s3cret%40@");
    to(&address, &channel, &[ONE]).unwrap();
    assert!(server.puts().iter().all(|put| put.authorization.as_deref() == Some("Basic Y2x1YjpzM2NyZXRA")));
    server.refuse_put("1.targets.json", 403);
    server.set("/metadata/1.targets.json", Answer::Status(404));
    let error = to(&address, &channel, &[ONE]).unwrap_err();
    assert!(!error.to_string().contains("s3cret"), "{error}");
    let place = Destination::parse(&server.url("/"), Some("t0ken".into())).unwrap();
    server.set("/metadata/1.targets.json", Answer::Status(404));
    publish(&channel.offered().unwrap(), &[], &place, Progress::Silent).unwrap();
    assert_eq!(server.puts().last().unwrap().authorization.as_deref(), Some("Bearer t0ken"));
}

#[test]
fn what_is_no_place_is_named_without_its_password() {
    for (place, reason) in [
        ("", "it is empty"),
        ("ftp://me:s3cret@releases.example/", "neither a folder nor an address"),
        ("s3://bucket/sos", "neither a folder nor an address"),
        ("https://releases.example/?token=s3cret", "neither «?» nor «#»"),
        ("https://me:s3cret@releases.example:port/", "invalid port number"),
    ] {
        let error = Destination::parse(place, None).unwrap_err();
        assert!(error.to_string().contains(reason), "{place}: {error}");
        assert!(!error.to_string().contains("s3cret"), "{place}: {error}");
        assert_eq!(error.exit_code(), 2);
    }
}
