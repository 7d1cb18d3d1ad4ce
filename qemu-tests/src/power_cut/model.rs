//! A disk as a cut of the power leaves it: what a flush made durable, and of the writes since then all, some, or all but
//! the end of the last one.
//!
//! One sparse file holds what is durable, and moves on write by write through the log, so that a thousand cuts cost one
//! pass. The writes since the last flush lie over it in memory as pieces that point into the log.

use std::collections::BTreeMap;
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate};

use super::write_log::{self, Done, Entry};
use crate::{Error, Result};

/// Something with bytes at offsets.
pub trait Bytes {
    /// Fills `into` with the bytes from `offset` on.
    ///
    /// # Errors
    /// [`Error::File`].
    fn read(&self, offset: u64, into: &mut [u8]) -> Result<()>;

    /// Whether any byte of the range is there in this cut only, and may be another in the next.
    fn is_cut_at(&self, range: &Range<u64>) -> bool;
}

/// A log, opened.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    file: File,
    /// Its entries, in the order in which the disk had done them.
    pub entries: Vec<Entry>,
}

impl Log {
    /// Opens the log at `path` about a disk of `disk_bytes`.
    ///
    /// # Errors
    /// [`Error::Unmet`] when it is none.
    pub fn open(path: &Path, disk_bytes: u64) -> Result<Log> {
        let file = File::open(path).map_err(Error::file(path))?;
        let mut reader = std::io::BufReader::new(&file);
        let entries = write_log::read(&mut reader, disk_bytes)
            .map_err(|error| Error::Unmet(format!("{}: {error}", path.display())))?;
        Ok(Log { path: path.to_owned(), file, entries })
    }

    /// How many entries were written when the log had `bytes`.
    #[must_use]
    pub fn entries_before(&self, bytes: u64) -> usize {
        self.entries.partition_point(|entry| entry.at < bytes)
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        self.file.read_exact_at(into, offset).map_err(Error::file(&self.path))
    }
}

/// The disk on its way through the log.
#[derive(Debug)]
pub struct Model<'a> {
    log: &'a Log,
    path: PathBuf,
    durable: File,
    /// Entries from here on up to `next` came after the last flush.
    flushed: usize,
    next: usize,
}

impl<'a> Model<'a> {
    /// The disk as it was before the first entry: the file at `path`, which is written to from now on.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn new(log: &'a Log, path: &Path) -> Result<Model<'a>> {
        let durable = File::options().read(true).write(true).open(path).map_err(Error::file(path))?;
        Ok(Model { log, path: path.to_owned(), durable, flushed: 0, next: 0 })
    }

    /// How many entries were done.
    #[must_use]
    pub fn position(&self) -> usize {
        self.next
    }

    /// The entries since the last flush, by their numbers.
    #[must_use]
    pub fn pending(&self) -> Range<usize> {
        self.flushed..self.next
    }

    /// One entry more is done. Gives the ranges of the disk that became durable by it.
    ///
    /// # Errors
    /// [`Error::File`] when the file cannot be written.
    pub fn advance(&mut self) -> Result<Vec<Range<u64>>> {
        let entry = self.log.entries[self.next];
        self.next += 1;
        if entry.done != Done::Flushed {
            return Ok(Vec::new());
        }
        let settled = self.view(|_| true, None);
        let pieces: Vec<_> = settled.pieces.into_iter().collect();
        self.flushed = self.next;
        let mut ranges = Vec::with_capacity(pieces.len());
        for (offset, piece) in pieces {
            self.write(offset, &piece)?;
            ranges.push(offset..offset + piece.length);
        }
        Ok(ranges)
    }

    /// The disk after a cut here, with those of the pending entries that `keeps` says, and of the last one only so many
    /// bytes when `torn` says so.
    #[must_use]
    pub fn view(&self, keeps: impl Fn(usize) -> bool, torn: Option<u64>) -> View<'_> {
        let mut view = View { model: self, pieces: BTreeMap::new() };
        for number in self.pending().filter(|number| keeps(*number)) {
            let Entry { done, offset, length, .. } = self.log.entries[number];
            let length = if number + 1 == self.next { length.min(torn.unwrap_or(length)) } else { length };
            match done {
                Done::Wrote(data) => view.lay(offset, Piece { length, data: Some(data) }),
                Done::Discarded => view.lay(offset, Piece { length, data: None }),
                Done::Flushed => {}
            }
        }
        view
    }

    fn write(&self, offset: u64, piece: &Piece) -> Result<()> {
        let done = match piece.data {
            Some(data) => {
                let mut bytes = vec![0; piece.length as usize];
                self.log.read(data, &mut bytes)?;
                self.durable.write_all_at(&bytes, offset)
            }
            None => {
                let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
                fallocate(&self.durable, hole, offset, piece.length).map_err(Into::into)
            }
        };
        done.map_err(Error::file(&self.path))
    }
}

/// A run of bytes over the durable ones.
#[derive(Debug, Clone, Copy)]
struct Piece {
    length: u64,
    /// Where in the log they are; zeros when nowhere.
    data: Option<u64>,
}

impl Piece {
    /// What is left of it without its first bytes.
    fn without_first(self, bytes: u64) -> Piece {
        Piece { length: self.length - bytes, data: self.data.map(|data| data + bytes) }
    }
}

/// The disk after one cut.
#[derive(Debug)]
pub struct View<'m> {
    model: &'m Model<'m>,
    /// By offset on the disk; they do not overlap.
    pieces: BTreeMap<u64, Piece>,
}

impl View<'_> {
    /// Writes the pieces to the file until they are taken back, so that a machine can boot from it. Room that was given
    /// back keeps what it had: a disk may do so, and nobody reads it.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn put(&self) -> Result<Put<'_>> {
        let mut put = Put { model: self.model, before: Vec::new() };
        for (offset, piece) in self.pieces.iter().filter(|(_, piece)| piece.data.is_some()) {
            let mut bytes = vec![0; piece.length as usize];
            self.model.durable.read_exact_at(&mut bytes, *offset).map_err(Error::file(&self.model.path))?;
            put.before.push((*offset, bytes));
            self.model.write(*offset, piece)?;
        }
        Ok(put)
    }

    /// Lays a piece over what is there.
    fn lay(&mut self, offset: u64, piece: Piece) {
        let end = offset + piece.length;
        let under: Vec<_> = self.over(&(offset..end)).map(|(at, piece)| (at, *piece)).collect();
        for (at, old) in under {
            self.pieces.remove(&at);
            if at < offset {
                self.pieces.insert(at, Piece { length: offset - at, ..old });
            }
            if at + old.length > end {
                self.pieces.insert(end, old.without_first(end - at));
            }
        }
        if piece.length > 0 {
            self.pieces.insert(offset, piece);
        }
    }

    /// The pieces that have bytes in a range.
    fn over(&self, range: &Range<u64>) -> impl Iterator<Item = (u64, &Piece)> {
        let before = self.pieces.range(..range.start).next_back();
        let reaches = before.filter(|(at, piece)| **at + piece.length > range.start);
        reaches.into_iter().chain(self.pieces.range(range.clone())).map(|(at, piece)| (*at, piece))
    }
}

impl Bytes for View<'_> {
    fn is_cut_at(&self, range: &Range<u64>) -> bool {
        self.over(range).next().is_some()
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        self.model.durable.read_exact_at(into, offset).map_err(Error::file(&self.model.path))?;
        let range = offset..offset + into.len() as u64;
        for (at, piece) in self.over(&range) {
            let (start, end) = (at.max(range.start), (at + piece.length).min(range.end));
            let part = &mut into[(start - offset) as usize..(end - offset) as usize];
            match piece.data {
                Some(data) => self.model.log.read(data + (start - at), part)?,
                None => part.fill(0),
            }
        }
        Ok(())
    }
}

/// The pieces of a view, written to the file, and what was there before.
#[derive(Debug)]
pub struct Put<'m> {
    model: &'m Model<'m>,
    before: Vec<(u64, Vec<u8>)>,
}

impl Put<'_> {
    /// Takes the pieces back.
    ///
    /// # Errors
    /// [`Error::File`]: the model is not the disk any more then.
    pub fn take_back(self) -> Result<()> {
        let Put { model, before } = self;
        before.iter().try_for_each(|(offset, bytes)| {
            model.durable.write_all_at(bytes, *offset).map_err(Error::file(&model.path))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::write_log::craft;
    use super::*;
    use crate::program::Program;

    const SECTORS: u64 = 8;

    fn folder_with(log: craft::Log) -> (tempfile::TempDir, Log, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let (log_path, disk) = (folder.path().join("log"), folder.path().join("disk"));
        std::fs::write(&log_path, log.bytes()).unwrap();
        std::fs::write(&disk, vec![b'.'; SECTORS as usize * 512]).unwrap();
        let log = Log::open(&log_path, SECTORS * 512).unwrap();
        (folder, log, disk)
    }

    /// A letter for each half sector.
    fn halves(bytes: &impl Bytes) -> String {
        let mut all = vec![0; SECTORS as usize * 512];
        bytes.read(0, &mut all).unwrap();
        let letter = |half: &[u8]| {
            assert!(half.iter().all(|byte| byte == &half[0]), "a half sector has one letter");
            if half[0] == 0 { '0' } else { char::from(half[0]) }
        };
        all.chunks(256).map(letter).collect()
    }

    #[test]
    fn a_cut_leaves_all_some_or_all_but_the_end_of_what_was_not_flushed() {
        let log = craft::Log::default().wrote(0, 4, b'a').flushed().wrote(1, 2, b'b').discarded(2, 2).wrote(0, 2, b'c');
        let (_folder, log, disk) = folder_with(log);
        let mut model = Model::new(&log, &disk).unwrap();
        assert!(model.advance().unwrap().is_empty());
        assert_eq!(halves(&model.view(|_| false, None)), "................");
        assert_eq!(halves(&model.view(|_| true, Some(768))), "aaa.............");
        assert_eq!(model.advance().unwrap(), vec![0..2048; 1]);
        for _ in 0..3 {
            model.advance().unwrap();
        }
        assert_eq!(model.pending(), 2..5);
        assert_eq!(halves(&model.view(|_| false, None)), "aaaaaaaa........");
        assert_eq!(halves(&model.view(|_| true, None)), "cccc0000........");
        assert_eq!(halves(&model.view(|_| true, Some(256))), "cabb0000........");
        assert_eq!(halves(&model.view(|number| number != 3, None)), "ccccbbaa........");
    }

    #[test]
    fn a_cut_disk_can_be_booted_from_and_goes_again() {
        let (_folder, log, disk) = folder_with(craft::Log::default().wrote(0, 1, b'a').wrote(3, 2, b'b'));
        let mut model = Model::new(&log, &disk).unwrap();
        model.advance().unwrap();
        model.advance().unwrap();
        let view = model.view(|_| true, Some(512));
        assert!(view.is_cut_at(&(100..101)) && view.is_cut_at(&(1000..2000)) && !view.is_cut_at(&(2048..4096)));
        let put = view.put().unwrap();
        assert_eq!(halves(&model.view(|_| false, None)), "aa....bb........");
        put.take_back().unwrap();
        assert_eq!(halves(&model.view(|_| false, None)), "................");
    }

    /// QEMU itself: what its driver notes leads to the disk that it wrote.
    #[test]
    fn the_log_of_qemu_leads_to_its_disk() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for (name, bytes) in [("qemu", 1 << 20), ("ours", 1 << 20), ("log", 0)] {
            File::create(path(name)).unwrap().set_len(bytes).unwrap();
        }
        let options = format!(
            "driver=blklogwrites,log-sector-size=512,discard=unmap,file.driver=file,file.discard=unmap,\
             file.filename={},log.driver=file,log.filename={}",
            path("qemu").display(),
            path("log").display()
        );
        let qemu = Program::new("qemu-io").words("-t writeback --image-opts").arg(options);
        let commands =
            ["write -P 1 0 8k", "flush", "write -P 2 4k 8k", "write -z 16k 4k", "discard 0 4k", "write -P 3 512 512"];
        qemu.args(commands.into_iter().flat_map(|command| ["-c", command])).run(Duration::from_secs(30)).unwrap();

        let log = Log::open(&path("log"), 1 << 20).unwrap();
        // The last flush is QEMU's own, as it ends.
        let flushes = log.entries.iter().filter(|entry| entry.done == Done::Flushed).count();
        assert_eq!((log.entries.len(), flushes), (7, 2), "{:?}", log.entries);
        let ours = path("ours");
        let mut model = Model::new(&log, &ours).unwrap();
        while model.position() < log.entries.len() {
            model.advance().unwrap();
        }
        assert!(std::fs::read(path("qemu")).unwrap() == std::fs::read(ours).unwrap());
    }

    #[test]
    fn what_a_flush_made_durable_is_on_the_disk_in_its_order() {
        let log = craft::Log::default().wrote(0, 2, b'a').wrote(1, 2, b'b').discarded(0, 1).flushed();
        let (_folder, log, disk) = folder_with(log);
        let mut model = Model::new(&log, &disk).unwrap();
        let settled: Vec<_> = (0..4).flat_map(|_| model.advance().unwrap()).collect();
        assert_eq!(settled, [0..512, 512..1536]);
        assert_eq!(halves(&model.view(|_| false, None)), "00bbbb..........");
        assert_eq!((model.position(), model.pending(), log.entries_before(1025)), (4, 4..4, 1));
    }
}
