//! An export of all that an organisation has, or only its checksums.

use std::fs;
use std::path::Path;

use sos_settings::{Overlays, Settings};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::collect::Source;
use super::manifest::{Checksums, Manifest};
use super::progress::Progress;
use super::take::{Nowhere, Take as _, Writer};
use super::verify::Export;
use super::{mail, room};
use crate::device::Device;
use crate::error::ProvisionError;

/// What a person finds in the folder.
const README: &str = include_str!("readme.txt");

/// Writes all that the organisation has into the new folder `to`. Services go on meanwhile.
///
/// # Errors
/// [`ProvisionError::Unclaimed`], a [`super::Refusal`] of the folder, or a fault; the folder is no export then.
pub fn export(device: &Device, to: &Path, progress: &mut Progress) -> Result<Manifest, ProvisionError> {
    let (settings, overlays) = owned(device)?;
    let enabled = overlays.enabled(Some(&settings))?;
    let source = Source::of(device, &settings, &enabled);
    let total = room_for_mail(&source, to)?;
    let mut writer = Writer::begin(to)?;
    let now = OffsetDateTime::now_utc().replace_nanosecond(0).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let seconds = u64::try_from(now.unix_timestamp()).unwrap_or_default();
    progress.stage("letters", Some(total));
    let collected = source.collect(&mut writer, progress)?;
    writer.file("README.txt", &mut README.as_bytes(), seconds)?;
    for left in &collected.left_out {
        progress.note(&format!("left out, as no export can hold it: {left}"));
    }
    let manifest = Manifest {
        organisation: settings.organisation.name.to_string(),
        domain: settings.organisation.domain.to_string(),
        files: writer.files,
        bytes: writer.bytes,
        seconds: writer.seconds,
        left_out: collected.left_out,
        ..Manifest::new(device.image()?.version, now.format(&Rfc3339).unwrap_or_default(), collected.checksums)
    };
    writer.finish(&manifest.to_toml()?, seconds)?;
    Ok(manifest)
}

/// What the organisation has, as checksums: on this device, or as an export in the folder `of` says.
///
/// # Errors
/// [`ProvisionError::Unclaimed`], a [`super::Refusal`] of the folder, or a fault.
pub fn checksums(device: &Device, of: Option<&Path>, progress: &mut Progress) -> Result<Checksums, ProvisionError> {
    if let Some(folder) = of {
        return Ok(Export::open(folder)?.manifest.checksums);
    }
    let (settings, overlays) = owned(device)?;
    let enabled = overlays.enabled(Some(&settings))?;
    progress.stage("letters", None);
    Ok(Source::of(device, &settings, &enabled).collect(&mut Nowhere, progress)?.checksums)
}

fn owned(device: &Device) -> Result<(Settings, Overlays), ProvisionError> {
    let settings = device.settings()?.ok_or(ProvisionError::Unclaimed)?;
    Ok((settings, device.overlays()?))
}

/// Expects room for all letters where `to` is going to be; gives their bytes.
fn room_for_mail(source: &Source<'_>, to: &Path) -> Result<u64, ProvisionError> {
    let (mut bytes, mut needed) = (0, 0);
    for member in source.members()? {
        let (own, taken) = mail::size(&source.mail.join(member.as_str()))?;
        bytes += own;
        needed += taken;
    }
    let place = std::path::absolute(to).map_err(ProvisionError::file("find", to))?;
    let there = place.ancestors().find(|folder| fs::metadata(folder).is_ok()).unwrap_or(Path::new("/"));
    room::expect(there, needed)?;
    Ok(bytes)
}
