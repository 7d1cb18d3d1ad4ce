//! Signs the releases of the Small Organisation Server, and verifies them.
//!
//! In: a directory with a release's artefacts. Out: `manifest.json`, which lists them, and
//! `manifest.json.sig`, which vouches for that list; or, the other way, a [`Verified`] release
//! or the reason why it is not one.
//!
//! # Signing a release
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use sos_signing::{Artefact, Kind, Manifest, SigningKey, sign_manifest};
//! let dir = std::path::Path::new("target/sos/releases/13.20250809.1");
//! let manifest = Manifest {
//!     format: Manifest::FORMAT,
//!     product: Manifest::PRODUCT.into(),
//!     version: "13.20250809.1".parse()?,
//!     release: "trixie".into(),
//!     architecture: "amd64".into(),
//!     source_date_epoch: 1_754_700_000,
//!     lock_sha256: "00".repeat(32).parse()?,
//!     root_hash: "11".repeat(32).parse()?,
//!     artefacts: vec![Artefact::describe(
//!         &dir.join("sos-13.20250809.1-amd64.qcow2"),
//!         Kind::disk_qcow2(),
//!         &mut |_| {},
//!     )?],
//! };
//! manifest.write(dir)?;
//! sign_manifest(dir, &[SigningKey::load("release.key".as_ref())?])?;
//! # Ok(()) }
//! ```
//!
//! # Verifying one
//!
//! [`verify`] checks in this order, and stops at the first thing that is wrong:
//!
//! 1. the signature file is well formed and carries a signature by a key we trust;
//! 2. every signature by a key we trust is good over the manifest's bytes. Nothing in the manifest
//!    is looked at before that;
//! 3. the manifest is of a format we know, for this product and this architecture, well formed,
//!    and names files of its own directory only, each once;
//! 4. the directory holds these files, all of them and no others, each with the size and the
//!    SHA-256 that the manifest says.
//!
//! What is untrusted or unfit is a [`Refusal`], a closed list; what merely broke is a [`Fault`].
//! Only [`verify`] makes a [`Verified`], so whatever takes one cannot be handed anything else.
//!
//! # What is signed
//!
//! Ed25519 (RFC 8032, checked strictly) over the bytes `sos manifest v1`, a zero byte, and then
//! `manifest.json` as it stands. The prefix keeps a signature made here from meaning anything
//! elsewhere. A key is named by the SHA-256 of its 32 public bytes.
//!
//! # What is offered
//!
//! A signed manifest says who made a release, not whether it is the newest: a mirror may hold an older one back or offer
//! it again. That is what TUF's roles say. [`repository`] makes a channel's metadata on the provider's side, [`offer`]
//! asks a channel on the device's; the manifests are TUF's targets. See `docs/adr/0015-tuf-says-what-is-offered.md` and
//! `docs/key-ceremony.md`.

mod digest;
mod error;
mod file;
mod keys;
mod limits;
mod manifest;
pub mod offer;
pub mod repository;
mod sign;
mod signature;
mod slot;
mod verify;
mod version;

pub use digest::{Digest, DigestError, Progress, hash_file};
pub use error::{Error, Fault, Refusal};
pub use keys::{KeyFiles, KeyId, PublicKey, SigningKey};
pub use manifest::{Artefact, Kind, KindError, Manifest};
pub use sign::sign_manifest;
pub use signature::{Algorithm, Signature, SignatureFile};
pub use slot::{BLOCK, CHUNK, INDEX_LIMIT, Part, SlotChunk, SlotIndex, SlotPart, Sum};
pub use verify::{Expected, TrustedManifest, Verified, verify, verify_manifest, verify_with};
pub use version::{Version, VersionError};

/// File name of the manifest in a release's directory.
pub const MANIFEST_FILE: &str = "manifest.json";

/// File name of the signatures over [`MANIFEST_FILE`].
pub const SIGNATURE_FILE: &str = "manifest.json.sig";
