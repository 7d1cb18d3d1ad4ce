//! The claim by somebody who knows the claim code: the very code of the provider's mapping from there on.

use std::net::IpAddr;

use serde_json::Value;
use sos_ipc::{Claimed, Reply, Word};
use sos_settings::{ADMINISTRATORS, Mapping};

use super::answer::{Helper, issues};
use super::changes;
use crate::apply;
use crate::claim::{self, Verdict};
use crate::console;
use crate::device::Device;
use crate::error::ProvisionError;
use crate::turn::{Claiming, Turn};

/// Whether `code` is the one.
pub(super) fn check(helper: &Helper, code: &Word, from: IpAddr) -> Result<Reply, ProvisionError> {
    Ok(refused(helper.gate.check(&helper.device, code.reveal(), from)?).unwrap_or(Reply::Done))
}

/// Takes the server over for who knows the code.
pub(super) fn claim(helper: &Helper, code: &Word, from: IpAddr, mapping: &Value) -> Result<Reply, ProvisionError> {
    let device = &helper.device;
    if let Some(reply) = refused(helper.gate.check(device, code.reveal(), from)?) {
        return Ok(reply);
    }
    let mapping = match Mapping::read(mapping, &device.offered()?) {
        Ok(mapping) => mapping,
        Err(problems) => return Ok(issues(&problems)),
    };
    helper.alone(|| {
        let _claiming = Claiming::begin(device)?;
        let turn = Turn::wait(device)?;
        // Somebody else who knew the code may have been faster.
        if device.settings()?.is_some() {
            return Ok(Reply::AlreadyOwned);
        }
        claim::claim(device, &mapping)?;
        let administrators = mapping.roles.iter().find(|role| role.name.as_str() == ADMINISTRATORS);
        let administrator = administrators.and_then(|role| role.members.first()).map(ToString::to_string);
        let administrator = administrator.unwrap_or_default();
        // It is theirs from here on; what does not start shows in the health report.
        if let Err(error) = start(device, turn)
            .and_then(|()| changes::note(device, &administrator, "claimed", mapping.organisation.name.as_str()))
        {
            console::log(&format!("after the claim: {error}"));
        }
        Ok(Reply::Claimed(Claimed { host: mapping.host.to_string(), administrator }))
    })
}

fn refused(verdict: Verdict) -> Option<Reply> {
    match verdict {
        Verdict::Right => None,
        Verdict::Wrong(left) => Some(Reply::WrongCode { left }),
        Verdict::Locked(seconds) => Some(Reply::Locked { seconds }),
        Verdict::Owned => Some(Reply::AlreadyOwned),
    }
}

/// Renders for the owner, starts what they chose, and has health and certificate looked at.
pub(crate) fn start(device: &Device, turn: Turn) -> Result<(), ProvisionError> {
    let rendered = device.render(device.ssh_is_on())?;
    let changed = apply::write(device, &rendered)?;
    drop(turn);
    apply::follow(device, &changed)?;
    apply::start_services(device, &rendered)?;
    let systemctl = |arguments: [&str; 3]| device.program("systemctl").args(arguments).run();
    systemctl(["restart", "--no-block", "sos-health.service"])?;
    systemctl(["start", "--no-block", "sos-certificate.service"])?;
    Ok(())
}
