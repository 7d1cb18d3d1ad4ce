//! The stream: one thread fetches and checks frames, one decodes them, one writes and syncs. Their buffers go round, so
//! memory is bounded and nothing is copied in between.

use std::fmt::Display;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

use sos_ipc::UpdatePhase;
use sos_signing::Sum;

use super::Job;
use super::frames::Frames;
use super::plan::Piece;
use crate::error::UpdateError;
use crate::slot::Aligned;
use crate::store::Staged;

/// Frames in memory at once, and chunks.
const FRAMES: usize = 3;
const CHUNKS: usize = 2;

/// Something that was made of chunk `number`, in a buffer that may be longer.
struct Filled<B> {
    number: usize,
    buffer: B,
}

/// Fetches and writes all that is missing but the head of the boot partition, whose frame it gives back if it came by.
pub(super) fn fill(job: &Job<'_>, begun: Staged) -> Result<Option<Vec<u8>>, UpdateError> {
    let (longest_frame, longest_chunk) = job.plan.longest();
    let (frames, fetched) = sync_channel(FRAMES);
    let (used_frames, free_frames) = channel();
    let (chunks, decoded) = sync_channel(CHUNKS);
    let (used_chunks, free_chunks) = channel();
    (0..FRAMES).try_for_each(|_| used_frames.send(vec![0; longest_frame])).map_err(gone)?;
    (0..CHUNKS).try_for_each(|_| used_chunks.send(Aligned::new(longest_chunk))).map_err(gone)?;
    thread::scope(|scope| {
        let fetching = scope.spawn(move || fetch(job, begun.chunks, &free_frames, &frames));
        let writing = scope.spawn(move || write(job, begun.chunks, &decoded, &used_chunks));
        let head = decode_all(job, fetched, &used_frames, &free_chunks, chunks);
        drop((used_frames, free_chunks));
        // A thread that finds the next one gone ends well: what is to be told is told by the one that broke.
        writing.join().map_err(gone)??;
        let head = head?;
        fetching.join().map_err(gone)??;
        Ok(head)
    })
}

fn gone<E>(_: E) -> UpdateError {
    UpdateError::Channel("the staging broke off".into())
}

fn fetch(
    job: &Job<'_>,
    from: usize,
    free: &Receiver<Vec<u8>>,
    next: &SyncSender<Filled<Vec<u8>>>,
) -> Result<(), UpdateError> {
    let mut frames = Frames::new(job.found, job.manner);
    for (number, piece) in job.plan.pieces().iter().enumerate().skip(from) {
        let Ok(mut buffer) = free.recv() else { return Ok(()) };
        frames.read(piece, &mut buffer[..piece.compressed])?;
        if next.send(Filled { number, buffer }).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

fn decode_all(
    job: &Job<'_>,
    fetched: Receiver<Filled<Vec<u8>>>,
    used: &Sender<Vec<u8>>,
    free: &Receiver<Aligned>,
    next: SyncSender<Filled<Aligned>>,
) -> Result<Option<Vec<u8>>, UpdateError> {
    let mut head = None;
    for Filled { number, buffer: frame } in fetched {
        let piece = &job.plan.pieces()[number];
        if job.plan.is_head(number) {
            head = Some(frame[..piece.compressed].to_vec());
        } else {
            let Ok(mut buffer) = free.recv() else { break };
            decode(piece, &frame[..piece.compressed], &mut buffer[..piece.size])?;
            if next.send(Filled { number, buffer }).is_err() {
                break;
            }
        }
        // The fetching thread has all frames it needs when nobody takes this one.
        drop(used.send(frame));
    }
    Ok(head)
}

/// Decodes a frame that was checked into a chunk of just its size. That the chunk is what it should be shows when it is
/// read back.
pub(super) fn decode(piece: &Piece, frame: &[u8], chunk: &mut [u8]) -> Result<(), UpdateError> {
    let decoded = zstd::bulk::decompress_to_buffer(frame, chunk).map_err(|error| unfit(piece, error))?;
    if decoded == chunk.len() { Ok(()) } else { Err(unfit(piece, format_args!("it holds {decoded} bytes"))) }
}

/// The same, and looks at the chunk at once.
pub(super) fn decode_and_compare(piece: &Piece, frame: &[u8], chunk: &mut [u8]) -> Result<(), UpdateError> {
    decode(piece, frame, chunk)?;
    if Sum::of(chunk) == piece.xxh3 { Ok(()) } else { Err(unfit(piece, "its content differs")) }
}

fn unfit(piece: &Piece, what: impl Display) -> UpdateError {
    UpdateError::Unfit(format!("the frame at byte {} of the payload is not as its index says: {what}", piece.frame))
}

fn write(
    job: &Job<'_>,
    from: usize,
    decoded: &Receiver<Filled<Aligned>>,
    used: &Sender<Aligned>,
) -> Result<(), UpdateError> {
    let (pieces, total) = (job.plan.pieces(), job.plan.total());
    let staging = |done| job.work.say(UpdatePhase::Staging { done, total });
    staging(pieces.get(from).map_or(total, |piece| piece.frame));
    let mut since = 0;
    let mut done = from;
    while let Ok(Filled { number, buffer }) = decoded.recv() {
        let piece = &pieces[number];
        job.slot.write(piece.part, piece.at, &buffer[..piece.size])?;
        drop(used.send(buffer));
        staging(piece.frame + piece.compressed as u64);
        (done, since) = (number + 1, since + 1);
        if since == job.manner.sync {
            job.slot.sync()?;
            job.say(done, false)?;
            since = 0;
        }
    }
    job.slot.sync()?;
    job.say(done, false)
}
