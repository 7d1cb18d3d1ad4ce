//! A request → its reply.

use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use sos_ipc::{DnsRecord, Reply, Request};
use sos_settings::{MemberName, Problems};

use super::lately::Lately;
use super::services::Asked;
use super::updates::Updates;
use super::{changes, claim, letter, logo, machine, mail, owner, services, settings};
use crate::claim::Gate;
use crate::console;
use crate::device::Device;
use crate::error::ProvisionError;

/// What the helper keeps between requests.
#[derive(Debug)]
pub(super) struct Helper {
    pub(super) device: Device,
    pub(super) gate: Gate,
    /// Held by whoever changes the settings, the claim among them.
    changing: Mutex<()>,
    /// The machine's own state.
    machine: Lately,
    /// What is due in the DNS.
    records: Lately,
    /// When all services were last asked to do their work.
    asked: Asked,
    /// How updates stand.
    updates: Updates,
}

impl Helper {
    pub(super) fn new(device: &Device) -> Self {
        Self {
            device: device.clone(),
            gate: Gate::default(),
            changing: Mutex::default(),
            machine: Lately::default(),
            records: Lately::default(),
            asked: Asked::default(),
            updates: Updates::default(),
        }
    }

    /// Does what is asked. A fault becomes a sentence, which the journal hears too.
    pub(super) fn answer(&self, request: Request) -> Reply {
        self.carry_out(request).unwrap_or_else(|error| {
            console::log(&format!("helper: {error}"));
            Reply::Fault(error.to_string())
        })
    }

    fn carry_out(&self, request: Request) -> Result<Reply, ProvisionError> {
        let device = &self.device;
        match request {
            Request::Owner => owner::owner(device),
            Request::CheckCode { code, from } => claim::check(self, &code, from),
            Request::Claim { code, from, mapping } => claim::claim(self, &code, from, &mapping.0),
            Request::Progress => services::progress(device),
            Request::Machine => self.machine.or(|| machine::machine(device)),
            other if device.settings()?.is_none() => {
                console::log("helper: the console asks for more than a claim, and there is no owner");
                drop(other);
                Err(ProvisionError::Unclaimed)
            }
            other => self.carry_out_for_owner(other),
        }
    }

    fn carry_out_for_owner(&self, request: Request) -> Result<Reply, ProvisionError> {
        let device = &self.device;
        match request {
            Request::Health { fresh } => services::health(device, fresh, &self.asked),
            Request::Dns => self.records.or(|| records(device)),
            Request::Settings => settings::read(device),
            Request::ChangeSettings { revision, by, change } => {
                self.alone(|| named(&by, |by| settings::change(device, &revision, by, change)))
            }
            Request::Mend { what, by } => {
                let reply = named(&by, |by| services::mend(device, &what, by));
                self.machine.forget();
                reply
            }
            Request::Filters { member } => named(&member, |member| mail::filters(device, member)),
            Request::SetFilters { member, script } => {
                named(&member, |member| mail::set_filters(device, member, &script))
            }
            Request::RemoveMailbox { member, keep, by } => {
                named(&by, |by| named(&member, |member| mail::remove_mailbox(device, member, keep, by)))
            }
            Request::SignOut { member } => named(&member, |member| mail::sign_out(device, member)),
            Request::SendLetter(letter) => letter::send(device, &letter),
            Request::Record { by, what, about } => named(&by, |by| changes::record(device, by, &what, &about)),
            Request::Changes { most } => changes::newest(device, most),
            Request::Updates => self.updates.status(device),
            Request::LookForUpdate { by } => named(&by, |by| self.updates.look(device, by)),
            Request::UpdateNow { by } => named(&by, |by| self.updates.update(device, by)),
            Request::GoBack { by } => named(&by, |by| self.updates.go_back(device, by)),
            Request::SetLogo { image, by } => named(&by, |by| logo::set(device, &image, by)),
            // Done by `carry_out`; before the claim or after it.
            Request::Owner
            | Request::CheckCode { .. }
            | Request::Claim { .. }
            | Request::Progress
            | Request::Machine => Err(ProvisionError::Unclaimed),
        }
    }

    /// Does `change` while nobody else changes settings.
    pub(super) fn alone<T>(&self, change: impl FnOnce() -> T) -> T {
        let _held = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let done = change();
        self.machine.forget();
        self.records.forget();
        done
    }
}

/// Goes on with a member's name; what is none is an issue.
fn named(
    name: &str,
    go_on: impl FnOnce(&MemberName) -> Result<Reply, ProvisionError>,
) -> Result<Reply, ProvisionError> {
    match name.parse::<MemberName>() {
        Ok(name) => go_on(&name),
        Err(error) => Ok(issue("member", error.to_string())),
    }
}

/// The one issue.
pub(super) fn issue(path: &str, what: impl Into<String>) -> Reply {
    Reply::Issues(vec![sos_ipc::Issue { path: path.into(), what: what.into() }])
}

/// Problems as issues.
pub(super) fn issues(problems: &Problems) -> Reply {
    let issue =
        |problem: &sos_settings::Problem| sos_ipc::Issue { path: problem.path.clone(), what: problem.what.clone() };
    Reply::Issues(problems.iter().map(issue).collect())
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn records(device: &Device) -> Result<Reply, ProvisionError> {
    let record = |line: sos_settings::DnsLine| {
        let mut words = line.text.splitn(3, ' ').map(str::to_owned);
        let mut word = || words.next().unwrap_or_default();
        DnsRecord { name: word(), kind: word(), data: word(), service: line.service }
    };
    Ok(Reply::Dns(crate::dns::records(device)?.into_iter().map(record).collect()))
}
