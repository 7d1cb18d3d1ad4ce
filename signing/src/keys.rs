//! Ed25519 keys and their files. A private key's file is PKCS#8 PEM with mode 0600, made once and
//! never inside a git repository; a public key's is SPKI PEM. OpenSSL reads both.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use ed25519_dalek::Signer;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, KeypairBytes};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::digest::Digest;
use crate::error::Fault;

/// A key's name: the SHA-256 of its 32 public bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyId(Digest);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A private key. Its bytes are overwritten when it is dropped, and it never prints them.
pub struct SigningKey(ed25519_dalek::SigningKey);

/// A public key.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(ed25519_dalek::VerifyingKey);

/// Where [`SigningKey::create`] put the two halves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFiles {
    /// The private key's file.
    pub private: PathBuf,
    /// The public key's file.
    pub public: PathBuf,
}

impl SigningKey {
    /// A new key from the system's random numbers.
    #[must_use]
    pub fn generate() -> Self {
        Self(ed25519_dalek::SigningKey::generate(&mut rand::rngs::OsRng))
    }

    /// The key of a given secret, for tests that need the same signatures each time.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// Makes a new key and saves it as `NAME.key` and `NAME.pub` in `dir`, which is made with mode
    /// 0700 when it is not there.
    ///
    /// # Errors
    ///
    /// [`Fault::BadKeyName`], [`Fault::InsideGit`], [`Fault::KeyExists`] or [`Fault::Write`]; then
    /// no private key is left behind.
    pub fn create(dir: &Path, name: &str) -> Result<(Self, KeyFiles), Fault> {
        let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if name.is_empty() || name.starts_with('-') || !name.bytes().all(word) {
            return Err(Fault::BadKeyName { name: name.into() });
        }
        outside_git(dir)?;
        make_private_dir(dir)?;
        let files = KeyFiles { private: dir.join(format!("{name}.key")), public: dir.join(format!("{name}.pub")) };
        if files.public.exists() {
            return Err(Fault::KeyExists { path: files.public });
        }
        let key = Self::generate();
        key.save(&files.private)?;
        key.public().save(&files.public).inspect_err(|_| {
            // Half a pair is of no use; the fault that led here is the news.
            fs::remove_file(&files.private).ok();
        })?;
        Ok((key, files))
    }

    /// Saves the private key to a new file of mode 0600.
    ///
    /// # Errors
    ///
    /// [`Fault::InsideGit`], [`Fault::KeyExists`] or [`Fault::Write`].
    pub fn save(&self, path: &Path) -> Result<(), Fault> {
        outside_git(path)?;
        let pair = KeypairBytes { secret_key: self.0.to_bytes(), public_key: None };
        let pem = pair.to_pkcs8_pem(LineEnding::LF).expect("32 bytes always fit into PKCS#8");
        write_new(path, pem.as_bytes(), 0o600)
    }

    /// Reads a private key's file.
    ///
    /// # Errors
    ///
    /// [`Fault::Read`], [`Fault::KeyExposed`] when others may read it, or [`Fault::NotAKey`].
    pub fn load(path: &Path) -> Result<Self, Fault> {
        let unreadable = |source| Fault::Read { path: path.into(), source };
        let mode = fs::metadata(path).map_err(unreadable)?.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(Fault::KeyExposed { path: path.into(), mode });
        }
        let pem = Zeroizing::new(fs::read_to_string(path).map_err(unreadable)?);
        ed25519_dalek::SigningKey::from_pkcs8_pem(&pem).map(Self).map_err(|e| Fault::NotAKey {
            path: path.into(),
            what: "private key",
            reason: e.to_string(),
        })
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public().id())
    }
}

impl PublicKey {
    /// The key's name.
    #[must_use]
    pub fn id(&self) -> KeyId {
        KeyId(Digest::of(self.0.as_bytes()))
    }

    /// Saves the public key to a new file.
    ///
    /// # Errors
    ///
    /// [`Fault::KeyExists`] or [`Fault::Write`].
    pub fn save(&self, path: &Path) -> Result<(), Fault> {
        let pem = self.0.to_public_key_pem(LineEnding::LF).expect("32 bytes always fit into SPKI");
        write_new(path, pem.as_bytes(), 0o644)
    }

    /// Reads a public key's file.
    ///
    /// # Errors
    ///
    /// [`Fault::Read`] or [`Fault::NotAKey`].
    pub fn load(path: &Path) -> Result<Self, Fault> {
        let pem = fs::read_to_string(path).map_err(|source| Fault::Read { path: path.into(), source })?;
        Self::from_pem(&pem).map_err(|reason| Fault::NotAKey { path: path.into(), what: "public key", reason })
    }

    fn from_pem(pem: &str) -> Result<Self, String> {
        let key = ed25519_dalek::VerifyingKey::from_public_key_pem(pem).map_err(|e| e.to_string())?;
        if key.is_weak() {
            return Err("its point has a small order, so anybody can sign for it".into());
        }
        Ok(Self(key))
    }

    /// The 32 bytes of RFC 8032.
    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Whether a signature fits a message, by RFC 8032 with cofactorless, strict checks.
    pub(crate) fn accepts(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        self.0.verify_strict(message, &signature).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.id())
    }
}

fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Fault> {
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(|source| {
            match source.kind() {
                ErrorKind::AlreadyExists => Fault::KeyExists { path: path.into() },
                _ => Fault::Write { path: path.into(), source },
            }
        })?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|source| {
        // A half-written key must not look like one; the fault is the news.
        fs::remove_file(path).ok();
        Fault::Write { path: path.into(), source }
    })
}

fn make_private_dir(dir: &Path) -> Result<(), Fault> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|source| Fault::Write { path: dir.into(), source })
}

/// Refuses a path in a git work tree, in a `.git` directory or in a bare repository. The path
/// itself need not exist yet; symbolic links are followed.
fn outside_git(path: &Path) -> Result<(), Fault> {
    let unreadable = |source| Fault::Read { path: path.into(), source };
    let absolute = std::path::absolute(path).map_err(unreadable)?;
    let existing = absolute.ancestors().find(|p| p.exists()).unwrap_or(Path::new("/"));
    let real = existing.canonicalize().map_err(unreadable)?;
    let is_repository = |p: &&Path| p.join(".git").exists() || (p.join("HEAD").is_file() && p.join("objects").is_dir());
    match real.ancestors().find(is_repository) {
        None => Ok(()),
        Some(repository) => Err(Fault::InsideGit { path: path.into(), repository: repository.into() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn temp() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn makes_a_private_key_that_only_its_owner_reads() {
        let dir = temp();
        let (key, files) = SigningKey::create(&dir.path().join("keys"), "release").unwrap();
        let mode = |p: &Path| fs::metadata(p).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&files.private), 0o600);
        assert_eq!(mode(files.private.parent().unwrap()), 0o700);
        let loaded = SigningKey::load(&files.private).unwrap();
        assert_eq!(loaded.public(), key.public());
        assert_eq!(PublicKey::load(&files.public).unwrap(), key.public());
    }

    #[test]
    fn never_overwrites_a_key() {
        let dir = temp();
        let (_, files) = SigningKey::create(dir.path(), "release").unwrap();
        let before = fs::read(&files.private).unwrap();
        let again = SigningKey::create(dir.path(), "release");
        assert!(matches!(again, Err(Fault::KeyExists { .. })), "{again:?}");
        fs::remove_file(&files.public).unwrap();
        let again = SigningKey::create(dir.path(), "release");
        assert!(matches!(again, Err(Fault::KeyExists { .. })), "{again:?}");
        assert_eq!(fs::read(&files.private).unwrap(), before);
    }

    #[test]
    fn makes_no_private_key_inside_a_git_repository() {
        let dir = temp();
        fs::create_dir_all(dir.path().join("work/.git")).unwrap();
        fs::create_dir_all(dir.path().join("work/sub")).unwrap();
        fs::create_dir_all(dir.path().join("bare/objects")).unwrap();
        fs::write(dir.path().join("bare/HEAD"), "ref: refs/heads/main\n").unwrap();
        std::os::unix::fs::symlink(dir.path().join("work/sub"), dir.path().join("link")).unwrap();
        for inside in ["work", "work/sub/new/er", "work/.git", "bare/x", "link"] {
            let path = dir.path().join(inside);
            let made = SigningKey::create(&path, "release");
            assert!(matches!(made, Err(Fault::InsideGit { .. })), "{inside}: {made:?}");
            assert!(!path.join("release.key").exists());
        }
    }

    #[test]
    fn takes_no_name_that_is_not_a_plain_word() {
        let dir = temp();
        for name in ["", "../release", "a/b", "-x", "Ä", "a b"] {
            let made = SigningKey::create(dir.path(), name);
            assert!(matches!(made, Err(Fault::BadKeyName { .. })), "{name}: {made:?}");
        }
    }

    #[test]
    fn loads_no_private_key_that_others_can_read() {
        let dir = temp();
        let (_, files) = SigningKey::create(dir.path(), "release").unwrap();
        fs::set_permissions(&files.private, fs::Permissions::from_mode(0o640)).unwrap();
        let loaded = SigningKey::load(&files.private);
        assert!(matches!(loaded, Err(Fault::KeyExposed { mode: 0o640, .. })), "{loaded:?}");
    }

    #[test]
    fn takes_no_public_key_for_a_private_one() {
        let dir = temp();
        let (_, files) = SigningKey::create(dir.path(), "release").unwrap();
        fs::set_permissions(&files.public, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(SigningKey::load(&files.public), Err(Fault::NotAKey { .. })));
        assert!(matches!(PublicKey::load(&files.private), Err(Fault::NotAKey { .. })));
    }

    #[test]
    fn takes_no_public_key_of_small_order() {
        // The neutral element, with y = 1: every signature of a certain form fits it.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        let key = PublicKey(ed25519_dalek::VerifyingKey::from_bytes(&neutral).unwrap());
        let pem = key.0.to_public_key_pem(LineEnding::LF).unwrap();
        assert!(PublicKey::from_pem(&pem).unwrap_err().contains("small order"));
    }

    #[test]
    fn prints_no_secret() {
        let key = SigningKey::from_seed(&[7; 32]);
        assert_eq!(format!("{key:?}"), format!("SigningKey({})", key.public().id()));
    }
}
