//! How the people of the scenarios write and read: members from home, with their password; others from
//! their organisation's server; the forger from a host of nobody's.

use std::net::SocketAddr;

use crate::Result;
use crate::client::{Imap, ManageSieve, Security, Smtp};
use crate::club::Member;
use crate::must;
use crate::session::Stage;
use crate::world::{BORCHESTER, FORGER, HOME, MACHINE};

/// Seconds a letter may take from hand to mailbox, scanning included, with hardware virtualisation.
pub const MAIL_SECONDS: u32 = 30;

/// A short letter, complete enough that no spam rule has anything to say.
#[must_use]
pub fn letter(from: &str, to: &str, subject: &str, body: &str) -> String {
    let now = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    let domain = from.rsplit('@').next().unwrap_or_default();
    format!(
        "From: <{from}>\r\nTo: <{to}>\r\nSubject: {subject}\r\nDate: {}\r\nMessage-ID: <{}@{domain}>\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n",
        imf_date(now.as_secs()),
        now.as_nanos(),
    )
}

impl Stage {
    /// A member's mail program at home, logged in at the submission port.
    ///
    /// # Errors
    /// When the password is refused.
    pub fn outbox_of(&self, member: Member) -> Result<Smtp> {
        let mut smtp = Smtp::connect(HOME, at(465), Security::Implicit, "[192.0.2.80]")?;
        let reply = smtp.log_in(member.name, member.password)?;
        must!(reply.code == 235, "{}'s password is refused at port 465: {reply}", member.name);
        Ok(smtp)
    }

    /// A member's mail program at home, logged in at the mailbox.
    ///
    /// # Errors
    /// When the password is refused.
    pub fn mailbox_of(&self, member: Member) -> Result<Imap> {
        Imap::log_in(HOME, at(993), member.name, member.password)
    }

    /// A member's filter rules.
    ///
    /// # Errors
    /// When the password is refused.
    pub fn filters_of(&self, member: Member) -> Result<ManageSieve> {
        ManageSieve::log_in(HOME, at(4190), member.name, member.password)
    }

    /// Writes a letter as a member; it must be taken.
    ///
    /// # Errors
    /// When it is refused.
    pub fn member_writes(&self, member: Member, to: &str, subject: &str, body: &str) -> Result<()> {
        let text = letter(&member.address(), to, subject, body);
        let reply = self.outbox_of(member)?.send(&member.address(), &[to], &text)?;
        must!(reply.is_positive(), "{}'s letter to {to} is refused: {reply}", member.name);
        Ok(())
    }

    /// Borchester's server knocking at port 25.
    ///
    /// # Errors
    /// When nobody answers.
    pub fn borchester_knocks(&self) -> Result<Smtp> {
        Smtp::connect(BORCHESTER, at(25), Security::Plain, "mail.borchester.example")
    }

    /// A letter from borchester's server, from `from`; it must be taken.
    ///
    /// # Errors
    /// When it is refused.
    pub fn borchester_writes(&self, from: &str, to: &str, subject: &str, body: &str) -> Result<()> {
        let reply = self.borchester_knocks()?.send(from, &[to], &letter(from, to, subject, body))?;
        must!(reply.is_positive(), "the letter from {from} to {to} is refused: {reply}");
        Ok(())
    }

    /// The forger knocking at port 25.
    ///
    /// # Errors
    /// When nobody answers.
    pub fn forger_knocks(&self) -> Result<Smtp> {
        Smtp::connect(FORGER, at(25), Security::Plain, "host66.felpersham.example")
    }

    /// Waits for a letter in a member's folder.
    ///
    /// # Errors
    /// [`crate::Error::Late`].
    pub fn member_receives(&self, member: Member, folder: &str, subject: &str) -> Result<String> {
        self.mailbox_of(member)?.wait_for(folder, subject, self.limit(MAIL_SECONDS))
    }
}

/// A port of the machine.
fn at(port: u16) -> SocketAddr {
    SocketAddr::from((MACHINE, port))
}

/// Seconds since 1970 as RFC 5322, section 3.3 writes them, in UTC.
#[must_use]
pub fn imf_date(seconds: u64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (days, of_day) = (seconds / 86400, seconds % 86400);
    // Howard Hinnant, «chrono-compatible low-level date algorithms», civil_from_days; years start in March.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let calendar_month = (month + 2) % 12;
    let year = era * 400 + year_of_era + u64::from(calendar_month < 2);
    format!(
        "{}, {day} {} {year} {:02}:{:02}:{:02} +0000",
        DAYS[(days % 7) as usize],
        MONTHS[calendar_month as usize],
        of_day / 3600,
        of_day / 60 % 60,
        of_day % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_mail_writes_them() {
        assert_eq!(imf_date(0), "Thu, 1 Jan 1970 00:00:00 +0000");
        assert_eq!(imf_date(951_827_696), "Tue, 29 Feb 2000 12:34:56 +0000");
        assert_eq!(imf_date(1_798_761_599), "Thu, 31 Dec 2026 23:59:59 +0000");
    }
}
