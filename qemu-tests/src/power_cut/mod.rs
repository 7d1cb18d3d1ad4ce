//! Cuts the power after every so many of the writes of an update.
//!
//! [`write_log`] reads what a machine wrote while it updated, and [`model`] is its disk after a cut anywhere in that.

pub mod model;
pub mod write_log;
