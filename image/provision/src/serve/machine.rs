//! The machine's own state: disk, memory, certificate, mail queue, addresses.

use serde_json::Value;
use sos_ipc::{Machine, Reply};

use super::answer::now;
use crate::certificate;
use crate::device::Device;
use crate::error::ProvisionError;
use crate::{addresses, console};

/// The unit that has the mail queue.
const MAIL: &str = "postfix.service";

pub(super) fn machine(device: &Device) -> Result<Reply, ProvisionError> {
    let (disk_bytes, disk_free_bytes) = disk(device)?;
    let memory = device.read("/proc/meminfo")?;
    let certificate = certificate::current(device);
    let queue = queue(device)?;
    let (mut own, ipv6) = addresses::public(device)?.split();
    own.extend(ipv6);
    let uptime = device.read("/proc/uptime")?;
    Ok(Reply::Machine(Box::new(Machine {
        version: device.image()?.version,
        uptime: uptime.split(['.', ' ']).next().and_then(|seconds| seconds.parse().ok()).unwrap_or_default(),
        disk_bytes,
        disk_free_bytes,
        memory_bytes: kilobytes(&memory, "MemTotal:"),
        memory_available_bytes: kilobytes(&memory, "MemAvailable:"),
        certificate_until: certificate.as_ref().map_or(0, |certificate| certificate.until),
        certificate_self_signed: certificate.as_ref().is_none_or(|certificate| certificate.self_signed),
        certificate_fingerprint: certificate.as_ref().map_or_else(String::new, |own| own.fingerprint.clone()),
        certificate_names: certificate.map_or_else(Vec::new, |certificate| certificate.names),
        certificate_fault: certificate::fault(device),
        queue: queue.map(|(letters, _)| letters),
        queue_oldest: queue.and_then(|(_, oldest)| oldest).map(|arrived| now().saturating_sub(arrived)),
        addresses: own,
    })))
}

/// The state's size and what is free of it.
fn disk(device: &Device) -> Result<(u64, u64), ProvisionError> {
    let path = device.path("/var");
    let about = rustix::fs::statvfs(&path).map_err(|error| ProvisionError::file("look at", &path)(error.into()))?;
    Ok((about.f_blocks.saturating_mul(about.f_frsize), about.f_bavail.saturating_mul(about.f_frsize)))
}

/// A line of `/proc/meminfo`, in bytes.
fn kilobytes(memory: &str, key: &str) -> u64 {
    let line = memory.lines().find_map(|line| line.strip_prefix(key));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or_default().saturating_mul(1024)
}

/// Letters in the queue and when the oldest came; nothing where there is no mail, or it does not answer.
fn queue(device: &Device) -> Result<Option<(u32, Option<u64>)>, ProvisionError> {
    let settings = device.settings()?;
    let overlays = device.overlays()?;
    let enabled = overlays.enabled(settings.as_ref())?;
    let there =
        settings.is_some() && enabled.iter().any(|overlay| overlay.manifest.units.iter().any(|unit| unit == MAIL));
    if !there {
        return Ok(None);
    }
    match device.program("postqueue").arg("-j").run() {
        Ok(output) => Ok(Some(count(&String::from_utf8_lossy(&output)))),
        Err(error) => {
            console::log(&error.to_string());
            Ok(None)
        }
    }
}

/// One letter a line (postqueue(1), -j).
fn count(output: &str) -> (u32, Option<u64>) {
    let letters = || output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let oldest = letters().filter_map(|letter| letter["arrival_time"].as_u64()).min();
    (u32::try_from(letters().count()).unwrap_or(u32::MAX), oldest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_letters_and_finds_the_oldest() {
        let output =
            "{\"queue_id\":\"A\",\"arrival_time\":1764000000}\n{\"queue_id\":\"B\",\"arrival_time\":1763000000}\n";
        assert_eq!(count(output), (2, Some(1_763_000_000)));
        assert_eq!(count(""), (0, None));
    }

    #[test]
    fn reads_memory_in_bytes() {
        assert_eq!(kilobytes("MemTotal:        2048 kB\nMemFree: 1 kB\n", "MemTotal:"), 2_097_152);
        assert_eq!(kilobytes("", "MemTotal:"), 0);
    }
}
