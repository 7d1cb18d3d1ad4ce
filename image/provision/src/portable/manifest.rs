//! `manifest.toml`: what an export is, and what it is of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sos_settings::MemberName;

use super::MANIFEST;
use super::refusal::Refusal;

/// The format this program writes and reads.
const FORMAT: u32 = 1;
/// Largest manifest, in bytes: some hundred a member.
pub(super) const LARGEST: u64 = 64 << 20;
/// What stands above it.
const HEAD: &str = "# What is in this folder, and how to bring it to a server: README.txt.
# It holds keys, password hashes and letters. Keep it as carefully as the server itself.
";

/// What an export is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The format's version.
    pub format: u32,
    /// The release that wrote it.
    pub release: String,
    /// When it was written (RFC 3339).
    pub written: String,
    /// Whose it is.
    pub organisation: String,
    /// The domain of their addresses.
    pub domain: String,
    /// How many files there are, without this one, and how many bytes in them.
    pub files: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// The times of all files, added (modulo 2⁶³): no time in the list changes unnoticed.
    pub seconds: u64,
    /// What could not be taken, by its place.
    pub left_out: Vec<String>,
    /// What is in it.
    pub checksums: Checksums,
}

/// What an organisation has, as checksums (SHA-256, hexadecimal) that are the same on each server that has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checksums {
    /// The settings, but for the certificate authority, which may be the provider's.
    pub settings: String,
    /// Groups and roles, and all of the directory that is no member.
    pub teams: String,
    /// Keys, certificate and logo, by their files' names.
    pub keys: BTreeMap<String, String>,
    /// Members, by name.
    pub members: BTreeMap<MemberName, MemberChecksums>,
}

/// What a member has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberChecksums {
    /// Their entry, hash of the password, quota and forward among it, their groups and roles.
    pub directory: String,
    /// Letters with their folders, flags and times; subscriptions.
    pub mail: String,
    /// Folders that say something: with letters, or of the member's own making.
    pub folders: u64,
    /// Letters.
    pub letters: u64,
    /// Bytes of letters.
    pub bytes: u64,
    /// Sieve scripts, and which is followed.
    pub filters: String,
    /// How many scripts.
    pub scripts: u64,
    /// What other services have of them, by service.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub services: BTreeMap<String, String>,
}

impl Manifest {
    /// An empty one of the format that is written.
    pub(super) fn new(release: String, written: String, checksums: Checksums) -> Self {
        let (organisation, domain) = (String::new(), String::new());
        let format = FORMAT;
        Self {
            format,
            release,
            written,
            organisation,
            domain,
            files: 0,
            bytes: 0,
            seconds: 0,
            left_out: vec![],
            checksums,
        }
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// [`Refusal::Format`] when it is of another format, [`Refusal::Malformed`] when it is none.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        #[derive(Deserialize)]
        struct Only {
            format: u32,
        }
        let fault = |error: toml::de::Error| Refusal::malformed(MANIFEST, error.message());
        let Only { format: found } = toml::from_str(text).map_err(fault)?;
        if found != FORMAT {
            return Err(Refusal::Format { found, known: FORMAT });
        }
        toml::from_str(text).map_err(fault)
    }

    /// The text of the file.
    pub(super) fn to_toml(&self) -> Result<String, Refusal> {
        let body = toml::to_string(self).map_err(|error| Refusal::malformed(MANIFEST, error))?;
        Ok(format!("{HEAD}{body}"))
    }
}

impl Checksums {
    /// What is not the same in `other`, in words; nothing when all is.
    pub(super) fn difference(&self, other: &Self) -> Option<String> {
        let parts = [("settings", self.settings == other.settings), ("groups and roles", self.teams == other.teams)];
        if let Some((part, _)) = parts.into_iter().chain([("keys", self.keys == other.keys)]).find(|(_, same)| !same) {
            return Some(part.to_owned());
        }
        let names = self.members.keys().chain(other.members.keys());
        let member = names.into_iter().find(|name| self.members.get(*name) != other.members.get(*name))?;
        let (Some(one), Some(two)) = (self.members.get(member), other.members.get(member)) else {
            return Some(format!("the member {member}"));
        };
        let parts = [
            ("directory entry", one.directory == two.directory),
            ("letters", one.mail == two.mail && one.letters == two.letters),
            ("filters", one.filters == two.filters),
            ("data of other services", one.services == two.services),
        ];
        let part = parts.into_iter().find(|(_, same)| !same).map_or("counts", |(part, _)| part);
        Some(format!("the {part} of {member}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLDEN: &str = include_str!("../../tests/golden/manifest.toml");

    fn manifest() -> Manifest {
        let member = MemberChecksums {
            directory: "d1".into(),
            mail: "m1".into(),
            folders: 2,
            letters: 3,
            bytes: 400,
            filters: "f1".into(),
            scripts: 1,
            services: [("webmail".to_owned(), "w1".to_owned())].into(),
        };
        let bare = MemberChecksums { services: BTreeMap::new(), ..member.clone() };
        let checksums = Checksums {
            settings: "s1".into(),
            teams: "t1".into(),
            keys: [("dkim/sos.key".to_owned(), "k1".to_owned())].into(),
            members: [("j.archer".parse().unwrap(), bare), ("jill".parse().unwrap(), member)].into(),
        };
        Manifest {
            organisation: "Zoë's Club".into(),
            domain: "ambridge.example".into(),
            files: 7,
            bytes: 512,
            seconds: 12_000_000_000,
            left_out: vec!["members/jill/.dovecot.sieve".into()],
            ..Manifest::new("2026.11.1".into(), "2026-11-28T12:00:00Z".into(), checksums)
        }
    }

    #[test]
    fn it_is_written_as_documented_and_read_again() {
        assert_eq!(manifest().to_toml().unwrap(), GOLDEN);
        assert_eq!(Manifest::parse(GOLDEN).unwrap(), manifest());
    }

    #[test]
    fn a_format_from_the_future_is_refused_whatever_else_it_has() {
        let refused = Manifest::parse("format = 2\ncalendars = \"all of them\"\n").unwrap_err();
        assert_eq!(refused, Refusal::Format { found: 2, known: 1 });
    }

    #[test]
    fn what_is_no_manifest_is_refused() {
        for bad in [
            String::new(),
            "format = 1\n".into(),
            GOLDEN.replace("files = 7", "files = -7"),
            GOLDEN.replace("files = 7", "files = 7\ncolour = 1"),
            GOLDEN.replace("members.jill", "members.\"../jill\""),
        ] {
            assert!(matches!(Manifest::parse(&bad), Err(Refusal::Malformed { .. })), "{bad}");
        }
    }

    #[test]
    fn a_difference_is_named() {
        let one = manifest().checksums;
        assert_eq!(one.difference(&one), None);
        let mut other = one.clone();
        other.members.values_mut().for_each(|member| member.filters.push('x'));
        assert_eq!(one.difference(&other).unwrap(), "the filters of j.archer");
        other.members.clear();
        assert_eq!(one.difference(&other).unwrap(), "the member j.archer");
        other.teams.clear();
        assert_eq!(other.difference(&one).unwrap(), "groups and roles");
    }
}
