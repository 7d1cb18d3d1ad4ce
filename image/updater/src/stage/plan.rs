//! The chunks of all parts in the payload's order, each with its places in the payload and on the disk.

use sos_signing::{CHUNK, Digest, Part, SlotIndex, Sum};

/// A chunk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    /// Where its frame is in the payload, and how many bytes that has.
    pub(super) frame: u64,
    pub(super) compressed: usize,
    pub(super) sha256: Digest,
    /// Where it goes.
    pub(super) part: Part,
    pub(super) at: u64,
    pub(super) size: usize,
    pub(super) xxh3: Sum,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Plan {
    pieces: Vec<Piece>,
    head: usize,
}

impl Plan {
    /// The plan for an index, which is checked.
    pub(super) fn of(index: &SlotIndex) -> Self {
        let mut frame = 0;
        let mut pieces = Vec::new();
        let mut head = 0;
        for part in &index.parts {
            if part.part == Part::Boot {
                head = pieces.len();
            }
            for (number, chunk) in part.chunks.iter().enumerate() {
                pieces.push(Piece {
                    frame,
                    compressed: chunk.compressed as usize,
                    sha256: chunk.sha256,
                    part: part.part,
                    at: number as u64 * CHUNK,
                    size: usize::try_from(part.chunk_size(number)).expect("a chunk fits into memory"),
                    xxh3: chunk.xxh3,
                });
                frame += u64::from(chunk.compressed);
            }
        }
        Self { pieces, head }
    }

    pub(super) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The boot partition's first chunk, without which the slot does not boot.
    pub(super) fn head(&self) -> &Piece {
        &self.pieces[self.head]
    }

    pub(super) fn is_head(&self, number: usize) -> bool {
        number == self.head
    }

    /// Bytes of the payload.
    pub(super) fn total(&self) -> u64 {
        self.pieces.last().map_or(0, |last| last.frame + last.compressed as u64)
    }

    /// Bytes of the longest frame, and of the longest chunk.
    pub(super) fn longest(&self) -> (usize, usize) {
        let longest = |size: fn(&Piece) -> usize| self.pieces.iter().map(size).max().unwrap_or(0);
        (longest(|piece| piece.compressed), longest(|piece| piece.size))
    }
}
