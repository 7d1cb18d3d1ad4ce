//! Exports and imports from server to server, with Debian's own slapadd and slapcat: what comes out goes in again and is
//! the same, and what is not as it was goes in nowhere.

mod world;

use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use sos_provision::ProvisionError;
use sos_provision::portable::Refusal;
use world::{CAME, Server, files, seal};

/// jill has a bit of everything; david's letters go elsewhere.
fn populate(server: &Server) {
    for (path, text) in [
        ("jill/Maildir/cur/1735689600.M1P1.host,S=5,W=6:2,RS", "One\r\n"),
        ("jill/Maildir/new/1735689601.M2P1.host", "Two"),
        ("jill/Maildir/cur/1735689602.M3P1.host:2,FSab", "Three"),
        ("jill/Maildir/.Entw&APw-rfe/cur/1735689603.M4P1.host:2,D", "Four"),
        ("jill/Maildir/.Entwürfe.Für später/new/1735689604.M5P1.host:2,", ""),
    ] {
        server.letter(path, text.as_bytes());
    }
    for folder in ["cur", "new", "tmp"] {
        fs::create_dir_all(server.path("/var/mail/jill/Maildir/.Leer").join(folder)).unwrap();
        fs::create_dir_all(server.path("/var/mail/jill/Maildir/.Junk").join(folder)).unwrap();
    }
    server.write("/var/mail/jill/Maildir/dovecot-keywords", "0 $Junk\n1 Gärtner\n");
    server
        .write("/var/mail/jill/Maildir/dovecot-uidlist", "3 V1735689600 N9 G0123\n4 :1735689600.M1P1.host,S=5,W=6\n5");
    server.write("/var/mail/jill/Maildir/dovecot.index.log", "made anew");
    server.write("/var/mail/jill/Maildir/subscriptions", "V\t2\n\nTrash\nEntwürfe\n");
    server.write("/var/mail/jill/sieve/webmail.sieve", "keep;\n");
    server.write("/var/mail/jill/sieve/Größere.sieve", "discard;\n");
    server.write("/var/mail/jill/sieve/webmail.svbin", "made anew");
    symlink("sieve/webmail.sieve", server.path("/var/mail/jill/.dovecot.sieve")).unwrap();
    server.write("/var/lib/sos/logo", "\u{fffd}PNG");
    let frame = |file: &str, text: &str| format!("{{\"member\":\"jill\",\"file\":\"{file}\",\"text\":\"{text}\"}}\n");
    let gone = frame("contacts.vcf", "x").replace("jill", "gone");
    let own = frame("contacts.vcf", "BEGIN:VCARD\\r\\n") + &frame("webmail.json", "{}");
    server.write("/var/lib/roundcube/live", &(gone + &own));
}

/// A populated server, and an export of it.
fn exported() -> (Server, tempfile::TempDir) {
    let (server, folder) = (Server::claimed(0), tempfile::tempdir().unwrap());
    populate(&server);
    server.export(folder.path()).unwrap();
    (server, folder)
}

/// An export of such a server, which is made once for all tests that have no need of the server itself.
fn export_of_another() -> tempfile::TempDir {
    static EXPORT: LazyLock<PathBuf> = LazyLock::new(|| {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("export");
        drop(fs::remove_dir_all(&place));
        let (_server, folder) = exported();
        assert!(Command::new("cp").arg("-a").arg(folder.path()).arg(&place).status().unwrap().success());
        place
    });
    let folder = tempfile::tempdir().unwrap();
    let copied = Command::new("cp").arg("-a").arg(EXPORT.join(".")).arg(folder.path()).status().unwrap();
    assert!(copied.success());
    folder
}

fn refusal(result: Result<impl std::fmt::Debug, ProvisionError>) -> Refusal {
    match result {
        Err(ProvisionError::Portable(refusal)) => refusal,
        other => panic!("is no refusal: {other:?}"),
    }
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn everything_that_comes_out_goes_in_again() {
    let (old, house) = (Server::claimed(0), tempfile::tempdir().unwrap());
    populate(&old);
    let large: Vec<u8> = (0..60_u32 << 20).map(|at| (at / 251) as u8).collect();
    old.letter("david/Maildir/.Archive/cur/1735689600.M1P1.host:2,PS", &large);
    let folder = house.path().join("export");
    let manifest = old.export(&folder).unwrap();
    let new = Server::new();
    new.import(&folder).unwrap();

    assert_eq!(new.checksums(), old.checksums());
    assert_eq!(new.checksums(), manifest.checksums);
    let jill = &manifest.checksums.members[&"jill".parse().unwrap()];
    assert_eq!(
        (jill.folders, jill.letters, jill.bytes, jill.scripts),
        (4, 5, 17, 2),
        "the Junk that nobody filled is none"
    );
    assert_eq!(jill.services.len(), 1);
    assert_eq!(manifest.left_out, Vec::<String>::new());
    for same in [
        "/var/lib/sos/dkim/sos.key",
        "/var/lib/sos/tls/cert.pem",
        "/var/lib/sos/tls/key.pem",
        "/var/lib/sos/settings.toml",
        "/var/lib/sos/logo",
        "/var/mail/jill/Maildir/cur/1735689600.M1P1.host,S=5,W=6:2,RS",
        "/var/mail/jill/Maildir/.Entwürfe.Für später/new/1735689604.M5P1.host:2,",
        "/var/mail/jill/Maildir/subscriptions",
        "/var/mail/jill/Maildir/dovecot-keywords",
        "/var/mail/david/Maildir/.Archive/cur/1735689600.M1P1.host:2,PS",
        "/var/mail/jill/.dovecot.sieve",
    ] {
        assert!(read(&new.path(same)) == read(&old.path(same)), "{same}");
    }
    let letter = fs::metadata(new.path("/var/mail/jill/Maildir/cur/1735689600.M1P1.host,S=5,W=6:2,RS")).unwrap();
    assert_eq!((letter.mtime() as u64, letter.mode() & 0o7777), (CAME + 5, 0o600));
    let numbers = String::from_utf8(read(&new.path("/var/mail/jill/Maildir/dovecot-uidlist"))).unwrap();
    assert!(numbers.ends_with("W=6\n"), "half a line: {numbers}");
    assert!(new.path("/var/mail/jill/Maildir/.Leer/tmp").is_dir());
    for gone in ["/var/mail/.import", "/var/lib/sos/import", "/var/lib/sos/claim.toml", "/var/lib/ldap.new"] {
        assert!(!new.path(gone).exists(), "{gone}");
    }
    let secrets = "/var/lib/sos/secrets/probe";
    assert_ne!(read(&new.path(secrets)), read(&old.path(secrets)), "the probe is each server's own");
}

#[test]
fn the_folder_is_as_documented_and_nobody_else_s() {
    let folder = export_of_another();
    let golden = include_str!("golden/export.txt");
    assert_eq!(files(folder.path()).join("\n") + "\n", golden);
    for file in files(folder.path()) {
        let about = fs::metadata(folder.path().join(&file)).unwrap();
        assert_eq!(about.mode() & 0o777, 0o600, "{file}");
    }
    for folder in [folder.path().to_owned(), folder.path().join("members/jill/Maildir/.Leer/tmp")] {
        assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o777, 0o700, "{}", folder.display());
    }
    let ldif = String::from_utf8(read(&folder.path().join("directory/organisation.ldif"))).unwrap();
    assert!(
        ldif.contains("mailRoutingAddress: ruth@borchester.example\n")
            && ldif.contains("userPassword: {ARGON2}$argon2id")
    );
    assert!(!ldif.contains("sos-probe") && !ldif.contains("entryCSN"), "{ldif}");
    let checked =
        Command::new("sha256sum").args(["--quiet", "--check", "SHA256SUMS"]).current_dir(folder.path()).output();
    let checked = checked.unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

#[test]
fn two_hundred_members_and_none() {
    let (old, folder) = (Server::claimed(198), tempfile::tempdir().unwrap());
    let manifest = old.export(&folder.path().join("many")).unwrap();
    assert_eq!(manifest.checksums.members.len(), 200);
    let new = Server::new();
    new.import(&folder.path().join("many")).unwrap();
    assert_eq!(new.checksums(), old.checksums());

    let alone = Server::claimed(0);
    let gone = [
        "cn=administrators,ou=roles",
        "cn=treasurer,ou=roles",
        "cn=committee,ou=groups",
        "uid=jill,ou=members",
        "uid=david,ou=members",
    ];
    for entry in gone {
        alone.modify(&format!("dn: {entry},o=organisation\nchangetype: delete\n"));
    }
    assert_eq!(alone.export(&folder.path().join("none")).unwrap().checksums.members.len(), 0);
    let new = Server::new();
    new.import(&folder.path().join("none")).unwrap();
    assert_eq!(new.checksums(), alone.checksums());
}

#[test]
fn what_a_member_changes_shows_in_their_checksum() {
    let (server, _folder) = exported();
    let before = server.checksums();
    server.modify(
        "dn: uid=david,ou=members,o=organisation\nchangetype: modify\nreplace: sosMailQuota\nsosMailQuota: 4\n",
    );
    server.letter("jill/Maildir/cur/9.host:2,S", b"Nine");
    let after = server.checksums();
    let differs = |name: &str| {
        let name = &name.parse().unwrap();
        let (before, after) = (&before.members[name], &after.members[name]);
        (before.directory != after.directory, before.mail != after.mail, before.filters != after.filters)
    };
    assert_eq!((differs("david"), differs("jill")), ((true, false, false), (false, true, false)));
}

#[test]
fn a_byte_that_changed_is_refused_by_the_name_of_its_file() {
    let folder = export_of_another();
    let new = Server::new();
    let before = new.belongings();
    for file in files(folder.path()) {
        let path = folder.path().join(&file);
        let bytes = read(&path);
        if bytes.is_empty() || file == "SHA256SUMS" {
            continue;
        }
        let mut changed = bytes.clone();
        *changed.last_mut().unwrap() ^= 1;
        fs::write(&path, changed).unwrap();
        let refused = refusal(new.import(folder.path())).to_string();
        assert!(refused.contains(&file), "{file}: {refused}");
        fs::write(&path, bytes).unwrap();
    }
    assert_eq!(new.belongings(), before);
}

#[test]
fn a_byte_of_the_list_that_changed_is_refused_whichever_it_is() {
    let folder = export_of_another();
    let new = Server::new();
    let before = new.belongings();
    let list = folder.path().join("SHA256SUMS");
    let bytes = read(&list);
    // The manifest's own time is nobody's, and stands in no sum.
    let text = String::from_utf8(bytes.clone()).unwrap();
    let manifest = text.find("  manifest.toml").unwrap();
    let time = text[..manifest].rfind('#').unwrap();
    let time = time..time + text[time..].find('\n').unwrap();
    for at in (0..bytes.len()).step_by(5).filter(|at| !time.contains(at)) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        fs::write(&list, changed).unwrap();
        refusal(new.import(folder.path()));
    }
    fs::write(&list, &bytes[..bytes.len() / 2]).unwrap();
    refusal(new.import(folder.path()));
    assert_eq!(new.belongings(), before);
}

/// Changes an export, seals it again where `sealed`, and gives what an import says.
fn refused(change: impl FnOnce(&Path), sealed: bool) -> Refusal {
    let folder = export_of_another();
    change(folder.path());
    if sealed {
        seal(folder.path());
    }
    let new = Server::new();
    let before = new.belongings();
    let refusal = refusal(new.import(folder.path()));
    assert_eq!(new.belongings(), before, "{refusal}");
    refusal
}

fn replace(folder: &Path, file: &str, from: &str, to: &str) {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file}: {text}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

const LETTER: &str = "members/jill/Maildir/cur/1735689600.M1P1.host,S=5,W=6:2,RS";

#[test]
fn an_export_that_was_sealed_again_is_taken() {
    let folder = export_of_another();
    seal(folder.path());
    Server::new().import(folder.path()).unwrap();
}

#[test]
fn files_that_are_missing_or_too_many_are_refused() {
    let missing = refused(|folder| fs::remove_file(folder.join(LETTER)).unwrap(), false);
    assert_eq!(missing, Refusal::Missing(LETTER.into()));
    let more = "members/jill/Maildir/cur/more";
    let unlisted = refused(|folder| fs::write(folder.join(more), "x").unwrap(), false);
    assert_eq!(unlisted, Refusal::Unlisted(more.into()));
    let count = refused(|folder| replace(folder, "manifest.toml", "files = ", "files = 1"), false);
    assert!(matches!(count, Refusal::Count { what: "files", .. }), "{count}");
    let unfinished = refused(|folder| fs::remove_file(folder.join("SHA256SUMS")).unwrap(), false);
    assert!(matches!(unfinished, Refusal::Unfinished(_)));
    let nothing = refused(|folder| fs::remove_file(folder.join("manifest.toml")).unwrap(), false);
    assert_eq!(nothing, Refusal::Missing("manifest.toml".into()));
}

#[test]
fn paths_and_links_that_leave_the_folder_are_refused() {
    for path in ["../../etc/shadow", "/etc/shadow", "members/../../x"] {
        let refused = refused(|folder| replace(folder, "SHA256SUMS", LETTER, path), false);
        assert_eq!(refused, Refusal::Path(path.into()));
    }
    let link = |folder: &Path| {
        fs::remove_file(folder.join(LETTER)).unwrap();
        symlink("/etc/passwd", folder.join(LETTER)).unwrap();
    };
    assert_eq!(refused(link, false), Refusal::NoFile(LETTER.into()));
    let link = |folder: &Path| {
        fs::rename(folder.join("members/jill"), folder.join("elsewhere")).unwrap();
        symlink("../elsewhere", folder.join("members/jill")).unwrap();
    };
    assert!(matches!(refused(link, false), Refusal::NoFile(_)));
    let unknown = refused(|folder| fs::write(folder.join("members/jill/authorized_keys"), "x").unwrap(), true);
    assert_eq!(unknown, Refusal::Unknown("members/jill/authorized_keys".into()));
}

#[test]
fn another_format_and_another_release_s_services_are_refused() {
    let format = refused(|folder| replace(folder, "manifest.toml", "format = 1", "format = 2"), true);
    assert_eq!(format, Refusal::Format { found: 2, known: 1 });
    let version = refused(|folder| replace(folder, "settings.toml", "version = 1", "version = 2"), true);
    assert!(matches!(&version, Refusal::Malformed { file, .. } if file == "settings.toml"), "{version}");
    let service = refused(|folder| replace(folder, "settings.toml", "\"webmail\"", "\"telegraph\""), true);
    assert!(service.to_string().contains("telegraph"), "{service}");
    let data =
        |folder: &Path| fs::rename(folder.join("members/jill/webmail"), folder.join("members/jill/telegraph")).unwrap();
    assert!(matches!(refused(data, true), Refusal::Unknown(path) if path.starts_with("members/jill/telegraph/")));
}

#[test]
fn a_directory_that_is_none_is_refused() {
    let ldif = "directory/organisation.ldif";
    for (from, to) in [
        ("dn: uid=jill,", "dn: uid=../jill,"),
        ("uid: jill\n", "uid: jill\nsosHidden: TRUE\n"),
        ("mail: ruth", "mail:< file:///etc/shadow\nmail: ruth"),
        ("userPassword: {", "userPassword: x{"),
    ] {
        let refused = refused(
            |folder| {
                if from.starts_with("mail:") {
                    replace(folder, ldif, "mailRoutingAddress: ruth@borchester.example", to);
                } else {
                    replace(folder, ldif, from, to);
                }
            },
            true,
        );
        assert!(matches!(&refused, Refusal::Malformed { file, .. } if file == ldif), "{to}: {refused}");
    }
    let stranger = refused(|folder| fs::rename(folder.join("members/jill"), folder.join("members/joe")).unwrap(), true);
    assert!(matches!(stranger, Refusal::Unknown(path) if path.starts_with("members/joe/")));
}

#[test]
fn keys_that_are_none_and_filters_that_lead_nowhere_are_refused() {
    let key = refused(|folder| fs::write(folder.join("secrets/dkim/sos.key"), "x").unwrap(), true);
    assert!(matches!(&key, Refusal::Malformed { file, .. } if file == "secrets/dkim/sos.key"), "{key}");
    let other = refused(
        |folder| fs::rename(folder.join("secrets/dkim/sos.key"), folder.join("secrets/dkim/other.key")).unwrap(),
        true,
    );
    assert_eq!(other, Refusal::Unknown("secrets/dkim/other.key".into()));
    let dkim = |folder: &Path| read(&folder.join("secrets/dkim/sos.key"));
    let pair = refused(|folder| fs::write(folder.join("secrets/tls/key.pem"), dkim(folder)).unwrap(), true);
    assert!(matches!(&pair, Refusal::Malformed { file, .. } if file == "secrets/tls"), "{pair}");
    for nowhere in ["../x.sieve\n", "gone.sieve\n"] {
        let active = "members/jill/sieve/active.txt";
        let filter = refused(|folder| fs::write(folder.join(active), nowhere).unwrap(), true);
        assert!(matches!(&filter, Refusal::Malformed { file, .. } if file == active), "{nowhere}: {filter}");
    }
}

#[test]
fn a_disk_that_is_too_small_is_told_before_anything_is_read() {
    let room = refused(
        |folder| {
            let line = format!("# {} 5\n", CAME + 5);
            replace(folder, "SHA256SUMS", &line, &format!("# {} 1000000000000005\n", CAME + 5));
            let text = fs::read_to_string(folder.join("manifest.toml")).unwrap();
            let bytes = text.lines().find_map(|line| line.strip_prefix("bytes = ")).unwrap();
            let more: u64 = bytes.parse::<u64>().unwrap() + 1_000_000_000_000_000;
            replace(folder, "manifest.toml", &format!("bytes = {bytes}"), &format!("bytes = {more}"));
        },
        false,
    );
    assert!(matches!(room, Refusal::Room { needed, .. } if needed > 1_000_000_000_000_000), "{room}");
}

#[test]
fn a_server_that_is_somebody_s_is_left_alone() {
    let folder = export_of_another();
    let owned = Server::claimed(0);
    let before = owned.belongings();
    assert_eq!(refusal(owned.import(folder.path())), Refusal::Owned("Zoë's Garden Club".into()));
    assert_eq!(owned.belongings(), before);

    let odd = Server::new();
    odd.letter("pip/Maildir/cur/1", b"x");
    assert_eq!(refusal(odd.import(folder.path())), Refusal::Mailbox("pip".into()));
    assert!(odd.path("/var/mail/pip/Maildir/cur/1").exists());

    let trial = Server::new();
    trial.write("/run/sos/trial", "{}");
    assert_eq!(refusal(trial.import(folder.path())), Refusal::Trial);
}

#[test]
fn an_import_that_was_cut_off_is_run_again_and_ends_the_same() {
    let (old, folder) = exported();
    let new = Server::new();
    let before = new.belongings();
    for verb in ["import", "imported"] {
        new.break_webmail(verb);
        assert!(new.import(folder.path()).unwrap_err().to_string().contains("is broken"));
        let after: Vec<String> = new.belongings().into_iter().filter(|path| !path.contains("/dkim/")).collect();
        assert_eq!(after, before, "{verb}");
    }
    new.break_webmail("place");
    assert!(new.import(folder.path()).unwrap_err().to_string().contains("is broken"));
    assert!(new.path("/var/mail/jill").exists() && !new.path("/var/lib/sos/settings.toml").exists());
    new.break_webmail("");
    new.import(folder.path()).unwrap();
    assert_eq!(new.checksums(), old.checksums());

    new.letter("jill/Maildir/new/later", b"It works.");
    new.import(folder.path()).unwrap();
    assert!(new.path("/var/mail/jill/Maildir/new/later").exists(), "what is done is not done again");
    let another = exported().1;
    assert!(matches!(refusal(new.import(another.path())), Refusal::Owned(_)));
}

#[test]
fn a_claim_after_an_import_that_nobody_ended_leaves_nothing_of_it() {
    let folder = export_of_another();
    let new = Server::new();
    new.break_webmail("imported");
    new.import(folder.path()).unwrap_err();
    assert!(new.path("/var/mail/.import/jill").exists());
    new.claim(0);
    for gone in ["/var/mail/.import", "/var/lib/sos/import", "/var/lib/sos/import.toml"] {
        assert!(!new.path(gone).exists(), "{gone}");
    }
}

#[test]
fn an_export_needs_an_owner_and_a_folder_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("export");
    assert!(matches!(Server::new().export(&to), Err(ProvisionError::Unclaimed)));
    assert!(!to.exists());
    fs::create_dir(&to).unwrap();
    fs::write(to.join("x"), "").unwrap();
    assert_eq!(refusal(Server::claimed(0).export(&to)), Refusal::NotEmpty(to.clone()));
    assert_eq!(files(&to), ["x"]);
}

#[test]
fn what_no_export_can_hold_is_named() {
    let (server, folder) = (Server::claimed(0), tempfile::tempdir().unwrap());
    populate(&server);
    fs::create_dir_all(server.path("/var/mail/jill/Maildir/.a\\b/cur")).unwrap();
    let manifest = server.export(folder.path()).unwrap();
    assert_eq!(manifest.left_out, ["members/jill/Maildir/.a\\b"]);
    Server::new().import(folder.path()).unwrap();
}

#[test]
fn the_command_says_3_for_a_refusal_and_checksums_for_programs() {
    let folder = export_of_another();
    let owned = Server::claimed(0);
    let run = |arguments: &[&str]| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_sos-provision"));
        program.arg("--root").arg(owned.root()).args(arguments).arg(folder.path()).output().unwrap()
    };
    let refused = run(&["import", "--json"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(3) && said.contains("belongs to Zoë's Garden Club already"), "{said}");
    let checksums = run(&["checksums"]);
    assert!(checksums.status.success() && String::from_utf8_lossy(&checksums.stdout).contains("[members.jill]\n"));
    let json: serde_json::Value = serde_json::from_slice(&run(&["checksums", "--json"]).stdout).unwrap();
    assert_eq!(json["members"]["jill"]["letters"], 5);
}
