//! Frames as they were signed, from a channel that may break off, lie, or be gone for a while.

use std::io::Read;
use std::thread;
use std::time::Instant;

use sos_signing::Digest;

use super::Manner;
use super::plan::Piece;
use crate::check::Found;
use crate::error::UpdateError;

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
        let mut tries = 1;
        loop {
            let fault = match self.try_read(piece, frame, &mut filled) {
                Ok(()) => return Ok(()),
                Err(fault) => fault,
            };
            self.body = None;
            if tries >= self.manner.tries || self.began.elapsed() > self.manner.most {
                return Err(fault);
            }
            thread::sleep(wait);
            wait = (wait * 2).min(self.manner.waits.1);
            tries += 1;
        }
    }

    fn try_read(&mut self, piece: &Piece, frame: &mut [u8], filled: &mut usize) -> Result<(), UpdateError> {
        let from = piece.frame + *filled as u64;
        let mut body = match self.body.take() {
            Some(body) if self.at == from => body,
            _ => self.found.payload(from)?,
        };
        while *filled < frame.len() {
            match body.read(&mut frame[*filled..]) {
                Ok(0) => return Err(UpdateError::Channel("the payload ends before its end: it was cut off".into())),
                Ok(read) => *filled += read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(UpdateError::Channel(format!("fetching the payload: {error}"))),
            }
        }
        if Digest::of(frame) != piece.sha256 {
            *filled = 0;
            let what = format!("the payload's bytes from {} on are not those that were signed", piece.frame);
            return Err(UpdateError::Channel(what));
        }
        self.at = piece.frame + frame.len() as u64;
        self.body = Some(body);
        Ok(())
    }
}
