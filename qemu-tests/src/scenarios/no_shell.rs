//! Nobody needs a shell, and nobody gets one: a fresh machine answers on the web's ports, where its owner comes in,
//! and on no other, and shows no login prompt; claimed without an SSH key it answers, to a stranger who tries all
//! 65,535, on just the ports its services list, and takes no password of Debian's or ours anywhere.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::base::HEALTH_SECONDS;
use crate::client::{Imap, Security, Smtp};
use crate::club;
use crate::must;
use crate::program::Program;
use crate::seed::{Metadata, Source};
use crate::session::Stage;
use crate::vm::Plan;
use crate::world::{FORGER, HOME, MACHINE, WIRE};
use crate::{Error, Result};

/// What the web server lists: port 80 is where certificates are asked for and browsers sent on to 443.
const BEFORE_THE_CLAIM: [u16; 2] = [80, 443];
/// What the web server and email list.
const LISTED: [u16; 7] = [25, 80, 443, 465, 587, 993, 4190];
/// Accounts that systems are shipped with, and their passwords.
const SHIPPED: [(&str, &str); 8] = [
    ("root", ""),
    ("root", "root"),
    ("root", "toor"),
    ("debian", "debian"),
    ("admin", "admin"),
    ("cloud", "cloud"),
    ("postmaster", "postmaster"),
    ("sos-probe", "sos-probe"),
];

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    let open = open_ports(stage)?;
    must!(open == BTreeSet::from(BEFORE_THE_CLAIM), "a machine without an owner answers on {open:?}");
    no_login_prompt(stage)?;

    let seed = Some(stage.seed(Source::NoCloud, &Metadata::with_mapping(club::MAPPING))?);
    let plan = Plan { seed, ..stage.plan()? };
    stage.unplug()?;
    stage.start(plan)?;
    let limit = stage.limit(HEALTH_SECONDS);
    stage.wait_for_health(limit)?;

    let open = open_ports(stage)?;
    must!(open == BTreeSet::from(LISTED), "a stranger finds {open:?} open, listed are {LISTED:?}");
    no_login_prompt(stage)?;
    for (name, password) in SHIPPED {
        let mut outbox = Smtp::connect(HOME, (MACHINE, 465).into(), Security::Implicit, "[192.0.2.80]")?;
        let reply = outbox.log_in(name, password)?;
        must!(reply.code != 235, "{name} may send mail with the password {password:?}");
        let mailbox = Imap::log_in(HOME, (MACHINE, 993).into(), name, password);
        must!(mailbox.is_err(), "{name} may read mail with the password {password:?}");
    }
    Ok(())
}

/// The TCP ports a stranger finds open.
fn open_ports(stage: &Stage) -> Result<BTreeSet<u16>> {
    let report = Program::new("nmap")
        .words("-n -Pn -sS -p- --max-retries 2 --min-rate 4000 --open -oG -")
        .words(&format!("-e {WIRE} -S {FORGER} {MACHINE}"))
        .run(stage.limit(60).max(Duration::from_secs(300)))?;
    must!(report.contains("1 host up"), "nmap did not scan:\n{report}");
    let ports = report.split_whitespace().filter_map(|word| word.split_once("/open/tcp"));
    ports.map(|(port, _)| port.parse().map_err(|_| Error::Unmet(format!("nmap says {port:?}")))).collect()
}

fn no_login_prompt(stage: &mut Stage) -> Result<()> {
    let console = stage.machine()?.serial().text();
    must!(!console.contains("login:"), "the serial console asks for a login");
    must!(!console.contains("emergency mode"), "the machine offers an emergency shell");
    Ok(())
}
