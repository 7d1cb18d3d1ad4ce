//! Reads a slot back and compares: a disk that lies is found out now and not at the next boot.

use std::thread;

use sos_signing::Sum;

use super::Job;
use super::plan::Piece;
use crate::error::UpdateError;
use crate::slot::Aligned;

/// One reads while the other computes.
const READERS: usize = 2;

/// The chunks that are not on the disk as they must be. The boot partition's head does not count: it is not there yet.
pub(super) fn differing<'a>(job: &Job<'a>) -> Result<Vec<&'a Piece>, UpdateError> {
    thread::scope(|scope| {
        let readers: Vec<_> = (0..READERS).map(|first| scope.spawn(move || look(job, first))).collect();
        let mut differing = Vec::new();
        for reader in readers {
            differing.extend(reader.join().map_err(|_| UpdateError::Channel("the reading back broke off".into()))??);
        }
        Ok(differing)
    })
}

fn look<'a>(job: &Job<'a>, first: usize) -> Result<Vec<&'a Piece>, UpdateError> {
    let mut differing = Vec::new();
    let mut buffer = Aligned::new(job.plan.longest().1);
    for (number, piece) in job.plan.pieces().iter().enumerate().skip(first).step_by(READERS) {
        if job.plan.is_head(number) {
            continue;
        }
        let chunk = &mut buffer[..piece.size];
        job.slot.read(piece.part, piece.at, chunk)?;
        if Sum::of(chunk) != piece.xxh3 {
            differing.push(piece);
        }
    }
    Ok(differing)
}
