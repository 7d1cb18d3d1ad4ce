//! A provider with its keys and repository, a channel that can be spoilt, and a device that asks it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ed25519_dalek::Signer;
use ed25519_dalek::pkcs8::DecodePrivateKey;
use serde_json::{Value, json};
use sos_signing::offer::{Asker, Expiry, Offer, OfferError, OfferRefusal, Rollout, Source, SourceError, newest};
use sos_signing::repository::{self, Expiries, periods};
use sos_signing::{
    Artefact, Digest, Expected, Kind, Manifest, Part, PublicKey, SigningKey, SlotChunk, SlotIndex, SlotPart, Sum,
    Version,
};

/// When all of this happens: 2026-03-01.
pub const NOW: u64 = 1_772_323_200;

pub const DAY: u64 = 24 * 60 * 60;

/// What devices run at first.
pub const RUNNING: &str = "13.20260101.1";

/// What is offered to them.
pub const NEWER: &str = "13.20260201.1";

pub const TIMESTAMP: &str = "metadata/timestamp.json";

/// A provider: its keys, its repository, its releases.
pub struct Provider {
    pub dir: tempfile::TempDir,
}

impl Provider {
    /// A provider with a new repository, that offers nothing.
    pub fn new() -> Self {
        let provider = Self { dir: tempfile::tempdir().unwrap() };
        provider.init(periods::after(NOW, periods::ROOT));
        provider
    }

    /// A provider that offers [`NEWER`] to everybody.
    pub fn offering() -> Self {
        let provider = Self::new();
        provider.add(NEWER);
        provider
    }

    pub fn init(&self, expires: jiff::Timestamp) {
        let init = repository::Init {
            keys: &self.path("keys"),
            root_keys: Vec::new(),
            root_public: Vec::new(),
            targets: None,
            online: None,
            expires,
        };
        repository::init(&self.repository(), init).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn repository(&self) -> PathBuf {
        self.path("repository")
    }

    pub fn key(&self, name: &str) -> SigningKey {
        SigningKey::load(&self.path(&format!("keys/{name}.key"))).unwrap()
    }

    pub fn public(&self, name: &str) -> PublicKey {
        self.key(name).public()
    }

    /// Makes one more key.
    pub fn make_key(&self, name: &str) -> SigningKey {
        SigningKey::create(&self.path("keys"), name).unwrap().0
    }

    /// A small release that could be staged.
    pub fn release(&self, version: &str) -> PathBuf {
        self.release_of(version, |_| {})
    }

    /// The same, with its manifest bent.
    pub fn release_of(&self, version: &str, bend: impl FnOnce(&mut Manifest)) -> PathBuf {
        let dir = self.path(&format!("releases/{version}"));
        make_release(&dir, version, bend);
        dir
    }

    pub fn adding<'a>(&self, release: &'a Path) -> repository::Add<'a> {
        repository::Add {
            release,
            signed_by: Vec::new(),
            expected: Expected::default(),
            rollout: Rollout { percent: 100, start: 0 },
            targets_key: self.key("targets"),
            online_key: self.key("online"),
            expiries: Expiries::from_now(NOW),
        }
    }

    /// Offers a version to everybody.
    pub fn add(&self, version: &str) {
        self.add_with(version, |_| {});
    }

    /// Offers a version in some other way.
    pub fn add_with(&self, version: &str, bend: impl FnOnce(&mut repository::Add<'_>)) {
        let release = self.release(version);
        let mut add = self.adding(&release);
        bend(&mut add);
        repository::add(&self.repository(), add).unwrap();
    }

    /// Says again, with the key of that name, that what is offered is the newest.
    pub fn timestamp(&self, online: &str, targets: Option<&str>) {
        let timestamped = repository::Timestamped {
            online_key: self.key(online),
            targets_key: targets.map(|name| self.key(name)),
            expiries: Expiries::from_now(NOW),
        };
        repository::timestamp(&self.repository(), timestamped).unwrap();
    }

    /// A new root, signed by the root keys of these names, which gives a role the keys of those.
    pub fn rotating(&self, roles: &[repository::RoleType], keys: &[&str], by: &[&str]) -> repository::Rotate {
        repository::Rotate {
            roles: roles.to_vec(),
            keys: keys.iter().map(|name| self.public(name)).collect(),
            root_keys: by.iter().map(|name| self.key(name)).collect(),
            expires: periods::after(NOW, periods::ROOT),
        }
    }

    pub fn rotate(&self, roles: &[repository::RoleType], keys: &[&str], by: &[&str]) {
        repository::rotate(&self.repository(), self.rotating(roles, keys, by)).unwrap();
    }

    /// The first root, as the image has it.
    pub fn first_root(&self) -> Vec<u8> {
        fs::read(self.repository().join("metadata/1.root.json")).unwrap()
    }

    /// The channel as it stands.
    pub fn channel(&self) -> Channel {
        let top = self.repository();
        let files = walkdir::WalkDir::new(&top).into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file());
        let named = files.map(|file| {
            let path = file.path().strip_prefix(&top).unwrap().to_str().unwrap().to_owned();
            (path, fs::read(file.path()).unwrap())
        });
        Channel { files: named.collect(), asked: Mutex::default() }
    }
}

/// Writes a release that has all that a device needs to stage it.
pub fn make_release(dir: &Path, version: &str, bend: impl FnOnce(&mut Manifest)) {
    fs::create_dir_all(dir).unwrap();
    let frame = b"a frame".as_slice();
    let chunk = || SlotChunk { compressed: 7, sha256: Digest::of(frame), xxh3: Sum::of(frame) };
    let part = |part| SlotPart { part, size: 4096, chunks: vec![chunk()] };
    let index = SlotIndex { format: SlotIndex::FORMAT, parts: vec![part(Part::Root), part(Part::Boot)] };
    let artefact = |name: &str, kind, bytes: &[u8]| {
        fs::write(dir.join(name), bytes).unwrap();
        Artefact::describe(&dir.join(name), kind, &mut |_| {}).unwrap()
    };
    let mut manifest = Manifest {
        format: Manifest::FORMAT,
        product: Manifest::PRODUCT.into(),
        version: version.parse().unwrap(),
        release: "trixie".into(),
        architecture: "amd64".into(),
        source_date_epoch: 1_754_700_000,
        lock_sha256: "5a".repeat(32).parse().unwrap(),
        root_hash: "a5".repeat(32).parse().unwrap(),
        artefacts: vec![
            artefact("the.slot", Kind::slot(), &frame.repeat(2)),
            artefact("the.slot.json", Kind::slot_index(), &index.to_bytes()),
        ],
    };
    bend(&mut manifest);
    fs::write(dir.join("manifest.json"), manifest.to_bytes()).unwrap();
}

/// A channel's files, to be spoilt.
pub struct Channel {
    pub files: BTreeMap<String, Vec<u8>>,
    pub asked: Mutex<Vec<String>>,
}

impl Channel {
    /// The one file whose name ends so.
    pub fn find(&self, end: &str) -> String {
        let found: Vec<&String> = self.files.keys().filter(|path| path.ends_with(end)).collect();
        assert_eq!(found.len(), 1, "{found:?} end with {end}");
        found[0].clone()
    }
}

/// Metadata changed and signed again, as somebody with the keys could.
impl Channel {
    /// A file as JSON.
    pub fn json(&self, path: &str) -> Value {
        serde_json::from_slice(&self.files[path]).unwrap()
    }

    /// Bends what is signed in a file, and signs it with the keys of these names and no others.
    pub fn forge(&mut self, provider: &Provider, path: &str, by: &[&str], bend: impl FnOnce(&mut Value)) {
        let mut signed = self.json(path)["signed"].clone();
        bend(&mut signed);
        let signatures: Vec<Value> = by.iter().map(|name| provider.signature(name, &signed)).collect();
        self.put(path, &json!({ "signed": signed, "signatures": signatures }));
    }

    /// Bends a file, signatures and all.
    pub fn bend(&mut self, path: &str, bend: impl FnOnce(&mut Value)) {
        let mut whole = self.json(path);
        bend(&mut whole);
        self.put(path, &whole);
    }

    pub fn put(&mut self, path: &str, whole: &Value) {
        self.files.insert(path.into(), serde_json::to_vec(whole).unwrap());
    }

    /// Has the snapshot speak of the list of releases as it is now, and the timestamp of that snapshot.
    pub fn seal(&mut self, provider: &Provider) {
        let (targets, snapshot) = (self.find(".targets.json"), self.find(".snapshot.json"));
        let pointer = self.pointer(&targets);
        self.forge(provider, &snapshot, &["online"], |signed| signed["meta"]["targets.json"] = pointer);
        self.seal_timestamp(provider);
    }

    /// Has the timestamp speak of the snapshot as it is now.
    pub fn seal_timestamp(&mut self, provider: &Provider) {
        let pointer = self.pointer(&self.find(".snapshot.json"));
        self.forge(provider, TIMESTAMP, &["online"], |signed| signed["meta"]["snapshot.json"] = pointer);
    }

    fn pointer(&self, path: &str) -> Value {
        let bytes = &self.files[path];
        let sha256 = Digest::of(bytes).to_string();
        json!({ "length": bytes.len(), "hashes": { "sha256": sha256 }, "version": self.json(path)["signed"]["version"] })
    }
}

impl Provider {
    /// A signature as TUF has it: over the canonical JSON, with the key's name.
    fn signature(&self, name: &str, signed: &Value) -> Value {
        let pem = fs::read_to_string(self.path(&format!("keys/{name}.key"))).unwrap();
        let key = ed25519_dalek::SigningKey::from_pkcs8_pem(&pem).unwrap();
        let public = json!({
            "keytype": "ed25519", "scheme": "ed25519",
            "keyval": { "public": hex::encode(key.verifying_key().as_bytes()) },
        });
        let keyid = Digest::of(canonical(&public).as_bytes()).to_string();
        json!({ "keyid": keyid, "sig": hex::encode(key.sign(canonical(signed).as_bytes()).to_bytes()) })
    }
}

/// Canonical JSON, as far as our metadata needs it.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let sorted: BTreeMap<&String, &Value> = map.iter().collect();
            let members = sorted.into_iter().map(|(key, value)| format!("{}:{}", json!(key), canonical(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

impl Source for Channel {
    fn read(&self, path: &str, _: u64) -> Result<Vec<u8>, SourceError> {
        self.asked.lock().unwrap().push(path.into());
        self.files.get(path).cloned().ok_or_else(|| SourceError::Absent { path: path.into() })
    }
}

/// A device, with what it keeps between two askings.
pub struct Device {
    pub root: Vec<u8>,
    pub store: tempfile::TempDir,
    pub running: Version,
    pub device: Vec<u8>,
    pub now: u64,
    pub expiry: Expiry,
}

impl Device {
    /// A device with a provider's first root in its image.
    pub fn of(provider: &Provider) -> Self {
        Self {
            root: provider.first_root(),
            store: tempfile::tempdir().unwrap(),
            running: RUNNING.parse().unwrap(),
            device: b"a device".to_vec(),
            now: NOW,
            expiry: Expiry::Enforced(NOW),
        }
    }

    /// Sets the time by which it decides.
    pub fn at(mut self, now: u64) -> Self {
        self.now = now;
        self.expiry = Expiry::Enforced(now);
        self
    }

    pub fn ask(&self, source: &dyn Source) -> Result<Option<Offer>, OfferError> {
        let asker = Asker {
            root: &self.root,
            store: self.store.path(),
            running: self.running,
            architecture: "amd64",
            device: &self.device,
            now: self.now,
            expiry: self.expiry,
        };
        newest(&asker, source)
    }

    /// The version that it is offered.
    pub fn offered(&self, source: &dyn Source) -> Option<String> {
        self.ask(source).unwrap().map(|offer| offer.manifest().version.to_string())
    }

    /// Why it is offered nothing.
    pub fn refusal(&self, source: &dyn Source) -> OfferRefusal {
        match self.ask(source) {
            Err(OfferError::Refused(refusal)) => refusal,
            other => panic!("it should be refused: {other:?}"),
        }
    }
}
