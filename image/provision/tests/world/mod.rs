//! Devices below temporary roots: this repository's overlays, Debian's own slapadd and slapcat, and stand-ins for systemd
//! and for webmail. An organisation claims one by its metadata, as at a provider.
#![allow(dead_code, reason = "not every test file needs all of it")]

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use sha2::{Digest as _, Sha256};
use sos_provision::portable::{self, Checksums, Manifest, Progress};
use sos_provision::{Device, ProvisionError};

mod overlays;

/// Everybody's password, as the directory keeps it.
const HASH: &str =
    "{ARGON2}$argon2id$v=19$m=19456,t=2,p=1$bFF0WGdoSmt0by50MEJEdw$qyjqbeUtvNqjygmWi7xzlZ8nCJ3z+zPotFb3B9t7eUM";
/// When letters came.
pub const CAME: u64 = 1_735_689_600;
/// Webmail, which keeps what it is told as it is. `broken` below its folder names what it does not do.
const WEBMAIL: &str = r#"
here=$(dirname "$0")/../../../../var/lib/roundcube
[ "$(cat "$here/broken" 2>/dev/null)" != "$1" ] || { echo "$1 is broken" >&2; exit 1; }
case $1 in
export) cat "$here/live" 2>/dev/null || true ;;
import) cat >"$here/fresh" ;;
imported) cat "$here/fresh" ;;
place) mv "$here/fresh" "$here/live" ;;
esac
"#;

/// A server.
pub struct Server {
    root: tempfile::TempDir,
    programs: tempfile::TempDir,
    pub device: Device,
}

impl Server {
    /// One without an owner.
    pub fn new() -> Self {
        let (root, programs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let device = Device::new(root.path()).with_programs(programs.path());
        let server = Self { root, programs, device };
        server.fill();
        server
    }

    /// One of the Ambridge Garden Club with jill, david, and `others`.
    pub fn claimed(others: usize) -> Self {
        let server = Self::new();
        server.claim(others);
        server
    }

    /// Hands in the club's metadata.
    pub fn claim(&self, others: usize) {
        let mut data = "#cloud-config\nsos:\n  version: 1\n  organisation: {name: Zoë's Garden Club, domain: ambridge.example}\n  \
             services: [mail, webmail]\n  members:\n"
            .to_owned();
        let names = (0..others).map(|number| format!("member{number}"));
        for name in ["jill", "david"].map(str::to_owned).into_iter().chain(names) {
            data += &format!("    - {{name: {name}, full_name: {name} Őrsi, password_hash: \"{HASH}\"}}\n");
        }
        data = data.replace("david Őrsi,", "David, forward: ruth@borchester.example, quota_mib: 3,");
        data += "  groups: [{name: committee, members: [jill, david], open: false}]\n  roles: [{name: treasurer, members: [david]}]\n";
        self.write("/var/lib/cloud/instance/user-data.txt", &data);
        sos_provision::metadata(&self.device).unwrap();
    }

    fn fill(&self) {
        let me = rustix::process::geteuid().as_raw();
        let names = ["sos-console", "postfix", "dovecot", "openldap", "_rspamd", "vmail", "www-data", "sos-acme"];
        let accounts: String = names.iter().map(|name| format!("{name}:x:{me}:{me}:::\n")).collect();
        let accounts = format!("root:x:0:0:::\n{accounts}");
        self.write("/etc/passwd", &accounts);
        self.write("/etc/group", &accounts);
        self.write("/usr/share/sos/image.toml", "version = \"13.20261128.1\"\n");
        self.write("/usr/share/zoneinfo/tzdata.zi", "Z Europe/London 0\nZ Etc/UTC 0\n");
        self.write("/dev/console", "");
        self.write("/usr/lib/sos/export/webmail", &format!("#!/bin/sh{WEBMAIL}"));
        fs::set_permissions(self.path("/usr/lib/sos/export/webmail"), fs::Permissions::from_mode(0o755)).unwrap();
        for folder in ["/var/mail", "/var/lib/roundcube", "/run/slapd"] {
            fs::create_dir_all(self.path(folder)).unwrap();
        }
        let overlays = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../overlays").canonicalize().unwrap();
        overlays::lay_out(&self.path("/usr/share/sos/overlays"));
        self.program("systemctl", "exit 0");
        self.program("ip", r#"echo '[{"addr_info":[{"local":"203.0.113.5"}]}]'"#);
        let schema = overlays.join("directory/files/etc/ldap/schema/sos.schema");
        for program in ["slapadd", "slapcat", "slapmodify"] {
            let real = format!("/usr/sbin/{program}");
            assert!(Path::new(&real).exists(), "{real} is missing, which this test needs: apt-get install slapd");
            let (schema, root) = (schema.display(), self.root.path().display());
            self.program(
                program,
                &format!(
                    "for last; do :; done\nsed -i -e 's#/etc/ldap/schema/sos.schema#{schema}#' -e 's#/run/slapd#{root}/run/slapd#' \"$last\"\n\
                     exec {real} \"$@\""
                ),
            );
        }
    }

    fn program(&self, name: &str, script: &str) {
        let path = self.programs.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Where something is.
    pub fn path(&self, path: &str) -> PathBuf {
        self.device.path(path)
    }

    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// Writes a file and the folders above it.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Puts a letter into a mailbox: `jill/Maildir/.Seeds/cur/1.a:2,S`.
    pub fn letter(&self, path: &str, text: &[u8]) {
        let path = self.path("/var/mail").join(path);
        let folder = path.parent().unwrap().parent().unwrap();
        for part in ["cur", "new", "tmp"] {
            fs::create_dir_all(folder.join(part)).unwrap();
        }
        fs::write(&path, text).unwrap();
        let file = File::options().append(true).open(path).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_secs(CAME + text.len() as u64 % 1000)).unwrap();
    }

    /// Breaks a verb of webmail's; an empty one mends it.
    pub fn break_webmail(&self, verb: &str) {
        self.write("/var/lib/roundcube/broken", verb);
    }

    /// Changes the directory as slapmodify(8) does, without a server.
    pub fn modify(&self, ldif: &str) {
        let conf = fs::read_to_string(self.path("/etc/ldap/slapd.conf")).unwrap();
        let conf = conf.replace("directory /var", &format!("directory {}/var", self.root.path().display()));
        let (place, input) = (self.path("/run/slapmodify.conf"), self.path("/run/changes.ldif"));
        fs::write(&place, conf).unwrap();
        fs::write(&input, ldif).unwrap();
        let mut program = Command::new(self.programs.path().join("slapmodify"));
        let said = program.arg("-l").arg(input).arg("-f").arg(place).output().unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    }

    pub fn export(&self, to: &Path) -> Result<Manifest, ProvisionError> {
        portable::export(&self.device, to, &mut Progress::silent())
    }

    pub fn import(&self, from: &Path) -> Result<Manifest, ProvisionError> {
        portable::import(&self.device, from, &mut Progress::silent())
    }

    pub fn checksums(&self) -> Checksums {
        portable::checksums(&self.device, None, &mut Progress::silent()).unwrap()
    }

    /// What must not change when an import is refused: the state, but for what every server has.
    pub fn belongings(&self) -> Vec<String> {
        let mut found = Vec::new();
        for place in
            ["/var/mail", "/var/lib/sos/settings.toml", "/var/lib/ldap", "/var/lib/roundcube/live", "/var/lib/sos/dkim"]
        {
            list(&self.path(place), &mut found);
        }
        found.retain(|path| !path.contains("/.import"));
        found.sort();
        found
    }
}

fn list(path: &Path, found: &mut Vec<String>) {
    let Ok(about) = fs::symlink_metadata(path) else { return };
    if about.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| list(&entry.unwrap().path(), found));
    } else {
        found.push(path.display().to_string());
    }
}

/// All files in `folder`, by their paths in it.
pub fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    list(folder, &mut found);
    let prefix = format!("{}/", folder.display());
    let mut files: Vec<String> = found.iter().map(|path| path.strip_prefix(&prefix).unwrap().to_owned()).collect();
    files.sort();
    files
}

/// Lists an export anew that was changed, as whoever changes it knowingly does.
pub fn seal(folder: &Path) {
    let manifest = folder.join("manifest.toml");
    let (mut count, mut bytes, mut seconds, mut lines) = (0, 0, 0, String::new());
    let mut line = |path: &str| {
        let (content, about) = (fs::read(folder.join(path)).unwrap(), fs::metadata(folder.join(path)).unwrap());
        let digest = hex::encode(Sha256::digest(&content));
        lines += &format!("# {} {}\n{digest}  {path}\n", about.mtime(), content.len());
        (about.mtime(), content.len())
    };
    for path in files(folder).iter().filter(|path| !matches!(path.as_str(), "SHA256SUMS" | "manifest.toml")) {
        let (time, size) = line(path);
        (count, bytes, seconds) = (count + 1, bytes + size, seconds + time);
    }
    let text = fs::read_to_string(&manifest).unwrap();
    let numbers = [("files", count.to_string()), ("bytes", bytes.to_string()), ("seconds", seconds.to_string())];
    let changed = text.lines().map(|line| {
        let number = numbers.iter().find(|(name, _)| line.starts_with(&format!("{name} = ")));
        // Members have bytes, too; those of the whole stand above all tables.
        number.map_or(line.to_owned(), |(name, number)| format!("{name} = {number}"))
    });
    let head = text.find("[checksums]").unwrap();
    let above: String = changed.take(text[..head].lines().count()).map(|line| line + "\n").collect();
    fs::write(&manifest, above + &text[head..]).unwrap();
    line("manifest.toml");
    fs::write(folder.join("SHA256SUMS"), format!("{}\n{lines}", portable::SUMS_HEAD)).unwrap();
}
