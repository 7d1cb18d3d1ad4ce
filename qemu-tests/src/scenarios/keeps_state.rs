//! Only the state partition survives a reboot, and everything the organisation owns is on it: the machine's
//! identity, its SSH host keys, its mail, its settings. `/etc` is rendered again, to the same bytes.

use crate::Result;
use crate::base::HEALTH_SECONDS;
use crate::club::{JILL, KENTON};
use crate::must;
use crate::session::Stage;

/// What must be the same after a reboot, as commands whose output is compared.
const KEPT: [(&str, &str); 6] = [
    ("the machine id", "cat /etc/machine-id"),
    ("the SSH host keys", "sha256sum /var/lib/sos/ssh/ssh_host_*_key"),
    ("the settings", "sha256sum /var/lib/sos/settings.toml"),
    (
        "the secrets and keys",
        "find /var/lib/sos/secrets /var/lib/sos/tls /var/lib/sos/dkim -type f | sort | xargs sha256sum",
    ),
    ("the rendered postfix configuration", "sha256sum /etc/postfix/main.cf /etc/postfix/master.cf"),
    ("the mailboxes' owner", "stat --format '%u:%g %a' /var/mail"),
];

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    stage.member_writes(KENTON, "jill@ambridge.example", "Keep this over the reboot", "It matters.")?;
    stage.member_receives(JILL, "INBOX", "Keep this over the reboot")?;
    let shell = stage.shell();
    let before = KEPT.map(|(_, command)| shell.succeed(command));

    let limit = stage.limit(HEALTH_SECONDS);
    stage.reboot(limit)?;
    shell.wait_until_succeeds("true", 30)?;

    for ((what, command), before) in KEPT.into_iter().zip(before) {
        let (before, after) = (before?, shell.succeed(command)?);
        must!(!before.trim().is_empty(), "{what}: `{command}` shows nothing");
        must!(before == after, "{what} changed over a reboot: before\n{before}after\n{after}");
    }
    stage.member_receives(JILL, "INBOX", "Keep this over the reboot")?;
    Ok(())
}
