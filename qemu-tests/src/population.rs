//! The Ambridge Garden Club in full, as it lives on the `populated` base: two hundred members with their groups and roles,
//! five thousand letters in their folders, filters, quotas, forwards, and what members set in webmail. All of it follows
//! from the numbers here: no chance, so that two makings of the base are the same.
//!
//! Members, groups and roles come in by the `sos:` mapping, as a provider's customer would hand them over; letters and
//! filters as a tar of Maildirs, the way people bring their mail along; webmail's settings as SQL.

use std::fmt::Write;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::club::{self, DOMAIN};
use crate::scenarios::imf_date;
use crate::session::Stage;
use crate::{Error, Result};

/// Members, those of [`club`] among them.
pub const MEMBERS: usize = 200;
/// Groups, the committee among them.
pub const GROUPS: usize = 20;
/// Letters.
pub const LETTERS: usize = 5_000;
/// Of so many members one has a quota of their own, one a forward, one filters, one settings of webmail.
const ONE_IN: [usize; 4] = [10, 25, 5, 5];
/// Roles beside the treasurer of the mapping; the administrators make themselves.
const ROLES: [&str; 10] =
    ["secretary", "chair", "membership", "press", "shows", "library", "allotments", "seeds", "trips", "market"];
const FIRST: [&str; 20] = [
    "lilian", "peggy", "tony", "pat", "helen", "tom", "brian", "jennifer", "alice", "adam", "ian", "joe", "eddie",
    "clarrie", "will", "emma", "susan", "neil", "lynda", "robert",
];
const LAST: [&str; 10] =
    ["bellamy", "woolley", "aldridge", "macy", "grundy", "carter", "horrobin", "snell", "tucker", "makepeace"];
/// What everybody generated logs in with.
pub const PASSWORD: &str = "grows-leeks-for-the-show";
/// The same as the directory keeps it, at our costs, so that a claim need not hash it two hundred times.
const HASH: &str =
    "{ARGON2}$argon2id$v=19$m=19456,t=2,p=1$bFF0WGdoSmt0by50MEJEdw$qyjqbeUtvNqjygmWi7xzlZ8nCJ3z+zPotFb3B9t7eUM";
/// When the first letter was written: the first of January 2025.
const FIRST_LETTER: u64 = 1_735_689_600;
/// From one letter to the next, seconds.
const STEP: u64 = 9_001;

/// Somebody generated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Somebody {
    /// Their name.
    pub name: String,
    number: usize,
}

impl Somebody {
    /// Their first address.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}@{DOMAIN}", self.name)
    }

    /// Whether they have a filter.
    #[must_use]
    pub fn filters(&self) -> bool {
        self.is_one_in(2) && !self.forwards()
    }

    fn is_one_in(&self, which: usize) -> bool {
        self.number % ONE_IN[which] == ONE_IN[which] - 1
    }

    /// Whether their mail goes elsewhere, and they have no mailbox here.
    #[must_use]
    pub fn forwards(&self) -> bool {
        self.is_one_in(1)
    }
}

/// Everybody generated.
#[must_use]
pub fn everybody() -> Vec<Somebody> {
    let named = |number: usize| format!("{}.{}", FIRST[number % FIRST.len()], LAST[number / FIRST.len()]);
    (0..MEMBERS - club::MEMBERS.len()).map(|number| Somebody { name: named(number), number }).collect()
}

/// Those of them with a mailbox.
#[must_use]
pub fn mailboxes() -> Vec<Somebody> {
    everybody().into_iter().filter(|somebody| !somebody.forwards()).collect()
}

/// Names and passwords of all members, those of [`club`] among them.
#[must_use]
pub fn sign_ins() -> Vec<(String, &'static str)> {
    let club = club::MEMBERS.iter().map(|member| (member.name.to_owned(), member.password));
    club.chain(everybody().into_iter().map(|somebody| (somebody.name, PASSWORD))).collect()
}

/// The mapping: that of the claimed base, with everybody else in it.
#[must_use]
pub fn mapping() -> String {
    let everybody = everybody();
    let members = everybody.iter().fold(String::new(), |mut text, somebody| {
        let Somebody { name, number } = somebody;
        write!(text, "    - {{name: {name}, full_name: {}", full_name(name)).ok();
        // One in ten hands in a password in the clear, to be hashed.
        match somebody.is_one_in(0) {
            true => write!(text, ", password: {PASSWORD}, quota_mib: {}", 50 + number).ok(),
            false => write!(text, ", password_hash: \"{HASH}\"").ok(),
        };
        if somebody.forwards() {
            write!(text, ", forward: {name}@borchester.example").ok();
        }
        text + "}\n"
    });
    let team = |name: String, first: usize, count: usize| {
        let names: Vec<_> = (0..count).map(|at| everybody[(first + at) % everybody.len()].name.as_str()).collect();
        format!("    - {{name: {name}, members: [{}]}}\n", names.join(", "))
    };
    let groups: String = (1..GROUPS).map(|number| team(format!("bed-{number}"), number * 9, 6)).collect();
    let roles: String = ROLES.iter().enumerate().map(|(at, name)| team((*name).to_owned(), at * 17, 2)).collect();
    club::MAPPING
        .replace("  groups:\n", &format!("{members}  groups:\n{groups}"))
        .replace("  roles:\n", &format!("  roles:\n{roles}"))
}

/// One letter as it lies in a mailbox.
struct Letter {
    /// Whose; a folder in `/var/mail`.
    owner: String,
    /// The folder below the Maildir: empty for the inbox, else as Maildir++ writes it.
    folder: &'static str,
    /// The file's name.
    name: String,
    text: String,
}

/// Where letters lie, one after another.
const FOLDERS: [&str; 6] = ["", "", "", ".Archive", ".Sent", ".Garden.Shows"];
/// And how they are marked: seen, answered, flagged, passed on.
const FLAGS: [&str; 6] = ["S", "RS", "", "FS", "PS", "S"];
const SUBJECTS: [&str; 7] = [
    "Minutes of the committee",
    "Seed potatoes",
    "The marquee",
    "Whose turn is the watering?",
    "Judging on Saturday",
    "A frost is coming",
    "Leeks, and how to grow them",
];

fn letter(number: usize, mailboxes: &[Somebody]) -> Letter {
    let owner = mailboxes[number % mailboxes.len()].name.clone();
    let from = &mailboxes[(number * 7 + 3) % mailboxes.len()].name;
    let at = FIRST_LETTER + number as u64 * STEP;
    let subject = SUBJECTS[number % SUBJECTS.len()];
    let body = format!("Letter {number} is about this.\n").repeat(5 + number % 40);
    let text = format!(
        "From: <{from}@{DOMAIN}>\nTo: <{owner}@{DOMAIN}>\nSubject: {subject} ({number})\nDate: {}\n\
         Message-ID: <letter-{number}@{DOMAIN}>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{body}",
        imf_date(at)
    );
    // A round of everybody later the next folder and mark are due, so that each mailbox has all of them.
    let round = number / mailboxes.len();
    let (folder, flags) = (FOLDERS[round % FOLDERS.len()], FLAGS[(round + number) % FLAGS.len()]);
    let wide = text.len() + text.matches('\n').count();
    Letter { owner, folder, name: format!("{at}.M{number}P1.ambridge,S={},W={wide}:2,{flags}", text.len()), text }
}

fn letters() -> impl Iterator<Item = Letter> {
    let mailboxes = mailboxes();
    (0..LETTERS).map(move |number| letter(number, &mailboxes))
}

/// A member's filters.
const FILTERS: &str = "require [\"fileinto\", \"imap4flags\"];\n\
    if header :contains \"subject\" \"[shows]\" { addflag \"\\\\Flagged\"; fileinto \"Garden/Shows\"; }\n";

/// Writes the tar of `/var/mail`, everything in it belonging to the user `owner`.
///
/// # Errors
/// [`Error::File`].
pub fn write_mail(path: &Path, owner: u64) -> Result<()> {
    pack(path, owner).map_err(Error::file(path))
}

fn pack(path: &Path, owner: u64) -> std::io::Result<()> {
    let mut tar = tar::Builder::new(std::io::BufWriter::new(std::fs::File::create(path)?));
    for somebody in mailboxes() {
        let home = somebody.name.as_str();
        for folder in ["", "/Maildir", "/sieve"] {
            add_folder(&mut tar, owner, &format!("{home}{folder}"))?;
        }
        for folder in ["", ".Archive", ".Sent", ".Garden", ".Garden.Shows"] {
            let folder = format!("{home}/Maildir/{folder}");
            for part in ["", "/cur", "/new", "/tmp"] {
                add_folder(&mut tar, owner, &format!("{folder}{part}"))?;
            }
        }
        if somebody.filters() {
            add_file(&mut tar, owner, &format!("{home}/sieve/shows.sieve"), FILTERS)?;
            let mut header = header(owner, tar::EntryType::Symlink, 0o777);
            tar.append_link(&mut header, format!("{home}/.dovecot.sieve"), "sieve/shows.sieve")?;
        }
    }
    for Letter { owner: home, folder, name, text } in letters() {
        add_file(&mut tar, owner, &format!("{home}/Maildir/{folder}/cur/{name}"), &text)?;
    }
    std::io::Write::flush(&mut tar.into_inner()?)
}

fn header(owner: u64, kind: tar::EntryType, mode: u32) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(owner);
    header.set_gid(owner);
    header.set_mtime(FIRST_LETTER);
    header.set_size(0);
    header
}

fn add_folder(tar: &mut tar::Builder<impl std::io::Write>, owner: u64, path: &str) -> std::io::Result<()> {
    tar.append_data(&mut header(owner, tar::EntryType::Directory, 0o700), path, std::io::empty())
}

fn add_file(tar: &mut tar::Builder<impl std::io::Write>, owner: u64, path: &str, text: &str) -> std::io::Result<()> {
    let mut header = header(owner, tar::EntryType::Regular, 0o600);
    header.set_size(text.len() as u64);
    tar.append_data(&mut header, path, text.as_bytes())
}

/// What members set in webmail: language, preferences, a signature, two addresses in the address book.
#[must_use]
pub fn webmail_sql() -> String {
    let mut sql = String::from("BEGIN;\n");
    for Somebody { name, number } in everybody().iter().filter(|somebody| somebody.is_one_in(3)) {
        let user = "(SELECT max(user_id) FROM users)";
        writeln!(
            sql,
            "INSERT INTO users (username, mail_host, created, language, preferences) VALUES \
             ('{name}@{DOMAIN}', '127.0.0.1', '2025-01-01 00:00:00', 'en_GB', 'a:1:{{s:14:\"mail_read_time\";i:{};}}');\n\
             INSERT INTO identities (user_id, changed, standard, name, email, signature) VALUES \
             ({user}, '2025-01-01 00:00:00', 1, '{}', '{name}@{DOMAIN}', 'From the garden of {name}');\n\
             INSERT INTO contacts (user_id, changed, name, email) VALUES \
             ({user}, '2025-01-01 00:00:00', 'Usha Gupta', 'usha@borchester.example'), \
             ({user}, '2025-01-01 00:00:00', 'Seed merchant {number}', 'seeds{number}@borchester.example');",
            number % 10,
            full_name(name),
        )
        .ok();
    }
    sql + "COMMIT;\n"
}

fn full_name(name: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('.').map(capital).collect::<Vec<_>>().join(" ")
}

/// Brings it onto a claimed machine.
///
/// # Errors
/// When the machine does not take it.
pub fn settle(stage: &Stage) -> Result<()> {
    let shell = stage.shell();
    let said = shell.succeed("id --user vmail")?;
    let owner = said.trim().parse().map_err(|_| Error::Unmet(format!("vmail is no user but {said:?}")))?;
    let mail = stage.folder.join("mail.tar");
    write_mail(&mail, owner)?;
    shell.feed("tar --extract --numeric-owner --directory /var/mail", &mail)?;
    let settings = stage.folder.join("webmail.sql");
    std::fs::write(&settings, webmail_sql()).map_err(Error::file(&settings))?;
    shell.feed("runuser -u www-data -- sqlite3 /var/lib/roundcube/db/roundcube.sqlite", &settings)?;
    // Some scenarios start from the disk alone.
    shell.succeed("sync").map(drop)
}

/// What the base depends on.
#[must_use]
pub fn key() -> String {
    let mut hash = Sha256::new();
    hash.update(mapping());
    hash.update(webmail_sql());
    hash.update(FILTERS);
    for letter in letters() {
        hash.update([letter.owner, letter.folder.to_owned(), letter.name, letter.text].join("\n"));
    }
    hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn everybody_is_somebody_else() {
        let names: BTreeSet<_> = everybody().into_iter().map(|somebody| somebody.name).collect();
        assert_eq!(names.len() + club::MEMBERS.len(), MEMBERS);
        let mapping = mapping();
        assert_eq!(mapping.matches("- {name: ").count(), MEMBERS - club::MEMBERS.len() + GROUPS - 1 + ROLES.len());
        assert_eq!(mapping.matches("forward: ").count(), everybody().iter().filter(|one| one.forwards()).count() + 1);
    }

    #[test]
    fn a_server_takes_the_mapping() {
        let services = ["base", "directory", "mail", "web", "webmail", "console"].map(String::from);
        let offered = sos_settings::Offered { services: services.into(), ..Default::default() };
        let user_data = sos_settings::UserData::parse(&format!("#cloud-config\n{}", mapping())).unwrap();
        let problems = user_data.handed(&offered).err();
        let problems: Vec<_> = problems.iter().flat_map(|problems| problems.iter()).map(ToString::to_string).collect();
        assert_eq!(problems, Vec::<String>::new());
    }

    #[test]
    fn every_letter_has_a_place_of_its_own() {
        let places: BTreeSet<_> = letters().map(|letter| (letter.owner, letter.folder, letter.name)).collect();
        assert_eq!(places.len(), LETTERS);
        for folder in FOLDERS {
            assert!(places.iter().filter(|place| place.1 == folder).count() > 100, "{folder}");
        }
    }

    #[test]
    fn the_same_is_packed_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two] = ["one", "two"].map(|name| folder.path().join(name));
        write_mail(&one, 77).unwrap();
        write_mail(&two, 77).unwrap();
        assert!(std::fs::read(one).unwrap() == std::fs::read(two).unwrap());
    }
}
