//! All that an organisation has on a device, handed to whoever takes it: the one way for export, checksums, and the look
//! at what was imported.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use sos_settings::{MemberName, Overlay, Settings};

use super::manifest::{Checksums, MemberChecksums};
use super::progress::Progress;
use super::services::Kept;
use super::take::{Take, modified};
use super::{directory, ldif, mail, services, sieve};
use crate::device::{DATABASE, Device};
use crate::error::ProvisionError;
use crate::{directory as database, secrets};

/// Where mailboxes are.
pub(super) const MAIL: &str = "/var/mail";
/// What the overlay of the directory brings: needed to read its LDIF elsewhere.
const SCHEMA: &str = "/etc/ldap/schema/sos.schema";

/// Where it all is: in its places, or staged by an import.
#[derive(Debug)]
pub(super) struct Source<'a> {
    pub(super) device: &'a Device,
    pub(super) settings: &'a Settings,
    /// The services that these settings enable.
    pub(super) enabled: &'a [&'a Overlay],
    /// Mailboxes.
    pub(super) mail: PathBuf,
    /// The directory's database, on the device.
    pub(super) database: &'static str,
    /// `dkim/`, `tls/` and `logo`.
    pub(super) kept: PathBuf,
    /// What services' programs are asked for.
    pub(super) verb: &'static str,
}

/// What there is.
#[derive(Debug)]
pub(super) struct Collected {
    pub(super) checksums: Checksums,
    /// What could not be taken.
    pub(super) left_out: Vec<String>,
}

impl<'a> Source<'a> {
    /// All in its places.
    pub(super) fn of(device: &'a Device, settings: &'a Settings, enabled: &'a [&'a Overlay]) -> Self {
        let (mail, kept) = (device.path(MAIL), device.state(""));
        Self { device, settings, enabled, mail, database: DATABASE, kept, verb: "export" }
    }

    /// The names of all members.
    pub(super) fn members(&self) -> Result<Vec<MemberName>, ProvisionError> {
        Ok(directory::checksums(&self.records()?).0.into_keys().collect())
    }

    fn records(&self) -> Result<Vec<ldif::Record>, ProvisionError> {
        let text = database::dump(self.device, self.settings, self.database)?;
        let strange = |what: String| ProvisionError::Malformed { path: "slapcat".into(), what };
        Ok(directory::own(ldif::parse(&text).map_err(strange)?))
    }

    /// Has `take` take all of it.
    pub(super) fn collect(&self, take: &mut dyn Take, progress: &mut Progress) -> Result<Collected, ProvisionError> {
        let mut left_out = Vec::new();
        let settings = self.take_settings(take)?;
        let keys = self.take_keys(take)?;
        let records = self.records()?;
        take.file(directory::FILE, &mut directory::to_ldif(&records).text().as_bytes(), 0)?;
        if let Some(mut schema) = there(&self.device.path(SCHEMA))? {
            take.file("directory/sos.schema", &mut schema, 0)?;
        }
        let (entries, teams) = directory::checksums(&records);
        let mut members = BTreeMap::new();
        for (name, directory) in entries {
            let member = self.take_member(&name, directory, take, progress, &mut left_out)?;
            members.insert(name, member);
        }
        progress.stage("other services", None);
        for (service, kept) in self.take_services(&members, take, progress)? {
            for (name, digest) in kept {
                members.entry(name).and_modify(|member| drop(member.services.insert(service.clone(), digest)));
            }
        }
        progress.finish();
        Ok(Collected { checksums: Checksums { settings, teams, keys, members }, left_out })
    }

    fn take_settings(&self, take: &mut dyn Take) -> Result<String, ProvisionError> {
        take.file("settings.toml", &mut self.settings.to_toml()?.as_bytes(), 0)?;
        let mut own = self.settings.clone();
        own.acme = None;
        Ok(hex::encode(Sha256::digest(own.to_toml()?)))
    }

    fn take_keys(&self, take: &mut dyn Take) -> Result<BTreeMap<String, String>, ProvisionError> {
        let signing = secrets::rsa_keys(self.enabled).map(|name| format!("dkim/{name}.key"));
        let tls = ["tls/cert.pem", "tls/key.pem"].map(str::to_owned);
        let files = signing.chain(tls).map(|name| (format!("secrets/{name}"), name));
        let mut keys = BTreeMap::new();
        for (path, name) in files.chain([("logo".to_owned(), "logo".to_owned())]) {
            if let Some(mut file) = there(&self.kept.join(&name))? {
                let at = file.metadata().map_or(0, |about| modified(&about));
                keys.insert(name, take.file(&path, &mut file, at)?.digest);
            }
        }
        Ok(keys)
    }

    fn take_member(
        &self,
        name: &MemberName,
        directory: String,
        take: &mut dyn Take,
        progress: &mut Progress,
        left_out: &mut Vec<String>,
    ) -> Result<MemberChecksums, ProvisionError> {
        let (home, prefix) = (self.mail.join(name.as_str()), format!("members/{name}"));
        let letters = mail::collect(&home, &prefix, take, progress, left_out)?;
        let filters = sieve::collect(&home, &prefix, take, left_out)?;
        Ok(MemberChecksums {
            directory,
            mail: letters.checksum,
            folders: letters.folders,
            letters: letters.letters,
            bytes: letters.bytes,
            filters: filters.checksum,
            scripts: filters.scripts,
            services: BTreeMap::new(),
        })
    }

    fn take_services(
        &self,
        members: &BTreeMap<MemberName, MemberChecksums>,
        take: &mut dyn Take,
        progress: &mut Progress,
    ) -> Result<Vec<(String, Kept)>, ProvisionError> {
        let wanted = |name: &MemberName| members.contains_key(name);
        let mut all = Vec::new();
        for (service, spec) in services::with_export(self.enabled) {
            let program = services::program(self.device, service, spec, self.verb, &self.settings.organisation.domain)?;
            let kept = services::collect(service, program, &wanted, take, progress)?;
            all.push((service.to_owned(), kept));
        }
        Ok(all)
    }
}

/// The file at `path`, if there is one.
fn there(path: &Path) -> Result<Option<File>, ProvisionError> {
    match fs::File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ProvisionError::file("read", path)(error)),
    }
}
