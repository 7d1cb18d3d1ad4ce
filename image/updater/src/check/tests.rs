//! Channels with real signatures, on a web server and in bundles.

use std::fs;
use std::path::{Path, PathBuf};

use sos_signing::offer::Rollout;
use sos_signing::repository::{Add, Expiries, Init, add, init, periods};
use sos_signing::{BLOCK, Expected, Manifest, Part, SigningKey, SlotChunk, SlotPart, Sum};

use super::*;
use crate::store::Store;
use crate::test_server::{Fault, Server};

const RUNNING: &str = "13.20260101.1";
const NEXT: &str = "13.20260108.1";
const NEWEST: &str = "13.20260115.1";

/// A device, its channel's folder, and the keys of that.
struct World {
    folder: tempfile::TempDir,
    device: Device,
}

impl World {
    /// With these releases in the channel.
    fn offering(versions: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = Self { device: Device::new(&folder.path().join("device")), folder };
        let first = Init {
            keys: &world.path("keys"),
            root_keys: vec![],
            root_public: vec![],
            targets: None,
            online: None,
            expires: periods::after(now(), periods::ROOT),
        };
        fs::create_dir(world.path("keys")).unwrap();
        init(&world.path("channel"), first).unwrap();
        for version in versions {
            world.offer(&world.release(version));
        }
        world.put("/usr/share/sos/image.toml", format!("version = {RUNNING:?}\n").as_bytes());
        world.put("/etc/machine-id", b"0123456789abcdef0123456789abcdef\n");
        world.put(ROOT, &fs::read(world.path("channel/metadata/1.root.json")).unwrap());
        fs::create_dir_all(world.device.path(crate::store::FOLDER)).unwrap();
        world
    }

    fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    fn put(&self, absolute: &str, bytes: &[u8]) {
        let path = self.device.path(absolute);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Makes a release of one block for each part.
    fn release(&self, version: &str) -> PathBuf {
        let folder = self.path("channel/releases").join(version);
        fs::create_dir_all(&folder).unwrap();
        let block = vec![7; BLOCK as usize];
        let frame = zstd::bulk::compress(&block, 1).unwrap();
        let chunk = SlotChunk {
            compressed: u32::try_from(frame.len()).unwrap(),
            sha256: Digest::of(&frame),
            xxh3: Sum::of(&block),
        };
        let parts = [Part::Root, Part::Boot].map(|part| SlotPart { part, size: BLOCK, chunks: vec![chunk.clone()] });
        let index = SlotIndex { format: SlotIndex::FORMAT, parts: parts.into() };
        let notes = format!("{{\"en\": \"This is {version}.\", \"de\": \"Das ist {version}.\"}}");
        let files = [
            (format!("sos-{version}-amd64.slot"), Kind::slot(), frame.repeat(2)),
            (format!("sos-{version}-amd64.slot.json"), Kind::slot_index(), index.to_bytes()),
            (format!("sos-{version}.notes.json"), Kind::notes(), notes.into_bytes()),
        ];
        let artefacts = files.map(|(name, kind, bytes)| {
            fs::write(folder.join(&name), bytes).unwrap();
            Artefact::describe(&folder.join(name), kind, &mut |_| {}).unwrap()
        });
        let manifest = Manifest {
            format: Manifest::FORMAT,
            product: Manifest::PRODUCT.into(),
            version: version.parse().unwrap(),
            release: "trixie".into(),
            architecture: architecture().into(),
            source_date_epoch: 1_767_225_600,
            lock_sha256: Digest::of(b"lock"),
            root_hash: Digest::of(b"root"),
            artefacts: artefacts.into(),
        };
        manifest.write(&folder).unwrap();
        folder
    }

    fn offer(&self, release: &Path) {
        let key = |name: &str| SigningKey::load(&self.path("keys").join(format!("{name}.key"))).unwrap();
        let what = Add {
            release,
            signed_by: vec![],
            expected: Expected { architecture: architecture().into(), ..Expected::default() },
            rollout: Rollout { percent: 100, start: 0 },
            targets_key: key("targets"),
            online_key: key("online"),
            expiries: Expiries::from_now(now()),
        };
        add(&self.path("channel"), what).unwrap();
    }

    /// The channel's files, by name.
    fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = Vec::new();
        let mut folders = vec![self.path("channel")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(self.path("channel")).unwrap().to_str().unwrap().to_owned();
                    files.push((name, fs::read(&path).unwrap()));
                }
            }
        }
        files
    }

    /// A server of the channel, which the image names.
    fn serve(&self, bend: impl FnOnce(&mut Vec<(String, Vec<u8>)>)) -> Server {
        let mut files = self.files();
        bend(&mut files);
        let server = Server::of(files);
        self.put(CHANNEL, format!("url = {:?}\n", server.url()).as_bytes());
        server
    }

    /// A bundle with the files of one release.
    fn bundle(&self, version: &str) -> PathBuf {
        let mut archive = tar::Builder::new(Vec::new());
        let carried = format!("releases/{version}/");
        let belongs = |name: &str| {
            !name.starts_with("releases/") || name.starts_with(&carried) && !name.ends_with("/manifest.json")
        };
        for (name, bytes) in self.files().iter().filter(|(name, _)| belongs(name)) {
            let mut header = tar::Header::new_ustar();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            archive.append_data(&mut header, name, &bytes[..]).unwrap();
        }
        let path = self.path(&format!("{version}.tar"));
        fs::write(&path, archive.into_inner().unwrap()).unwrap();
        path
    }

    fn check(&self, from: Option<&Path>) -> Result<Option<Version>, UpdateError> {
        let work = AtWork::begin(&self.device, false).unwrap();
        Ok(check(&work, from)?.map(|found| found.version()))
    }

    fn store(&self) -> Store {
        Store::of(&self.device)
    }
}

fn found(version: &str) -> Option<Version> {
    Some(version.parse().unwrap())
}

#[test]
fn the_newest_release_becomes_the_candidate_with_its_notes() {
    let world = World::offering(&[RUNNING, NEXT, NEWEST]);
    let _server = world.serve(|_| {});
    assert_eq!(world.check(None).unwrap(), found(NEWEST));
    let candidate: Candidate = world.store().get().unwrap();
    assert_eq!(
        (candidate.version.to_string().as_str(), candidate.notes["de"].as_str()),
        (NEWEST, "Das ist 13.20260115.1.")
    );
    let checked: Checked = world.store().get().unwrap();
    assert_eq!((checked.fault, checked.faults), (None, 0));
}

#[test]
fn a_candidate_goes_when_nothing_newer_is_offered() {
    let world = World::offering(&[RUNNING]);
    let _server = world.serve(|_| {});
    let candidate = Candidate { version: NEXT.parse().unwrap(), bytes: 1, notes: BTreeMap::new() };
    world.store().put(&candidate).unwrap();
    assert_eq!(world.check(None).unwrap(), None);
    assert_eq!(world.store().get::<Candidate>(), None);
}

#[test]
fn a_release_that_failed_three_times_is_left_alone_and_the_next_one_is_not() {
    let world = World::offering(&[RUNNING, NEXT]);
    let _server = world.serve(|_| {});
    let mut failed = BTreeMap::from([(NEXT.parse::<Version>().unwrap(), 2)]);
    world.store().put(&failed).unwrap();
    assert_eq!(world.check(None).unwrap(), found(NEXT));
    failed.insert(NEXT.parse().unwrap(), 3);
    world.store().put(&failed).unwrap();
    assert_eq!(world.check(None).unwrap(), None);
    assert_eq!(world.store().get::<Candidate>(), None);
    world.offer(&world.release(NEWEST));
    let _server = world.serve(|_| {});
    assert_eq!(world.check(None).unwrap(), found(NEWEST));
}

#[test]
fn faults_are_counted_and_an_answer_ends_the_counting() {
    let world = World::offering(&[RUNNING]);
    let server = world.serve(|_| {});
    for faults in 1..=2 {
        server.fail([Fault::Status("500 Internal Server Error")]);
        let error = world.check(None).unwrap_err();
        assert_eq!(error.exit_code(), 1, "{error}");
        let checked: Checked = world.store().get().unwrap();
        assert_eq!((checked.faults, checked.fault.as_deref()), (faults, Some(error.to_string().as_str())));
        assert!(error.to_string().contains("the server answers «500 Internal Server Error»"), "{error}");
    }
    world.check(None).unwrap();
    assert_eq!(world.store().get::<Checked>().map(|checked| checked.faults), Some(0));
}

#[test]
fn files_that_are_not_those_that_were_signed_are_not_taken() {
    for ending in [".slot.json", ".notes.json"] {
        let world = World::offering(&[RUNNING, NEXT]);
        let _server = world.serve(|files| {
            let of_release = |name: &str| name.starts_with("releases/13.20260108") && name.ends_with(ending);
            let (_, bytes) = files.iter_mut().find(|(name, _)| of_release(name)).unwrap();
            bytes[10] ^= 1;
        });
        let error = world.check(None).unwrap_err();
        assert!(error.to_string().contains("is not the file that was signed"), "{error}");
        assert_eq!(world.store().get::<Candidate>(), None);
    }
}

#[test]
fn a_channel_signed_by_somebody_else_is_refused() {
    let (world, other) = (World::offering(&[RUNNING]), World::offering(&[RUNNING, NEXT]));
    let server = other.serve(|_| {});
    world.put(CHANNEL, format!("url = {:?}\n", server.url()).as_bytes());
    let error = world.check(None).unwrap_err();
    assert!(matches!(error, UpdateError::Offer(sos_signing::offer::OfferRefusal::WrongKey { .. })), "{error:?}");
    assert_eq!(error.exit_code(), 3);
}

#[test]
fn an_image_without_a_channel_says_so() {
    let world = World::offering(&[RUNNING]);
    let error = world.check(None).unwrap_err();
    assert_eq!(error.to_string(), "this image names no place where releases are offered");
}

#[test]
fn a_bundle_offers_the_release_whose_files_it_has_and_no_newer_one() {
    let world = World::offering(&[RUNNING, NEXT, NEWEST]);
    assert_eq!(world.check(Some(&world.bundle(NEXT))).unwrap(), found(NEXT));
    assert_eq!(world.check(Some(&world.bundle(NEWEST))).unwrap(), found(NEWEST));
    let error = world.check(Some(&world.bundle(RUNNING))).unwrap_err();
    assert!(error.to_string().ends_with("has nothing newer than 13.20260101.1"), "{error}");
}

#[test]
fn a_clock_that_nobody_set_or_that_is_far_ahead_is_not_believed() {
    let world = World::offering(&[]);
    let running: Version = RUNNING.parse().unwrap();
    let (made, year) = (1_767_225_600, 365 * 24 * 3600);
    for clock in [0, made + year, made + 10 * year] {
        assert_eq!(credible(&world.device, clock, running), made);
    }
    world.put(SYNCHRONISED, b"");
    assert_eq!(credible(&world.device, 0, running), made);
    assert_eq!(credible(&world.device, made + year, running), made + year);
    assert_eq!(credible(&world.device, made + 10 * year, running), made);
}

#[test]
fn after_faults_the_timer_waits_longer_and_longer_and_a_day_at_most() {
    let after = |faults| Checked { at: 1_000_000, fault: None, faults };
    assert!(is_due(None, 0) && is_due(Some(&after(0)), 1_000_000));
    for (faults, hours) in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 24), (60, 24), (u32::MAX, 24)] {
        let due = |hours: u64, tenths: u64| is_due(Some(&after(faults)), 1_000_000 + hours * 360 * tenths);
        assert!(!due(hours, 8) && due(hours, 9), "{faults}");
    }
    assert!(is_due(Some(&after(6)), 5), "a clock that was set back must not stop it");
}
