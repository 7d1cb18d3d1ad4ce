//! Our keys as TUF sees them, and signatures of TUF's roles by them.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use futures_util::FutureExt;
use tough::editor::signed::SignedRole;
use tough::key_source::KeySource;
use tough::schema::decoded::{Decoded, Hex};
use tough::schema::key::{Ed25519Key, Ed25519Scheme, Key};
use tough::schema::{KeyHolder, Role, RoleType, Root, Signed};
use tough::sign::Sign;

use super::error::{RepositoryError, RepositoryRefusal};
use crate::keys::{PublicKey, SigningKey};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A private key in the hands of `tough`.
#[derive(Debug, Clone)]
struct Held(Arc<SigningKey>);

#[async_trait]
impl Sign for Held {
    fn tuf_key(&self) -> Key {
        tuf_key(&self.0.public())
    }

    async fn sign(&self, message: &[u8], _: &(dyn SecureRandom + Sync)) -> Result<Vec<u8>, Failure> {
        Ok(self.0.sign(message).to_vec())
    }
}

#[async_trait]
impl KeySource for Held {
    async fn as_sign(&self) -> Result<Box<dyn Sign>, Failure> {
        Ok(Box::new(self.clone()))
    }

    async fn write(&self, _: &str, _: &str) -> Result<(), Failure> {
        Err("keys are written by sos-sign keygen only".into())
    }
}

/// A public key as TUF writes it.
pub(super) fn tuf_key(key: &PublicKey) -> Key {
    Key::Ed25519 {
        keyval: Ed25519Key { public: key.as_bytes().to_vec().into(), _extra: HashMap::new() },
        scheme: Ed25519Scheme::Ed25519,
        _extra: HashMap::new(),
    }
}

/// TUF's name of a key.
pub(super) fn tuf_id(key: &Key) -> Result<Decoded<Hex>, RepositoryError> {
    key.key_id().map_err(|error| RepositoryError::Signing(error.to_string()))
}

/// Whether `key` is one of `role`'s.
pub(super) fn has_key(root: &Root, role: RoleType, key: &PublicKey) -> bool {
    let key = tuf_key(key);
    root.keys(role).any(|known| *known == key)
}

/// Signs a role by those keys that one of `roots` knows for it, and makes sure that each of `roots` is content.
pub(super) fn sign<T>(role: T, roots: &[&Root], keys: &[Arc<SigningKey>]) -> Result<Signed<T>, RepositoryError>
where
    T: Role + Clone + Send + Sync,
{
    let mut signed = Signed { signed: role, signatures: Vec::new() };
    for root in roots {
        let known: Vec<Box<dyn KeySource>> = keys
            .iter()
            .filter(|key| has_key(root, T::TYPE, &key.public()))
            .map(|key| Box::new(Held(Arc::clone(key))) as Box<dyn KeySource>)
            .collect();
        if !known.is_empty() {
            let by = by_root(signed.signed.clone(), root, &known)?;
            signed.signatures.extend(by.signatures);
        }
    }
    // Two roots share most of their keys, and TUF refuses a key that signed twice.
    signed.signatures.sort_by(|a, b| a.keyid[..].cmp(&b.keyid[..]));
    signed.signatures.dedup_by(|a, b| a.keyid == b.keyid);
    roots.iter().try_for_each(|root| enough(root, &signed))?;
    Ok(signed)
}

fn by_root<T>(role: T, root: &Root, keys: &[Box<dyn KeySource>]) -> Result<Signed<T>, RepositoryError>
where
    T: Role + Clone + Send + Sync,
{
    let holder = KeyHolder::Root(root.clone());
    let random = SystemRandom::new();
    let signing = SignedRole::new(role, &holder, keys, &random).now_or_never();
    let signed = signing.expect("our keys sign at once").map_err(|error| match error {
        tough::error::Error::SigningKeysNotFound { .. } => too_few::<T>(root, keys.len()).into(),
        other => RepositoryError::Signing(other.to_string()),
    })?;
    Ok(signed.signed().clone())
}

/// Refuses a role that `root` would not take.
pub(super) fn enough<T: Role>(root: &Root, role: &Signed<T>) -> Result<(), RepositoryError> {
    root.verify_role(role).map_err(|error| match error {
        tough::schema::Error::SignatureThreshold { valid, .. } => {
            too_few::<T>(root, usize::try_from(valid).unwrap_or(usize::MAX)).into()
        }
        other => RepositoryError::Signing(other.to_string()),
    })
}

fn too_few<T: Role>(root: &Root, given: usize) -> RepositoryRefusal {
    let wanted = root.roles.get(&T::TYPE).map_or(1, |keys| keys.threshold.get());
    RepositoryRefusal::TooFewKeys { role: T::TYPE, root: root.version.get(), given, wanted }
}
