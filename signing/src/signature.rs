//! The signature file: JSON with one entry for each key that signed, so that a release can carry
//! the old key's signature and the new one's while keys are changed.

use serde::{Deserialize, Serialize};

use crate::error::Refusal;
use crate::keys::{KeyId, SigningKey};

/// The most bytes a signature file may have. One signature needs about 300.
pub(crate) const SIGNATURE_LIMIT: u64 = 16 << 10;

/// What stands before the manifest's bytes when they are signed, so that the signature means
/// nothing anywhere else.
const DOMAIN: &[u8] = b"sos manifest v1\0";

/// The content of `manifest.json.sig`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignatureFile {
    /// The file's own format: 1.
    pub format: u32,
    /// One for each key, by key.
    pub signatures: Vec<Signature>,
}

/// One key's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// The key that signed.
    pub key_id: KeyId,
    /// Always Ed25519.
    pub algorithm: Algorithm,
    /// The 64 bytes of RFC 8032, in hexadecimal.
    #[serde(with = "hex")]
    pub signature: [u8; 64],
}

/// How it was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// Ed25519 as in RFC 8032.
    Ed25519,
}

impl SignatureFile {
    const FORMAT: u32 = 1;

    /// Signs a manifest's bytes with each key.
    #[must_use]
    pub fn sign(manifest: &[u8], keys: &[SigningKey]) -> Self {
        let message = message(manifest);
        let mut signatures: Vec<Signature> = keys
            .iter()
            .map(|key| Signature {
                key_id: key.public().id(),
                algorithm: Algorithm::Ed25519,
                signature: key.sign(&message),
            })
            .collect();
        signatures.sort_by_key(|s| s.key_id);
        signatures.dedup();
        Self { format: Self::FORMAT, signatures }
    }

    /// The file's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes =
            serde_json::to_vec_pretty(self).expect("a signature file has text keys only, so it is always JSON");
        bytes.push(b'\n');
        bytes
    }

    /// Reads the file's bytes.
    ///
    /// # Errors
    ///
    /// [`Refusal::MalformedSignature`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Refusal> {
        let malformed = |reason: String| Refusal::MalformedSignature { reason };
        let file: Self = serde_json::from_slice(bytes).map_err(|e| malformed(e.to_string()))?;
        if file.format != Self::FORMAT {
            return Err(malformed(format!(
                "it has format {}, and this program knows format {} only",
                file.format,
                Self::FORMAT
            )));
        }
        let ordered = |pair: &[Signature]| pair[0].key_id < pair[1].key_id;
        if file.signatures.is_empty() || !file.signatures.windows(2).all(ordered) {
            return Err(malformed("it must have at least one signature, each key once, ordered by key".into()));
        }
        Ok(file)
    }
}

/// The bytes that are signed.
pub(crate) fn message(manifest: &[u8]) -> Vec<u8> {
    [DOMAIN, manifest].concat()
}
