//! The states that both choosers are given: records of all kinds, whole or damaged in many ways. The same ones each time.

use sha2::{Digest as _, Sha256};
use sos_updater::boot_state::choice::Content;
use sos_updater::boot_state::{Record, SIZE, Sector, Slot};

/// What is in the slots of a disk: the files that are missing in each, and the builds they say.
pub struct Slots {
    /// Files of slots a and b that are not there.
    pub missing: [&'static [&'static str]; 2],
    /// `slot_build`, where it is said.
    pub builds: [Option<u32>; 2],
}

/// A slot's files.
pub const FILES: [&str; 3] = ["slot.cfg", "vmlinuz", "initrd"];

/// One disk for each.
pub const SLOTS: [Slots; 7] = [
    Slots { missing: [&[], &[]], builds: [Some(26_112_301), Some(26_112_302)] },
    Slots { missing: [&[], &[]], builds: [Some(26_112_301), Some(9_123_199)] },
    Slots { missing: [&[], &[]], builds: [Some(26_112_301), Some(26_112_301)] },
    Slots { missing: [&[], &FILES], builds: [Some(26_112_301), None] },
    Slots { missing: [&["initrd"], &[]], builds: [Some(26_112_301), Some(26_112_302)] },
    Slots { missing: [&["vmlinuz"], &["slot.cfg"]], builds: [Some(26_112_301), None] },
    Slots { missing: [&[], &[]], builds: [None, Some(1)] },
];

impl Slots {
    /// As the chooser sees them.
    pub fn contents(&self) -> [Content; 2] {
        [0, 1].map(|slot| Content { complete: self.missing[slot].is_empty(), build: self.builds[slot].unwrap_or(0) })
    }

    /// The first file that loading `slot` would not find.
    pub fn lacks(&self, slot: Slot) -> Option<&'static str> {
        let missing = self.missing[usize::from(slot == Slot::B)];
        FILES.into_iter().find(|file| missing.contains(file))
    }
}

/// Numbers that look random, from a seed.
pub struct Chance {
    seed: String,
    drawn: u64,
}

impl Chance {
    /// Those of this seed.
    pub fn new(seed: &str) -> Self {
        Self { seed: seed.to_owned(), drawn: 0 }
    }

    /// One below `end`.
    fn below(&mut self, end: usize) -> usize {
        self.drawn += 1;
        let digest = Sha256::digest(format!("{} {}", self.seed, self.drawn));
        let number = digest.iter().take(7).fold(0_usize, |number, byte| number << 8 | usize::from(*byte));
        number % end
    }

    fn of<T: Copy>(&mut self, things: &[T]) -> T {
        things[self.below(things.len())]
    }

    /// Both copies of a boot state.
    pub fn state(&mut self) -> [Sector; 2] {
        let first = self.text();
        let second = if self.below(4) == 0 { first.clone() } else { self.text() };
        [self.copy(&first), self.copy(&second)]
    }

    /// A record, most of the time one that counts.
    fn text(&mut self) -> String {
        const OTHER: [&str; 19] = [
            "07:a:-:0",
            "0:a:-:0",
            "-1:a:-:0",
            "1000000000:a:b:1",
            "2147483648:b:-:0",
            "4294967297:b:a:1",
            "99999999999999999999:a:-:0",
            "7:a:-:10",
            "7:a:-:",
            "7:c:-:0",
            "7:a:a:1",
            "7:b:b:2",
            "7:-:a:1",
            "7:A:-:0",
            "7 :a:-:0",
            "--help",
            "7:a:b:1 ",
            "",
            "]",
        ];
        if self.below(6) == 0 {
            return self.of(&OTHER).to_owned();
        }
        let numbers =
            [1, 2, 3, 8, 9, 10, 11, 99, 100, 4095, 99_999_999, 100_000_000, Record::HIGHEST - 1, Record::HIGHEST];
        let good = self.of(&Slot::BOTH);
        let trial = self.of(&[None, Some(good.other()), Some(good.other()), Some(good)]);
        Record { sequence: self.of(&numbers), good, trial, tries: self.of(&[0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9]) }
            .to_string()
    }

    /// A copy that says `text`, most of the time.
    fn copy(&mut self, text: &str) -> Sector {
        let mut sector = block(&format!("record={text}\ntwin={text}\n"));
        let place = 20 + self.below(60);
        match self.below(36) {
            // Not with zeros alone, which mke2fs would make a hole of.
            0 => sector.0.fill(self.of(&[1, 0xff, b'#', b'\n', b'\\'])),
            1 => sector.0[place] ^= 1 << self.below(8),
            2 => sector.0[place] = self.of(b"\\\n#=\0:x"),
            3 => sector.0[self.below(25)] ^= 1,
            4 => sector.0[SIZE - 1] = self.of(b"x\n\\\0"),
            // Cut within the sector: one state's first bytes, another one's rest.
            5 | 6 => {
                let other = self.text();
                sector.0[..place].copy_from_slice(&block(&format!("record={other}\ntwin={other}\n")).0[..place]);
            }
            7 => sector.0[place..].fill(0),
            8 => sector = block(&format!("record={text}\n")),
            9 => sector = block(&format!("twin={text}\nrecord={text}\n")),
            10 => sector = block(&format!("record={text}\ntwin={text}")),
            11 => sector = block(&format!("record={text}\ntwin={}\n", self.text())),
            12 => sector = block(&format!("record={}\nrecord={text}\ntwin={text}\n", self.text())),
            13 => sector = block(&format!("record={text}\ntwin={text}\ntwin={}\n", self.text())),
            14 => sector = block(&format!("# a remark\nother=1\nrecord={text}\nmore=\ntwin={text}\n")),
            15 => sector = block(&format!("junk\nrecord={text}\ntwin={text}\n")),
            16 => sector = block(&format!("\nrecord={text}\ntwin={text}\n")),
            17 => sector = block(&format!("record={}\ntwin={text}\n", text.replace(':', "\\:"))),
            18 => sector = block(&format!("record={text}\\\n\ntwin={text}\\\n\n")),
            19 => sector = block(&format!("record\0x={text}\0y\ntwin={text}\n")),
            20 => sector = block(&format!("record={text}\ntwin={text}\nlong={}\n", "y".repeat(self.below(460)))),
            21 => sector = block(&format!("long={}\nrecord={text}\ntwin={text}\n", "\\y".repeat(self.below(200)))),
            22 => sector = block(&format!("record=\ntwin=\nrecord={text}\ntwin={text}\n")),
            23 => sector = block(&format!("records={text}\nrecord={text}\ntwin={text}\n")),
            24 => (25..SIZE).for_each(|at| sector.0[at] = self.of(b"record=7:a:b:1\ntwin=\\##\0")),
            _ => {}
        }
        sector
    }
}

/// An environment block that begins with `body`, as far as it has room.
pub fn block(body: &str) -> Sector {
    let text = format!("# GRUB Environment Block\n{body}");
    let mut bytes = [b'#'; SIZE];
    let length = text.len().min(SIZE);
    bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
    Sector(bytes)
}
