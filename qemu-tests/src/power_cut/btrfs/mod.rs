//! Whether a cut disk's btrfs would be mounted and is whole, without mounting it, in a fraction of a second.
//!
//! btrfs never writes over what a committed transaction leads to. So a cut disk is sound when everything that its superblock
//! leads to is there: every block of every tree with the right checksum, address and transaction, the log of what was
//! synchronised since then, and every sector of data with a checksum. What was found sound counts until something is
//! written over it, so that a thousand cuts cost hardly more than one. `btrfs check` is asked about a sample, too: whether
//! references and room add up, which no mount looks at.
//!
//! In: a disk, and where on it the partition is. Out: the subvolumes by name, and in which transaction each last changed.

mod format;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;

use self::format::{Block, Chunk, Pointer, Root, SUPERBLOCK, SUPERBLOCK_BYTES, Superblock, kind, unsound};
use super::model::Bytes;
use crate::Result;

/// The tree of what stands on the top level.
const TOP_LEVEL: u64 = 5;
/// Subvolumes have these numbers.
const SUBVOLUMES: Range<u64> = 256..u64::MAX - 255;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sound {
    /// The last committed transaction.
    pub generation: u64,
    /// The subvolumes of the top level, by name.
    pub subvolumes: BTreeMap<String, Subvolume>,
}

/// A subvolume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subvolume {
    /// The last transaction in which something in it changed. Being taken a snapshot of is no change, nor is being one.
    pub changed: u64,
    /// Whether more was synchronised since the last transaction.
    pub logged: bool,
}

/// Looks at one file system again and again.
#[derive(Debug)]
pub struct Looker {
    partition: Range<u64>,
    blocks: HashMap<u64, (Range<u64>, Rc<Block>)>,
    /// By address on the disk: the checksum that the sector was found to have.
    sectors: HashMap<u64, u32>,
    /// The same for sectors in a row that one item has the checksums of, so that they are not looked up one by one.
    rows: HashMap<u64, (Range<u64>, Vec<u8>)>,
    /// What was found last, when nothing was written since.
    last: Option<Sound>,
}

/// One look at one disk.
struct Look<'a, B> {
    looker: &'a mut Looker,
    disk: &'a B,
    superblock: Superblock,
    chunks: BTreeMap<u64, Chunk>,
    /// Blocks that this look came by; trees share them.
    seen: HashSet<(u64, u64)>,
}

impl Looker {
    /// For the file system in these bytes of the disk.
    #[must_use]
    pub fn new(partition: Range<u64>) -> Looker {
        Looker { partition, blocks: HashMap::new(), sectors: HashMap::new(), rows: HashMap::new(), last: None }
    }

    /// Something was written there for good.
    pub fn forget(&mut self, written: &Range<u64>) {
        if written.end <= self.partition.start || self.partition.end <= written.start {
            return;
        }
        self.last = None;
        self.blocks.retain(|_, (range, _)| range.end <= written.start || written.end <= range.start);
        self.rows.retain(|_, (range, _)| range.end <= written.start || written.end <= range.start);
        if written.end - written.start < self.sectors.len() as u64 {
            for at in (written.start & !4095..written.end).step_by(4096) {
                self.sectors.remove(&at);
            }
        } else {
            self.sectors.retain(|at, _| at + 65536 <= written.start || written.end <= *at);
        }
    }

    /// Looks at the file system as it is on this disk.
    ///
    /// # Errors
    /// [`crate::Error::Unmet`] with the first thing that is not sound.
    pub fn look(&mut self, disk: &impl Bytes) -> Result<Sound> {
        let settled = !disk.is_cut_at(&self.partition);
        if let Some(last) = self.last.as_ref().filter(|_| settled) {
            return Ok(last.clone());
        }
        let sound = self.look_anew(disk)?;
        if settled {
            self.last = Some(sound.clone());
        }
        Ok(sound)
    }

    fn look_anew(&mut self, disk: &impl Bytes) -> Result<Sound> {
        let mut bytes = vec![0; SUPERBLOCK_BYTES];
        disk.read(self.partition.start + SUPERBLOCK, &mut bytes)?;
        let superblock = Superblock::read(&bytes)?;
        let chunks = superblock.system.iter().map(|chunk| (chunk.logical.start, chunk.clone())).collect();
        let mut look = Look { looker: self, disk, superblock, chunks, seen: HashSet::new() };
        look.learn_chunks()?;
        look.all()
    }
}

impl<B: Bytes> Look<'_, B> {
    fn learn_chunks(&mut self) -> Result<()> {
        let mut found = BTreeMap::new();
        self.walk(self.superblock.chunks, &mut |block| {
            for (key, item) in block.items()?.into_iter().filter(|(key, _)| key.kind == kind::CHUNK) {
                found.insert(key.offset, Chunk::read(key.offset, item)?.0);
            }
            Ok(())
        })?;
        self.chunks.extend(found);
        Ok(())
    }

    fn all(mut self) -> Result<Sound> {
        let (mut roots, mut names) = (Vec::new(), BTreeMap::new());
        self.walk(self.superblock.root, &mut |block| {
            for (key, item) in block.items()? {
                match key.kind {
                    kind::ROOT => roots.push((key.object, Root::read(item)?)),
                    kind::ROOT_REF if key.object == TOP_LEVEL => drop(names.insert(key.offset, format::name(item)?)),
                    _ => {}
                }
            }
            Ok(())
        })?;
        let logged = self.log()?;
        let mut subvolumes = BTreeMap::new();
        for (number, root) in roots.into_iter().filter(|(_, root)| root.is_used) {
            self.tree(root.top)?;
            let named = names.get(&number).filter(|_| SUBVOLUMES.contains(&number));
            if let Some(name) = named {
                let changed = self.changed(root.top)?;
                subvolumes.insert(name.clone(), Subvolume { changed, logged: logged.contains(&number) });
            }
        }
        match names.values().find(|name| !subvolumes.contains_key(*name)) {
            Some(name) => Err(unsound(format!("the subvolume {name} has a name and no tree"))),
            None => Ok(Sound { generation: self.superblock.generation, subvolumes }),
        }
    }

    /// The trees of what was synchronised since the last transaction; says of which subvolumes.
    fn log(&mut self) -> Result<HashSet<u64>> {
        let Some(log) = self.superblock.log else { return Ok(HashSet::new()) };
        let mut roots = Vec::new();
        self.walk(log, &mut |block| {
            for (key, item) in block.items()?.into_iter().filter(|(key, _)| key.kind == kind::ROOT) {
                roots.push((key.offset, Root::read(item)?));
            }
            Ok(())
        })?;
        roots.iter().try_for_each(|(_, root)| self.tree(root.top))?;
        Ok(roots.into_iter().map(|(number, _)| number).collect())
    }

    /// A tree with all its data.
    fn tree(&mut self, top: Pointer) -> Result<()> {
        let mut sums = Vec::new();
        self.walk(top, &mut |block| {
            let items = block.items()?.into_iter().filter(|(key, _)| key.kind == kind::CHECKSUM);
            sums.extend(items.map(|(key, item)| (key.offset, item.to_vec())));
            Ok(())
        })?;
        sums.into_iter().try_for_each(|(address, sums)| self.data(address, &sums))
    }

    /// The last transaction in which something below the first block changed: that block is written anew whenever a
    /// snapshot is taken.
    fn changed(&mut self, top: Pointer) -> Result<u64> {
        let below = self.block(top)?.children()?.into_iter().map(|child| child.generation).max();
        Ok(below.unwrap_or(top.generation))
    }

    /// Every block from here down, once in a look.
    fn walk(&mut self, top: Pointer, each: &mut impl FnMut(&Block) -> Result<()>) -> Result<()> {
        if !self.seen.insert((top.address, top.generation)) {
            return Ok(());
        }
        let block = self.block(top)?;
        each(&block)?;
        block.children()?.into_iter().try_for_each(|child| self.walk(child, each))
    }

    fn block(&mut self, pointer: Pointer) -> Result<Rc<Block>> {
        let length = self.superblock.block as u64;
        let places = self.places(pointer.address, length)?;
        let mut unsound = None;
        for place in places {
            let range = place..place + length;
            let settled = !self.disk.is_cut_at(&range);
            if let Some((_, block)) = self.looker.blocks.get(&place).filter(|_| settled)
                && block.is(pointer)
            {
                return Ok(block.clone());
            }
            let mut bytes = vec![0; self.superblock.block];
            self.disk.read(place, &mut bytes)?;
            match self.superblock.block(pointer, bytes) {
                Ok(block) => {
                    let block = Rc::new(block);
                    if settled {
                        self.looker.blocks.insert(place, (range, block.clone()));
                    }
                    return Ok(block);
                }
                Err(error) => unsound = Some(error),
            }
        }
        Err(unsound.unwrap_or_else(|| format::unsound("a block is nowhere")))
    }

    /// The sectors from a logical address on, a checksum of four bytes each.
    fn data(&mut self, address: u64, sums: &[u8]) -> Result<()> {
        let row = self.settled_row(address, sums);
        let found = row.as_ref().and_then(|row| self.looker.rows.get(&row.start));
        if found.is_some_and(|(range, found)| row.as_ref() == Some(range) && found == sums) {
            return Ok(());
        }
        self.each_sector(address, sums)?;
        if let Some(row) = row {
            self.looker.rows.insert(row.start, (row, sums.to_vec()));
        }
        Ok(())
    }

    /// Where sectors in a row are, when they are one row on the disk, too, there once, and not in the cut.
    fn settled_row(&self, address: u64, sums: &[u8]) -> Option<Range<u64>> {
        let length = (sums.len() / 4 * self.superblock.sector) as u64;
        match self.places(address, length).ok()?[..] {
            [place] => Some(place..place + length).filter(|row| !self.disk.is_cut_at(row)),
            _ => None,
        }
    }

    fn each_sector(&mut self, address: u64, sums: &[u8]) -> Result<()> {
        let (length, mut bytes) = (self.superblock.sector as u64, vec![0; self.superblock.sector]);
        for (number, sum) in sums.chunks_exact(4).enumerate() {
            let sum = u32::from_le_bytes([sum[0], sum[1], sum[2], sum[3]]);
            let address = address + number as u64 * length;
            let mut sound = false;
            for place in self.places(address, length)? {
                let settled = !self.disk.is_cut_at(&(place..place + length));
                sound = settled && self.looker.sectors.get(&place) == Some(&sum);
                if !sound {
                    self.disk.read(place, &mut bytes)?;
                    sound = crc32c::crc32c(&bytes) == sum;
                    if sound && settled {
                        self.looker.sectors.insert(place, sum);
                    }
                }
                if sound {
                    break;
                }
            }
            if !sound {
                return Err(unsound(format!("the data at {address} have a wrong checksum")));
            }
        }
        Ok(())
    }

    /// Where on the disk each copy of what is at a logical address begins.
    fn places(&self, address: u64, length: u64) -> Result<Vec<u64>> {
        let chunk = self.chunks.range(..=address).next_back().map(|(_, chunk)| chunk);
        let chunk = chunk.filter(|chunk| address.checked_add(length).is_some_and(|end| end <= chunk.logical.end));
        let chunk = chunk.ok_or_else(|| unsound(format!("nothing is at {address}")))?;
        let place = |start: &u64| {
            let place = start.checked_add(address - chunk.logical.start)?.checked_add(self.looker.partition.start)?;
            Some(place).filter(|place| place.saturating_add(length) <= self.looker.partition.end)
        };
        let places: Option<_> = chunk.copies.iter().map(place).collect();
        places.ok_or_else(|| unsound(format!("what is at {address} lies behind the end")))
    }
}

#[cfg(test)]
mod tests;
