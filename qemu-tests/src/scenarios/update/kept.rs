//! What must be the same before and after: every member's letters (content, marks, folder) and filters, the directory, the
//! settings, keys and secrets, what members set in webmail. Letters that came meanwhile are more, and nothing is less.

use std::collections::BTreeMap;

use crate::vm::Shell;
use crate::{Result, must};

/// Every letter with its folder and marks, every filter: a line of digest and path each. The probe's come and go.
const MAIL: &str = "cd /var/mail && find . -path ./sos-probe -prune -o \
    \\( -path '*/cur/*' -o -path '*/new/*' -o -path '*/sieve/*.sieve' -o -name dovecot-keywords \\) -type f -print0 | \
    xargs -0 -r sha256sum && find . -name .dovecot.sieve -printf 'link->%l  %p\\n'";
/// The directory but for the probe, whose password may be made anew, an entry a paragraph.
const DIRECTORY: &str = "slapcat -f /etc/ldap/slapd.conf -b o=organisation -o ldif-wrap=no -a '(!(uid=sos-probe))'";
/// Settings, keys and secrets.
const SETTINGS: &str = "cd / && find etc/machine-id var/lib/sos/settings.toml var/lib/sos/secrets var/lib/sos/tls var/lib/sos/dkim \
    var/lib/sos/ssh -type f | sort | xargs sha256sum";
/// What members set in webmail.
const WEBMAIL: &str = "runuser -u www-data -- sqlite3 -readonly /var/lib/roundcube/db/roundcube.sqlite \"\
    SELECT 'user', username, language, preferences FROM users WHERE username NOT LIKE 'sos-probe%' ORDER BY username; \
    SELECT 'identity', i.name, i.email, i.signature FROM identities i JOIN users u USING (user_id) \
    WHERE u.username NOT LIKE 'sos-probe%' ORDER BY i.email; \
    SELECT 'contact', u.username, c.name, c.email FROM contacts c JOIN users u USING (user_id) ORDER BY 2, 3;\"";
/// What everybody's mailbox may hold, in KiB.
const QUOTAS: &str =
    "doveadm -f tab quota get -A | awk -F'\\t' '$3 == \"STORAGE\" { print $1, $5 }' | grep -v '^sos-probe ' | sort";
/// So many differences are told.
const TOLD: usize = 12;
/// Seconds to look through five thousand letters, with hardware virtualisation.
const LOOK_SECONDS: u32 = 60;

/// What a club owns, as far as it is on its server.
#[derive(Debug)]
pub struct Belongings {
    /// Digest by path.
    mail: BTreeMap<String, String>,
    directory: String,
    settings: String,
    webmail: String,
    quotas: String,
}

impl Belongings {
    /// Looks it all through.
    ///
    /// # Errors
    /// When something cannot be looked at, or there is nothing.
    pub fn of(shell: &Shell) -> Result<Belongings> {
        let look = |command: &str| shell.succeed_within(command, LOOK_SECONDS);
        let mail: BTreeMap<_, _> = look(MAIL)?
            .lines()
            .filter_map(|line| line.split_once("  "))
            .map(|(digest, path)| (path.to_owned(), digest.to_owned()))
            .collect();
        let found = Belongings {
            mail,
            directory: look(DIRECTORY)?,
            settings: look(SETTINGS)?,
            webmail: look(WEBMAIL)?,
            quotas: look(QUOTAS)?,
        };
        must!(found.mail.len() > 1000, "there are {} letters on this server: it is not populated", found.mail.len());
        must!(found.directory.matches("\ndn: ").count() > 200, "the directory has hardly any entries");
        must!(found.webmail.lines().count() > 100, "nobody ever set anything in webmail");
        must!(found.quotas.lines().count() > 100, "hardly anybody has a quota: {}", found.quotas);
        must!(found.settings.lines().count() > 5, "there are no settings, keys and secrets");
        Ok(found)
    }

    /// Letters.
    #[must_use]
    pub fn letters(&self) -> usize {
        self.mail.len()
    }

    /// Holds what is there `now` to what was there before.
    ///
    /// # Errors
    /// [`crate::Error::Unmet`] with the first differences.
    pub fn must_be_kept(&self, now: &Belongings) -> Result<()> {
        let mut faults: Vec<String> = Vec::new();
        for (path, digest) in &self.mail {
            match now.mail.get(path) {
                None => faults.push(format!("gone: {path}")),
                Some(other) if other != digest => faults.push(format!("another content: {path}")),
                Some(_) => {}
            }
        }
        for (what, before, now) in [
            ("the directory", &self.directory, &now.directory),
            ("settings, keys and secrets", &self.settings, &now.settings),
            ("what members set in webmail", &self.webmail, &now.webmail),
            ("quotas", &self.quotas, &now.quotas),
        ] {
            faults.extend(differences(before, now).into_iter().map(|line| format!("{what}: {line}")));
        }
        must_be_none(&faults, "things are not what they were")
    }
}

/// Ends the scenario where there are faults: with how many, what they are, and the first of them.
///
/// # Errors
/// [`crate::Error::Unmet`].
pub(in crate::scenarios) fn must_be_none(faults: &[String], what: &str) -> Result<()> {
    let told = &faults[..faults.len().min(TOLD)];
    must!(faults.is_empty(), "{} {what}:\n{}", faults.len(), told.join("\n"));
    Ok(())
}

/// Lines of one text that the other lacks.
pub(in crate::scenarios) fn differences(before: &str, now: &str) -> Vec<String> {
    if before == now {
        return Vec::new();
    }
    let missing = |from: &str, among: &str, sign: char| {
        let known: std::collections::HashSet<&str> = among.lines().collect();
        from.lines().filter(|line| !known.contains(line)).map(|line| format!("{sign} {line}")).collect::<Vec<_>>()
    };
    let mut lines = missing(before, now, '-');
    lines.extend(missing(now, before, '+'));
    if lines.is_empty() {
        lines.push("the same lines in another order".into());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn belongings(mail: &[(&str, &str)], directory: &str) -> Belongings {
        let mail = mail.iter().map(|(path, digest)| ((*path).to_owned(), (*digest).to_owned())).collect();
        Belongings { mail, directory: directory.into(), settings: "s".into(), webmail: "w".into(), quotas: "q".into() }
    }

    #[test]
    fn letters_that_came_meanwhile_are_no_difference() {
        let before = belongings(&[("a", "1")], "dn: x");
        before.must_be_kept(&belongings(&[("a", "1"), ("b", "2")], "dn: x")).unwrap();
    }

    #[test]
    fn what_is_gone_or_another_is_told() {
        let before = belongings(&[("a", "1"), ("b", "2")], "dn: x\nmail: y");
        let error = before.must_be_kept(&belongings(&[("a", "9")], "dn: x\nmail: z")).unwrap_err().to_string();
        for told in ["another content: a", "gone: b", "the directory: - mail: y", "the directory: + mail: z"] {
            assert!(error.contains(told), "{error}");
        }
        assert!(error.starts_with("4 things"), "{error}");
    }
}
