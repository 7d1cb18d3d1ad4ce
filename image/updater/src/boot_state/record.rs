//! One record: which slot is good, which is on trial, and how many tries are left.
//!
//! In and out: `SEQUENCE:GOOD:TRIAL:TRIES`, exactly what the regular expression of `image/boot/grub.cfg` lets through.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Slot {
    /// Partitions boot-a and root-a.
    A,
    /// Partitions boot-b and root-b.
    B,
}

impl Slot {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::A, Self::B];

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }

    /// The slot of this name, `a` or `b`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::BOTH.into_iter().find(|slot| slot.to_string() == name)
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::A => "a",
            Self::B => "b",
        })
    }
}

/// What a copy of the boot state says: `SEQUENCE:GOOD:TRIAL:TRIES`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Of two sound copies the one with the higher number rules. The writer counts it; 0 is not written yet.
    pub sequence: u32,
    /// The slot that boots when none is on trial.
    pub good: Slot,
    /// The slot on trial.
    pub trial: Option<Slot>,
    /// Boots of the slot on trial that are left, 0 to 9.
    pub tries: u8,
}

impl Record {
    /// The highest sequence: nine digits. GRUB compares numbers as a `long`, which holds 31 bits under BIOS and
    /// 63 under UEFI, and takes what is larger for the largest; so a tenth digit counts as damage.
    pub const HIGHEST: u32 = 999_999_999;

    /// `slot` is good, and none is on trial: after a commit, a rollback, or going back.
    #[must_use]
    pub fn settled(slot: Slot) -> Self {
        Self { sequence: 0, good: slot, trial: None, tries: 0 }
    }

    /// `slot` has one try; the other one is good.
    #[must_use]
    pub fn trying(slot: Slot) -> Self {
        Self { sequence: 0, good: slot.other(), trial: Some(slot), tries: 1 }
    }

    /// The same trial without a try left: the next boot is of the good slot.
    #[must_use]
    pub fn given_up(self) -> Self {
        Self { tries: 0, ..self }
    }

    /// The slot on trial when there is one to go back to: a record that tries its good slot tries nothing.
    #[must_use]
    pub fn on_trial(self) -> Option<Slot> {
        self.trial.filter(|slot| *slot != self.good)
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:", self.sequence, self.good)?;
        match self.trial {
            Some(slot) => write!(f, "{slot}")?,
            None => f.write_str("-")?,
        }
        write!(f, ":{}", self.tries)
    }
}

/// Text that is no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a record is SEQUENCE:GOOD:TRIAL:TRIES, such as 8:a:b:1")]
pub struct NoRecord;

impl FromStr for Record {
    type Err = NoRecord;

    fn from_str(text: &str) -> Result<Self, NoRecord> {
        let mut fields = text.split(':');
        let mut field = || fields.next().ok_or(NoRecord);
        let (sequence, good, trial, tries) = (field()?, field()?, field()?, field()?);
        let record = Self {
            sequence: number(sequence)?,
            good: Slot::named(good).ok_or(NoRecord)?,
            trial: if trial == "-" { None } else { Some(Slot::named(trial).ok_or(NoRecord)?) },
            tries: match tries.as_bytes() {
                [digit @ b'0'..=b'9'] => digit - b'0',
                _ => return Err(NoRecord),
            },
        };
        if fields.next().is_some() { Err(NoRecord) } else { Ok(record) }
    }
}

fn number(text: &str) -> Result<u32, NoRecord> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0') && text.len() <= 9;
    text.parse().ok().filter(|_| digits).ok_or(NoRecord)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_can_be_done_with_slots_has_a_record_each() {
        assert_eq!(Record::settled(Slot::B).to_string(), "0:b:-:0");
        assert_eq!(Record::trying(Slot::B).to_string(), "0:a:b:1");
        assert_eq!(Record::trying(Slot::B).given_up().to_string(), "0:a:b:0");
        assert_eq!(Record { trial: Some(Slot::A), ..Record::settled(Slot::A) }.on_trial(), None);
    }

    #[test]
    fn takes_nothing_that_the_chooser_would_not_take() {
        for text in ["7:a:-:0", "999999999:b:a:9", "1:a:a:1"] {
            assert_eq!(text.parse::<Record>().map(|record| record.to_string()).as_deref(), Ok(text));
        }
        for text in [
            "",
            "7:a:-",
            "7:a:-:0:",
            "07:a:-:0",
            "0:a:-:0",
            "+7:a:-:0",
            "7:c:-:0",
            "7:-:a:0",
            "7:A:-:0",
            "7:a:-:10",
            "7:a:-:",
            "7:a:-:x",
            " 7:a:-:0",
            "7:a:-:0\n",
            "1000000000:a:-:0",
            "7:a::0",
            "٧:a:-:0",
        ] {
            assert_eq!(text.parse::<Record>(), Err(NoRecord), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn reads_what_it_writes(sequence in 1..=Record::HIGHEST, b: bool, trial: Option<bool>, tries in 0..=9_u8) {
            let slot = |b| if b { Slot::B } else { Slot::A };
            let record = Record { sequence, good: slot(b), trial: trial.map(slot), tries };
            prop_assert_eq!(record.to_string().parse(), Ok(record));
        }

        #[test]
        fn reads_only_what_it_would_write(text in "[0-9ab:-]{0,14}") {
            if let Ok(record) = text.parse::<Record>() {
                prop_assert_eq!(record.to_string(), text);
            }
        }
    }
}
