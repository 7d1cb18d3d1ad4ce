//! An export onto a new server, which is the organisation's from then on.
//!
//! Nothing of the export is in its place before all of it is on the disk and is what the manifest says; the settings come
//! last of all, so that until then the server is as ownerless as before. Cut off anywhere, it can be run again.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sos_settings::{Overlay, Settings};

use super::collect::MAIL;
use super::manifest::Manifest;
use super::progress::Progress;
use super::refusal::Refusal;
use super::stage::{self, Plan, Staged};
use super::take::Nowhere;
use super::verify::Export;
use super::{room, services};
use crate::device::Device;
use crate::error::ProvisionError;
use crate::files::{self, Rights};
use crate::turn::{Claiming, Turn};
use crate::{certificate, claim, directory as database, secrets, serve};

/// Which import was begun, below our state.
const MARK: &str = "import.toml";
/// Who did it, in the list of changes.
const BY: &str = "root";

/// An import that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mark {
    /// SHA-256 of the export's list.
    export: String,
    /// Whether the server is the organisation's.
    whole: bool,
}

impl Mark {
    fn read(device: &Device) -> Result<Option<Self>, ProvisionError> {
        files::read_toml(&device.state(MARK))
    }

    fn write(&self, device: &Device) -> Result<(), ProvisionError> {
        files::write_toml(&device.state(MARK), self)
    }
}

/// Makes a server without an owner the organisation's whose export is in `from`.
///
/// # Errors
/// A [`Refusal`] of the export or the server, before anything of it is in its place; or a fault.
pub fn import(device: &Device, from: &Path, progress: &mut Progress) -> Result<Manifest, ProvisionError> {
    let claiming = Claiming::begin(device)?;
    let turn = Turn::wait(device)?;
    let export = Export::open(from)?;
    let id = export.id()?;
    if !is_done(device, &id)? {
        bring(device, &export, &id, progress)?;
    }
    Staged::on(device).clear()?;
    serve::start_for_owner(device, turn)?;
    drop(claiming);
    certificate::follow(device)?;
    Ok(export.manifest)
}

/// Forgets an import that was begun and not ended: the server became somebody's by another road.
pub(crate) fn forget(device: &Device) -> Result<(), ProvisionError> {
    files::remove(&device.state(MARK))?;
    Staged::on(device).clear()
}

/// Whether this very import was done already. Refuses a server that is somebody's.
fn is_done(device: &Device, id: &str) -> Result<bool, ProvisionError> {
    let mark = Mark::read(device)?;
    if device.is_dark() {
        return Err(Refusal::Trial.into());
    }
    if let Some(settings) = device.settings()? {
        return match mark {
            Some(mark) if mark.export == id => Ok(true),
            _ => Err(Refusal::Owned(settings.organisation.name.to_string()).into()),
        };
    }
    let begun = mark.is_some_and(|mark| !mark.whole);
    match first_mailbox(device)? {
        Some(name) if !begun => Err(Refusal::Mailbox(name).into()),
        _ => Ok(false),
    }
}

/// A mailbox that is there.
fn first_mailbox(device: &Device) -> Result<Option<String>, ProvisionError> {
    let place = device.path(MAIL);
    let fault = |error| ProvisionError::file("list", &place)(error);
    if !place.is_dir() {
        return Ok(None);
    }
    for entry in fs::read_dir(&place).map_err(fault)? {
        let name = entry.map_err(fault)?.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// Checks, stages, looks at what was staged, and puts it in its places.
fn bring(device: &Device, export: &Export, id: &str, progress: &mut Progress) -> Result<(), ProvisionError> {
    let survey = export.survey()?;
    room::expect(&device.path("/var"), survey.needed)?;
    export.verify(survey.bytes, progress)?;
    let mut settings = stage::settings(export)?;
    let overlays = device.overlays()?;
    let enabled = overlays.enabled(Some(&settings)).map_err(|error| Refusal::malformed("settings.toml", error))?;
    // The authority that this server's provider names, if any, is the one that can be reached from here.
    settings.acme = claim::acme(device)?.or(settings.acme);
    let plan = Plan::read(device, export, &settings, &enabled)?;

    Mark { export: id.to_owned(), whole: false }.write(device)?;
    secrets::make_missing(device, &enabled)?;
    let staged = plan.stage(survey.bytes, progress)?;
    progress.stage("looking at what was imported", Some(survey.bytes));
    let found = plan.source(&staged).collect(&mut Nowhere, progress)?;
    if let Some(what) = export.manifest.checksums.difference(&found.checksums) {
        let what = format!("{what}: not the same as was exported; nothing was put in its place");
        return Err(ProvisionError::Malformed { path: staged.mail, what });
    }
    place(device, &staged, &settings, &enabled)?;
    Mark { export: id.to_owned(), whole: true }.write(device)?;
    let name = settings.organisation.name.as_str();
    serve::note(device, BY, "claimed", name)
}

/// Puts everything in its place, the settings last: with them there is an owner.
fn place(device: &Device, staged: &Staged, settings: &Settings, enabled: &[&Overlay]) -> Result<(), ProvisionError> {
    let read = |path: &Path| fs::read(path).map_err(ProvisionError::file("read", path));
    for name in secrets::rsa_keys(enabled) {
        let key = staged.kept.join("dkim").join(format!("{name}.key"));
        if key.exists() {
            secrets::put_key(device, enabled, name, &read(&key)?)?;
        }
    }
    let tls = staged.kept.join("tls");
    if tls.exists() {
        certificate::install(device, &read(&tls.join("cert.pem"))?, &read(&tls.join("key.pem"))?)?;
    } else {
        certificate::make_missing(device, &[settings.host.as_str()])?;
    }
    let logo = staged.kept.join("logo");
    if logo.exists() {
        files::write(&device.state("logo"), &read(&logo)?, Rights::PUBLIC)?;
    }
    stage::place_mailboxes(staged, &device.path(MAIL))?;
    for (service, spec) in services::with_export(enabled) {
        services::program(device, service, spec, "place", &settings.organisation.domain)?.run()?;
    }
    let text = settings.to_toml()?;
    device.render_with(Some(settings), false, crate::device::DATABASE)?;
    database::hand_over(device)?;
    files::write(&device.state("settings.toml"), text.as_bytes(), Rights::PUBLIC)?;
    claim::forget(device)
}
