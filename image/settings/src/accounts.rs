//! The image's users and groups, from its `/etc/passwd` and `/etc/group`.

use std::collections::BTreeMap;

use crate::SettingsError;

/// Ids by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accounts {
    users: BTreeMap<String, u32>,
    groups: BTreeMap<String, u32>,
}

impl Accounts {
    /// Reads the texts of `/etc/passwd` and `/etc/group` (passwd(5), group(5)).
    ///
    /// # Errors
    /// When a line has no numeric id in its third field.
    pub fn parse(passwd: &str, group: &str) -> Result<Self, SettingsError> {
        Ok(Self { users: ids("/etc/passwd", passwd)?, groups: ids("/etc/group", group)? })
    }

    /// User ids by name.
    #[must_use]
    pub fn users(&self) -> &BTreeMap<String, u32> {
        &self.users
    }

    /// Group ids by name.
    #[must_use]
    pub fn groups(&self) -> &BTreeMap<String, u32> {
        &self.groups
    }

    /// The ids of `user` and `group`, which `by` asks for.
    ///
    /// # Errors
    /// When the image has no such user or group.
    pub fn owner(&self, by: &str, user: &str, group: &str) -> Result<(u32, u32), SettingsError> {
        let find = |ids: &BTreeMap<String, u32>, kind, name: &str| {
            ids.get(name).copied().ok_or_else(|| SettingsError::UnknownAccount {
                by: by.to_owned(),
                kind,
                name: name.to_owned(),
            })
        };
        Ok((find(&self.users, "user", user)?, find(&self.groups, "group", group)?))
    }
}

fn ids(file: &'static str, text: &str) -> Result<BTreeMap<String, u32>, SettingsError> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(number, line)| {
            let mut fields = line.split(':');
            let name = fields.next().filter(|name| !name.is_empty());
            let id = fields.nth(1).and_then(|id| id.parse().ok());
            name.zip(id)
                .map(|(name, id)| (name.to_owned(), id))
                .ok_or(SettingsError::Accounts { file, line: number + 1 })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_ids_by_name() {
        let accounts =
            Accounts::parse("root:x:0:0::/root:/bin/sh\nvmail:x:5000:5000:::\n", "root:x:0:\nvmail:x:5000:a,b\n")
                .unwrap();
        assert_eq!(accounts.owner("test", "vmail", "root").unwrap(), (5000, 0));
        assert!(matches!(
            accounts.owner("test", "nemo", "root"),
            Err(SettingsError::UnknownAccount { kind: "user", .. })
        ));
    }

    #[test]
    fn names_the_line_that_is_no_account() {
        assert!(matches!(Accounts::parse("root:x:0:0\nrubbish", ""), Err(SettingsError::Accounts { line: 2, .. })));
    }
}
