//! An export's files → beside the places where they go on the device, until all of them are there and right.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{OpenOptionsExt as _, fchown};
use std::path::{Path, PathBuf};

use sos_settings::{MemberName, Overlay, Settings};

use super::classify::Place;
use super::collect::Source;
use super::progress::Progress;
use super::refusal::Refusal;
use super::sums::Line;
use super::take::{pour, time};
use super::verify::Export;
use super::{directory, ldif, services, sieve};
use crate::device::Device;
use crate::error::ProvisionError;
use crate::files::{self, Rights};
use crate::{directory as database, secrets};

/// Where letters are staged: in the file system of the mailboxes, and nobody's but root's.
const MAIL: &str = "/var/mail/.import";
/// Where keys, certificate and logo are staged, below our state.
const KEPT: &str = "import";
/// Who has mailboxes.
const USER: &str = "vmail";
/// Largest directory, and largest of all other files that are read at once.
const LARGEST_DIRECTORY: u64 = 64 << 20;
const LARGEST: u64 = 1 << 20;

/// What an export says, read and checked as far as that can be done without writing.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    device: &'a Device,
    export: &'a Export,
    settings: &'a Settings,
    enabled: &'a [&'a Overlay],
    records: Vec<ldif::Record>,
    members: BTreeSet<MemberName>,
}

/// The settings in `export`; nothing else of it means anything without them.
pub(super) fn settings(export: &Export) -> Result<Settings, Refusal> {
    let file = "settings.toml";
    let text = export.small(file, LARGEST)?.ok_or_else(|| Refusal::Missing(file.into()))?;
    let text = String::from_utf8(text).map_err(|_| Refusal::malformed(file, "is no UTF-8"))?;
    Settings::from_toml(&text).map_err(|error| Refusal::malformed(file, error))
}

/// What is staged where.
#[derive(Debug)]
pub(super) struct Staged {
    /// Mailboxes, by member.
    pub(super) mail: PathBuf,
    /// `dkim/`, `tls/` and `logo`.
    pub(super) kept: PathBuf,
}

impl Staged {
    /// Where an import of this device stages.
    pub(super) fn on(device: &Device) -> Self {
        Self { mail: device.path(MAIL), kept: device.state(KEPT) }
    }

    /// Removes it.
    pub(super) fn clear(&self) -> Result<(), ProvisionError> {
        files::remove_folder(&self.mail)?;
        files::remove_folder(&self.kept)
    }
}

impl<'a> Plan<'a> {
    /// Checks what is in `export` against what this release knows.
    pub(super) fn read(
        device: &'a Device,
        export: &'a Export,
        settings: &'a Settings,
        enabled: &'a [&'a Overlay],
    ) -> Result<Self, ProvisionError> {
        let file = directory::FILE;
        let text = export.small(file, LARGEST_DIRECTORY)?.ok_or_else(|| Refusal::Missing(file.into()))?;
        let records = directory::own(ldif::parse(&text).map_err(|what| Refusal::malformed(file, what))?);
        let members = directory::check(&records)?;
        let plan = Self { device, export, settings, enabled, records, members };
        for file in export.files()? {
            let (line, place) = file?;
            if !plan.admits(&line, &place)? {
                return Err(Refusal::Unknown(line.path).into());
            }
        }
        plan.check_certificate()?;
        Ok(plan)
    }

    /// Whether there is a place for this file here, and it is as it must be to get there.
    fn admits(&self, line: &Line, place: &Place) -> Result<bool, ProvisionError> {
        Ok(match place {
            Place::About | Place::Settings | Place::Directory => true,
            Place::Logo | Place::Certificate | Place::CertificateKey => line.size <= LARGEST,
            Place::SigningKey(name) => {
                let ours = secrets::rsa_keys(self.enabled).any(|own| own == name);
                ours && self.pem(&line.path, "pkey")?.is_some()
            }
            Place::Letter { member, .. } | Place::Beside { member, .. } => self.members.contains(member),
            Place::Filter { member, name } => {
                if name == sieve::ACTIVE_FILE {
                    self.check_active(&line.path)?;
                }
                self.members.contains(member) && line.size <= sieve::LARGEST
            }
            Place::Service { member, service, .. } => {
                let ours = services::with_export(self.enabled).any(|(own, _)| own == service);
                ours && self.members.contains(member) && line.size <= services::LONGEST
            }
        })
    }

    /// The public key of what is in `path`, a key (`pkey`) or a certificate (`x509`), as openssl reads it.
    fn pem(&self, path: &str, kind: &str) -> Result<Option<Vec<u8>>, ProvisionError> {
        let Some(pem) = self.export.small(path, LARGEST)? else { return Ok(None) };
        let public = if kind == "pkey" { &["-pubout"][..] } else { &["-pubkey", "-noout"] };
        let said = self.device.program("openssl").arg(kind).args(public.iter().copied()).input(&pem).run();
        said.map(Some).map_err(|_| Refusal::malformed(path, "is none that openssl can read").into())
    }

    /// Expects the filter that is followed among those that are there.
    fn check_active(&self, path: &str) -> Result<(), Refusal> {
        let text = self.export.small(path, LARGEST)?.unwrap_or_default();
        let script = path.replace(sieve::ACTIVE_FILE, sieve::active(path, &text)?);
        match self.export.small(&script, sieve::LARGEST)? {
            Some(_) => Ok(()),
            None => Err(Refusal::malformed(path, "names a script that is not there")),
        }
    }

    /// A web server with a certificate and a key of another one would not start.
    fn check_certificate(&self) -> Result<(), ProvisionError> {
        let certificate = self.pem("secrets/tls/cert.pem", "x509")?;
        let key = self.pem("secrets/tls/key.pem", "pkey")?;
        if certificate == key {
            Ok(())
        } else {
            Err(Refusal::malformed("secrets/tls", "is not one certificate with its key").into())
        }
    }

    /// Stages all of it; what an earlier import staged goes.
    pub(super) fn stage(&self, bytes: u64, progress: &mut Progress) -> Result<Staged, ProvisionError> {
        let staged = Staged::on(self.device);
        staged.clear()?;
        for folder in [&staged.mail, &staged.kept] {
            files::make_folder(folder, Rights { mode: 0o700, uid: 0, gid: 0 })?;
        }
        progress.stage("letters", Some(bytes));
        let mut mailboxes = Mailboxes::new(self, &staged.mail)?;
        for file in self.export.files()? {
            let (line, place) = file?;
            mailboxes.put(&line, &place)?;
            self.keep(&line, &place, &staged.kept)?;
            progress.advance(line.size);
        }
        mailboxes.sync()?;
        progress.stage("directory", None);
        database::stage(self.device, self.settings, directory::to_ldif(&self.records))?;
        progress.stage("other services", None);
        for (service, spec) in services::with_export(self.enabled) {
            let program = services::program(self.device, service, spec, "import", &self.settings.organisation.domain)?;
            program.write(|into| self.feed(service, into))?;
        }
        progress.finish();
        Ok(staged)
    }

    /// Keys, certificate and logo.
    fn keep(&self, line: &Line, place: &Place, kept: &Path) -> Result<(), ProvisionError> {
        let name = match place {
            Place::SigningKey(name) => format!("dkim/{name}.key"),
            Place::Certificate => "tls/cert.pem".into(),
            Place::CertificateKey => "tls/key.pem".into(),
            Place::Logo => "logo".into(),
            _ => return Ok(()),
        };
        files::write(&kept.join(name), &text(self.export, line)?, Rights::ROOT_ONLY)
    }

    /// Tells a service's program what it had.
    fn feed(&self, service: &str, into: &mut dyn std::io::Write) -> Result<(), ProvisionError> {
        for file in self.export.files()? {
            let (line, place) = file?;
            let Place::Service { member, service: of, name } = place else { continue };
            if of == service {
                let frame = services::frame(&line.path, &member, &name, text(self.export, &line)?)?;
                frame.write(into).map_err(ProvisionError::file("hand over", Path::new(&line.path)))?;
            }
        }
        Ok(())
    }

    /// What is staged, to be looked at.
    pub(super) fn source(&self, staged: &Staged) -> Source<'a> {
        Source {
            device: self.device,
            settings: self.settings,
            enabled: self.enabled,
            mail: staged.mail.clone(),
            database: database::FRESH,
            kept: staged.kept.clone(),
            verb: "imported",
        }
    }
}

/// What is in a small file of the list.
fn text(export: &Export, line: &Line) -> Result<Vec<u8>, Refusal> {
    export.small(&line.path, line.size)?.ok_or_else(|| Refusal::Missing(line.path.clone()))
}

/// Mailboxes in the making.
struct Mailboxes<'a> {
    export: &'a Export,
    root: &'a Path,
    /// Whose they become.
    uid: u32,
    gid: u32,
    /// The folder of the letter before, which is there.
    folder: PathBuf,
}

impl<'a> Mailboxes<'a> {
    fn new(plan: &Plan<'a>, root: &'a Path) -> Result<Self, ProvisionError> {
        let (uid, gid) = plan.device.accounts()?.owner("mailboxes", USER, USER)?;
        Ok(Self { export: plan.export, root, uid, gid, folder: PathBuf::new() })
    }

    fn rights(&self, mode: u32) -> Rights {
        Rights { mode, uid: self.uid, gid: self.gid }
    }

    fn put(&mut self, line: &Line, place: &Place) -> Result<(), ProvisionError> {
        match place {
            Place::Letter { member, folder, state, name } => {
                let place = self.folder(member, folder)?.join(state).join(name);
                self.copy(line, &place)
            }
            Place::Beside { member, folder, name } => {
                let place = self.folder(member, folder)?.join(name);
                self.copy(line, &place)
            }
            Place::Filter { member, name } => {
                let home = self.home(member)?;
                let text = text(self.export, line)?;
                sieve::put(&home, &line.path, name, &text, self.rights(0o600))
            }
            _ => Ok(()),
        }
    }

    fn home(&self, member: &MemberName) -> Result<PathBuf, ProvisionError> {
        let home = self.root.join(member.as_str());
        files::make_folder(&home, self.rights(0o700))?;
        Ok(home)
    }

    /// A folder of a member's Maildir, whole.
    fn folder(&mut self, member: &MemberName, name: &str) -> Result<PathBuf, ProvisionError> {
        let maildir = self.root.join(member.as_str()).join("Maildir");
        let folder = if name.is_empty() { maildir.clone() } else { maildir.join(name) };
        if self.folder != folder {
            self.home(member)?;
            for place in [&maildir, &folder] {
                files::make_folder(place, self.rights(0o700))?;
                for part in ["cur", "new", "tmp"] {
                    files::make_folder(&place.join(part), self.rights(0o700))?;
                }
            }
            self.folder.clone_from(&folder);
        }
        Ok(folder)
    }

    fn copy(&self, line: &Line, place: &Path) -> Result<(), ProvisionError> {
        let fault = |verb| ProvisionError::file(verb, place);
        let mut from = self.export.file(&line.path)?;
        let mut into =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(place).map_err(fault("make"))?;
        if pour(&mut from, &mut into).map_err(fault("write"))?.digest != line.digest {
            return Err(Refusal::Changed(line.path.clone()).into());
        }
        if rustix::process::geteuid().is_root() {
            fchown(&into, Some(self.uid), Some(self.gid)).map_err(fault("chown"))?;
        }
        into.set_modified(time(line.modified)).map_err(fault("date"))
    }

    /// Makes sure that all of it is on the disk.
    fn sync(&self) -> Result<(), ProvisionError> {
        let fault = |error| ProvisionError::file("sync", self.root)(error);
        let root = File::open(self.root).map_err(fault)?;
        rustix::fs::syncfs(&root).map_err(|error| fault(error.into()))
    }
}

/// Puts staged mailboxes in their places. Those that are there are of the same import, cut off here.
pub(super) fn place_mailboxes(staged: &Staged, mail: &Path) -> Result<(), ProvisionError> {
    let fault = |error| ProvisionError::file("list", &staged.mail)(error);
    for entry in fs::read_dir(&staged.mail).map_err(fault)? {
        let entry = entry.map_err(fault)?;
        let place = mail.join(entry.file_name());
        files::remove_folder(&place)?;
        fs::rename(entry.path(), &place).map_err(ProvisionError::file("place", &place))?;
    }
    files::sync(mail)
}
