//! Frames as they were signed, from a channel that may break off, lie, or be gone for a while.

use std::io::Read;
use std::thread;
use std::time::Instant;

use sos_signing::Digest;

use super::Manner;
use super::plan::Piece;
use crate::check::Found;
use crate::error::UpdateError;

/// So often may a frame come whole and wrong: who has wrong bytes has them a minute later as well.
const WRONG: u32 = 3;

/// Why a frame did not come.
enum Fault {
    /// The connection broke, or there was none.
    Broken(UpdateError),
    /// It came whole, and is not what was signed.
    Wrong(UpdateError),
}

/// The channel, and where in the payload it is.
pub(super) struct Frames<'a> {
    found: &'a Found,
    manner: Manner,
    began: Instant,
    body: Option<Box<dyn Read + Send + 'a>>,
    at: u64,
}

impl<'a> Frames<'a> {
    pub(super) fn new(found: &'a Found, manner: Manner) -> Self {
        Self { found, manner, began: Instant::now(), body: None, at: 0 }
    }

    /// Fills `frame`, which has just its size, with a frame. It is asked for several times, with waits between them.
    pub(super) fn read(&mut self, piece: &Piece, frame: &mut [u8]) -> Result<(), UpdateError> {
        let mut filled = 0;
        let mut wait = self.manner.waits.0;
        let (mut tries, mut wrong) = (1, 0);
        loop {
            let error = match self.try_read(piece, frame, &mut filled) {
                Ok(()) => return Ok(()),
                Err(Fault::Broken(error)) => error,
                Err(Fault::Wrong(error)) => {
                    wrong += 1;
                    error
                }
            };
            self.body = None;
            if tries >= self.manner.tries || wrong >= WRONG || self.began.elapsed() > self.manner.most {
                return Err(error);
            }
            thread::sleep(wait);
            wait = (wait * 2).min(self.manner.waits.1);
            tries += 1;
        }
    }

    fn try_read(&mut self, piece: &Piece, frame: &mut [u8], filled: &mut usize) -> Result<(), Fault> {
        let broken = |what: String| Fault::Broken(UpdateError::Channel(what));
        let from = piece.frame + *filled as u64;
        let mut body = match self.body.take() {
            Some(body) if self.at == from => body,
            _ => self.found.payload(from).map_err(Fault::Broken)?,
        };
        while *filled < frame.len() {
            match body.read(&mut frame[*filled..]) {
                Ok(0) => return Err(broken("the payload ends before its end: it was cut off".into())),
                Ok(read) => *filled += read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(broken(format!("fetching the payload: {error}"))),
            }
        }
        if Digest::of(frame) != piece.sha256 {
            *filled = 0;
            let what = format!("the payload's bytes from {} on are not those that were signed", piece.frame);
            return Err(Fault::Wrong(UpdateError::Channel(what)));
        }
        self.at = piece.frame + frame.len() as u64;
        self.body = Some(body);
        Ok(())
    }
}
