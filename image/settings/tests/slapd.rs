//! The directory's access rules against a real slapd, loaded with an organisation and asked as the console and as
//! members. Needs Debian's `slapd` and `ldap-utils`; starts a server of its own on a socket in a temporary folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

mod release;

use release::overlays_of;
use sos_settings::{
    Accounts, Entry, Handed, HashedMember, Inputs, Offered, Secret, Secrets, UserData, directory_ldif, render,
};

struct Slapd {
    folder: tempfile::TempDir,
    server: Child,
}

impl Drop for Slapd {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

impl Slapd {
    /// A server with jill (administrator), joe (suspended) and the committee. Whoever runs the tests is the console.
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let configuration = folder.path().join("slapd.conf");
        fs::write(&configuration, configure(folder.path())).unwrap();
        let loaded = run("/usr/sbin/slapadd", &["-q", "-f", text(&configuration)], &content());
        assert!(loaded.0, "slapadd: {}", loaded.1);
        let url = format!("ldapi://{}", text(&folder.path().join("ldapi")).replace('/', "%2F"));
        let server = Command::new("/usr/sbin/slapd")
            .args(["-d", "0", "-f", text(&configuration), "-h", &url])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("apt-get install slapd");
        let slapd = Self { folder, server };
        let end = Instant::now() + Duration::from_secs(20);
        while !slapd.console("ldapsearch", &["-b", "o=organisation", "-s", "base"], "").0 {
            assert!(Instant::now() < end, "slapd does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        slapd
    }

    fn url(&self) -> String {
        format!("ldapi://{}", text(&self.folder.path().join("ldapi")).replace('/', "%2F"))
    }

    /// Whether `program` succeeded as the console, and what it said.
    fn console(&self, program: &str, arguments: &[&str], input: &str) -> (bool, String) {
        let url = self.url();
        let mut all = vec!["-Q", "-Y", "EXTERNAL", "-H", &url];
        all.extend(if program == "ldapsearch" { &["-LLL", "-o", "ldif-wrap=no"][..] } else { &[] });
        all.extend(arguments);
        run(&format!("/usr/bin/{program}"), &all, input)
    }

    fn modify(&self, ldif: &str) -> (bool, String) {
        self.console("ldapmodify", &[], ldif)
    }

    /// Whether `member` gets in with `password`, and what they see of `base` then.
    fn member(&self, member: &str, password: &str, base: &str) -> (bool, String) {
        let (url, me) = (self.url(), format!("uid={member},ou=members,o=organisation"));
        let arguments = ["-LLL", "-x", "-H", &url, "-D", &me, "-w", password, "-b", base, "-s", "base"];
        run("/usr/bin/ldapsearch", &arguments, "")
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn run(program: &str, arguments: &[&str], input: &str) -> (bool, String) {
    use std::io::Write as _;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}; apt-get install slapd ldap-utils"));
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

/// The directory's configuration as it is rendered, with its paths below `folder`.
fn configure(folder: &Path) -> String {
    let repository = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../overlays").canonicalize().unwrap();
    let overlays = folder.join("overlays");
    fs::create_dir(&overlays).unwrap();
    for name in ["base", "directory"] {
        std::os::unix::fs::symlink(repository.join(name), overlays.join(name)).unwrap();
    }
    fs::create_dir(folder.join("database")).unwrap();
    let uid = fs::metadata(folder).map(|about| std::os::unix::fs::MetadataExt::uid(&about)).unwrap();
    let passwd = format!("root:x:0:0:::\npostfix:x:240:240:::\nopenldap:x:230:230:::\nsos-console:x:{uid}:0:::\n");
    let accounts = Accounts::parse(&passwd, "root:x:0:\nopenldap:x:230:\n").unwrap();
    let Handed::Organisation(mapping) = handed() else { panic!("an organisation is handed in") };
    let (settings, secrets) = (mapping.settings(), Secrets::default());
    let database = folder.join("database");
    let inputs = Inputs {
        settings: Some(&settings),
        secrets: &secrets,
        accounts: &accounts,
        ssh: false,
        directory: text(&database),
        authority: false,
        dark: false,
    };
    let rendered = render(&overlays_of("trixie", &overlays), &inputs).unwrap();
    let Some(Entry::File { bytes, .. }) = rendered.get("/etc/ldap/slapd.conf") else { panic!("it is rendered") };
    let lines = std::str::from_utf8(bytes).unwrap().lines();
    // Root runs the tests in a container: here they are the console all the same.
    lines
        .filter(|line| !line.starts_with("authz-regexp") || !line.contains("uidNumber=0,") || line.contains("console"))
        .map(|line| line.replace("/run/slapd", text(folder)) + "\n")
        .collect::<String>()
        .replace("/etc/ldap/schema/sos.schema", text(&repository.join("directory/files/etc/ldap/schema/sos.schema")))
}

fn handed() -> Handed {
    let text = "#cloud-config\nsos:\n  version: 1\n  organisation: {name: Club, domain: ambridge.example}\n  members:\n    \
        - {name: jill, full_name: Jill Archer, password: leeks-and-marrows, recovery: jill@elsewhere.example}\n    \
        - {name: joe, full_name: Joe Grundy, password: leeks-and-marrows}\n  \
        groups: [{name: committee, members: [jill, joe], open: false}]\n";
    UserData::parse(text).unwrap().handed(&Offered::default()).unwrap().unwrap()
}

fn content() -> String {
    let Handed::Organisation(mapping) = handed() else { panic!("an organisation is handed in") };
    let hash = Secret::new("leeks-and-marrows");
    let members: Vec<_> = mapping.members.iter().map(|member| HashedMember { member, hash: &hash }).collect();
    directory_ldif(&mapping, &members, &hash).text().to_owned()
}

const JILL: &str = "uid=jill,ou=members,o=organisation";
const JOE: &str = "uid=joe,ou=members,o=organisation";

#[test]
fn a_suspended_member_gets_in_nowhere_until_they_are_let_in_again() {
    let slapd = Slapd::start();
    assert!(slapd.member("joe", "leeks-and-marrows", JOE).0);
    assert!(!slapd.member("joe", "wrong", JOE).0);
    let set = |value: &str| {
        slapd.modify(&format!("dn: {JOE}\nchangetype: modify\nreplace: sosSuspended\nsosSuspended: {value}\n"))
    };
    assert!(set("TRUE").0);
    let (ok, said) = slapd.member("joe", "leeks-and-marrows", JOE);
    assert!(!ok && said.contains("Invalid credentials"), "{said}");
    assert!(set("FALSE").0);
    assert!(slapd.member("joe", "leeks-and-marrows", JOE).0);
}

#[test]
fn the_console_sets_passwords_and_reads_none() {
    let slapd = Slapd::start();
    let everything = slapd.console("ldapsearch", &["-b", "o=organisation", "*", "+"], "").1;
    assert!(everything.contains("sosRecovery: jill@elsewhere.example"), "{everything}");
    assert!(everything.contains("entryCSN:"), "{everything}");
    assert!(!everything.contains("userPassword"), "{everything}");
    assert!(!slapd.console("ldapcompare", &[JILL, "userPassword:leeks-and-marrows"], "").1.starts_with("TRUE"));
    assert!(slapd.console("ldappasswd", &["-s", "a-new-password", JILL], "").0);
    assert!(slapd.member("jill", "a-new-password", JILL).0);
    assert!(!slapd.member("jill", "leeks-and-marrows", JILL).0);
    let stored = run("/usr/sbin/slapcat", &["-f", text(&slapd.folder.path().join("slapd.conf"))], "").1;
    assert!(stored.contains("userPassword:: e0FSR09OMn0k"), "argon2: {stored}");
}

#[test]
fn the_probe_is_neither_seen_nor_changed() {
    let slapd = Slapd::start();
    let seen = slapd.console("ldapsearch", &["-b", "o=organisation", "(uid=sos-probe)"], "").1;
    assert!(!seen.contains("sos-probe"), "{seen}");
    let probe = "uid=sos-probe,ou=members,o=organisation";
    assert!(!slapd.console("ldappasswd", &["-s", "x", probe], "").0);
    assert!(!slapd.modify(&format!("dn: {probe}\nchangetype: delete\n")).0);
    assert!(!slapd.modify(&format!("dn: {JOE}\nchangetype: modify\nadd: sosHidden\nsosHidden: TRUE\n")).0);
    assert!(slapd.member("sos-probe", "leeks-and-marrows", probe).1.contains("mail: sos-probe@"));
}

#[test]
fn the_console_adds_changes_and_removes_members_and_teams_but_no_branch() {
    let slapd = Slapd::start();
    let pip = "uid=pip,ou=members,o=organisation";
    let add = format!(
        "dn: {pip}\nchangetype: add\nobjectClass: inetOrgPerson\nobjectClass: inetLocalMailRecipient\n\
         objectClass: sosMember\nuid: pip\ncn: Pip\nsn: Pip\nuserPassword: heifers-by-the-river\n\
         mail: pip@ambridge.example\nmailLocalAddress: pip@ambridge.example\n\
         mailRoutingAddress: pip@elsewhere.example\nsosMailQuota: 5\nsosRecovery: pip@elsewhere.example\n"
    );
    let (ok, said) = slapd.modify(&add);
    assert!(ok, "{said}");
    assert!(slapd.member("pip", "heifers-by-the-river", pip).0);
    let group = format!(
        "dn: cn=bells,ou=groups,o=organisation\nchangetype: add\nobjectClass: groupOfNames\nobjectClass: sosTeam\n\
         objectClass: inetLocalMailRecipient\ncn: bells\nsosOpen: TRUE\nmailLocalAddress: bells@ambridge.example\n\
         member: {pip}\n"
    );
    let (ok, said) = slapd.modify(&group);
    assert!(ok, "{said}");
    assert!(slapd.modify(&format!("dn: {pip}\nchangetype: delete\n")).0);
    for refused in [
        "dn: ou=members,o=organisation\nchangetype: delete\n",
        "dn: o=organisation\nchangetype: modify\nreplace: description\ndescription: x\n",
        "dn: ou=spies,o=organisation\nchangetype: add\nobjectClass: organizationalUnit\nou: spies\n",
    ] {
        let (ok, said) = slapd.modify(refused);
        assert!(!ok && said.contains("Insufficient access"), "{refused}: {said}");
    }
}

#[test]
fn an_address_is_given_out_once() {
    let slapd = Slapd::start();
    for (dn, address) in [(JOE, "jill@ambridge.example"), (JOE, "committee@ambridge.example")] {
        let change = format!("dn: {dn}\nchangetype: modify\nadd: mailLocalAddress\nmailLocalAddress: {address}\n");
        let (ok, said) = slapd.modify(&change);
        assert!(!ok && said.contains("Constraint violation"), "{said}");
    }
}

#[test]
fn members_see_names_but_no_recovery_address_of_others_and_change_their_own_password_only() {
    let slapd = Slapd::start();
    let seen = slapd.member("joe", "leeks-and-marrows", JILL).1;
    assert!(seen.contains("mail: jill@ambridge.example") && !seen.contains("sosRecovery"), "{seen}");
    assert!(slapd.member("jill", "leeks-and-marrows", JILL).1.contains("sosRecovery"));
    let url = slapd.url();
    let change = |whose: &str| {
        run("/usr/bin/ldappasswd", &["-x", "-H", &url, "-D", JOE, "-w", "leeks-and-marrows", "-s", "new", whose], "").0
    };
    assert!(!change(JILL));
    assert!(change(JOE));
}

#[test]
fn a_change_that_builds_on_an_old_view_is_refused() {
    let slapd = Slapd::start();
    let seen = slapd.console("ldapsearch", &["-b", JOE, "-s", "base", "entryCSN"], "").1;
    let csn = seen.lines().find_map(|line| line.strip_prefix("entryCSN: ")).unwrap().to_owned();
    let change = format!("dn: {JOE}\nchangetype: modify\nreplace: cn\ncn: Joe\n");
    let assertion = format!("!assert=(entryCSN={csn})");
    assert!(slapd.console("ldapmodify", &["-e", &assertion], &change).0);
    let (ok, said) = slapd.console("ldapmodify", &["-e", &assertion], &change);
    assert!(!ok && said.contains("Assertion Failed"), "{said}");
}
