//! What stands between the network and the pages: who is asking, whether they may, and how often.

pub mod address;
mod counts;
pub mod csrf;
pub mod fault;
pub mod gate;
pub mod headers;
pub mod limiter;
pub mod policy;
pub mod session;
