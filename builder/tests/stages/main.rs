//! The stages that touch the network, against a tiny archive and a server with faults.

mod command_line;
mod fetch;
mod lock;
mod parsers;
mod server;
mod world;
