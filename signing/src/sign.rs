//! Signs the manifest in a release's directory. In: `manifest.json` and keys. Out:
//! `manifest.json.sig`.

use std::path::Path;

use crate::error::{Fault, Refusal};
use crate::file::{Small, read_limited, write_whole};
use crate::keys::SigningKey;
use crate::manifest::{MANIFEST_LIMIT, Manifest};
use crate::signature::SignatureFile;
use crate::{MANIFEST_FILE, SIGNATURE_FILE};

/// Signs `DIR/manifest.json` with each of the keys and writes `DIR/manifest.json.sig`, in place of
/// one that is there. The artefacts themselves are not read: whoever signs vouches for the list,
/// so [`crate::verify`] the directory afterwards.
///
/// # Errors
///
/// [`Fault::NoKey`], [`Fault::Read`], [`Fault::Write`], or [`Fault::Unfit`] for a manifest that
/// nobody would accept.
pub fn sign_manifest(dir: &Path, keys: &[SigningKey]) -> Result<SignatureFile, Fault> {
    if keys.is_empty() {
        return Err(Fault::NoKey);
    }
    let path = dir.join(MANIFEST_FILE);
    let unfit = |refusal| Fault::Unfit { path: path.clone(), refusal };
    let bytes = match read_limited(&path, MANIFEST_LIMIT)? {
        Small::Bytes(bytes) => bytes,
        Small::Absent => return Err(unfit(Refusal::MissingManifest)),
        Small::TooLarge => {
            return Err(unfit(Refusal::Oversized { file: MANIFEST_FILE, limit: MANIFEST_LIMIT }));
        }
    };
    Manifest::from_bytes(&bytes).map_err(unfit)?;
    let file = SignatureFile::sign(&bytes, keys);
    write_whole(&dir.join(SIGNATURE_FILE), &file.to_bytes())?;
    Ok(file)
}
