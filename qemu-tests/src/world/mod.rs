//! The internet a machine wakes up in: addresses, names, another organisation's mail server. All of it
//! lives in the network namespace of one job, so jobs never meet.

mod authority;
mod mail_server;
mod names;
mod network;
pub mod releases;
mod zone;

use std::net::Ipv4Addr;
use std::path::Path;

pub use authority::Authority;
pub use mail_server::{MailServer, Received, Rule};
pub use names::Names;
pub use network::{add_host, lay_wires};
pub use releases::Releases;
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
/// A certificate authority, when there is one.
pub const AUTHORITY: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 14);
/// Where releases are offered.
pub const RELEASES: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 99);

/// So many hosts of strangers, in turn from a member's own network at home, a foreign one, and the provider's.
#[must_use]
pub fn strangers(count: u8) -> Vec<Ipv4Addr> {
    let nets = [[192, 0, 2], [198, 51, 100], [203, 0, 113]];
    let host = |number: u8| {
        let [a, b, c] = nets[usize::from(number) % nets.len()];
        Ipv4Addr::new(a, b, c, 101 + number)
    };
    (0..count).map(host).collect()
}

/// The world around one machine.
#[derive(Debug)]
pub struct World {
    /// The name server.
    pub names: Names,
    /// Borchester's mail server.
    pub borchester: MailServer,
    /// The release server, its shelf empty.
    pub releases: Releases,
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
        Ok(World { names, borchester, releases: Releases::start(RELEASES)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_are_many_and_none_is_somebody_we_know() {
        let strangers = strangers(100);
        let different: std::collections::BTreeSet<_> = strangers.iter().collect();
        assert_eq!(different.len(), 100);
        let known = [MACHINE, GATEWAY, NAME_SERVER, FORGER, HOME, BORCHESTER, AUTHORITY, RELEASES];
        assert!(known.iter().all(|host| !strangers.contains(host)));
    }
}
