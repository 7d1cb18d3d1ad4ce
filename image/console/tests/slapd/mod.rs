//! A slapd of the test's own: on a socket in a temporary folder, with the configuration and schema that the image's
//! overlay renders, and the content that a claim gives it. The user who runs the test stands for `sos-console`.
#![allow(dead_code, reason = "not every test file needs all of it")]

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sos_console::directory::Directory;
use sos_settings::{
    Accounts, Entry, Handed, HashedMember, Inputs, Offered, Overlays, Secret, Secrets, UserData, Versions,
    directory_ldif, render,
};

/// Everybody's password.
pub const PASSWORD: &str = "leeks-and-marrows";
const PASSWORD_HASH: &str =
    "{ARGON2}$argon2i$v=19$m=19456,t=2,p=1$KgONEHtob9lCINbc4Pq4Vw$k0V+tofxBOcIXyJhuiV36tLkYpNrLzzQl9FYynq95W4";
/// Who is there: jill looks after the server.
const AMBRIDGE: &str = "#cloud-config
sos:
  version: 1
  organisation: {name: Ambridge Garden Club, domain: ambridge.example}
  members:
    - {name: jill, full_name: Jill Archer, password: leeks-and-marrows, addresses: [j.archer]}
    - {name: david, full_name: David Archer, password: leeks-and-marrows, forward: david@borchester.example}
    - {name: zoe, full_name: Zoë Őrsi, password: leeks-and-marrows, quota_mib: 300}
  groups:
    - {name: committee, members: [jill, david]}
  roles:
    - {name: treasurer, members: [zoe]}
";

/// The server; it ends when this is dropped.
pub struct Slapd {
    folder: tempfile::TempDir,
    process: Child,
}

impl Slapd {
    /// Ambridge's directory of three members.
    pub fn start() -> Self {
        Self::with(AMBRIDGE, configuration)
    }

    /// The same, where the console may set no password.
    pub fn without_new_passwords() -> Self {
        let configuration = |folder: &Path, database: &Path| {
            let text = configuration(folder, database);
            assert!(text.contains(" =w\n"), "slapd.conf no longer says who sets passwords; mend this harness");
            text.replace(" =w\n", " none\n")
        };
        Self::with(AMBRIDGE, configuration)
    }

    /// Ambridge with `members` generated ones besides, 20 groups and 12 roles.
    pub fn populated(members: usize) -> Self {
        let mut text = AMBRIDGE.split("  groups:").next().unwrap().to_owned();
        for number in 0..members {
            text += &format!(
                "    - {{name: member{number}, full_name: {} {}, password: leeks-and-marrows}}\n",
                FIRST[number % FIRST.len()],
                LAST[(number / FIRST.len()) % LAST.len()]
            );
        }
        let mut teams = |title: &str, count: usize, size: usize| {
            text += &format!("  {title}:\n");
            for team in 0..count {
                let names: Vec<String> = (0..size).map(|at| format!("member{}", (team * 7 + at) % members)).collect();
                text += &format!("    - {{name: {}{team}, members: [{}]}}\n", &title[..4], names.join(", "));
            }
        };
        teams("groups", 20, 30.min(members));
        teams("roles", 12, 1);
        Self::with(&text, configuration)
    }

    fn with(user_data: &str, configuration: fn(&Path, &Path) -> String) -> Self {
        need_programs();
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("database");
        fs::create_dir(&database).unwrap();
        fs::write(folder.path().join("slapd.conf"), configuration(folder.path(), &database)).unwrap();
        let handed = UserData::parse(user_data).unwrap().handed(&Offered::default()).unwrap();
        let Some(Handed::Organisation(mapping)) = handed else { panic!("an organisation is handed in") };
        let hash = Secret::new(PASSWORD_HASH);
        let members: Vec<_> = mapping.members.iter().map(|member| HashedMember { member, hash: &hash }).collect();
        let ldif = folder.path().join("content.ldif");
        fs::write(&ldif, directory_ldif(&mapping, &members, &hash).text()).unwrap();
        let configured = folder.path().join("slapd.conf");
        run(Command::new("/usr/sbin/slapadd").arg("-q").arg("-f").arg(&configured).arg("-l").arg(&ldif));
        let process = Command::new("/usr/sbin/slapd")
            .args(["-d", "0", "-f"])
            .arg(&configured)
            .args(["-h", &uri(folder.path())])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut slapd = Self { folder, process };
        slapd.wait();
        slapd
    }

    fn wait(&mut self) {
        let start = Instant::now();
        while std::os::unix::net::UnixStream::connect(socket(self.folder.path())).is_err() {
            assert!(self.process.try_wait().unwrap().is_none(), "slapd ended at once; run it by hand with -d 1");
            assert!(start.elapsed() < Duration::from_secs(20), "slapd does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What the console is told.
    pub fn uri(&self) -> String {
        uri(self.folder.path())
    }

    /// The console's own view.
    pub fn directory(&self) -> Directory {
        Directory::new(&self.uri())
    }

    /// Everything in it, as LDIF.
    pub fn dump(&self) -> String {
        run(Command::new("/usr/sbin/slapcat").arg("-f").arg(self.folder.path().join("slapd.conf")))
    }

    /// Ends it, as a crash would.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const FIRST: [&str; 14] = [
    "Ann",
    "Bertrand",
    "Çelik",
    "Dilys",
    "Eira",
    "François",
    "Gwen",
    "Huw",
    "Ieuan",
    "Jörg",
    "Käthe",
    "Llŷr",
    "Maël",
    "Niamh",
];
const LAST: [&str; 15] = [
    "Aldridge",
    "Bellamy",
    "Carter",
    "Davies",
    "Evans",
    "Forrest",
    "Grundy",
    "Horrobin",
    "Jones",
    "Kaya",
    "Larkin",
    "Müller",
    "Nováková",
    "O'Hara",
    "Pargetter-Hathaway",
];

fn socket(folder: &Path) -> PathBuf {
    folder.join("ldapi")
}

fn uri(folder: &Path) -> String {
    format!("ldapi://{}", socket(folder).to_str().unwrap().replace('/', "%2F"))
}

/// The overlay's configuration for this folder and this user.
fn configuration(folder: &Path, database: &Path) -> String {
    let uid = fs::metadata(folder).unwrap().uid();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../overlays").canonicalize().unwrap();
    let chosen = tempfile::tempdir().unwrap();
    for name in ["base", "directory"] {
        std::os::unix::fs::symlink(repository.join(name), chosen.path().join(name)).unwrap();
    }
    let passwd = format!("root:x:0:0:::\nopenldap:x:230:230:::\nsos-console:x:{uid}:{uid}:::\n");
    let accounts = Accounts::parse(&passwd, "root:x:0:\nopenldap:x:230:\n").unwrap();
    let settings = sos_settings::Settings::from_toml(
        "version = 1\nhost = \"mail.ambridge.example\"\ntimezone = \"Europe/London\"\nlanguage = \"en\"\n\
         services = []\norganisation = { name = \"Ambridge Garden Club\", domain = \"ambridge.example\" }\n",
    )
    .unwrap();
    let secrets = Secrets::default();
    let directory = database.to_str().unwrap();
    let inputs = Inputs {
        settings: Some(&settings),
        secrets: &secrets,
        accounts: &accounts,
        ssh: false,
        directory,
        authority: false,
        dark: false,
    };
    let lock = fs::read_to_string(repository.join("../image/locks/trixie.lock")).unwrap();
    let overlays = Overlays::load_for(chosen.path(), &Versions::of_lock(&lock).unwrap()).unwrap();
    let rendered = render(&overlays, &inputs).unwrap();
    let Some(Entry::File { bytes, .. }) = rendered.get("/etc/ldap/slapd.conf") else {
        panic!("the directory's overlay renders no slapd.conf")
    };
    let text = String::from_utf8(bytes.clone()).unwrap();
    let schema = repository.join("directory/files/etc/ldap/schema/sos.schema");
    let root = "uidNumber=0,cn=peercred,cn=external,cn=auth$\" \"cn=manager,o=organisation\"";
    assert!(text.contains(root), "slapd.conf no longer says who root is; mend this harness");
    text.replace("/etc/ldap/schema/sos.schema", schema.to_str().unwrap())
        .replace("/run/slapd/", &format!("{}/", folder.display()))
        // A test may run as root, who must not be the manager then: the manager is bound by no rule.
        .replace(root, "uidNumber=nobody,cn=peercred,cn=external,cn=auth$\" \"cn=manager,o=organisation\"")
}

fn need_programs() {
    for program in ["/usr/sbin/slapd", "/usr/sbin/slapadd", "/usr/sbin/slapcat"] {
        assert!(Path::new(program).exists(), "{program} is missing, which this test needs: apt-get install slapd");
    }
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
