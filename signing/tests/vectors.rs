//! The test vectors in `signing/tests/vectors/`: one directory for each refusal, named after it
//! and after what is wrong, and `release.pub`, the key to verify them with. Another
//! implementation can use them too.
//!
//! `SOS_WRITE_VECTORS=1 cargo test -p sos-signing` makes them anew; without it this test fails
//! when they differ from what the code here makes.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use ed25519_dalek::Signer;
use sos_signing::{
    Artefact, BLOCK, Digest, Error, Expected, Kind, Manifest, Part, PublicKey, Refusal, SignatureFile, SigningKey,
    SlotChunk, SlotIndex, SlotPart, Sum, Verified, verify, verify_manifest,
};

type Files = BTreeMap<PathBuf, Vec<u8>>;

/// A release of two small files, to be spoilt.
struct Vector {
    dir: PathBuf,
    manifest: Manifest,
}

impl Vector {
    /// Writes the two artefacts; the manifest follows when it is signed.
    fn new(dir: PathBuf) -> Self {
        fs::create_dir_all(&dir).unwrap();
        let artefact = |name: &str, kind, content: &str| {
            fs::write(dir.join(name), content).unwrap();
            Artefact::describe(&dir.join(name), kind, &mut |_| {}).unwrap()
        };
        let artefacts = vec![
            artefact("disk.raw.zst", Kind::disk_raw_zst(), "a disk\n"),
            artefact("sbom.spdx.json", Kind::sbom_spdx(), "a list\n"),
        ];
        let manifest = Manifest {
            format: Manifest::FORMAT,
            product: Manifest::PRODUCT.into(),
            version: "13.20250809.1".parse().unwrap(),
            release: "trixie".into(),
            architecture: "amd64".into(),
            source_date_epoch: 1_754_700_000,
            lock_sha256: "5a".repeat(32).parse().unwrap(),
            root_hash: "a5".repeat(32).parse().unwrap(),
            artefacts,
        };
        Self { dir, manifest }
    }

    fn sign(&self) {
        self.sign_bytes(&self.manifest.to_bytes());
    }

    /// Signs any bytes at all, which the library itself would not.
    fn sign_bytes(&self, manifest: &[u8]) {
        self.write("manifest.json", manifest);
        let signature = SignatureFile::sign(manifest, &[trusted()]);
        self.write("manifest.json.sig", &signature.to_bytes());
    }

    /// Signs the manifest with one text put in the place of another.
    fn sign_with(&self, from: &str, to: &str) {
        let text = String::from_utf8(self.manifest.to_bytes()).unwrap();
        assert!(text.contains(from), "{from:?} is not in {text}");
        self.sign_bytes(text.replacen(from, to, 1).as_bytes());
    }

    /// Signs the release with an index of a slot's payload among its files, with one text put in the place of another.
    fn sign_with_index(&self, from: &str, to: &str) {
        let text = String::from_utf8(slot_index().to_bytes()).unwrap();
        assert!(text.contains(from), "{from:?} is not in {text}");
        self.write("slot.json", text.replacen(from, to, 1).as_bytes());
        let mut manifest = self.manifest.clone();
        let index = Artefact::describe(&self.dir.join("slot.json"), Kind::slot_index(), &mut |_| {}).unwrap();
        manifest.artefacts.push(index);
        self.sign_bytes(&manifest.to_bytes());
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.dir.join(name), bytes).unwrap();
    }

    /// Replaces one text by another in a file that is already there.
    fn edit(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.dir.join(name)).unwrap();
        assert!(text.contains(from), "{from:?} is not in {text}");
        self.write(name, text.replacen(from, to, 1).as_bytes());
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.dir.join(name)).unwrap();
    }
}

/// An index of two chunks, as a device would stage it.
fn slot_index() -> SlotIndex {
    let part = |part, bytes: &[u8]| {
        let chunk = SlotChunk { compressed: 100, sha256: Digest::of(bytes), xxh3: Sum::of(bytes) };
        SlotPart { part, size: BLOCK, chunks: vec![chunk] }
    };
    SlotIndex { format: SlotIndex::FORMAT, parts: vec![part(Part::Root, b"root\n"), part(Part::Boot, b"boot\n")] }
}

/// Public, so nothing real trusts its key.
const SECRET: &[u8; 32] = b"the secret of the test vectors !";

/// The key of the vectors.
fn trusted() -> SigningKey {
    SigningKey::from_seed(SECRET)
}

fn stranger() -> SigningKey {
    SigningKey::from_seed(b"another secret, of a stranger   ")
}

/// One refused release: its directory's name, which starts with the refusal's, and how to make it.
type Recipe = (&'static str, fn(&Vector));

const REFUSED: &[Recipe] = &[
    ("missing-manifest", |v| {
        v.sign();
        v.remove("manifest.json");
    }),
    ("missing-signature", |v| {
        v.sign();
        v.remove("manifest.json.sig");
    }),
    ("oversized.manifest", |v| {
        let mut bytes = v.manifest.to_bytes();
        bytes.resize(65_537, b' ');
        v.sign_bytes(&bytes);
    }),
    ("oversized.signature", |v| {
        v.sign();
        v.write("manifest.json.sig", &vec![b' '; 16_385]);
    }),
    ("malformed-signature.not-json", |v| {
        v.sign();
        v.write("manifest.json.sig", b"untrusted comment: signature\n");
    }),
    ("malformed-signature.no-signatures", |v| {
        v.sign();
        v.write("manifest.json.sig", b"{\"format\": 1, \"signatures\": []}\n");
    }),
    ("malformed-signature.same-key-twice", |v| {
        v.sign();
        let mut file = SignatureFile::sign(&v.manifest.to_bytes(), &[trusted()]);
        file.signatures.push(file.signatures[0].clone());
        v.write("manifest.json.sig", &file.to_bytes());
    }),
    ("malformed-signature.other-algorithm", |v| {
        v.sign();
        v.edit("manifest.json.sig", "ed25519", "rsa");
    }),
    ("malformed-signature.other-format", |v| {
        v.sign();
        v.edit("manifest.json.sig", "\"format\": 1", "\"format\": 2");
    }),
    ("malformed-signature.too-short", |v| {
        v.sign();
        v.edit("manifest.json.sig", "\"signature\": \"", "\"signature\": \"00");
    }),
    ("unknown-key", |v| {
        v.sign();
        let file = SignatureFile::sign(&v.manifest.to_bytes(), &[stranger()]);
        v.write("manifest.json.sig", &file.to_bytes());
    }),
    ("bad-signature.manifest-changed", |v| {
        v.sign();
        v.edit("manifest.json", "13.20250809.1", "13.20250809.2");
    }),
    ("bad-signature.one-bit", |v| {
        v.sign();
        let mut file = SignatureFile::sign(&v.manifest.to_bytes(), &[trusted()]);
        file.signatures[0].signature[40] ^= 1;
        v.write("manifest.json.sig", &file.to_bytes());
    }),
    ("bad-signature.under-a-strangers-good-one", |v| {
        let keys = [trusted(), stranger()];
        let mut file = SignatureFile::sign(&v.manifest.to_bytes(), &keys);
        let ours = trusted().public().id();
        for signature in file.signatures.iter_mut().filter(|s| s.key_id == ours) {
            signature.signature[0] ^= 0x80;
        }
        v.sign();
        v.write("manifest.json.sig", &file.to_bytes());
    }),
    ("bad-signature.by-a-stranger-under-our-key-id", |v| {
        let mut file = SignatureFile::sign(&v.manifest.to_bytes(), &[stranger()]);
        file.signatures[0].key_id = trusted().public().id();
        v.sign();
        v.write("manifest.json.sig", &file.to_bytes());
    }),
    ("bad-signature.without-the-domain", |v| {
        // Signed as it stands, without the prefix: what a general signing service would make.
        v.sign();
        let manifest = v.manifest.to_bytes();
        let mut file = SignatureFile::sign(&manifest, &[trusted()]);
        let key = ed25519_dalek::SigningKey::from_bytes(SECRET);
        file.signatures[0].signature = key.sign(&manifest).to_bytes();
        v.write("manifest.json.sig", &file.to_bytes());
    }),
    ("malformed-manifest.not-json", |v| v.sign_bytes(b"[release]\n")),
    ("malformed-manifest.unknown-field", |v| {
        v.sign_with("{\n", "{\n  \"channel\": \"stable\",\n");
    }),
    ("malformed-manifest.missing-field", |v| {
        v.sign_with("  \"release\": \"trixie\",\n", "");
    }),
    ("malformed-manifest.field-twice", |v| {
        v.sign_with("{\n", "{\n  \"release\": \"forky\",\n");
    }),
    ("malformed-manifest.bad-version", |v| {
        v.sign_with("13.20250809.1", "13.20250230.1");
    }),
    ("malformed-manifest.bad-hash", |v| v.sign_with("5a5a", "5A5A")),
    ("malformed-manifest.bad-kind", |v| {
        v.sign_with("disk-raw-zst", "Disk, raw");
    }),
    ("malformed-manifest.no-artefacts", |v| {
        let manifest = Manifest { artefacts: vec![], ..v.manifest.clone() };
        v.sign_bytes(&manifest.to_bytes());
    }),
    ("malformed-manifest.negative-size", |v| {
        v.sign_with("\"size\": 7", "\"size\": -7");
    }),
    ("malformed-manifest.more-behind", |v| {
        v.sign_bytes(&[v.manifest.to_bytes(), b"{}".to_vec()].concat());
    }),
    ("unknown-format.newer", |v| {
        v.sign_bytes(b"{\"format\": 2, \"anything\": [\"else\"]}\n");
    }),
    ("unknown-format.zero", |v| v.sign_with("\"format\": 1", "\"format\": 0")),
    ("other-product", |v| {
        v.sign_with("small-organisation-server", "large-organisation-server");
    }),
    ("other-architecture", |v| v.sign_with("amd64", "arm64")),
    ("path-escapes.parent", |v| {
        v.sign_with("disk.raw.zst", "../disk.raw.zst");
    }),
    ("path-escapes.absolute", |v| v.sign_with("disk.raw.zst", "/etc/passwd")),
    ("path-escapes.below", |v| {
        fs::create_dir(v.dir.join("sub")).unwrap();
        fs::rename(v.dir.join("disk.raw.zst"), v.dir.join("sub/disk.raw.zst")).unwrap();
        v.sign_with("disk.raw.zst", "sub/disk.raw.zst");
    }),
    ("path-escapes.dots", |v| v.sign_with("disk.raw.zst", "..")),
    ("path-escapes.zero-byte", |v| {
        v.sign_with("disk.raw.zst", "disk.raw.zst\\u0000.txt");
    }),
    ("bad-artefact-name.empty", |v| v.sign_with("disk.raw.zst", "")),
    ("bad-artefact-name.hidden", |v| v.sign_with("disk.raw.zst", ".disk")),
    ("bad-artefact-name.option", |v| v.sign_with("disk.raw.zst", "-rf")),
    ("bad-artefact-name.terminal-escape", |v| {
        v.sign_with("disk.raw.zst", "disk\\u001b[2J");
    }),
    ("bad-artefact-name.manifest-itself", |v| {
        v.sign_with("disk.raw.zst", "manifest.json");
    }),
    ("duplicate-artefact", |v| v.sign_with("sbom.spdx.json", "disk.raw.zst")),
    ("missing-artefact", |v| {
        v.sign();
        v.remove("disk.raw.zst");
    }),
    ("not-a-file.link", |v| {
        v.sign();
        v.remove("disk.raw.zst");
        symlink("../good/disk.raw.zst", v.dir.join("disk.raw.zst")).unwrap();
    }),
    ("not-a-file.directory", |v| {
        v.sign();
        v.remove("disk.raw.zst");
        fs::create_dir(v.dir.join("disk.raw.zst")).unwrap();
        v.write("disk.raw.zst/keep", b"");
    }),
    ("wrong-size.shorter", |v| {
        v.sign();
        v.write("disk.raw.zst", b"a dis\n");
    }),
    ("wrong-size.longer", |v| {
        v.sign();
        v.write("disk.raw.zst", b"a disk\n\n");
    }),
    ("wrong-hash", |v| {
        v.sign();
        v.write("disk.raw.zst", b"b disk\n");
    }),
    ("malformed-slot-index.not-json", |v| v.sign_with_index("{", "[")),
    ("malformed-slot-index.unknown-field", |v| v.sign_with_index("{", "{\"more\":1,")),
    ("malformed-slot-index.newer-format", |v| v.sign_with_index("\"format\":1", "\"format\":2")),
    ("malformed-slot-index.root-twice", |v| v.sign_with_index("\"boot\"", "\"root\"")),
    ("malformed-slot-index.half-a-block", |v| v.sign_with_index("4096", "2048")),
    ("malformed-slot-index.a-chunk-missing", |v| v.sign_with_index("4096", "8388608")),
    ("malformed-slot-index.an-empty-frame", |v| v.sign_with_index("100", "0")),
    ("malformed-slot-index.a-frame-too-large", |v| v.sign_with_index("100", "5242880")),
    ("malformed-slot-index.a-sum-too-short", |v| v.sign_with_index("\"xxh3\":\"", "\"xxh3\":\"0")),
    ("extra-artefact.file", |v| {
        v.sign();
        v.write("README", b"read me\n");
    }),
    ("extra-artefact.directory", |v| {
        v.sign();
        fs::create_dir(v.dir.join("sub")).unwrap();
        v.write("sub/keep", b"");
    }),
    ("extra-artefact.left-over", |v| {
        v.sign();
        v.write("disk.raw.zst.old", b"a d");
    }),
];

const GOOD: &[Recipe] = &[
    ("good", Vector::sign),
    ("good.signed-by-a-stranger-too", |v| {
        v.sign();
        let file = SignatureFile::sign(&v.manifest.to_bytes(), &[trusted(), stranger()]);
        v.write("manifest.json.sig", &file.to_bytes());
    }),
    ("good.unknown-kind", |v| v.sign_with("sbom-spdx", "delta")),
    ("good.with-slot-index", |v| v.sign_with_index("{", "{")),
];

fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

fn make_all(top: &Path) {
    trusted().public().save(&top.join("release.pub")).unwrap();
    for (name, spoil) in GOOD.iter().chain(REFUSED) {
        spoil(&Vector::new(top.join(name)));
    }
}

fn tree(top: &Path) -> Files {
    walkdir::WalkDir::new(top)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| !entry.file_type().is_dir())
        .map(|entry| {
            let bytes = if entry.path_is_symlink() {
                let to = fs::read_link(entry.path()).unwrap();
                to.into_os_string().into_encoded_bytes()
            } else {
                fs::read(entry.path()).unwrap()
            };
            (entry.path().strip_prefix(top).unwrap().into(), bytes)
        })
        .collect()
}

fn keys() -> Vec<PublicKey> {
    vec![PublicKey::load(&committed().join("release.pub")).unwrap()]
}

fn refusal(dir: &Path) -> Refusal {
    match verify(dir, &keys()).and_then(staged) {
        Err(Error::Refusal(refusal)) => refusal,
        other => panic!("{} should be refused: {other:?}", dir.display()),
    }
}

/// What a device does next with a release that it verified: it reads the index of the slot's payload, if there is one.
fn staged(verified: Verified) -> Result<Verified, Error> {
    if let Some(index) = verified.manifest().artefact(&Kind::slot_index()) {
        SlotIndex::from_bytes(&fs::read(verified.path(index)).unwrap())?;
    }
    Ok(verified)
}

#[test]
fn the_committed_vectors_are_the_ones_made_here() {
    if std::env::var_os("SOS_WRITE_VECTORS").is_some() {
        fs::remove_dir_all(committed()).ok();
        fs::create_dir_all(committed()).unwrap();
        make_all(&committed());
    }
    let fresh = tempfile::tempdir().unwrap();
    make_all(fresh.path());
    let (fresh, kept) = (tree(fresh.path()), tree(&committed()));
    let differing: Vec<_> =
        fresh.keys().chain(kept.keys()).filter(|path| fresh.get(*path) != kept.get(*path)).collect();
    assert!(differing.is_empty(), "these differ: {differing:?}");
}

#[test]
fn accepts_the_good_vectors() {
    for (name, _) in GOOD {
        let verified = verify(&committed().join(name), &keys()).and_then(staged).expect(name);
        assert_eq!(verified.keys(), [trusted().public().id()]);
        assert_eq!(verified.version().to_string(), "13.20250809.1");
    }
}

#[test]
fn refuses_each_bad_vector_by_its_name() {
    for (name, _) in REFUSED {
        let code = name.split('.').next().unwrap();
        assert_eq!(refusal(&committed().join(name)).code(), code, "in {name}");
    }
}

#[test]
fn every_refusal_has_a_vector() {
    for code in Refusal::CODES {
        let named = |(name, _): &Recipe| name.split('.').next() == Some(code);
        assert!(REFUSED.iter().any(named), "there is no vector for {code}");
    }
    for (name, _) in REFUSED {
        let code = name.split('.').next().unwrap();
        assert!(Refusal::CODES.contains(&code), "{name} is of no refusal");
    }
}

#[test]
fn names_what_is_wrong() {
    let text = |name: &str| refusal(&committed().join(name)).to_string();
    assert_eq!(text("wrong-size.longer"), "artefact \"disk.raw.zst\" has 8 bytes, and should have 7");
    assert_eq!(text("other-architecture"), "this release is for \"arm64\", and this machine is \"amd64\"");
    assert!(text("malformed-manifest.unknown-field").contains("`channel`"));
    assert!(text("unknown-key").contains(&stranger().public().id().to_string()));
}

#[test]
fn looks_at_nothing_before_the_signature() {
    let dir = tempfile::tempdir().unwrap();
    let vector = Vector::new(dir.path().join("release"));
    vector.sign();
    vector.write("manifest.json", b"not a manifest at all");
    vector.write("README", b"nor listed");
    assert_eq!(refusal(&vector.dir), Refusal::BadSignature { key_id: trusted().public().id() });
}

#[test]
fn trusts_nobody_without_keys() {
    let verdict = verify(&committed().join("good"), &[]);
    assert!(matches!(verdict, Err(Error::Refusal(Refusal::UnknownKey { .. }))), "{verdict:?}");
}

#[test]
fn any_changed_bit_of_the_manifest_breaks_its_signature() {
    let read = |file: &str| fs::read(committed().join("good").join(file)).unwrap();
    let (manifest, signature) = (read("manifest.json"), read("manifest.json.sig"));
    let bad = Refusal::BadSignature { key_id: trusted().public().id() };
    for at in 0..manifest.len() {
        let mut changed = manifest.clone();
        changed[at] ^= 1 << (at % 8);
        let verdict = verify_manifest(&changed, &signature, &keys(), &Expected::default());
        assert_eq!(verdict, Err(bad.clone()), "byte {at}");
    }
}
