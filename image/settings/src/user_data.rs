//! What of the provider's user data is for us: the `sos:` mapping and SSH keys.

use serde_json::Value;

use crate::mapping::{Handed, Offered};
use crate::problem::Problems;
use crate::yaml;

/// User data in the form of cloud-config. Shows nothing when debugged: it holds first passwords.
pub struct UserData(Value);

impl std::fmt::Debug for UserData {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("UserData(…)")
    }
}

impl UserData {
    /// Reads cloud-config; text that is none, such as nothing at all, has neither mapping nor keys.
    ///
    /// # Errors
    /// When it is cloud-config but no YAML.
    pub fn parse(text: &str) -> Result<Self, Problems> {
        if !text.trim_start_matches('\u{feff}').trim_start().starts_with("#cloud-config") {
            return Ok(Self(Value::Null));
        }
        yaml::parse(text).map(Self).map_err(|what| {
            let mut problems = Problems::default();
            problems.add("user data", what);
            problems
        })
    }

    /// What the `sos:` mapping hands in, if there is one.
    ///
    /// # Errors
    /// Every problem of the mapping.
    pub fn handed(&self, offered: &Offered) -> Result<Option<Handed>, Problems> {
        self.0.get("sos").map(|value| Handed::read(value, offered)).transpose()
    }

    /// The keys of `ssh_authorized_keys`.
    #[must_use]
    pub fn ssh_keys(&self) -> Vec<String> {
        let keys = self.0.get("ssh_authorized_keys").and_then(Value::as_array);
        keys.into_iter().flatten().filter_map(Value::as_str).map(|key| key.trim().to_owned()).collect()
    }
}

/// Whether `line` is one public key as authorized_keys(5) has it, without options and on one line.
#[must_use]
pub fn is_ssh_public_key(line: &str) -> bool {
    const KINDS: [&str; 7] = [
        "ssh-ed25519",
        "ssh-rsa",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
        "sk-ssh-ed25519@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com",
    ];
    let mut words = line.split(' ');
    let kind = words.next().is_some_and(|kind| KINDS.contains(&kind));
    let blob = words.next().is_some_and(|blob| {
        blob.len() > 40 && blob.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
    });
    kind && blob && !line.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_keys_and_nothing_that_only_looks_like_one() {
        let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE jill@home";
        assert!(is_ssh_public_key(key));
        assert!(!is_ssh_public_key(&format!("command=\"sh\" {key}")));
        assert!(!is_ssh_public_key(&format!("{key}\nssh-rsa AAAA")));
        assert!(!is_ssh_public_key("ssh-ed25519 short"));
    }

    #[test]
    fn other_kinds_of_user_data_say_nothing_to_us() {
        assert!(UserData::parse("#!/bin/sh\nsos: x").unwrap().ssh_keys().is_empty());
        assert!(UserData::parse("").unwrap().ssh_keys().is_empty());
    }

    #[test]
    fn broken_yaml_is_a_problem_and_not_silence() {
        assert!(UserData::parse("#cloud-config\nsos: {version: 1\n").is_err());
    }
}
