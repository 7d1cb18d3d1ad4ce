//! What the provider's side refuses to do to its own channel, and that it then leaves everything as it was.

use std::fs;
use std::path::Path;

use sos_signing::repository::RoleType::{Root, Snapshot, Targets, Timestamp};
use sos_signing::repository::{self, Change, Expiries, Init, RepositoryError, periods};
use sos_signing::{Kind, SigningKey};

use crate::world::{DAY, Device, NEWER, NOW, Provider, RUNNING, TIMESTAMP, make_release};

type Outcome = Result<Change, RepositoryError>;

/// The name of the refusal that a change meets. The repository is as it was then.
fn refused(provider: &Provider, change: impl FnOnce(&Path) -> Outcome) -> &'static str {
    let before = provider.channel().files;
    let error = change(&provider.repository()).unwrap_err();
    assert!(provider.channel().files == before, "something was written: {error}");
    error.code().unwrap_or_else(|| panic!("this is a fault: {error}"))
}

/// The name of the refusal that adding a release meets.
fn refused_release(provider: &Provider, release: &Path) -> &'static str {
    refused(provider, |repository| repository::add(repository, provider.adding(release)))
}

fn revoking(provider: &Provider, version: &str) -> repository::Revoke {
    repository::Revoke {
        versions: vec![version.parse().unwrap()],
        targets_key: provider.key("targets"),
        online_key: provider.key("online"),
        expiries: Expiries::from_now(NOW),
    }
}

fn timestamped(provider: &Provider, online: &str) -> repository::Timestamped {
    repository::Timestamped { online_key: provider.key(online), targets_key: None, expiries: Expiries::from_now(NOW) }
}

fn fresh(keys: &Path) -> Init<'_> {
    let (root_keys, root_public) = (Vec::new(), Vec::new());
    Init { keys, root_keys, root_public, targets: None, online: None, expires: periods::after(NOW, periods::ROOT) }
}

macro_rules! refuses_changes {
    ($(fn $name:ident() -> $code:literal $body:block)*) => {
        $(
            #[test]
            fn $name() {
                let code: &str = $body;
                assert_eq!(code, $code);
            }
        )*
        /// The names of the refusals that are expected above.
        pub const COVERED: &[&str] = &[$($code),*];
    };
}

refuses_changes! {
    fn offers_nothing_in_a_folder_without_a_root() -> "not-a-repository" {
        let provider = Provider::new();
        fs::remove_dir_all(provider.repository().join("metadata")).unwrap();
        refused_release(&provider, &provider.release(NEWER))
    }

    fn makes_no_second_root_of_trust() -> "already-a-repository" {
        let provider = Provider::new();
        let keys = provider.path("more-keys");
        refused(&provider, |repository| repository::init(repository, fresh(&keys)))
    }

    fn changes_nothing_in_a_repository_that_somebody_changed() -> "broken-repository" {
        let provider = Provider::offering();
        let path = provider.repository().join(TIMESTAMP);
        fs::write(&path, fs::read_to_string(&path).unwrap().replacen("2026", "2036", 1)).unwrap();
        refused(&provider, |repository| repository::timestamp(repository, timestamped(&provider, "online")))
    }

    fn writes_no_root_that_one_key_signed() -> "too-few-keys" {
        let provider = Provider::new();
        refused(&provider, |repository| repository::rotate(repository, provider.rotating(&[Root], &[], &["root-1"])))
    }

    fn writes_no_root_that_only_the_new_keys_signed() -> "too-few-keys" {
        let provider = Provider::new();
        for name in ["root-4", "root-5", "root-6"] {
            provider.make_key(name);
        }
        let new = ["root-4", "root-5", "root-6"];
        refused(&provider, |repository| repository::rotate(repository, provider.rotating(&[Root], &new, &new)))
    }

    fn writes_no_root_that_only_the_old_keys_signed() -> "too-few-keys" {
        let provider = Provider::new();
        for name in ["root-4", "root-5", "root-6"] {
            provider.make_key(name);
        }
        let rotate = provider.rotating(&[Root], &["root-4", "root-5", "root-6"], &["root-1", "root-2", "root-4"]);
        refused(&provider, |repository| repository::rotate(repository, rotate))
    }

    fn signs_no_list_of_releases_with_another_roles_key() -> "unknown-key" {
        let provider = Provider::new();
        let release = provider.release(NEWER);
        let add = repository::Add { targets_key: provider.key("online"), ..provider.adding(&release) };
        refused(&provider, |repository| repository::add(repository, add))
    }

    fn signs_no_timestamp_with_a_key_that_was_replaced() -> "unknown-key" {
        let provider = Provider::offering();
        provider.make_key("online-2");
        provider.rotate(&[Snapshot, Timestamp], &["online-2"], &["root-1", "root-2"]);
        refused(&provider, |repository| repository::timestamp(repository, timestamped(&provider, "online")))
    }

    fn gives_no_key_two_works() -> "key-twice" {
        let provider = Provider::new();
        let rotate = provider.rotating(&[Targets], &["root-3"], &["root-1", "root-2"]);
        refused(&provider, |repository| repository::rotate(repository, rotate))
    }

    fn takes_no_root_key_twice() -> "key-twice" {
        let provider = Provider::new();
        let rotate = provider.rotating(&[Root], &["root-1", "root-2", "root-2"], &["root-1", "root-2"]);
        refused(&provider, |repository| repository::rotate(repository, rotate))
    }

    fn leaves_root_no_fewer_keys_than_must_sign() -> "too-few-for-role" {
        let provider = Provider::new();
        let rotate = provider.rotating(&[Root], &["root-1"], &["root-1", "root-2"]);
        refused(&provider, |repository| repository::rotate(repository, rotate))
    }

    fn makes_no_keys_where_everything_is_published() -> "keys-inside" {
        let provider = Provider { dir: tempfile::tempdir().unwrap() };
        fs::create_dir(provider.repository()).unwrap();
        let keys = provider.repository().join("private/keys");
        refused(&provider, |repository| repository::init(repository, fresh(&keys)))
    }

    fn offers_no_release_without_a_payload() -> "no-payload" {
        let provider = Provider::new();
        let release = provider.release_of(NEWER, |manifest| manifest.artefacts.retain(|a| a.kind != Kind::slot()));
        refused_release(&provider, &release)
    }

    fn offers_no_release_whose_index_is_of_another_payload() -> "other-payload" {
        let provider = Provider::new();
        let release = provider.path("other");
        make_release(&release, NEWER, |manifest| {
            fs::write(release.join("the.slot"), b"more than two frames").unwrap();
            let slot = &mut manifest.artefacts[0];
            *slot = sos_signing::Artefact::describe(&release.join("the.slot"), Kind::slot(), &mut |_| {}).unwrap();
        });
        refused_release(&provider, &release)
    }

    fn offers_no_release_older_than_the_newest() -> "older-release" {
        let provider = Provider::offering();
        refused_release(&provider, &provider.release(RUNNING))
    }

    fn offers_no_two_releases_of_one_version() -> "changed-release" {
        let provider = Provider::offering();
        let other = provider.path("other");
        make_release(&other, NEWER, |manifest| manifest.source_date_epoch += 1);
        refused_release(&provider, &other)
    }

    fn offers_no_release_again_that_was_revoked() -> "revoked-release" {
        let provider = Provider::offering();
        repository::revoke(&provider.repository(), revoking(&provider, NEWER)).unwrap();
        refused_release(&provider, &provider.release(NEWER))
    }

    fn revokes_nothing_that_is_not_offered() -> "not-offered" {
        let provider = Provider::offering();
        refused(&provider, |repository| repository::revoke(repository, revoking(&provider, RUNNING)))
    }

    fn says_of_no_list_by_a_replaced_key_that_it_is_the_newest() -> "needs-key" {
        let provider = Provider::offering();
        provider.make_key("targets-2");
        provider.rotate(&[Targets], &["targets-2"], &["root-1", "root-2"]);
        refused(&provider, |repository| repository::timestamp(repository, timestamped(&provider, "online")))
    }

    fn says_nothing_where_nothing_is_offered() -> "empty-repository" {
        let provider = Provider::new();
        refused(&provider, |repository| repository::timestamp(repository, timestamped(&provider, "online")))
    }

    fn offers_no_release_of_something_else() -> "other-product" {
        let provider = Provider::new();
        refused_release(&provider, &provider.release_of(NEWER, |manifest| manifest.product = "another".into()))
    }

    fn offers_no_release_for_other_machines() -> "other-architecture" {
        let provider = Provider::new();
        refused_release(&provider, &provider.release_of(NEWER, |manifest| manifest.architecture = "arm64".into()))
    }

    fn offers_no_release_that_lost_a_file() -> "missing-artefact" {
        let provider = Provider::new();
        let release = provider.release(NEWER);
        fs::remove_file(release.join("the.slot")).unwrap();
        refused_release(&provider, &release)
    }

    fn offers_no_release_whose_file_was_changed() -> "wrong-hash" {
        let provider = Provider::new();
        let release = provider.release(NEWER);
        fs::write(release.join("the.slot"), b"a franea frame").unwrap();
        refused_release(&provider, &release)
    }

    fn offers_no_release_whose_index_is_none() -> "malformed-slot-index" {
        let provider = Provider::new();
        let release = provider.path("other");
        make_release(&release, NEWER, |manifest| {
            let path = release.join("the.slot.json");
            fs::write(&path, "{}").unwrap();
            manifest.artefacts[1] = sos_signing::Artefact::describe(&path, Kind::slot_index(), &mut |_| {}).unwrap();
        });
        refused_release(&provider, &release)
    }

    fn offers_no_unsigned_release_when_a_signature_is_asked_for() -> "missing-signature" {
        let provider = Provider::new();
        let release = provider.release(NEWER);
        let add = repository::Add { signed_by: vec![provider.public("root-1")], ..provider.adding(&release) };
        refused(&provider, |repository| repository::add(repository, add))
    }
}

#[test]
fn takes_a_signed_release_when_a_signature_is_asked_for() {
    let provider = Provider::new();
    let release = provider.release(NEWER);
    let builder = provider.make_key("builder");
    sos_signing::sign_manifest(&release, std::slice::from_ref(&builder)).unwrap();
    let add = repository::Add { signed_by: vec![builder.public()], ..provider.adding(&release) };
    repository::add(&provider.repository(), add).unwrap();
    assert_eq!(Device::of(&provider).offered(&provider.channel()).as_deref(), Some(NEWER));
}

#[test]
fn a_ceremony_with_keys_that_exist_makes_none() {
    let provider = Provider { dir: tempfile::tempdir().unwrap() };
    let keys = provider.path("keys");
    let made: Vec<SigningKey> =
        ["root-1", "root-2", "root-3", "targets", "online"].map(|name| provider.make_key(name)).into();
    let before = fs::read_dir(&keys).unwrap().count();
    let init = Init {
        root_keys: vec![provider.key("root-1"), provider.key("root-2")],
        root_public: vec![made[2].public()],
        targets: Some(made[3].public()),
        online: Some(made[4].public()),
        ..fresh(&keys)
    };
    let change = repository::init(&provider.repository(), init).unwrap();
    assert_eq!(change.files, [provider.repository().join("metadata/1.root.json")]);
    assert_eq!(fs::read_dir(&keys).unwrap().count(), before);
    provider.add(NEWER);
    provider.rotate(&[Root], &[], &["root-2", "root-3"]);
    assert_eq!(Device::of(&provider).offered(&provider.channel()).as_deref(), Some(NEWER));
}

#[test]
fn the_pointer_is_written_last_and_what_it_spoke_of_stays() {
    let provider = Provider::offering();
    let before = provider.channel().files;
    let release = provider.release("13.20260215.1");
    let change = repository::add(&provider.repository(), provider.adding(&release)).unwrap();
    let names: Vec<&str> = change.files.iter().filter_map(|path| path.file_name()?.to_str()).collect();
    assert!(names[0].ends_with(".13.20260215.1.manifest.json"), "{names:?}");
    assert_eq!(names[1..], ["2.targets.json", "2.snapshot.json", "timestamp.json"]);
    let after = provider.channel().files;
    assert!(before.iter().all(|(path, bytes)| path == TIMESTAMP || after[path] == *bytes));
}

#[test]
fn a_daily_timestamp_writes_a_new_snapshot_only_when_the_old_one_would_expire_first() {
    let provider = Provider::offering();
    let written = |now: u64| {
        let expiries = Expiries::from_now(now);
        let timestamped = repository::Timestamped { expiries, ..timestamped(&provider, "online") };
        repository::timestamp(&provider.repository(), timestamped).unwrap().files.len()
    };
    assert_eq!([NOW + DAY, NOW + 60 * DAY, NOW + 61 * DAY, NOW + 62 * DAY].map(written), [1, 1, 2, 1]);
}

#[test]
fn the_same_content_has_the_same_bytes() {
    let provider = Provider::offering();
    let again = Provider { dir: tempfile::tempdir().unwrap() };
    fs::create_dir_all(again.path("keys")).unwrap();
    for name in ["targets", "online"] {
        fs::copy(provider.path(&format!("keys/{name}.key")), again.path(&format!("keys/{name}.key"))).unwrap();
    }
    fs::create_dir_all(again.repository().join("metadata")).unwrap();
    fs::write(again.repository().join("metadata/1.root.json"), provider.first_root()).unwrap();
    again.add(NEWER);
    assert!(again.channel().files == provider.channel().files);
}
