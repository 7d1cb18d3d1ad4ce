//! The rule about room: slots are sized for a decade.

use std::collections::HashSet;

use super::facts::Facts;
use super::report::Finding;
use super::tree::{Kind, Tree};
use crate::disk::MIB;
use crate::error::Error;

/// An inode of erofs with what aligns it (EROFS on-disk format, «compact inode»), bytes.
const INODE: u64 = 32;
/// An entry of a folder beside its name, bytes.
const NAME: u64 = 12;
/// Of how many blocks a block of the verity tree holds the digests: 4096 bytes by 32.
const DIGESTS: u64 = 128;

/// The image fills no more than its share of a slot.
pub fn size(facts: &Facts<'_>) -> Result<Vec<Finding>, Error> {
    let (image, slot, percent) = (image_size(&facts.tree), facts.slot.size, facts.slot.fill_percent);
    if image * 100 <= slot * percent {
        return Ok(Vec::new());
    }
    let what = format!("{} MiB are more than {percent} % of a slot of {} MiB", image / MIB, slot / MIB);
    Ok(vec![Finding::new("/", what)])
}

/// About what erofs and verity make of the tree, bytes: names and files without padding, as tails go beside inodes.
fn image_size(tree: &Tree) -> u64 {
    let mut seen = HashSet::new();
    let bytes = |(path, entry): (&str, &super::tree::Entry)| {
        let name = NAME + path.rsplit('/').next().map_or(0, str::len) as u64;
        match entry.kind {
            Kind::File | Kind::Link(_) if !seen.insert(entry.inode) => name,
            Kind::File | Kind::Link(_) => name + INODE + entry.size,
            Kind::Folder | Kind::Special => name + INODE,
        }
    };
    let data: u64 = tree.entries().map(bytes).sum();
    data + data / DIGESTS
}

#[cfg(test)]
mod tests {
    use crate::checks::fixture::Fixture;

    #[test]
    fn an_image_that_fills_more_than_its_share_is_found() {
        let big = |size: u64| {
            let fixture = Fixture::good().file("/usr/lib/big", "");
            fixture.entry("/usr/lib/big", move |entry| entry.size = size)
        };
        big(55 << 20).breaks_nothing();
        big(65 << 20).breaks("size", &["/"]);
    }
}
