//! Who sends in the club's name is a member, and sends as nobody else: no letter without a password, none
//! with a wrong one, none under another member's address; but each of one's own addresses will do.

use crate::Result;
use crate::client::{Security, Smtp};
use crate::club::{JILL, KENTON};
use crate::must;
use crate::scenarios::letter;
use crate::session::Stage;
use crate::world::{HOME, MACHINE};

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    for port in [465, 587] {
        let reply = outbox(port)?.send("kenton@ambridge.example", &["jill@ambridge.example"], "Subject: x\r\n\r\n")?;
        must!(reply.is_refusal(), "port {port} takes a letter without a password: {reply}");
        let reply = outbox(port)?.log_in(KENTON.name, "first-orders-at-the-bull")?;
        must!(reply.code == 535, "port {port} answers a wrong password with {reply}");
        let reply = outbox(port)?.log_in(KENTON.name, KENTON.password)?;
        must!(reply.code == 235, "port {port} answers the right password with {reply}");
    }

    let forged = letter("jill@ambridge.example", "shula@ambridge.example", "Not from Jill", "x");
    let reply = stage.outbox_of(KENTON)?.send("jill@ambridge.example", &["shula@ambridge.example"], &forged)?;
    must!(reply.is_refusal(), "kenton may write as jill: {reply}");
    let reply = stage.outbox_of(KENTON)?.send("ruth@borchester.example", &["shula@ambridge.example"], &forged)?;
    must!(reply.is_refusal(), "kenton may write as somebody elsewhere: {reply}");

    let own = letter("j.archer@ambridge.example", "kenton@ambridge.example", "From my other address", "x");
    let reply = stage.outbox_of(JILL)?.send("j.archer@ambridge.example", &["kenton@ambridge.example"], &own)?;
    must!(reply.is_positive(), "jill may not write from her other address: {reply}");
    stage.member_receives(KENTON, "INBOX", "From my other address").map(drop)
}

fn outbox(port: u16) -> Result<Smtp> {
    let security = if port == 465 { Security::Implicit } else { Security::Plain };
    let mut smtp = Smtp::connect(HOME, (MACHINE, port).into(), security, "[192.0.2.80]")?;
    if security == Security::Plain {
        smtp.start_tls()?;
    }
    Ok(smtp)
}
