//! The stages that touch the network, against a tiny archive and a server with faults; and the program as it is called.

mod bundle;
mod channel;
mod command_line;
mod diff;
mod fetch;
mod horizon;
mod image;
mod interrupted;
mod lock;
mod parsers;
mod publish;
mod server;
mod vault;
mod verify;
mod world;
