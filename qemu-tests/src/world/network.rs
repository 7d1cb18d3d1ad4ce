//! The wires: a tap device to the machine, and every other host of the world as an address on the
//! loopback device of the same namespace. The machine reaches them through its gateway, which is us.

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use super::{AUTHORITY, BORCHESTER, FORGER, GATEWAY, HOME, NAME_SERVER, RELEASES, WIRE};
use crate::program::Program;
use crate::{Error, Result};

/// Our end's hardware address: fixed, for a machine restored from a snapshot remembers it.
const GATEWAY_MAC: &str = "52:54:00:a3:b2:01";
const LIMIT: Duration = Duration::from_secs(10);
const TUN: &str = "/dev/net/tun";

/// Brings up the wire and the hosts.
///
/// # Errors
/// [`Error::Refused`] when the tap device may not be opened.
pub fn lay_wires() -> Result<()> {
    check_tun()?;
    ip("link set lo up")?;
    for host in [NAME_SERVER, FORGER, HOME, BORCHESTER, AUTHORITY, RELEASES] {
        add_host(host)?;
    }
    ip(&format!("tuntap add dev {WIRE} mode tap"))?;
    ip(&format!("link set {WIRE} address {GATEWAY_MAC}"))?;
    // An address of its own making would come up late, and a browser takes that for another network.
    ip(&format!("link set {WIRE} addrgenmode none"))?;
    ip(&format!("address add {GATEWAY}/24 dev {WIRE}"))?;
    ip(&format!("link set {WIRE} up"))
}

/// Another host of the world.
///
/// # Errors
/// [`Error::Program`] when the address is taken.
pub fn add_host(address: Ipv4Addr) -> Result<()> {
    ip(&format!("address add {address}/32 dev lo"))
}

fn check_tun() -> Result<()> {
    let opened = std::fs::File::options().read(true).write(true).open(TUN);
    opened.map(drop).map_err(|source| {
        let advice = if Path::new(TUN).exists() {
            "run as root, or `chmod 0666 /dev/net/tun` as Debian has it"
        } else {
            "load it with `modprobe tun`"
        };
        Error::Refused(format!("{TUN}: {source}: the machine's wire needs it: {advice}"))
    })
}

fn ip(line: &str) -> Result<()> {
    Program::new("ip").words(line).run(LIMIT).map(drop)
}
