//! Where a channel is: a web server, or a bundle that somebody carried here. Both give the channel's small files whole
//! and the payload of a slot from any byte on.

use std::io::Read;

use sos_signing::offer::{Source, SourceError};

mod bundle;
#[cfg(test)]
mod bundle_tests;
mod http;
#[cfg(test)]
mod http_tests;
mod pace;

pub use bundle::{Bundle, Place, index};
pub use http::Http;
pub use pace::Limits;

/// A channel.
#[derive(Debug)]
pub enum Channel {
    /// A web server's.
    Http(Http),
    /// A bundle's.
    Bundle(Bundle),
}

impl Channel {
    /// The file `path`, which has to have `total` bytes, from `offset` on. No more than those that are missing are to
    /// be read from it: what is behind them is not checked.
    ///
    /// # Errors
    /// When there is no such file, when it has another size, or when it cannot be had now.
    pub fn payload(&self, path: &str, offset: u64, total: u64) -> Result<Box<dyn Read + Send + '_>, SourceError> {
        Ok(match self {
            Self::Http(http) => Box::new(http.payload(path, offset, total)?),
            Self::Bundle(bundle) => Box::new(bundle.payload(path, offset, total)?),
        })
    }
}

impl Source for Channel {
    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, SourceError> {
        match self {
            Self::Http(http) => http.read(path, limit),
            Self::Bundle(bundle) => bundle.read(path, limit),
        }
    }
}
