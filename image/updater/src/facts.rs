//! What there is on a server, as numbers by name: counted by the old release before a try, and found again by the new
//! one's gate. Things may become more, never less; settings have to be what they were.
//!
//! Counting reads names in folders, never what is in letters.

use std::fs;
use std::path::{Path, PathBuf};

use sos_provision::Device;
use sos_settings::PROBE_MEMBER;
use sos_signing::Digest;

use crate::error::UpdateError;
use crate::network;

/// How much there is of what.
pub type Facts = std::collections::BTreeMap<String, u64>;

/// Facts whose names begin so are digests, to be equal.
const SETTING: &str = "setting ";
/// Where the settings are.
const SETTINGS: &str = "/var/lib/sos/settings.toml";
/// The key that says how the settings are written, which a new release may change.
const VERSION: &str = "version";
/// Mailboxes, a folder for each member; those set aside are in a hidden one.
const MAILBOXES: &str = "/var/mail";
/// Most folders below a mailbox that are gone down.
const DEPTH: usize = 8;

/// Counts. Before there is an owner there is nothing to count but how the server is connected.
///
/// # Errors
/// When something that is there cannot be counted.
pub fn gather(device: &Device) -> Result<Facts, UpdateError> {
    let mut facts = without_services(device)?;
    if device.path(SETTINGS).exists() {
        facts.insert("entries in the directory".into(), entries(device)?);
    }
    Ok(facts)
}

/// Counts what no service has to be up for.
///
/// # Errors
/// When something that is there cannot be counted.
pub fn without_services(device: &Device) -> Result<Facts, UpdateError> {
    let mut facts = network::ways(device)?;
    if !device.path(SETTINGS).exists() {
        return Ok(facts);
    }
    settings(device, &mut facts)?;
    mailboxes(&device.path(MAILBOXES), &mut facts)?;
    for (folder, name) in [("/var/lib/sos/secrets", "secrets"), ("/var/lib/sos/dkim", "keys for signing letters")] {
        facts.insert(name.into(), names(&device.path(folder))?.len() as u64);
    }
    Ok(facts)
}

/// What is less than it was, or another, a sentence each.
#[must_use]
pub fn lost(before: &Facts, now: &Facts) -> Vec<String> {
    let fault = |(name, before): (&String, &u64)| match (name.strip_prefix(SETTING), now.get(name)) {
        (Some(setting), now) => (now != Some(before)).then(|| format!("the setting {setting} is not what it was")),
        (None, now) => {
            let now = now.copied().unwrap_or(0);
            (now < *before).then(|| format!("{name}: {before} before, {now} now"))
        }
    };
    before.iter().filter_map(fault).collect()
}

/// A digest for each setting. New ones may come with a release, and these stay.
fn settings(device: &Device, facts: &mut Facts) -> Result<(), UpdateError> {
    let path = device.path(SETTINGS);
    let text = fs::read_to_string(&path).map_err(UpdateError::file("read", &path))?;
    let table: toml::Table = toml::from_str(&text).map_err(|error| UpdateError::malformed(&path, error.message()))?;
    leaves("", &toml::Value::Table(table), facts);
    facts.remove(&format!("{SETTING}{VERSION}"));
    Ok(())
}

fn leaves(name: &str, value: &toml::Value, facts: &mut Facts) {
    if let toml::Value::Table(table) = value {
        for (key, value) in table {
            let below = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
            leaves(&below, value, facts);
        }
        return;
    }
    let digest = Digest::of(value.to_string().as_bytes());
    let head = digest.as_bytes().first_chunk().map_or(0, |head| u64::from_be_bytes(*head));
    facts.insert(format!("{SETTING}{name}"), head);
}

/// Everything in the directory: members, groups, roles, and what they hang on.
fn entries(device: &Device) -> Result<u64, UpdateError> {
    let search = ["-LLL", "-Q", "-Y", "EXTERNAL", "-H", "ldapi:///", "-b", "o=organisation", "-s", "sub"];
    let found = device.program("ldapsearch").args(search).args(["(objectClass=*)", "1.1"]).run()?;
    Ok(String::from_utf8_lossy(&found).lines().filter(|line| line.starts_with("dn:")).count() as u64)
}

/// Mailboxes, and of each how many letters and filters it has. The probe's letters come and go.
fn mailboxes(folder: &Path, facts: &mut Facts) -> Result<(), UpdateError> {
    let members: Vec<String> = names(folder)?.into_iter().filter(|name| name != PROBE_MEMBER).collect();
    facts.insert("mailboxes".into(), members.len() as u64);
    for member in members {
        let mailbox = folder.join(&member);
        facts.insert(format!("letters of {member}"), letters(&mailbox.join("Maildir"), DEPTH)?);
        facts.insert(format!("filters of {member}"), names(&mailbox.join("sieve"))?.len() as u64);
    }
    Ok(())
}

/// Files in the folders `cur` and `new` of a Maildir and of all folders in it.
fn letters(maildir: &Path, depth: usize) -> Result<u64, UpdateError> {
    let mut count = 0;
    for entry in list(maildir)? {
        let path = entry.path();
        // The kind is in the folder's own entry: nothing is looked at that only has to be counted.
        if !entry.file_type().map_err(UpdateError::file("look at", &path))?.is_dir() {
            continue;
        }
        count += match entry.file_name().to_str() {
            Some("cur" | "new") => names(&path)?.len() as u64,
            Some("tmp") => 0,
            _ if depth == 0 => 0,
            _ => letters(&path, depth - 1)?,
        };
    }
    Ok(count)
}

/// The names in a folder that are not hidden; none where there is no folder.
fn names(folder: &Path) -> Result<Vec<String>, UpdateError> {
    let names = list(folder)?.into_iter().map(|entry| entry.file_name().to_string_lossy().into_owned());
    Ok(names.filter(|name| !name.starts_with('.')).collect())
}

fn list(folder: &Path) -> Result<Vec<fs::DirEntry>, UpdateError> {
    let fault = |error| UpdateError::file("list", &PathBuf::from(folder))(error);
    match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        entries => entries.and_then(Iterator::collect).map_err(fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_programs::stand_in;

    const AMBRIDGE: &str = "version = 1\nhost = \"mail.ambridge.example\"\ntimezone = \"Europe/London\"\nlanguage = \"en\"\n\
                            services = [\"mail\"]\norganisation = { name = \"Club\", domain = \"ambridge.example\" }\n";

    struct Server {
        root: tempfile::TempDir,
        _programs: tempfile::TempDir,
        device: Device,
    }

    fn server() -> Server {
        let (root, programs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let device = Device::new(root.path()).with_programs(programs.path());
        let found = "printf 'dn: o=organisation\\n\\ndn:: dWlkPVpvw6s=\\n\\ndn: uid=jill,ou=members,o=organisation\\n'";
        stand_in(programs.path(), "ldapsearch", found);
        stand_in(programs.path(), "ip", "case $* in -4*) echo something;; esac");
        let server = Server { root, _programs: programs, device };
        server.put("var/lib/sos/settings.toml", AMBRIDGE);
        server.put("var/lib/sos/dkim/sos.key", "x");
        for letter in ["cur/1:2,S", "new/2", "tmp/3", ".Archive/cur/4:2,S", ".Archive.2025/new/5"] {
            server.put(&format!("var/mail/jill/Maildir/{letter}"), "x");
        }
        server.put("var/mail/jill/Maildir/dovecot.index", "x");
        server.put("var/mail/jill/sieve/webmail.sieve", "keep;");
        server.put("var/mail/sos-probe/Maildir/new/1", "x");
        server.put("var/mail/.removed/joe/Maildir/new/1", "x");
        server
    }

    impl Server {
        fn put(&self, path: &str, text: &str) {
            let path = self.root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn lost(&self, before: &Facts) -> Vec<String> {
            lost(before, &gather(&self.device).unwrap())
        }
    }

    #[test]
    fn counts_entries_letters_filters_and_keys_and_leaves_out_the_probe_s() {
        let facts = gather(&server().device).unwrap();
        let counts: Vec<(&str, u64)> = facts
            .iter()
            .filter(|(name, _)| !name.starts_with(SETTING))
            .map(|(name, count)| (name.as_str(), *count))
            .collect();
        let expected = [
            ("entries in the directory", 3),
            ("filters of jill", 1),
            ("keys for signing letters", 1),
            ("letters of jill", 4),
            ("mailboxes", 1),
            ("networks with an IPv4 address", 1),
            ("networks with an IPv6 address", 0),
            ("secrets", 0),
            ("ways out by IPv4", 1),
            ("ways out by IPv6", 0),
        ];
        assert_eq!(counts, expected);
    }

    #[test]
    fn more_is_no_loss_and_less_is() {
        let server = server();
        let before = gather(&server.device).unwrap();
        server.put("var/mail/jill/Maildir/new/6", "x");
        server.put("var/mail/joe/Maildir/new/1", "x");
        assert_eq!(server.lost(&before), Vec::<String>::new());
        fs::remove_dir_all(server.root.path().join("var/mail/jill/Maildir/.Archive")).unwrap();
        fs::remove_file(server.root.path().join("var/mail/jill/Maildir/new/6")).unwrap();
        assert_eq!(server.lost(&before), ["letters of jill: 4 before, 3 now"]);
    }

    #[test]
    fn an_empty_directory_and_a_mailbox_that_is_gone_are_losses() {
        let server = server();
        let before = gather(&server.device).unwrap();
        stand_in(server._programs.path(), "ldapsearch", "echo 'dn: o=organisation'");
        fs::remove_dir_all(server.root.path().join("var/mail/jill")).unwrap();
        let expected = [
            "entries in the directory: 3 before, 1 now",
            "filters of jill: 1 before, 0 now",
            "letters of jill: 4 before, 0 now",
            "mailboxes: 1 before, 0 now",
        ];
        assert_eq!(server.lost(&before), expected);
    }

    #[test]
    fn a_setting_must_be_what_it_was_and_new_ones_may_come() {
        let server = server();
        let before = gather(&server.device).unwrap();
        let migrated = AMBRIDGE.replace("version = 1", "version = 2\nnews = true");
        server.put("var/lib/sos/settings.toml", &migrated);
        assert_eq!(server.lost(&before), Vec::<String>::new());
        server.put("var/lib/sos/settings.toml", &migrated.replace("ambridge.example", "borchester.example"));
        let expected = ["the setting host is not what it was", "the setting organisation.domain is not what it was"];
        assert_eq!(server.lost(&before), expected);
        fs::remove_file(server.root.path().join("var/lib/sos/settings.toml")).unwrap();
        assert!(server.lost(&before).len() > 5);
    }

    #[test]
    fn before_there_is_an_owner_there_is_nothing_to_count_but_the_network() {
        let root = tempfile::tempdir().unwrap();
        let device = Device::new(root.path()).with_programs(root.path());
        stand_in(root.path(), "ip", "exit 0");
        assert_eq!(gather(&device).unwrap(), network::ways(&device).unwrap());
    }
}
