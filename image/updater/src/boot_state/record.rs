//! One record: which slot is good, which is on trial, and how many tries are left.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Slot {
    /// Partitions boot-a and root-a.
    A,
    /// Partitions boot-b and root-b.
    B,
}

impl Slot {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
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
    /// Of two sound copies the one with the higher number rules.
    pub sequence: u32,
    /// The slot that boots when none is on trial.
    pub good: Slot,
    /// The slot on trial.
    pub trial: Option<Slot>,
    /// Boots of the slot on trial that are left, 0 to 9.
    pub tries: u8,
}
