//! No password travels in the clear: the ports of IMAP and POP without TLS are closed, and the submission
//! ports offer no login before TLS. Port 25 offers none at all.

use std::time::Duration;

use crate::Result;
use crate::client::{Security, Smtp, reaches};
use crate::club::KENTON;
use crate::must;
use crate::session::Stage;
use crate::world::{HOME, MACHINE};

/// A filtered port keeps silent; an open one answers sooner.
const ANSWER: Duration = Duration::from_secs(5);

/// See the file's header.
pub fn run(_: &mut Stage) -> Result<()> {
    must!(reaches(HOME, (MACHINE, 993).into(), ANSWER), "port 993 does not answer");
    for port in [110, 143] {
        must!(!reaches(HOME, (MACHINE, port).into(), ANSWER), "port {port} answers");
    }
    for port in [25, 587] {
        let mut smtp = Smtp::connect(HOME, (MACHINE, port).into(), Security::Plain, "[192.0.2.80]")?;
        must!(!smtp.offers.contains("AUTH"), "port {port} offers a login in the clear: {}", smtp.offers);
        let reply = smtp.log_in(KENTON.name, KENTON.password)?;
        must!(reply.is_refusal(), "port {port} takes a password in the clear: {reply}");
    }
    let mut relay = Smtp::connect(HOME, (MACHINE, 25).into(), Security::Plain, "[192.0.2.80]")?;
    relay.start_tls()?;
    must!(!relay.offers.contains("AUTH"), "port 25 offers a login: {}", relay.offers);
    Ok(())
}
