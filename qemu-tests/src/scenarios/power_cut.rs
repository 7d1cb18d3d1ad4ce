//! The power goes, anywhere in an update: a populated machine stages a release, tries it, and keeps it or takes it back,
//! and is cut after every so many of its writes. Each time it starts, with one release and the data that belong to it, and
//! nothing of the members' is lost (rauc and ostree test such cuts on empty systems, ten of them).
//!
//! Thousands of cut disks are looked at without booting them, and a sample is really booted ([`crate::power_cut`]). In a run
//! of all scenarios both are few; `./dev vm power_cut --cuts 1000` makes them many.

use crate::Result;
use crate::power_cut::recording::{End, Recording};
use crate::power_cut::replay;
use crate::session::Stage;

/// Cuts an update that is let through.
pub fn in_an_update(stage: &mut Stage) -> Result<()> {
    cut(stage, End::Committed)
}

/// Cuts one that is taken back.
pub fn in_a_rollback(stage: &mut Stage) -> Result<()> {
    cut(stage, End::RolledBack)
}

fn cut(stage: &mut Stage, end: End) -> Result<()> {
    let recording = Recording::make(stage, end)?;
    let wanted = stage.cuts.half();
    if wanted.cuts < 500 {
        stage.note(format!(
            "this is a SHORT run: cuts in {} places, {} boots; `./dev vm power_cut --cuts 1000` makes as many as are promised",
            wanted.cuts, wanted.boots
        ));
    }
    replay(stage, &recording, &wanted)
}
