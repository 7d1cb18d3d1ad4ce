//! Locking against a tiny archive: what a good one gives, and how each bad one is refused.

use std::fs;

use crate::world::{World, fixture, write};
use sos_builder::error::{Error, Refusal};
use sos_builder::lock::{Lock, Set, Sha256};

/// The refusal that locking ends in.
fn refusal(world: &World) -> Refusal {
    let error = world.lock().unwrap_err();
    assert_eq!(error.exit_code(), 3, "{error}");
    match error {
        Error::Refused(refusal) => refusal,
        other => panic!("a refusal was expected, not: {other}"),
    }
}

#[test]
fn a_lock_names_what_is_needed_and_where_it_comes_from() {
    let lock = World::asking_for(&["greeter"]).lock().unwrap();
    let names = |set| lock.packages(set).map(|package| package.name.as_str()).collect::<Vec<_>>();
    assert_eq!(names(Set::Device), ["base-files", "greeter", "libgreeting"], "no recommended package is among them");
    assert_eq!(names(Set::Tools), ["base-files", "zstd"]);
    let [base, greeter, library, _] = &lock.packages[..] else { panic!("{lock:?}") };
    assert!(base.essential && !greeter.essential);
    assert_eq!((greeter.source.as_str(), greeter.source_version.as_deref()), ("greetings", Some("1.0-1")));
    assert_eq!((library.archive.as_str(), library.version.as_str()), ("security", "1.0-1+deb13u1"));
    assert_eq!(library.path, "pool/main/libgreeting_1.0-1+deb13u1_amd64.deb");
    assert_eq!(lock.source_date_epoch, 1_735_732_800, "the newest Date of the archives");
}

#[test]
fn locking_twice_writes_the_same_bytes() {
    let world = World::asking_for(&["greeter"]);
    let (first, second) = (world.lock().unwrap(), world.lock().unwrap());
    let file = world.path("locks/trixie.lock");
    first.save(&file).unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), second.to_text());
    assert_eq!(Lock::load(&file).unwrap(), first);
}

#[test]
fn a_packages_update_changes_the_digest_of_its_set_only() {
    let world = World::asking_for(&["greeter"]);
    let before = world.lock().unwrap();
    let mut after = before.clone();
    after.packages.retain(|package| package.name != "zstd");
    assert_eq!(before.digest(Set::Device), after.digest(Set::Device));
    assert_ne!(before.digest(Set::Tools), after.digest(Set::Tools));
}

/// A lock made before the archives moved on: an older library, and a greeter that they have dropped since.
fn former(world: &World) -> Lock {
    let mut lock = world.lock().unwrap();
    for archive in &mut lock.archives {
        archive.date -= 1000;
        archive.inrelease_sha256 = Sha256::of(b"as it was");
    }
    lock.source_date_epoch -= 1000;
    for package in &mut lock.packages {
        match package.name.as_str() {
            "libgreeting" => package.version = "1.0-1".into(),
            "greeter" => package.version = "0.9-1".into(),
            _ => {}
        }
    }
    lock
}

#[test]
fn a_lock_that_keeps_changes_nothing_where_nothing_else_is_asked_for() {
    let world = World::asking_for(&["greeter"]);
    let former = former(&world);
    assert_ne!(world.lock().unwrap(), former);
    assert_eq!(world.lock_keeping(&former).unwrap(), former);
}

#[test]
fn a_lock_that_keeps_takes_in_what_is_new_and_says_which_archive_vouches_for_it() {
    let former = former(&World::asking_for(&["greeter"]));
    let world = World::asking_for(&["greeter", "greeter-manual"]);
    let (lock, now) = (world.lock_keeping(&former).unwrap(), world.lock().unwrap());
    let (new, kept): (Vec<_>, Vec<_>) = lock.packages.iter().partition(|package| package.name == "greeter-manual");
    assert!(kept.into_iter().eq(&former.packages));
    assert_eq!((new.len(), new[0].archive.as_str()), (1, "main"));
    assert_eq!(lock.archives, [now.archives[0].clone(), former.archives[1].clone()]);
    let without = World::asking_for(&[]).lock_keeping(&lock).unwrap();
    assert_eq!(without.packages(Set::Device).map(|package| package.name.as_str()).collect::<Vec<_>>(), ["base-files"]);
}

#[test]
fn a_lock_that_keeps_takes_what_is_new_from_an_archive_that_is_as_it_was() {
    let mut former = World::asking_for(&[]).lock().unwrap();
    former.archives[1].inrelease_sha256 = Sha256::of(b"as it was");
    let lock = World::asking_for(&["greeter"]).lock_keeping(&former).unwrap();
    let library = lock.packages.iter().find(|package| package.name == "libgreeting").unwrap();
    assert_eq!((library.archive.as_str(), library.version.as_str()), ("main", "1.0-1"));
    assert_eq!((lock.archives, lock.source_date_epoch), (former.archives, former.source_date_epoch));
}

#[test]
fn an_unknown_package_is_named_with_the_file_that_asks_for_it() {
    let world = World::asking_for(&["greeter"]);
    write(&world.path("overlays/mail/service.toml"), b"packages = ['postfixx']\n");
    let error = world.lock().unwrap_err();
    assert_eq!(error.exit_code(), 2);
    let Error::UnknownPackage { package, wanted_by } = error else { panic!("{error}") };
    assert_eq!((package.as_str(), wanted_by), ("postfixx", world.path("overlays/mail/service.toml")));
}

#[test]
fn a_dependency_that_nothing_satisfies_is_told_in_apts_words() {
    let error = World::asking_for(&["lonely"]).lock().unwrap_err();
    assert_eq!(error.exit_code(), 2);
    let text = error.to_string();
    assert!(matches!(error, Error::Unsatisfiable { set: "device", .. }), "{text}");
    assert!(text.contains("lonely : Depends: friend (>= 2)"), "{text}");
}

#[test]
fn two_packages_in_conflict_are_told_in_apts_words() {
    let error = World::asking_for(&["greeter", "hermit"]).lock().unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, Error::Unsatisfiable { .. }) && text.contains("Conflicts: greeter"), "{text}");
}

#[test]
fn an_archive_changed_after_it_was_signed_is_refused() {
    let world = World::asking_for(&["greeter"]);
    let text = fs::read_to_string(world.inrelease()).unwrap();
    fs::write(world.inrelease(), text.replace("Components: main", "Components: evil")).unwrap();
    let refusal = refusal(&world);
    assert!(matches!(&refusal, Refusal::ArchiveSignatureWrong { archive, .. } if archive == "trixie"), "{refusal}");
}

#[test]
fn an_archive_without_a_signature_is_refused() {
    let world = World::asking_for(&["greeter"]);
    let text = fs::read_to_string(world.inrelease()).unwrap();
    let signed = text.split("\n\n").nth(1).unwrap().split("-----BEGIN").next().unwrap();
    fs::write(world.inrelease(), signed).unwrap();
    let refusal = refusal(&world);
    assert!(matches!(&refusal, Refusal::ArchiveSignatureWrong { archive, .. } if archive == "trixie"), "{refusal}");
}

#[test]
fn an_archive_signed_by_a_key_we_lack_is_refused() {
    let error = World::asking_for(&["greeter"]).lock_with("other.asc").unwrap_err();
    let Error::Refused(Refusal::KeyMissing { archive, keyring, .. }) = &error else { panic!("{error}") };
    assert_eq!((archive.as_str(), keyring), ("trixie", &fixture("other.asc")));
    assert_eq!(error.exit_code(), 3);
}

#[test]
fn an_archive_past_its_end_is_refused() {
    let world = World::asking_for(&["greeter"]);
    world.place_release("debian", "trixie", "expired.InRelease", "Packages");
    let refusal = refusal(&world);
    assert!(matches!(&refusal, Refusal::ArchiveExpired { archive, .. } if archive == "trixie"), "{refusal}");
}

#[test]
fn an_archive_past_its_end_is_taken_from_a_mirror_that_may_lag_so_far_and_no_farther() {
    let world = World::asking_for(&["greeter"]);
    world.place_release("debian", "trixie", "expired.InRelease", "Packages");
    assert!(matches!(world.lock_from_lagging(30), Err(Error::Refused(Refusal::ArchiveExpired { .. }))));
    assert_eq!(world.lock_from_lagging(3_650).unwrap().archives[0].date, 1_735_732_800);
    // What a mirror may do once it need not be allowed the next time.
    assert!(matches!(refusal(&world), Refusal::ArchiveExpired { .. }));
}

#[test]
fn an_index_that_was_not_signed_is_refused() {
    let world = World::asking_for(&["greeter"]);
    let index = world.path("debian/dists/trixie/main/binary-amd64/Packages");
    let text = fs::read_to_string(&index).unwrap();
    fs::write(&index, text.replace("1.0-2", "6.6-6")).unwrap();
    let refusal = refusal(&world);
    assert!(matches!(&refusal, Refusal::IndexWrong { archive, .. } if archive == "trixie"), "{refusal}");
}

#[test]
fn another_release_under_the_name_asked_for_is_refused() {
    let world = World::asking_for(&["greeter"]);
    world.place_release("debian", "trixie", "bookworm.InRelease", "Packages");
    let expected = Refusal::AnotherArchive { archive: "trixie".into(), found: "bookworm (oldstable)".into() };
    assert_eq!(refusal(&world), expected);
}

#[test]
fn a_refused_archive_does_not_become_good_by_trying_again() {
    let world = World::asking_for(&["greeter"]);
    world.lock().unwrap();
    world.place_release("debian", "trixie", "expired.InRelease", "Packages");
    for _ in 0..2 {
        assert!(matches!(refusal(&world), Refusal::ArchiveExpired { .. }));
    }
}

#[test]
fn a_missing_keyring_is_named() {
    let error = World::asking_for(&["greeter"]).lock_with("absent.asc").unwrap_err();
    assert!(matches!(&error, Error::NoKeyring { path } if path.ends_with("absent.asc")), "{error}");
    assert_eq!(error.exit_code(), 2);
}

#[test]
fn a_mirror_without_the_archive_is_a_fault_that_names_it() {
    let world = World::asking_for(&["greeter"]);
    fs::remove_dir_all(world.path("debian-security")).unwrap();
    fs::create_dir(world.path("debian-security")).unwrap();
    let error = world.lock().unwrap_err();
    assert!(matches!(error, Error::Network { .. }) && error.to_string().contains("trixie-security"), "{error}");
}
