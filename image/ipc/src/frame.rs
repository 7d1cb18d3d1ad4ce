//! Frames: a length of four bytes (big-endian) and that many bytes of JSON.

use std::io::{Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Most bytes of one frame: a logo and two hundred members fit many times.
pub const LARGEST: usize = 4 << 20;

/// Why a frame does not travel.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The connection broke.
    #[error("the connection to the helper broke: {0}")]
    Io(#[from] std::io::Error),
    /// More than [`LARGEST`] bytes.
    #[error("a message of {0} bytes is larger than {LARGEST}")]
    TooLarge(usize),
    /// No JSON of this type.
    #[error("a message is not of its type: {0}")]
    Malformed(#[from] serde_json::Error),
}

/// The whole frame of `message`.
///
/// # Errors
/// [`FrameError::TooLarge`], or a message that has no form in JSON.
pub fn encode(message: &impl Serialize) -> Result<Vec<u8>, FrameError> {
    let body = serde_json::to_vec(message)?;
    let length = u32::try_from(body.len()).ok().filter(|length| *length as usize <= LARGEST);
    let length = length.ok_or(FrameError::TooLarge(body.len()))?;
    let mut frame = Vec::with_capacity(4 + body.len());
    frame.extend(length.to_be_bytes());
    frame.extend(body);
    Ok(frame)
}

/// The message in the body of a frame, its length taken off.
///
/// # Errors
/// [`FrameError::Malformed`].
pub fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, FrameError> {
    Ok(serde_json::from_slice(body)?)
}

/// Writes `message`.
///
/// # Errors
/// As [`encode`], or when the connection breaks.
pub fn write_frame(mut to: impl Write, message: &impl Serialize) -> Result<(), FrameError> {
    to.write_all(&encode(message)?)?;
    Ok(to.flush()?)
}

/// Reads one message.
///
/// # Errors
/// When the connection breaks, or the message is too large or not of its type.
pub fn read_frame<T: DeserializeOwned>(mut from: impl Read) -> Result<T, FrameError> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length) as usize;
    if length > LARGEST {
        return Err(FrameError::TooLarge(length));
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    decode(&body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Reply, Request, Word};

    #[test]
    fn a_request_survives_the_way() {
        let (mut wire, from) = (Vec::new(), "2001:db8::7".parse().unwrap());
        write_frame(&mut wire, &Request::CheckCode { code: Word::new("bell-rose-mole"), from }).unwrap();
        let read: Request = read_frame(&wire[..]).unwrap();
        assert!(
            matches!(&read, Request::CheckCode { code, from: at } if code.reveal() == "bell-rose-mole" && *at == from)
        );
        assert!(!format!("{read:?}").contains("mole"));
    }

    #[test]
    fn a_length_beyond_the_bound_takes_no_memory() {
        assert!(matches!(read_frame::<Reply>(&[0xff; 8][..]), Err(FrameError::TooLarge(_))));
    }

    #[test]
    fn a_frame_cut_short_is_no_message() {
        let frame = encode(&Reply::Done).unwrap();
        assert!(matches!(read_frame::<Reply>(&frame[..frame.len() - 1]), Err(FrameError::Io(_))));
    }
}
