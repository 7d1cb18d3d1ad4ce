//! A channel of the tests: keys, a repository that `sos-sign` made, and tiny releases in it.

use std::fs;
use std::path::{Path, PathBuf};

use sos_builder::error::Result;
use sos_builder::offered::Offered;
use sos_signing::offer::Rollout;
use sos_signing::repository::{Add, Expiries, Init, Revoke, add, init, revoke};
use sos_signing::{Artefact, Digest, Expected, Kind, Manifest, Part, SigningKey, SlotChunk, SlotIndex, SlotPart, Sum};

/// A day in November 2026, seconds since 1970: when everything of these tests was made.
pub const NOW: u64 = 1_795_426_200;

/// A channel in a temporary folder.
pub struct Channel {
    dir: tempfile::TempDir,
}

impl Channel {
    /// A channel that offers these versions, each made in a folder of its own.
    pub fn offering(versions: &[&str]) -> Self {
        let channel = Self { dir: tempfile::tempdir().unwrap() };
        let expires = "2030-01-01T00:00:00Z".parse().unwrap();
        let keys = channel.path("keys");
        let init_of =
            Init { keys: &keys, root_keys: vec![], root_public: vec![], targets: None, online: None, expires };
        init(&channel.repository(), init_of).unwrap();
        for version in versions {
            channel.make(version, "");
            channel.add(version);
        }
        channel
    }

    /// A path in its folder.
    pub fn path(&self, below: &str) -> PathBuf {
        self.dir.path().join(below)
    }

    /// The repository.
    pub fn repository(&self) -> PathBuf {
        self.path("repo")
    }

    /// What the repository offers.
    pub fn offered(&self) -> Result<Offered> {
        Offered::load(&self.repository())
    }

    /// A release's folder.
    pub fn release(&self, version: &str) -> PathBuf {
        self.path("made").join(version)
    }

    /// Makes a release; `more` makes it differ from another of its version.
    pub fn make(&self, version: &str, more: &str) {
        let dir = self.release(version);
        fs::create_dir_all(&dir).unwrap();
        let frame = |text: String| {
            let compressed = zstd::bulk::compress(text.repeat(4096 / 64).as_bytes(), 3).unwrap();
            let chunk = SlotChunk {
                compressed: compressed.len() as u32,
                sha256: Digest::of(&compressed),
                xxh3: Sum::of(text.as_bytes()),
            };
            (compressed, chunk)
        };
        let (root, root_chunk) = frame(format!("{version:>60}root"));
        let (boot, boot_chunk) = frame(format!("{version:>60}boot"));
        let part = |part, chunk| SlotPart { part, size: 4096, chunks: vec![chunk] };
        let index = SlotIndex {
            format: SlotIndex::FORMAT,
            parts: vec![part(Part::Root, root_chunk), part(Part::Boot, boot_chunk)],
        };
        let files = [
            (format!("sos-{version}-amd64.slot"), [root, boot].concat(), Kind::slot()),
            (format!("sos-{version}-amd64.slot.json"), index.to_bytes(), Kind::slot_index()),
            (format!("sos-{version}.notes.json"), format!("{{\"en\": \"{version}{more}\"}}").into(), Kind::notes()),
            // Larger than what is compared byte by byte.
            (format!("sos-{version}-amd64.raw.zst"), version.repeat(200_000).into_bytes(), Kind::disk_raw_zst()),
        ];
        let artefacts = files.map(|(name, bytes, kind)| {
            fs::write(dir.join(&name), bytes).unwrap();
            Artefact::describe(&dir.join(name), kind, &mut |_| ()).unwrap()
        });
        let manifest = Manifest {
            format: Manifest::FORMAT,
            product: Manifest::PRODUCT.into(),
            version: version.parse().unwrap(),
            release: "trixie".into(),
            architecture: "amd64".into(),
            source_date_epoch: NOW,
            lock_sha256: Digest::of(b"lock"),
            root_hash: Digest::of(b"root"),
            artefacts: artefacts.into(),
        };
        manifest.write(&dir).unwrap();
    }

    /// Offers a release that is made.
    pub fn add(&self, version: &str) {
        let release = self.release(version);
        let add_of = Add {
            release: &release,
            signed_by: vec![],
            expected: Expected::default(),
            rollout: Rollout { percent: 100, start: NOW },
            targets_key: self.key("targets"),
            online_key: self.key("online"),
            expiries: Expiries::from_now(NOW),
        };
        add(&self.repository(), add_of).unwrap();
    }

    /// Takes a release out of what is offered.
    pub fn revoke(&self, version: &str) {
        let revoke_of = Revoke {
            versions: vec![version.parse().unwrap()],
            targets_key: self.key("targets"),
            online_key: self.key("online"),
            expiries: Expiries::from_now(NOW),
        };
        revoke(&self.repository(), revoke_of).unwrap();
    }

    fn key(&self, name: &str) -> SigningKey {
        SigningKey::load(&self.path("keys").join(format!("{name}.key"))).unwrap()
    }
}

/// Every file below `dir`, by its path there, sorted.
pub fn files(dir: &Path) -> Vec<String> {
    let entries = walkdir::WalkDir::new(dir).sort_by_file_name().into_iter().map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_type().is_file());
    files.map(|entry| entry.path().strip_prefix(dir).unwrap().to_str().unwrap().to_owned()).collect()
}
