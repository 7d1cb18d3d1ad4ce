//! A root that breaks no rule, and what changes one thing in it: the vectors of the rules' tests.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::exceptions::Allowed;
use super::facts::{Facts, Input, Locked, Slot};
use super::tree::Entry;
use super::{Outcome, RULES, outcomes};
use crate::users::Users;

/// The lock's time.
pub const EPOCH: u64 = 1_795_426_200;

const USERS: &str = "[[user]]\nname='postfix'\nuid=240\nhome='/'\nshell='/bin/false'\ncomment=''\n";
const MANIFEST: &str = "title = 'Foundation'\nrequired = true\nunits = ['tool.service']\n\
                        [health]\ntransaction = '/usr/lib/sos/health/base'\n\
                        [templates.hosts]\nto = '/etc/hosts'\nunclaimed = true\n[secrets]\nprobe = { kind = 'password' }\n";
const HOSTS: &str = "127.0.0.1 localhost{% if claimed %} {{ host }} {{ secrets.probe }}{% endif %}\n";
const CLUB: &str = "#cloud-config\nsos:\n  version: 1\n  organisation: {name: Club, domain: club.example}\n  \
                    members: [{name: jill, full_name: Jill Archer, password: first-password}]\n";
const WAITING: &str = "#cloud-config\nsos: {version: 1, acme: {directory: 'https://acme.example/directory'}}\n";

/// A change to what the file system says of a path.
type Change = (String, Box<dyn FnOnce(&mut Entry)>);

/// A root in the making.
pub struct Fixture {
    dir: tempfile::TempDir,
    packages: BTreeSet<String>,
    layer: BTreeSet<String>,
    installed: Vec<[String; 4]>,
    locked: Vec<Locked>,
    changes: Vec<Change>,
}

impl Fixture {
    /// A root that breaks nothing.
    pub fn good() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (packages, layer) = (BTreeSet::new(), BTreeSet::new());
        let mut fixture = Self { dir, packages, layer, installed: vec![], locked: vec![], changes: vec![] };
        for (path, text) in [
            ("/etc/machine-id", ""),
            ("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\npostfix:x:240:240::/:/bin/false\n"),
            ("/etc/group", "root:x:0:\npostfix:x:240:\n"),
            ("/etc/shadow", "root:!*::0:99999:7:::\npostfix:!*::0:99999:7:::\n"),
            ("/etc/gshadow", "root:*::\npostfix:!::\n"),
            ("/usr/share/base-passwd/passwd.master", "root:*:0:0:root:/root:/bin/bash\n"),
            ("/usr/share/base-passwd/group.master", "root:*:0:\n"),
            ("/usr/share/zoneinfo/tzdata.zi", "Z Europe/London 0\n"),
            ("/usr/lib/systemd/system/multi-user.target", "[Unit]\nWants=nothing-of-ours.service\n"),
            ("/usr/lib/systemd/system/tool.service", "[Service]\nExecStart=/usr/bin/tool\n"),
            ("/usr/share/sos/overlays/base/service.toml", MANIFEST),
            ("/usr/share/sos/overlays/base/templates/hosts", HOSTS),
        ] {
            fixture = fixture.file(path, text);
        }
        let fixture = fixture.link("/usr/lib/systemd/system/default.target", "multi-user.target");
        let fixture = fixture.link("/bin", "usr/bin").program("/usr/bin/tool").program("/usr/lib/sos/health/base");
        let fixture = fixture.sample("club.yaml", CLUB).sample("waiting.yaml", WAITING);
        fixture.locked("bash", "5.2-1").installed("bash", "5.2-1", "amd64", "install ok installed")
    }

    fn root(&self, path: &str) -> PathBuf {
        self.dir.path().join("root").join(path.trim_start_matches('/'))
    }

    /// With this file, which an overlay brings.
    pub fn file(self, path: &str, text: &str) -> Self {
        self.bytes(path, text.as_bytes())
    }

    /// With a file of these bytes, which an overlay brings.
    pub fn bytes(mut self, path: &str, bytes: &[u8]) -> Self {
        write(&self.root(path), bytes, 0o644);
        self.layer.insert(path.to_owned());
        self
    }

    /// With a program that does nothing.
    pub fn program(self, path: &str) -> Self {
        self.file(path, "\u{7f}ELF").mode(path, 0o755)
    }

    /// With this link.
    pub fn link(mut self, path: &str, target: &str) -> Self {
        let place = self.root(path);
        make_folder(place.parent().unwrap());
        symlink(target, place).unwrap();
        self.layer.insert(path.to_owned());
        self
    }

    /// With a folder of this mode.
    pub fn folder(self, path: &str, mode: u32) -> Self {
        make_folder(&self.root(path));
        self.mode(path, mode)
    }

    /// With a file that nobody brings.
    pub fn stray(self, path: &str, text: &str) -> Self {
        write(&self.root(path), text.as_bytes(), 0o644);
        self
    }

    /// Without this file, which somebody still brings.
    pub fn without(mut self, path: &str) -> Self {
        fs::remove_file(self.root(path)).unwrap();
        self.changes.retain(|(changed, _)| changed != path);
        self
    }

    /// With another mode of a path. Set when the root is looked at: not every place keeps every bit.
    pub fn mode(self, path: &str, mode: u32) -> Self {
        self.entry(path, move |entry| entry.mode = mode)
    }

    /// With another word of the file system about a path.
    pub fn entry(mut self, path: &str, change: impl FnOnce(&mut Entry) + 'static) -> Self {
        self.changes.push((path.to_owned(), Box::new(change)));
        self
    }

    /// With a path in some package's list.
    pub fn package_file(mut self, path: &str) -> Self {
        self.packages.insert(path.to_owned());
        self
    }

    /// With a package in dpkg's database, in place of another of its name.
    pub fn installed(mut self, name: &str, version: &str, architecture: &str, status: &str) -> Self {
        self.installed.retain(|package| package[0] != name);
        self.installed.push([name, version, architecture, status].map(str::to_owned));
        self
    }

    /// With a package in the lock.
    pub fn locked(mut self, name: &str, version: &str) -> Self {
        let [name, version, architecture] = [name, version, "amd64"].map(str::to_owned);
        self.locked.push(Locked { name, version, architecture });
        self
    }

    /// With this user data as a sample.
    pub fn sample(self, name: &str, text: &str) -> Self {
        write(&self.dir.path().join("checkout").join(name), text.as_bytes(), 0o644);
        self
    }

    /// With a template that renders this text to `to`.
    pub fn renders(self, to: &str, text: &str) -> Self {
        let manifest = format!("{MANIFEST}[templates.more]\nto = '{to}'\n");
        self.file("/usr/share/sos/overlays/base/service.toml", &manifest)
            .file("/usr/share/sos/overlays/base/templates/more", text)
    }

    /// What each rule finds, with these exceptions.
    pub fn outcomes(self, exceptions: &str) -> Vec<Outcome> {
        let dpkg = self.dir.path().join("dpkg");
        let paragraph = |[name, version, architecture, status]: &[String; 4]| {
            format!("Package: {name}\nStatus: {status}\nVersion: {version}\nArchitecture: {architecture}\n\n")
        };
        write(&dpkg.join("status"), self.installed.iter().map(paragraph).collect::<String>().as_bytes(), 0o644);
        write(
            &dpkg.join("files"),
            self.packages.iter().map(|path| path.clone() + "\n").collect::<String>().as_bytes(),
            0o644,
        );
        let users = Users::parse(Path::new("users.toml"), USERS).unwrap();
        let text = format!("samples = ['club.yaml', 'waiting.yaml']\n{exceptions}");
        let mut allowed =
            Allowed::parse(Path::new("checks.toml"), &text, &RULES.map(|rule| rule.name), "trixie").unwrap();
        let input = Input {
            root: &self.dir.path().join("root"),
            dpkg: &dpkg,
            layer: &self.layer,
            locked: &self.locked,
            users: &users,
            release: "trixie",
            epoch: EPOCH,
            slot: Slot { size: 100 << 20, fill_percent: 60 },
            repository: &self.dir.path().join("checkout"),
        };
        let mut facts = Facts::gather(&input, &allowed.samples).unwrap();
        facts.tree.settle(i64::try_from(EPOCH).unwrap() - 1);
        for (path, change) in self.changes {
            facts.tree.change(&path, change);
        }
        outcomes(&facts, &mut allowed).unwrap()
    }

    /// Just this rule finds something, at these paths.
    pub fn breaks(self, rule: &str, paths: &[&str]) {
        let found = findings(&self.outcomes(""));
        let expected: BTreeSet<(String, String)> =
            paths.iter().map(|path| (rule.to_owned(), (*path).to_owned())).collect();
        assert_eq!(found, expected);
    }

    /// No rule finds anything.
    pub fn breaks_nothing(self) {
        assert_eq!(findings(&self.outcomes("")), BTreeSet::new());
    }
}

/// Rule and path of everything found.
pub fn findings(outcomes: &[Outcome]) -> BTreeSet<(String, String)> {
    let each = |outcome: &Outcome| {
        let rule = outcome.rule.clone();
        outcome.findings.iter().map(move |finding| (rule.clone(), finding.path.clone())).collect::<Vec<_>>()
    };
    outcomes.iter().flat_map(each).collect()
}

fn make_folder(path: &Path) {
    fs::create_dir_all(path).unwrap();
}

fn write(path: &Path, bytes: &[u8], mode: u32) {
    make_folder(path.parent().unwrap());
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}
