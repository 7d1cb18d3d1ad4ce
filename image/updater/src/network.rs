//! How a server is connected, as [`Facts`]: whether it has addresses beyond its own link, and ways out, for IPv4 and IPv6.
//!
//! A release that comes up without them is well in all it does for itself, and nobody ever reaches it again.

use std::time::{Duration, Instant};

use sos_provision::Device;

use crate::error::UpdateError;
use crate::facts::{Facts, lost};

/// ip(8)'s option for each kind, the facts' names, and what is asked for them.
const KINDS: [(&str, &str, &[&str]); 4] = [
    ("-4", "networks with an IPv4 address", &["address", "show", "scope", "global", "up"]),
    ("-4", "ways out by IPv4", &["route", "show", "default"]),
    ("-6", "networks with an IPv6 address", &["address", "show", "scope", "global", "up"]),
    ("-6", "ways out by IPv6", &["route", "show", "default"]),
];
/// Between two looks at what comes by itself: leases, router advertisements.
const PAUSE: Duration = Duration::from_secs(1);

/// How the server is connected: 1 for each kind that there is, whatever the addresses are. Providers change those.
///
/// # Errors
/// When the kernel cannot be asked.
pub fn ways(device: &Device) -> Result<Facts, UpdateError> {
    let mut facts = Facts::new();
    for (family, name, what) in KINDS {
        let said = device.program("ip").args([family, "-oneline"]).args(what.iter().copied()).run()?;
        facts.insert(name.into(), u64::from(!said.trim_ascii().is_empty()));
    }
    Ok(facts)
}

/// Waits until the server is connected as `before`, at most `patience`.
///
/// # Errors
/// What it lacks, in words.
pub fn wait(device: &Device, before: &Facts, patience: Duration) -> Result<(), String> {
    let of_network = |facts: &Facts| -> Facts {
        let ours = facts.iter().filter(|(name, _)| KINDS.iter().any(|(_, known, _)| name == known));
        ours.map(|(name, count)| (name.clone(), *count)).collect()
    };
    let (before, start) = (of_network(before), Instant::now());
    loop {
        let now = ways(device).map_err(|error| format!("the network cannot be looked at: {error}"))?;
        let lost = lost(&before, &now);
        if lost.is_empty() {
            return Ok(());
        }
        if start.elapsed() >= patience {
            return Err(lost.join("; "));
        }
        std::thread::sleep(PAUSE.min(patience));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_programs::stand_in;

    /// A server whose ip(8) says so.
    fn server(script: &str) -> (tempfile::TempDir, Device) {
        let folder = tempfile::tempdir().unwrap();
        stand_in(folder.path(), "ip", script);
        let device = Device::new(folder.path()).with_programs(folder.path());
        (folder, device)
    }

    const BY_IPV4: &str = "case $* in -4*) echo something;; esac";
    const SOON: Duration = Duration::from_millis(10);

    #[test]
    fn each_kind_of_address_and_way_out_counts_for_itself() {
        let (_folder, device) = server(BY_IPV4);
        let facts = ways(&device).unwrap();
        assert_eq!(facts.values().sum::<u64>(), 2);
        assert_eq!((facts["ways out by IPv4"], facts["ways out by IPv6"]), (1, 0));
    }

    #[test]
    fn a_server_that_was_connected_has_to_be_again_and_others_may_become_so() {
        let (_folder, both) = server("echo something");
        let (_other, one) = server(BY_IPV4);
        let before = ways(&one).unwrap();
        assert_eq!(wait(&both, &before, SOON), Ok(()));
        let why = wait(&one, &ways(&both).unwrap(), SOON).unwrap_err();
        assert_eq!(why, "networks with an IPv6 address: 1 before, 0 now; ways out by IPv6: 1 before, 0 now");
    }

    #[test]
    fn an_address_that_comes_late_is_waited_for() {
        // Nothing at the first question; the lease is there at the next.
        let (_folder, late) = server("[ -e \"$0.asked\" ] && echo something; touch \"$0.asked\"");
        let before = Facts::from([("networks with an IPv4 address".into(), 1)]);
        assert_eq!(wait(&late, &before, Duration::from_secs(5)), Ok(()));
    }

    #[test]
    fn facts_of_something_else_and_of_a_release_that_did_not_look_ask_for_nothing() {
        let (_folder, cut_off) = server("exit 0");
        assert_eq!(wait(&cut_off, &Facts::from([("mailboxes".into(), 3)]), SOON), Ok(()));
        let (_folder, broken) = server("exit 1");
        assert!(wait(&broken, &Facts::new(), SOON).unwrap_err().contains("cannot be looked at"));
    }
}
