//! Pinned system users and groups: `image/users.toml` → `/etc/passwd`, `/etc/group`, `/etc/shadow`, `/etc/gshadow`.
//!
//! Written before any package is configured; Debian's maintainer scripts then find their accounts and keep them,
//! so files in state keep their owners from release to release. [`Users::check`] refuses an account nobody pinned.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{PermissionsExt, lchown};
use std::path::Path;

use serde::Deserialize;

use crate::error::Error;

/// The file as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Users {
    #[serde(default)]
    group: Vec<Group>,
    #[serde(default)]
    user: Vec<User>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: String,
    gid: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct User {
    name: String,
    uid: u32,
    /// An existing group; where absent a group of the user's name and id is made.
    group: Option<String>,
    /// Further groups.
    #[serde(default)]
    groups: Vec<String>,
    home: String,
    shell: String,
    comment: String,
}

impl Users {
    /// Reads the text of `path`.
    ///
    /// # Errors
    /// TOML that is malformed, or an id given twice.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Error> {
        let users: Self = toml::from_str(text).map_err(|e| Error::malformed(path, e.to_string()))?;
        let mut ids = BTreeSet::new();
        if let Some(twice) = users.user.iter().find(|user| !ids.insert(user.uid)) {
            return Err(Error::malformed(path, format!("user {} has an id that another one has", twice.name)));
        }
        Ok(users)
    }

    /// Writes the account files: base-passwd's own entries, then the pinned ones.
    ///
    /// # Errors
    /// A file that cannot be read or written, or a group that nobody declares.
    pub fn write(&self, root: &Path) -> Result<(), Error> {
        let master = |name: &str| {
            let path = root.join("usr/share/base-passwd").join(name);
            fs::read_to_string(&path).map_err(|e| Error::io("read", path, e))
        };
        let group = self.groups(&master("group.master")?);
        let gid = |name: &str| {
            group
                .lines()
                .find(|line| line.split(':').next() == Some(name))
                .and_then(|line| line.split(':').nth(2))
                .map(str::to_owned)
        };
        let mut passwd = master("passwd.master")?.replacen("root:*:", "root:x:", 1);
        for user in &self.user {
            let group = user.group.as_deref().unwrap_or(&user.name);
            let gid = gid(group)
                .ok_or_else(|| Error::malformed(root, format!("no group «{group}» for user {}", user.name)))?;
            let _ =
                writeln!(passwd, "{}:x:{}:{gid}:{}:{}:{}", user.name, user.uid, user.comment, user.home, user.shell);
        }
        let passwd = passwd.replace(":*:", ":x:");
        let shadow = shadow(&passwd);
        let gshadow: String = names(&group).map(|name| format!("{name}:*::\n")).collect();
        account_file(root, "passwd", &passwd, 0o644, 0)?;
        account_file(root, "group", &group.replace(":*:", ":x:"), 0o644, 0)?;
        account_file(root, "shadow", &shadow, 0o640, 42)?;
        account_file(root, "gshadow", &gshadow, 0o640, 42)
    }

    /// The `group` file: `master`'s lines, then ours, with members.
    fn groups(&self, master: &str) -> String {
        let own = self.user.iter().filter(|user| user.group.is_none()).map(|user| (user.name.as_str(), user.uid));
        let added = self.group.iter().map(|group| (group.name.as_str(), group.gid)).chain(own);
        let all = master.to_owned() + &added.map(|(name, gid)| format!("{name}:*:{gid}:\n")).collect::<String>();
        let with_members = |line: &str| {
            let name = line.split(':').next().unwrap_or_default();
            let members: Vec<&str> = self
                .user
                .iter()
                .filter(|user| user.groups.iter().any(|g| g == name))
                .map(|user| user.name.as_str())
                .collect();
            format!("{line}{}\n", members.join(","))
        };
        all.lines().map(with_members).collect()
    }

    /// The users' ids by their names.
    pub fn uids(&self) -> impl Iterator<Item = (String, u32)> {
        self.user.iter().map(|user| (user.name.clone(), user.uid))
    }

    /// The groups' ids by their names: those declared, and users' own.
    pub fn gids(&self) -> impl Iterator<Item = (String, u32)> {
        let own = self.user.iter().filter(|user| user.group.is_none()).map(|user| (user.name.clone(), user.uid));
        self.group.iter().map(|group| (group.name.clone(), group.gid)).chain(own)
    }

    /// Refuses a configured root with an account that is not pinned here or by base-passwd.
    ///
    /// # Errors
    /// The account and the number it got.
    pub fn check(&self, root: &Path) -> Result<(), Error> {
        for (file, pinned) in [
            ("passwd", self.user.iter().map(|user| user.name.as_str()).collect::<BTreeSet<_>>()),
            (
                "group",
                self.group.iter().map(|g| g.name.as_str()).chain(self.user.iter().map(|u| u.name.as_str())).collect(),
            ),
        ] {
            let read = |path: &Path| fs::read_to_string(path).map_err(|e| Error::io("read", path, e));
            let master = read(&root.join(format!("usr/share/base-passwd/{file}.master")))?;
            let known: BTreeSet<&str> = names(&master).collect();
            let path = root.join("etc").join(file);
            let text = read(&path)?;
            if let Some(line) = text.lines().find(|line| {
                let name = line.split(':').next().unwrap_or_default();
                !pinned.contains(name) && !known.contains(name)
            }) {
                return Err(Error::malformed(
                    path,
                    format!("a package made the account «{line}»; pin it in image/users.toml"),
                ));
            }
        }
        Ok(())
    }
}

/// The names in an account file.
fn names(file: &str) -> impl Iterator<Item = &str> {
    file.lines().filter_map(|line| line.split(':').next())
}

fn account_file(root: &Path, name: &str, text: &str, mode: u32, gid: u32) -> Result<(), Error> {
    let path = root.join("etc").join(name);
    fs::write(&path, text).map_err(|e| Error::io("write", &path, e))?;
    lchown(&path, Some(0), Some(gid)).map_err(|e| Error::io("chown", &path, e))?;
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).map_err(|e| Error::io("chmod", &path, e))
}

/// The `shadow` file of the accounts in `passwd`: no password at all, and no day of its last change (shadow(5)). With
/// the day 0 PAM asks for a new password at every login, by SSH key too.
fn shadow(passwd: &str) -> String {
    names(passwd).map(|name| format!("{name}:!*::0:99999:7:::\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: &str = "[[group]]\nname='drop'\ngid=207\n[[user]]\nname='mail1'\nuid=240\nhome='/x'\nshell='/bin/false'\ncomment=''\ngroups=['drop']\n";

    #[test]
    fn an_id_given_twice_is_refused() {
        let twice = format!(
            "{USERS}{}",
            USERS.split_once("[[user]]").unwrap().1.replace("mail1", "mail2").replace("\nname", "[[user]]\nname")
        );
        assert!(Users::parse(Path::new("users.toml"), &twice).unwrap_err().to_string().contains("mail2"));
    }

    #[test]
    fn no_account_has_a_password_nor_one_that_ages() {
        assert_eq!(shadow("root:x:0:0::/root:/bin/sh\n"), "root:!*::0:99999:7:::\n");
    }

    #[test]
    fn a_user_is_in_its_further_groups() {
        let users = Users::parse(Path::new("users.toml"), USERS).unwrap();
        assert_eq!(users.groups("root:*:0:\n"), "root:*:0:\ndrop:*:207:mail1\nmail1:*:240:\n");
    }
}
