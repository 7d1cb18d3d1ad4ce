//! Asks a certificate authority (ACME, RFC 8555) through Debian's dehydrated, which runs as a user of its own.
//!
//! It answers the authority's questions by files below `/var/lib/sos/acme`, which the web server hands out on port 80.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use sos_settings::Acme;

use super::attempt::{self, Failures};
use super::wish::{Wish, Wishes};
use super::{Certificate, current, follow, install, read};
use crate::command::CommandError;
use crate::device::Device;
use crate::error::ProvisionError;
use crate::files::{self, Rights};
use crate::{addresses, claim, console, health};

/// The image's authority.
const IMAGE: &str = "/usr/share/sos/acme.toml";
/// Where the authority's questions are answered; the web server's folder.
const ANSWERS: &str = "/var/lib/sos/acme/.well-known/acme-challenge";
/// dehydrated's own folder: the account and what it makes.
const CLIENT: &str = "/var/lib/sos/acme-client";
/// Its configuration, and certificates it trusts besides the public authorities.
const CONFIGURATION: &str = "/run/sos/acme.conf";
const TRUST: &str = "/run/sos/acme-trust.pem";
/// Held while somebody asks.
const LOCK: &str = "/run/sos/certificate.lock";
/// Who runs it.
const USER: &str = "sos-acme";
/// Says that this boot has asked once; whoever shows the address waits for it.
pub(crate) const ASKED: &str = "/run/sos/certificate-asked";
/// The profile of certificates for addresses, where the authority has profiles.
const SHORT_LIVED: &str = "shortlived";
/// How much is shown of what dehydrated said, in characters.
const SHOWN: usize = 300;

/// Whether somebody waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hurry {
    /// A timer asks.
    No,
    /// A person pressed a button, or the server has just been claimed.
    Yes,
}

/// Has an authority sign the best certificate that can be had, when it is time to.
///
/// # Errors
/// A fault of this machine. What an authority refuses is noted for people and tried again later.
pub fn certificate(device: &Device, hurry: Hurry) -> Result<(), ProvisionError> {
    let Some(_held) = hold(device)? else { return Ok(()) };
    let outcome = look(device, hurry);
    files::write(&device.path(ASKED), b"", Rights::PUBLIC)?;
    outcome
}

/// The one place of whoever asks. It is given back at once, also when a program that is just being started has a copy of
/// the open file.
struct Held(File);

impl Drop for Held {
    fn drop(&mut self) {
        // A lock that cannot be given back goes with the file.
        let _ = rustix::fs::flock(&self.0, rustix::fs::FlockOperation::Unlock);
    }
}

/// Holds the one place of whoever asks; nothing while somebody else does.
fn hold(device: &Device) -> Result<Option<Held>, ProvisionError> {
    let path = device.path(LOCK);
    let fault = |verb| ProvisionError::file(verb, &path);
    files::make_folder(&device.path("/run/sos"), Rights { mode: 0o755, ..Rights::PUBLIC })?;
    let file = File::create(&path).map_err(fault("open"))?;
    match rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(Held(file))),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
        Err(error) => Err(fault("lock")(error.into())),
    }
}

fn look(device: &Device, hurry: Hurry) -> Result<(), ProvisionError> {
    let settings = device.settings()?;
    let own = addresses::public(device)?;
    let wishes = Wishes::of(device, settings.as_ref(), &own);
    let mut failures = attempt::read(device);
    // The organisation's own name is theirs to see to; the provider's is nobody's concern.
    let missed = settings.as_ref().and_then(|_| wishes.missed()).map(|wish| not_here(&wish.names[0]));
    failures.keep(wishes.available().map(|wish| wish.names.as_slice()));
    if try_each(device, &wishes, &mut failures, hurry)? {
        follow(device)?;
        health::show_address(device)?;
    }
    failures.tell(missed);
    attempt::write(device, &failures)
}

/// Asks for the best, and where the authority refuses that for the next best: an authority may not sign for the
/// provider's name and still for the address. Gives whether there is another certificate now.
fn try_each(device: &Device, wishes: &Wishes, failures: &mut Failures, hurry: Hurry) -> Result<bool, ProvisionError> {
    let current = current(device);
    let now = now();
    for wish in wishes.available().take_while(|wish| wishes.is_due(wish, current.as_ref(), now)) {
        if !failures.may(&wish.names, hurry, now) {
            // While an authority that cannot be reached is left alone, it is not asked for something lesser either.
            if failures.was_whatever_the_names(&wish.names) {
                break;
            }
            continue;
        }
        match obtain(device, &authority(device)?, wish) {
            Ok(()) => {
                failures.succeeded(&wish.names);
                return Ok(true);
            }
            Err(refused) => {
                console::log(&format!("no certificate for {}: {refused}", wish.names.join(" ")));
                let whatever_the_names = matches!(refused, NoCertificate::Unreachable | NoCertificate::TooOften);
                failures.failed(&wish.names, refused.to_string(), whatever_the_names, now);
                if whatever_the_names {
                    break;
                }
            }
        }
    }
    Ok(false)
}

fn not_here(name: &str) -> String {
    format!("the name {name} does not lead to this server yet")
}

/// The authority that the settings, the metadata or the image name.
fn authority(device: &Device) -> Result<Acme, ProvisionError> {
    if let Some(acme) = device.settings()?.and_then(|settings| settings.acme) {
        return Ok(acme);
    }
    if let Some(acme) = claim::acme(device)? {
        return Ok(acme);
    }
    toml::from_str(&device.read(IMAGE)?)
        .map_err(|error| ProvisionError::Malformed { path: IMAGE.into(), what: error.message().to_owned() })
}

/// Why there is no certificate, in words for people.
#[derive(Debug, thiserror::Error)]
enum NoCertificate {
    #[error("the certificate authority cannot be reached")]
    Unreachable,
    #[error("the certificate authority could not reach this server on port 80")]
    NotSeen,
    #[error("the certificate authority has had enough requests and wants us to wait")]
    TooOften,
    #[error("the certificate authority does not sign for this name or address")]
    Rejected,
    #[error("the certificate authority gave no certificate that fits")]
    Unfit,
    #[error("asking the certificate authority failed: {0}")]
    Other(String),
    #[error(transparent)]
    Fault(#[from] ProvisionError),
}

impl NoCertificate {
    /// From what dehydrated said.
    fn of(error: &CommandError) -> Self {
        console::log(&error.to_string());
        let said = error.said.as_str();
        let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
        if has(&["error:rateLimited"]) {
            Self::TooOften
        } else if has(&["error:connection", "error:unauthorized", "error:dns", "error:tls"]) {
            Self::NotSeen
        } else if has(&["error:rejectedIdentifier", "error:malformed", "error:caa", "error:unsupportedIdentifier"]) {
            Self::Rejected
        } else if has(&["Problem connecting to server", "curl returned"]) {
            Self::Unreachable
        } else {
            Self::Other(sentence(said))
        }
    }
}

/// The last line that is for people of what dehydrated said: one with `[` first is a piece of an answer taken apart.
fn sentence(said: &str) -> String {
    let line = said.lines().map(str::trim).rfind(|line| !line.is_empty() && !line.starts_with('['));
    line.unwrap_or_default().chars().take(SHOWN).collect()
}

/// Has `authority` sign for `wish` and puts the result in place.
fn obtain(device: &Device, authority: &Acme, wish: &Wish) -> Result<(), NoCertificate> {
    configure(device, authority)?;
    let short_lived = profiles(device, authority)?.iter().any(|profile| profile == SHORT_LIVED);
    let (uid, gid) = owner(device)?;
    let run = |arguments: &[&str]| {
        device
            .program("dehydrated")
            .user(uid, gid)
            .arg("--config")
            .path(&device.path(CONFIGURATION))
            .args(arguments.iter().copied())
            .limit(Duration::from_secs(300))
            .run()
            .map_err(|error| NoCertificate::of(&error))
    };
    // What it made before is in place already, or good for nothing.
    files::remove_folder(&device.path(CLIENT).join("certs"))?;
    run(&["--register", "--accept-terms"])?;
    let prefix = if wish.address { "ip:" } else { "" };
    let names: Vec<String> = wish.names.iter().map(|name| format!("{prefix}{name}")).collect();
    let names = names.join(" ");
    let mut arguments = vec!["--cron", "--force", "--no-lock", "--domain", &names, "--alias", "server"];
    if wish.address && short_lived {
        arguments.extend(["--acme-profile", SHORT_LIVED]);
    }
    run(&arguments)?;
    let made = device.path(CLIENT).join("certs/server");
    take_over(device, wish, &made.join("fullchain.pem"), &made.join("privkey.pem"))
}

/// Puts a certificate in place that fits its key and is for the names that were wished.
fn take_over(device: &Device, wish: &Wish, chain: &Path, key: &Path) -> Result<(), NoCertificate> {
    let certificate: Certificate = read::read(device, chain)?;
    let public = |arguments: &[&str], path: &Path| {
        device.program("openssl").args(arguments.iter().copied()).path(path).run().map_err(ProvisionError::from)
    };
    let fits = public(&["x509", "-noout", "-pubkey", "-in"], chain)? == public(&["pkey", "-pubout", "-in"], key)?;
    let named = wish.names.iter().all(|name| certificate.is_for(name));
    if !fits || !named || certificate.self_signed || certificate.until <= now() {
        return Err(NoCertificate::Unfit);
    }
    let bytes = |path: &Path| fs::read(path).map_err(ProvisionError::file("read", path));
    Ok(install(device, &bytes(chain)?, &bytes(key)?)?)
}

/// Folders of the client's user, its configuration, and whom it trusts.
fn configure(device: &Device, authority: &Acme) -> Result<(), ProvisionError> {
    let (uid, gid) = owner(device)?;
    files::make_folder(&device.path(CLIENT), Rights { mode: 0o700, uid, gid })?;
    for folder in ["/var/lib/sos/acme", "/var/lib/sos/acme/.well-known"] {
        files::make_folder(&device.path(folder), Rights { mode: 0o755, ..Rights::PUBLIC })?;
    }
    files::make_folder(&device.path(ANSWERS), Rights { mode: 0o755, uid, gid })?;
    if let Some(trust) = &authority.trust {
        files::write(&device.path(TRUST), trust.as_str().as_bytes(), Rights::PUBLIC)?;
    }
    let shown = |path: &str| device.path(path).display().to_string();
    let curl = if authority.trust.is_some() { format!("--cacert {}", shown(TRUST)) } else { String::new() };
    // Read by a shell: the directory is of a checked type without anything that a shell would take for its own.
    let text = format!(
        "CA=\"{}\"\nBASEDIR=\"{}\"\nWELLKNOWN=\"{}\"\nCHALLENGETYPE=\"http-01\"\nKEY_ALGO=prime256v1\n\
         PRIVATE_KEY_RENEW=\"yes\"\nCURL_OPTS=\"{curl}\"\n",
        authority.directory,
        shown(CLIENT),
        shown(ANSWERS),
    );
    files::write(&device.path(CONFIGURATION), text.as_bytes(), Rights::PUBLIC)
}

fn owner(device: &Device) -> Result<(u32, u32), ProvisionError> {
    Ok(device.accounts()?.owner("certificates", USER, USER)?)
}

/// The profiles that the authority's directory lists.
fn profiles(device: &Device, authority: &Acme) -> Result<Vec<String>, NoCertificate> {
    let mut curl = device.program("curl").args(["--silent", "--show-error", "--fail", "--max-time", "30"]);
    if authority.trust.is_some() {
        curl = curl.arg("--cacert").path(&device.path(TRUST));
    }
    let (uid, gid) = owner(device)?;
    let directory = curl.user(uid, gid).arg("--").arg(authority.directory.as_str()).run().map_err(|error| {
        console::log(&error.to_string());
        NoCertificate::Unreachable
    })?;
    let directory: Value = serde_json::from_slice(&directory).map_err(|_| NoCertificate::Unreachable)?;
    let profiles = directory.pointer("/meta/profiles").and_then(Value::as_object);
    Ok(profiles.into_iter().flat_map(|profiles| profiles.keys().cloned()).collect())
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
#[path = "acme_tests.rs"]
mod tests;
