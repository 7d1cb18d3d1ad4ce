//! The internet a machine wakes up in: addresses, names, another organisation's mail server. All of it
//! lives in the network namespace of one job, so jobs never meet.

mod mail_server;
mod names;
mod network;
mod zone;

use std::net::Ipv4Addr;
use std::path::Path;

pub use mail_server::{MailServer, Received, Rule};
pub use names::Names;
pub use network::lay_wires;
pub use zone::Zone;

use crate::Result;

/// The tap device between this namespace and the machine.
pub const WIRE: &str = "sos0";
/// The machine's network card.
pub const MACHINE_MAC: &str = "52:54:00:a3:b2:1d";
/// The machine: a documentation address (RFC 5737) it believes to be public.
pub const MACHINE: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 10);
/// The provider's router.
pub const GATEWAY: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 1);
/// The name server everybody asks.
pub const NAME_SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 53);
/// A host of nobody's: a stranger, who scans and forges.
pub const FORGER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 66);
/// A member at home.
pub const HOME: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 80);
/// The mail server of borchester.example.
pub const BORCHESTER: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 25);

/// The world around one machine.
#[derive(Debug)]
pub struct World {
    /// The name server.
    pub names: Names,
    /// Borchester's mail server.
    pub borchester: MailServer,
}

impl World {
    /// Lays out the world in the present namespace, with the machine's own published records `own`.
    ///
    /// # Errors
    /// [`crate::Error::Refused`] when the host lacks a program or its tap device.
    pub fn lay_out(folder: &Path, own: &Zone) -> Result<World> {
        lay_wires()?;
        let names = Names::start(folder, own)?;
        let borchester = MailServer::start(BORCHESTER, "mail.borchester.example")?;
        Ok(World { names, borchester })
    }
}
