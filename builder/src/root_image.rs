//! Makes a slot's root: an uncompressed erofs and, behind it, its dm-verity tree.
//!
//! In: the merged root. Out: `root.img` and [`RootImage`], which holds the root hash that the boot partition names.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::sandbox::Sandbox;

/// A slot's root, as the boot partition must know it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RootImage {
    /// The verity root hash, hexadecimal SHA-256.
    pub root_hash: String,
    /// Where the verity tree begins, bytes.
    pub hash_offset: u64,
    /// Bytes in all.
    pub size: u64,
}

/// Makes `root.img` in the directory that the tools' sandbox sees at `seen_at`, from the root it sees at `merged`.
///
/// `uuid` names the file system and the tree; `salt` (hexadecimal) salts the tree. Both are given so that the
/// same root gives the same bytes.
///
/// # Errors
/// The words of mkfs.erofs or veritysetup.
pub fn make(
    tools: &Sandbox,
    dir: &Path,
    seen_at: &str,
    merged: &str,
    uuid: &str,
    salt: &str,
    epoch: u64,
) -> Result<RootImage, Error> {
    let image = format!("{seen_at}/root.img");
    tools
        .program("mkfs.erofs")
        .args(["--quiet", "-b4096", "-x-1", "-Enosbcrc", &format!("-T{epoch}"), &format!("-U{uuid}"), &image, merged])
        .run()?;
    let size = || {
        let path = dir.join("root.img");
        fs::metadata(&path).map(|m| m.len()).map_err(|e| Error::io("read", path, e))
    };
    let hash_offset = size()?;
    let (offset, blocks) = (format!("--hash-offset={hash_offset}"), format!("--data-blocks={}", hash_offset / 4096));
    let said = tools
        .program("veritysetup")
        .args(["format", &image, &image, &offset, &blocks, "--hash=sha256"])
        .args(["--data-block-size=4096", "--hash-block-size=4096"])
        .args([format!("--uuid={uuid}"), format!("--salt={salt}")])
        .run()?;
    let root_hash = said
        .lines()
        .find_map(|line| line.strip_prefix("Root hash:").map(|hash| hash.trim().to_owned()))
        .ok_or_else(|| Error::malformed(dir, "veritysetup named no root hash"))?;
    Ok(RootImage { root_hash, hash_offset, size: size()? })
}
