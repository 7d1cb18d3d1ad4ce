//! One copy of the boot state: GRUB's environment block in one sector of 512 bytes.
//!
//! It is read and changed just as GRUB's `load_env` and `save_env` do it, down to what they make of damaged blocks: a
//! name runs to the next `=` whatever lies between, a backslash takes the next byte as it is, a zero byte ends a name
//! or a value, of several values of a name the last one is loaded and the first one is saved. Tests hold both to that.

use super::record::Record;

/// Bytes of a copy: one sector, which disks write wholly or not at all, and most of the time keep that promise.
pub const SIZE: usize = 512;

/// What GRUB knows an environment block by.
const SIGNATURE: &[u8] = b"# GRUB Environment Block\n";

/// The record's name, and that of its double, by which a sector half written is known.
const HALVES: [&str; 2] = ["record", "twin"];

/// A copy's bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sector(pub [u8; SIZE]);

impl std::fmt::Debug for Sector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let end = self.0.iter().rposition(|byte| !matches!(byte, b'#' | 0)).map_or(0, |last| last + 1);
        write!(f, "«{}»", self.0[..end].escape_ascii())
    }
}

impl Sector {
    /// The sector that says `record`, as `mke2fs` or GRUB would have it.
    #[must_use]
    pub fn of(record: Record) -> Self {
        let [first, second] = HALVES;
        let text = format!("{first}={record}\n{second}={record}\n");
        let mut bytes = [b'#'; SIZE];
        bytes[..SIGNATURE.len()].copy_from_slice(SIGNATURE);
        bytes[SIGNATURE.len()..][..text.len()].copy_from_slice(text.as_bytes());
        Self(bytes)
    }

    /// What it says; nothing when it is damaged.
    #[must_use]
    pub fn record(&self) -> Option<Record> {
        let [record, twin] = self.load()?;
        if record != twin {
            return None;
        }
        std::str::from_utf8(&record).ok()?.parse().ok()
    }

    /// `load_env`: both halves. A half that is not there is `-` or nothing, as the chooser presets them, so never the
    /// same as the other.
    fn load(&self) -> Option<[Vec<u8>; 2]> {
        if !self.0.starts_with(SIGNATURE) {
            return None;
        }
        let mut halves = [Vec::new(), b"-".to_vec()];
        let mut at = SIGNATURE.len();
        while at < SIZE {
            if self.0[at] == b'#' {
                at = self.next_line(at);
                continue;
            }
            let Some(equals) = self.0[at..].iter().position(|byte| *byte == b'=').map(|length| at + length) else {
                break;
            };
            let Some(end) = self.value_end(equals + 1) else { break };
            for (name, half) in HALVES.into_iter().zip(&mut halves) {
                if until_zero(&self.0[at..equals]) == name.as_bytes() {
                    *half = unescaped(&self.0[equals + 1..end]);
                }
            }
            at = end + 1;
        }
        Some(halves)
    }

    /// `save_env`: both halves set to `record`; nothing when GRUB would say that the block is too small or broken.
    #[must_use]
    pub fn saved(&self, record: Record) -> Option<Self> {
        let value = record.to_string();
        HALVES.into_iter().try_fold(*self, |sector, name| sector.set(name.as_bytes(), value.as_bytes()))
    }

    /// Sets one variable; `value` has nothing in it that would be escaped.
    fn set(mut self, name: &[u8], value: &[u8]) -> Option<Self> {
        let used = self.0.iter().rposition(|byte| *byte != b'#').filter(|last| self.0[*last] == b'\n')? + 1;
        let free = SIZE - used;
        let mut at = SIGNATURE.len();
        while at + name.len() + 1 < used {
            if self.0[at..].starts_with(name) && self.0[at + name.len()] == b'=' {
                let start = at + name.len() + 1;
                let end = self.value_end(start)?;
                return self.replace(start, end, value, used);
            }
            at = self.next_line(at);
        }
        let line = [name, b"=", value, b"\n"].concat();
        if free < line.len() {
            return None;
        }
        self.0[used..used + line.len()].copy_from_slice(&line);
        Some(self)
    }

    /// Puts `value` in the place of the bytes from `start` to `end`; what follows moves.
    fn replace(mut self, start: usize, end: usize, value: &[u8], used: usize) -> Option<Self> {
        let (before, after) = (end - start, value.len());
        if after > before && SIZE - used < after - before {
            return None;
        }
        let kept = if after > before { SIZE - (after - before) } else { SIZE };
        self.0.copy_within(end..kept, start + after);
        if after < before {
            self.0[used - (before - after)..used].fill(b'#');
        }
        self.0[start..start + after].copy_from_slice(value);
        self.0[start + after] = b'\n';
        Some(self)
    }

    /// Where the value that starts at `start` ends: at the first line break behind no backslash.
    fn value_end(&self, start: usize) -> Option<usize> {
        Some(self.next_line(start) - 1).filter(|end| *end < SIZE)
    }

    /// Where the line behind the one at `at` starts; behind the last byte when there is none.
    fn next_line(&self, mut at: usize) -> usize {
        while at < SIZE {
            match self.0[at] {
                b'\n' => break,
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
        at + 1
    }
}

fn until_zero(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Without the backslashes that take the next byte as it is, and up to a zero byte.
fn unescaped(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.iter().copied();
    let mut value = Vec::new();
    while let Some(byte) = bytes.next() {
        value.extend(if byte == b'\\' { bytes.next() } else { Some(byte) });
    }
    until_zero(&value).to_vec()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::record::Slot;
    use super::*;

    fn block(body: &str) -> Sector {
        let mut bytes = [b'#'; SIZE];
        let text = [SIGNATURE, body.as_bytes()].concat();
        bytes[..text.len()].copy_from_slice(&text);
        Sector(bytes)
    }

    #[test]
    fn a_copy_counts_only_when_both_halves_say_the_same() {
        let record = "7:a:b:1".parse().ok();
        for sound in [
            "record=7:a:b:1\ntwin=7:a:b:1\n",
            "twin=7:a:b:1\nrecord=7:a:b:1\n",
            "record=7:a:\\b:1\ntwin=7:a:b:1\n",
            "record=\nrecord=7:a:b:1\ntwin=7:a:b:1\n",
            "record\0x=7:a:b:1\0y\ntwin=7:a:b:1\n",
            "# a remark\nrecord=7:a:b:1\nother=1\ntwin=7:a:b:1\nx",
        ] {
            assert_eq!(block(sound).record(), record, "{sound:?}");
        }
        for damaged in [
            "",
            "record=7:a:b:1\n",
            "record=7:a:b:1\ntwin=7:a:b:0\n",
            "record=7:a:b:1\ntwin=7:a:b:1",
            "record=7:a:b:1\ntwin=7:a:b:1\\\n",
            "x\nrecord=7:a:b:1\ntwin=7:a:b:1\n",
            "\nrecord=7:a:b:1\ntwin=7:a:b:1\n",
            "record=-\ntwin=-\n",
        ] {
            assert_eq!(block(damaged).record(), None, "{damaged:?}");
        }
        let mut unsigned = Sector::of(Record::settled(Slot::A));
        unsigned.0[0] = b'%';
        assert_eq!(unsigned.record(), None);
    }

    #[test]
    fn saving_keeps_everything_else_or_fails() {
        let record: Record = "7:a:b:0".parse().unwrap();
        let saved = |body: &str| block(body).saved(record);
        assert_eq!(saved("record=7:a:b:1\ntwin=7:a:b:1\n"), Some(block("record=7:a:b:0\ntwin=7:a:b:0\n")));
        assert_eq!(saved("x=1\ntwin=7\nrecord=99:a:b:1\n"), Some(block("x=1\ntwin=7:a:b:0\nrecord=7:a:b:0\n")));
        assert_eq!(saved("x=1\n"), Some(block("x=1\nrecord=7:a:b:0\ntwin=7:a:b:0\n")));
        assert_eq!(saved("record=7:a:b:1\ntwin=7:a:b:1\nx"), None);
        assert_eq!(saved(&format!("x={}\n", "y".repeat(480))), None);
    }

    proptest! {
        #[test]
        fn reads_and_saves_anything_without_a_panic(bytes in proptest::collection::vec(
            prop_oneof![Just(b'\\'), Just(b'\n'), Just(b'='), Just(b'#'), Just(0), any::<u8>()], SIZE - SIGNATURE.len()
        )) {
            let mut sector = Sector([0; SIZE]);
            sector.0[..SIGNATURE.len()].copy_from_slice(SIGNATURE);
            sector.0[SIGNATURE.len()..].copy_from_slice(&bytes);
            let _ = (sector.record(), sector.saved(Record::trying(Slot::B)));
        }

        #[test]
        fn a_write_cut_within_the_sector_leaves_the_old_the_new_or_none(
            (old, new) in (records(), records()), cut in 0..=SIZE
        ) {
            let (old, new) = (Sector::of(old), Sector::of(new));
            let mut torn = old;
            torn.0[..cut].copy_from_slice(&new.0[..cut]);
            let record = torn.record();
            prop_assert!(record.is_none() || record == old.record() || record == new.record(), "{torn:?}");
        }
    }

    fn records() -> impl Strategy<Value = Record> {
        let slots = prop_oneof![Just(Slot::A), Just(Slot::B)];
        // Few digits make halves that are alike, many make lengths that differ.
        let sequences = prop_oneof![1..200_u32, 1..=Record::HIGHEST];
        (sequences, slots.clone(), proptest::option::of(slots), 0..=9_u8)
            .prop_map(|(sequence, good, trial, tries)| Record { sequence, good, trial, tries })
    }
}
