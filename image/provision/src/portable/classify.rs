//! A path of an export → what the file there is. Whatever is not named here, no import touches.

use sos_settings::MemberName;

use super::mail::STATES;
use super::{MANIFEST, directory, maildir, services, sieve, sums};

/// What a file of an export is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// What describes the export, or helps a person, and goes nowhere.
    About,
    /// What the organisation chose.
    Settings,
    /// The picture on its pages.
    Logo,
    /// Members, groups and roles.
    Directory,
    /// A key that signs letters, by its name.
    SigningKey(String),
    /// The certificate.
    Certificate,
    /// Its key.
    CertificateKey,
    /// A letter, by its folder (empty: the inbox), `new` or `cur`, and its name.
    Letter {
        /// Whose.
        member: MemberName,
        /// Where.
        folder: String,
        /// Whether a mail program saw it.
        state: &'static str,
        /// The file.
        name: String,
    },
    /// A file beside letters.
    Beside {
        /// Whose.
        member: MemberName,
        /// Where.
        folder: String,
        /// The file.
        name: String,
    },
    /// A filter, or which of them is followed.
    Filter {
        /// Whose.
        member: MemberName,
        /// The file.
        name: String,
    },
    /// What a service has of a member.
    Service {
        /// Whose.
        member: MemberName,
        /// The service.
        service: String,
        /// The file.
        name: String,
    },
}

impl Place {
    /// What the file at `path` is; nothing, when it is nothing that belongs to an export.
    #[must_use]
    pub fn of(path: &str) -> Option<Self> {
        if !sums::is_inside(path) {
            return None;
        }
        let parts: Vec<&str> = path.split('/').collect();
        match parts[..] {
            [MANIFEST | "README.txt"] | ["directory", "sos.schema"] => Some(Self::About),
            ["settings.toml"] => Some(Self::Settings),
            ["logo"] => Some(Self::Logo),
            _ if path == directory::FILE => Some(Self::Directory),
            ["secrets", "dkim", file] => {
                let name = file.strip_suffix(".key").filter(|name| services::is_plain(name))?;
                Some(Self::SigningKey(name.to_owned()))
            }
            ["secrets", "tls", "cert.pem"] => Some(Self::Certificate),
            ["secrets", "tls", "key.pem"] => Some(Self::CertificateKey),
            ["members", member, ref of_member @ ..] => Self::of_member(member.parse().ok()?, of_member),
            _ => None,
        }
    }

    fn of_member(member: MemberName, parts: &[&str]) -> Option<Self> {
        let state = |name: &str| STATES.into_iter().find(|state| *state == name);
        match *parts {
            ["Maildir", ref below @ ..] => {
                let (folder, below) = match *below {
                    [folder, ref below @ ..] if maildir::is_folder(folder) => (folder.to_owned(), below),
                    ref below => (String::new(), below),
                };
                match *below {
                    [name] if maildir::is_beside(&folder, name) => {
                        Some(Self::Beside { member, folder, name: name.to_owned() })
                    }
                    [within, name] if !name.starts_with('.') => {
                        Some(Self::Letter { member, folder, state: state(within)?, name: name.to_owned() })
                    }
                    _ => None,
                }
            }
            ["sieve", name] if name == sieve::ACTIVE_FILE || sieve::is_script(name) => {
                Some(Self::Filter { member, name: name.to_owned() })
            }
            [service, name] if service != "sieve" && services::is_plain(service) && services::is_plain(name) => {
                Some(Self::Service { member, service: service.to_owned(), name: name.to_owned() })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_has_its_place() {
        let member: MemberName = "jill".parse().unwrap();
        let letter = |folder: &str, state, name: &str| {
            Some(Place::Letter { member: member.clone(), folder: folder.into(), state, name: name.into() })
        };
        assert_eq!(Place::of("members/jill/Maildir/cur/1.a:2,S"), letter("", "cur", "1.a:2,S"));
        assert_eq!(Place::of("members/jill/Maildir/.Entw&APw-rfe/new/1.a"), letter(".Entw&APw-rfe", "new", "1.a"));
        assert_eq!(Place::of("members/jill/Maildir/.Entwürfe/new/1.a"), letter(".Entwürfe", "new", "1.a"));
        assert_eq!(Place::of("secrets/dkim/sos.key"), Some(Place::SigningKey("sos".into())));
        for known in [
            "members/jill/Maildir/subscriptions",
            "members/jill/Maildir/.X/maildirfolder",
            "members/jill/sieve/webmail.sieve",
            "members/jill/sieve/active.txt",
            "members/jill/webmail/contacts.vcf",
            "directory/organisation.ldif",
            "directory/sos.schema",
        ] {
            assert!(Place::of(known).is_some(), "{known}");
        }
    }

    #[test]
    fn nothing_else_has_one() {
        for unknown in [
            "",
            "x",
            "/settings.toml",
            "members/jill/../settings.toml",
            "members/Jill/Maildir/cur/1",
            "members/jill/Maildir/tmp/1",
            "members/jill/Maildir/cur/.hidden",
            "members/jill/Maildir/.X/.Y/cur/1",
            "members/jill/Maildir/dovecot.index",
            "members/jill/.dovecot.sieve",
            "members/jill/sieve/x.svbin",
            "members/jill/sieve/.sieve",
            "members/jill/webmail/.x",
            "secrets/dkim/.key",
            "secrets/dkim/a.b/c.key",
            "secrets/srs",
        ] {
            assert_eq!(Place::of(unknown), None, "{unknown}");
        }
    }
}
