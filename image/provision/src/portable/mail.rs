//! A member's letters: a Maildir → an export, and what they are as a checksum.
//!
//! The mail system goes on meanwhile, so names change while they are read. A mailbox is therefore looked through until
//! nothing new is found.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::dir::{Dir, Found};
use super::progress::Progress;
use super::take::{Take, Taken, modified};
use super::{maildir, room};
use crate::error::ProvisionError;

/// How often a mailbox is looked through at most.
const ROUNDS: usize = 10;
/// Largest file beside letters.
const LARGEST: u64 = 64 << 20;
/// Where letters are in a folder.
pub(super) const STATES: [&str; 2] = ["new", "cur"];

/// What a mailbox is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mailbox {
    /// SHA-256 over folders, letters with their flags and times, and subscriptions.
    pub(super) checksum: String,
    pub(super) folders: u64,
    pub(super) letters: u64,
    pub(super) bytes: u64,
}

/// A sum of SHA-256 sums modulo 2²⁵⁶: the same in whatever order letters are read, without keeping any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Sum {
    count: u64,
    words: [u64; 4],
}

impl Sum {
    fn add(&mut self, digest: [u8; 32]) {
        self.count += 1;
        let mut carry = false;
        for (word, bytes) in self.words.iter_mut().zip(digest.chunks_exact(8)) {
            let more = bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
            let (sum, first) = word.overflowing_add(more);
            let (sum, second) = sum.overflowing_add(u64::from(carry));
            (*word, carry) = (sum, first || second);
        }
    }
}

/// A mailbox that is being read.
struct Reading<'a> {
    maildir: Dir,
    place: &'a Path,
    /// Where it is in the export.
    prefix: String,
    take: &'a mut dyn Take,
    progress: &'a mut Progress,
    /// Letters that were read, by folder and name.
    seen: HashSet<[u8; 16]>,
    sums: BTreeMap<String, Sum>,
    bytes: u64,
}

/// Has `take` take the letters in `home`, the mailbox that an export has at `prefix`. What cannot be taken is named in
/// `left_out`.
pub(super) fn collect(
    home: &Path,
    prefix: &str,
    take: &mut dyn Take,
    progress: &mut Progress,
    left_out: &mut Vec<String>,
) -> Result<Mailbox, ProvisionError> {
    let place = home.join("Maildir");
    let Some(maildir) = open(home)? else {
        return Ok(finish(BTreeMap::new(), "", 0));
    };
    let prefix = format!("{prefix}/Maildir");
    let (seen, sums) = (HashSet::new(), BTreeMap::new());
    let mut reading = Reading { maildir, place: &place, prefix, take, progress, seen, sums, bytes: 0 };
    for round in 0..ROUNDS {
        let before = reading.seen.len();
        for folder in reading.folders(if round == 0 { Some(&mut *left_out) } else { None })? {
            reading.folder(&folder)?;
        }
        if round > 0 && reading.seen.len() == before {
            break;
        }
    }
    let subscriptions = reading.beside()?;
    Ok(finish(reading.sums, &subscriptions, reading.bytes))
}

/// How many bytes the letters in `home` have, and how many they take on a disk.
pub(super) fn size(home: &Path) -> Result<(u64, u64), ProvisionError> {
    let Some(maildir) = open(home)? else { return Ok((0, 0)) };
    let fault = |error| ProvisionError::file("list", home)(error);
    let (mut bytes, mut needed) = (0, 0);
    for folder in folders(&maildir).map_err(fault)?.0 {
        let Some(folder) = below(&maildir, &folder).map_err(fault)? else { continue };
        for state in STATES {
            let Some(state) = gone_is_none(folder.folder(state)).map_err(fault)? else { continue };
            for found in state.list().map_err(fault)? {
                let file = gone_is_none(state.file(&found.map_err(fault)?.name)).map_err(fault)?;
                let size = file.map_or(Ok(0), |file| file.metadata().map(|about| about.len())).map_err(fault)?;
                bytes += size;
                needed += room::taken(size);
            }
        }
    }
    Ok((bytes, needed))
}

fn open(home: &Path) -> Result<Option<Dir>, ProvisionError> {
    let maildir = gone_is_none(Dir::open(home)).and_then(|home| match home {
        Some(home) => gone_is_none(home.folder("Maildir")),
        None => Ok(None),
    });
    maildir.map_err(ProvisionError::file("open the mailbox in", home))
}

/// The folders of a Maildir, the inbox (without a name) first, and what is none of ours.
fn folders(maildir: &Dir) -> io::Result<(Vec<String>, Vec<Found>)> {
    let (mut folders, mut odd) = (vec![String::new()], Vec::new());
    for found in maildir.list()? {
        let found = found?;
        match found.name.to_str() {
            Some(name) if found.folder && maildir::is_folder(name) => folders.push(name.to_owned()),
            _ if found.folder && found.name.as_encoded_bytes().starts_with(b".") => odd.push(found),
            _ => {}
        }
    }
    folders.sort_unstable();
    Ok((folders, odd))
}

/// A folder of a Maildir; the Maildir itself is the inbox.
fn below(maildir: &Dir, folder: &str) -> io::Result<Option<Dir>> {
    gone_is_none(maildir.folder(if folder.is_empty() { "." } else { folder }))
}

/// Who renames letters and folders meanwhile is the mail system, which may.
fn gone_is_none<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

impl Reading<'_> {
    fn fault(&self) -> impl Fn(io::Error) -> ProvisionError + use<> {
        let place = self.place.to_owned();
        move |error| ProvisionError::file("read", &place)(error)
    }

    fn folders(&self, left_out: Option<&mut Vec<String>>) -> Result<Vec<String>, ProvisionError> {
        let (folders, odd) = folders(&self.maildir).map_err(self.fault())?;
        if let Some(left_out) = left_out {
            left_out.extend(odd.into_iter().map(|found| format!("{}/{}", self.prefix, found.name.to_string_lossy())));
        }
        Ok(folders)
    }

    /// Where `name` in `folder` is in the export.
    fn path(&self, folder: &str, name: &str) -> String {
        let separator = if folder.is_empty() { "" } else { "/" };
        format!("{}{separator}{folder}/{name}", self.prefix)
    }

    fn folder(&mut self, name: &str) -> Result<(), ProvisionError> {
        let Some(folder) = below(&self.maildir, name).map_err(self.fault())? else { return Ok(()) };
        if !self.sums.contains_key(name) {
            for part in ["cur", "new", "tmp"] {
                self.take.folder(&self.path(name, part))?;
            }
            self.sums.insert(name.to_owned(), Sum::default());
        }
        let keywords = small(&folder, maildir::KEYWORDS).map_err(self.fault())?.unwrap_or_default();
        let keywords = maildir::keywords(&String::from_utf8_lossy(&keywords.0));
        for state in STATES {
            let Some(letters) = gone_is_none(folder.folder(state)).map_err(self.fault())? else { continue };
            for found in letters.list().map_err(self.fault())? {
                let found = found.map_err(self.fault())?;
                if !found.folder && !found.name.as_encoded_bytes().starts_with(b".") {
                    self.letter(name, state, &letters, &found, &keywords)?;
                }
            }
        }
        Ok(())
    }

    fn letter(
        &mut self,
        folder: &str,
        state: &str,
        letters: &Dir,
        found: &Found,
        keywords: &BTreeMap<char, String>,
    ) -> Result<(), ProvisionError> {
        let mut key = Sha256::new();
        key.update(folder);
        key.update([0]);
        key.update(maildir::base(found.name.as_encoded_bytes()));
        let mut short = [0; 16];
        short.copy_from_slice(&key.finalize()[..16]);
        if self.seen.contains(&short) {
            return Ok(());
        }
        // Gone, or under another name, by which it is found the next time.
        let Some(mut file) = gone_is_none(letters.file(&found.name)).map_err(self.fault())? else { return Ok(()) };
        let came = modified(&file.metadata().map_err(self.fault())?);
        let path = self.path(folder, &format!("{state}/{}", maildir::portable(&found.name, came)));
        let Taken { digest, size } = self.take.file(&path, &mut file, came)?;
        let flags = maildir::flags(&found.name.to_string_lossy(), keywords);
        let line = Sha256::digest(format!("{digest} {came} {flags}\n"));
        self.sums.entry(folder.to_owned()).or_default().add(line.into());
        self.seen.insert(short);
        self.bytes += size;
        self.progress.advance(size);
        Ok(())
    }

    /// Takes what stands beside letters, after them: of numbers for letters that are not there nobody takes notice. Gives
    /// the subscriptions.
    fn beside(&mut self) -> Result<String, ProvisionError> {
        let mut subscriptions = String::new();
        for name in self.sums.keys().cloned().collect::<Vec<_>>() {
            let Some(folder) = below(&self.maildir, &name).map_err(self.fault())? else { continue };
            let mut there = Vec::new();
            for found in folder.list().map_err(self.fault())? {
                let found = found.map_err(self.fault())?;
                there.extend(
                    found.name.into_string().ok().filter(|file| !found.folder && maildir::is_beside(&name, file)),
                );
            }
            if !name.is_empty() && !there.iter().any(|file| file == maildir::FOLDER) {
                self.take.file(&self.path(&name, maildir::FOLDER), &mut io::empty(), 0)?;
            }
            there.sort_unstable();
            for file in there {
                let Some((text, at)) = small(&folder, &file).map_err(self.fault())? else { continue };
                self.take.file(&self.path(&name, &file), &mut text.as_slice(), at)?;
                if file == maildir::SUBSCRIPTIONS {
                    subscriptions = String::from_utf8_lossy(&text).into_owned();
                }
            }
        }
        Ok(subscriptions)
    }
}

/// A file beside letters, and when it was changed. Of the letters' numbers only whole lines, as some may be added now.
fn small(folder: &Dir, name: &str) -> io::Result<Option<(Vec<u8>, u64)>> {
    let Some(file) = gone_is_none(folder.file(name))? else { return Ok(None) };
    let at = modified(&file.metadata()?);
    let mut text = Vec::new();
    File::take(file, LARGEST).read_to_end(&mut text)?;
    if name == maildir::NUMBERS {
        text.truncate(text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1));
    }
    Ok(Some((text, at)))
}

fn finish(sums: BTreeMap<String, Sum>, subscriptions: &str, bytes: u64) -> Mailbox {
    let mut hash = Sha256::new();
    let (mut folders, mut letters) = (0, 0);
    for (name, sum) in sums {
        if sum.count == 0 && maildir::is_everybodys(&name) {
            continue;
        }
        folders += 1;
        letters += sum.count;
        let words = sum.words.map(|word| format!("{word:016x}")).concat();
        hash.update(format!("folder {name}\n{} {words}\n", sum.count));
    }
    for name in maildir::subscriptions(subscriptions) {
        hash.update(format!("subscribed {name}\n"));
    }
    Mailbox { checksum: hex::encode(hash.finalize()), folders, letters, bytes }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::portable::take::{Nowhere, time};

    /// A mailbox of one letter in each folder.
    fn mailbox(folders: &[(&str, &str, &str)]) -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        for (folder, name, text) in folders {
            let state = home.path().join("Maildir").join(folder);
            fs::create_dir_all(state.parent().unwrap().join("tmp")).unwrap();
            fs::create_dir_all(&state).unwrap();
            if !name.is_empty() {
                fs::write(state.join(name), text).unwrap();
                let file = File::options().append(true).open(state.join(name)).unwrap();
                file.set_modified(time(1_735_689_600)).unwrap();
            }
        }
        home
    }

    fn read(home: &Path) -> Mailbox {
        let mut left_out = Vec::new();
        let read = collect(home, "members/x", &mut Nowhere, &mut Progress::silent(), &mut left_out).unwrap();
        assert_eq!(left_out, Vec::<String>::new());
        read
    }

    const ONE: [(&str, &str, &str); 2] = [("cur", "1.a:2,S", "Hello"), (".Entw&APw-rfe/cur", "2.b:2,F", "World")];

    #[test]
    fn names_of_files_do_not_matter_and_all_else_does() {
        let same = read(mailbox(&ONE).path());
        assert_eq!((same.folders, same.letters, same.bytes), (2, 2, 10));
        let other =
            mailbox(&[("new", "9.z:2,S", "Hello"), (".Entw&APw-rfe/cur", "b:2,F", "World"), (".Junk/cur", "", "")]);
        assert_eq!(read(other.path()), same);
        for change in [
            ("cur", "1.a:2,S", "hello"),
            ("cur", "1.a:2,RS", "Hello"),
            (".Seeds/cur", "1.a:2,S", "Hello"),
            ("cur", "", ""),
        ] {
            let changed = read(mailbox(&[change, ONE[1]]).path());
            assert_ne!(changed.checksum, same.checksum, "{change:?}");
        }
        let later = mailbox(&ONE);
        let letter = File::options().append(true).open(later.path().join("Maildir/cur/1.a:2,S")).unwrap();
        letter.set_modified(time(1_735_689_601)).unwrap();
        assert_ne!(read(later.path()).checksum, same.checksum, "another time");
    }

    #[test]
    fn an_empty_folder_of_one_s_own_is_not_lost() {
        let nothing = read(mailbox(&[("cur", "", "")]).path());
        assert_eq!((nothing.folders, nothing.letters), (0, 0));
        assert_eq!(read(Path::new("/nowhere/at/all")), nothing);
        assert_ne!(read(mailbox(&[("cur", "", ""), (".Seeds/cur", "", "")]).path()).checksum, nothing.checksum);
    }

    #[test]
    fn a_sum_carries_over_all_its_words() {
        let mut sum = Sum::default();
        sum.add([0xff; 32]);
        let mut one = [0; 32];
        one[0] = 1;
        sum.add(one);
        assert_eq!(sum, Sum { count: 2, words: [0; 4] });
    }
}
