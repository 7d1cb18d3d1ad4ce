//! What `sos-sign` answers at the command line, by exit code: 0 done, 1 fault, 2 usage, 3 refused.

use std::path::{Path, PathBuf};
use std::process::Command;

struct Answer {
    code: i32,
    out: String,
    err: String,
}

fn sos_sign(arguments: &[&str]) -> Answer {
    let output = Command::new(env!("CARGO_BIN_EXE_sos-sign")).args(arguments).output().unwrap();
    Answer {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn vector(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    path.join(name).into_os_string().into_string().unwrap()
}

fn text(path: PathBuf) -> String {
    path.into_os_string().into_string().unwrap()
}

#[test]
fn makes_a_key_signs_a_release_and_verifies_it() {
    let dir = tempfile::tempdir().unwrap();
    let keys = text(dir.path().join("keys"));
    let made = sos_sign(&["keygen", "--out", &keys, "--name", "spring"]);
    assert_eq!(made.code, 0, "{}", made.err);

    let release = dir.path().join("release");
    std::fs::create_dir(&release).unwrap();
    for file in ["manifest.json", "disk.raw.zst", "sbom.spdx.json"] {
        std::fs::copy(vector(&format!("good/{file}")), release.join(file)).unwrap();
    }
    let release = text(release);
    let signed = sos_sign(&["sign", &release, "--key", &format!("{keys}/spring.key")]);
    assert_eq!(signed.code, 0, "{}", signed.err);

    let public = format!("{keys}/spring.pub");
    let verified = sos_sign(&["verify", &release, "--public-key", &public]);
    assert_eq!(verified.code, 0, "{}", verified.err);
    assert!(verified.out.starts_with("yes: "), "{}", verified.out);
    assert!(verified.out.contains("13.20250809.1"), "{}", verified.out);
}

#[test]
fn a_refusal_is_named_and_exits_with_3() {
    let key = vector("release.pub");
    let refused = sos_sign(&["verify", &vector("wrong-hash"), "--public-key", &key]);
    assert_eq!(refused.code, 3);
    assert_eq!(refused.out, "");
    assert!(refused.err.starts_with("refused: wrong-hash: "), "{}", refused.err);
}

#[test]
fn answers_programs_in_json() {
    let key = vector("release.pub");
    let ask = |name: &str| {
        let answer = sos_sign(&["verify", &vector(name), "--public-key", &key, "--json"]);
        let json: serde_json::Value = serde_json::from_str(&answer.out).unwrap();
        (answer.code, json)
    };
    let (code, yes) = ask("good");
    assert_eq!((code, &yes["verdict"]), (0, &"verified".into()));
    assert_eq!(yes["manifest"]["version"], "13.20250809.1");
    let (code, no) = ask("unknown-key");
    assert_eq!((code, &no["verdict"]), (3, &"refused".into()));
    assert_eq!(no["refusal"], "unknown-key");
    let (code, broken) = ask("there-is-no-such-vector");
    assert_eq!((code, &broken["verdict"]), (1, &"fault".into()));
}

#[test]
fn a_release_for_another_architecture_can_be_asked_for() {
    let key = vector("release.pub");
    let dir = vector("other-architecture");
    let arm = sos_sign(&["verify", &dir, "--public-key", &key, "--architecture", "arm64"]);
    assert_eq!(arm.code, 0, "{}", arm.err);
}

#[test]
fn a_fault_exits_with_1_and_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join(".git")).unwrap();
    let inside = sos_sign(&["keygen", "--out", &text(dir.path().join("keys"))]);
    assert_eq!(inside.code, 1);
    assert!(inside.err.contains("choose a directory outside"), "{}", inside.err);
    assert!(!dir.path().join("keys").exists());
}

#[test]
fn signs_no_manifest_that_would_be_refused() {
    let dir = tempfile::tempdir().unwrap();
    let keys = text(dir.path().join("keys"));
    sos_sign(&["keygen", "--out", &keys]);
    let release = dir.path().join("release");
    std::fs::create_dir(&release).unwrap();
    std::fs::copy(vector("path-escapes.parent/manifest.json"), release.join("manifest.json")).unwrap();
    let key = format!("{keys}/release.key");
    let signed = sos_sign(&["sign", &text(release.clone()), "--key", &key]);
    assert_eq!(signed.code, 1);
    assert!(signed.err.contains("leads out of"), "{}", signed.err);
    assert!(!release.join("manifest.json.sig").exists());
}

/// A release such as sos-build makes, as far as sos-sign looks at it.
fn release(dir: &Path) -> String {
    std::fs::create_dir_all(dir).unwrap();
    let (sum, hash) = ("00".repeat(16), "00".repeat(32));
    let part = |part: &str| {
        let chunk = serde_json::json!({ "compressed": 7, "sha256": hash, "xxh3": sum });
        serde_json::json!({ "part": part, "size": 4096, "chunks": [chunk] })
    };
    let index = serde_json::json!({ "format": 1, "parts": [part("root"), part("boot")] }).to_string();
    let artefact = |name: &str, kind: &str, bytes: &[u8]| {
        std::fs::write(dir.join(name), bytes).unwrap();
        let sha256 = sos_signing::Digest::of(bytes);
        serde_json::json!({ "name": name, "size": bytes.len(), "sha256": sha256, "kind": kind })
    };
    let artefacts = [artefact("the.slot", "slot", &[0; 14]), artefact("the.slot.json", "slot-index", index.as_bytes())];
    let manifest = serde_json::json!({
        "format": 1, "product": "small-organisation-server", "version": "13.20250809.1", "release": "trixie",
        "architecture": "amd64", "source_date_epoch": 1, "lock_sha256": hash, "root_hash": hash, "artefacts": artefacts,
    });
    std::fs::write(dir.join("manifest.json"), manifest.to_string()).unwrap();
    text(dir.into())
}

#[test]
fn makes_a_channel_and_changes_it() {
    let dir = tempfile::tempdir().unwrap();
    let place = |name: &str| text(dir.path().join(name));
    let (repository, release) = (place("channel"), release(&dir.path().join("release")));
    let key = |name: &str| place(&format!("keys/{name}"));
    let (targets, online) = (key("targets.key"), key("online.key"));
    let (root_1, root_3) = (key("root-1.key"), key("root-3.key"));
    let done = |arguments: &[&str]| {
        let answer = sos_sign(&[arguments, &["--json"]].concat());
        let json: serde_json::Value = serde_json::from_str(&answer.out).unwrap();
        assert_eq!((answer.code, &json["verdict"]), (0, &"done".into()), "{arguments:?}: {json}");
        json
    };
    done(&["init", &repository, "--out", &place("keys")]);
    let keys = ["--targets-key", &targets, "--online-key", &online];
    let added = done(
        &[&["add", &repository, &release, "--percent", "10", "--start", "2026-03-01T00:00:00Z"], &keys[..]].concat(),
    );
    let files: Vec<&str> = added["files"].as_array().unwrap().iter().map(|file| file.as_str().unwrap()).collect();
    assert!(files.last().unwrap().ends_with("metadata/timestamp.json"), "{files:?}");
    done(&["timestamp", &repository, "--online-key", &online]);
    done(&["rotate", &repository, "--role", "root", "--root-key", &root_1, "--root-key", &root_3]);
    sos_sign(&["keygen", "--out", &place("keys"), "--name", "online-2"]);
    let rotated = done(&[
        "rotate",
        &repository,
        "--role",
        "online",
        "--new",
        &key("online-2.pub"),
        "--root-key",
        &root_1,
        "--root-key",
        &root_3,
    ]);
    assert!(rotated["left"][0].as_str().unwrap().contains("before publishing"), "{rotated}");
    let online = key("online-2.key");
    done(&["timestamp", &repository, "--online-key", &online]);
    done(&["revoke", &repository, "13.20250809.1", "--targets-key", &targets, "--online-key", &online]);
}

#[test]
fn what_would_harm_a_channel_is_refused_with_3_and_a_wrong_time_with_2() {
    let dir = tempfile::tempdir().unwrap();
    let place = |name: &str| text(dir.path().join(name));
    let inside = sos_sign(&["init", &place("channel"), "--out", &place("channel/keys")]);
    assert_eq!((inside.code, inside.out.as_str()), (3, ""));
    assert!(inside.err.starts_with("refused: keys-inside: "), "{}", inside.err);
    let absent = sos_sign(&["timestamp", &place("channel"), "--online-key", &place("no.key"), "--json"]);
    let json: serde_json::Value = serde_json::from_str(&absent.out).unwrap();
    assert_eq!((absent.code, &json["verdict"]), (1, &"fault".into()));
    let wrong = sos_sign(&["init", &place("channel"), "--out", &place("keys"), "--expires", "soon"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("such as 2026-03-01T00:00:00Z"), "{}", wrong.err);
}

#[test]
fn a_wrong_call_exits_with_2() {
    assert_eq!(sos_sign(&["verify", "somewhere"]).code, 2);
    assert_eq!(sos_sign(&["vouch"]).code, 2);
}
