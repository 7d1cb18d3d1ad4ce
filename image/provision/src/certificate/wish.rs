//! What the certificate should be for: the best of the names that really lead here.
//!
//! In the order of preference: the organisation's host name (with what mail programs look for, where it leads here),
//! the name that the provider gave the machine, its address.

use std::net::IpAddr;

use serde_json::Value;
use sos_settings::Settings;

use super::read::Certificate;
use crate::addresses::{self, Addresses};
use crate::cloud_init;
use crate::device::Device;

/// One set of names, the first of which matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) names: Vec<String>,
    /// For an address: authorities sign these for a few days only (RFC 8738).
    pub(super) address: bool,
}

/// The wishes in order of preference, and whether each can be had now.
#[derive(Debug, Default)]
pub(super) struct Wishes(Vec<(Wish, bool)>);

impl Wishes {
    /// Asks the Internet's names, past what this machine's own `/etc/hosts` says.
    pub(super) fn of(device: &Device, settings: Option<&Settings>, own: &Addresses) -> Self {
        let leads_here = |name: &str| leads_to(&resolve(device, name), own);
        let mut wishes = Vec::new();
        if let Some(settings) = settings {
            let domain = &settings.organisation.domain;
            let here = leads_here(settings.host.as_str());
            let mut names = vec![settings.host.to_string()];
            if here {
                let further = [format!("autoconfig.{domain}"), format!("autodiscover.{domain}")];
                names.extend(further.into_iter().filter(|name| leads_here(name)));
            }
            wishes.push((Wish { names, address: false }, here));
        }
        if let Some(name) = cloud_init::machine_name(device) {
            let here = leads_here(name.as_str());
            wishes.push((Wish { names: vec![name.to_string()], address: false }, here));
        }
        let address = own.iter().find(|address| !addresses::is_private(*address));
        wishes.extend(address.map(|address| (Wish { names: vec![address.to_string()], address: true }, true)));
        Self(wishes)
    }

    /// The first that can be had.
    pub(super) fn best(&self) -> Option<&Wish> {
        self.0.iter().find(|(_, here)| *here).map(|(wish, _)| wish)
    }

    /// The first of all, if it cannot be had.
    pub(super) fn missed(&self) -> Option<&Wish> {
        self.0.first().filter(|(_, here)| !here).map(|(wish, _)| wish)
    }

    /// Whether `current` is for something better than `wish`.
    fn has_better(&self, current: &Certificate, wish: &Wish) -> bool {
        let better = self.0.iter().map(|(other, _)| other).take_while(|other| *other != wish);
        better.flat_map(|other| other.names.first()).any(|name| current.is_for(name))
    }

    /// Whether to ask an authority for `wish` while `current` is in use: a third of its time before it runs out, and
    /// never in place of something better that is still good.
    pub(super) fn is_due(&self, wish: &Wish, current: Option<&Certificate>, now: u64) -> bool {
        let Some(current) = current.filter(|current| !current.self_signed) else { return true };
        let left = current.until.saturating_sub(now);
        if self.has_better(current, wish) {
            return left == 0;
        }
        left < current.until.saturating_sub(current.from) / 3 || !wish.names.iter().all(|name| current.is_for(name))
    }
}

/// Whether all of what a name resolves to is here: an authority looks at any of it.
fn leads_to(found: &[IpAddr], own: &Addresses) -> bool {
    !found.is_empty() && found.iter().all(|address| own.contains(*address))
}

/// The addresses of `name` in the DNS; none when there are none, or nobody answers.
fn resolve(device: &Device, name: &str) -> Vec<IpAddr> {
    let ask = |kind: &str| {
        let kind = format!("--type={kind}");
        let arguments = ["query", "--json=short", "--legend=no", "--synthesize=no", "--cache=no", &kind, "--", name];
        device.program("resolvectl").args(arguments).limit(std::time::Duration::from_secs(20)).run().unwrap_or_default()
    };
    [ask("A"), ask("AAAA")].iter().flat_map(|output| addresses_in(&String::from_utf8_lossy(output))).collect()
}

/// The addresses in resolvectl's records, one a line.
fn addresses_in(output: &str) -> Vec<IpAddr> {
    let bytes = |record: Value| -> Option<Vec<u8>> { serde_json::from_value(record.get("address")?.clone()).ok() };
    let address = |bytes: Vec<u8>| match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        _ => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
    };
    output.lines().filter_map(|line| address(bytes(serde_json::from_str(line).ok()?)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400;

    fn certificate(names: &[&str], days: u64, self_signed: bool) -> Certificate {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Certificate { names, from: 0, until: days * DAY, self_signed, fingerprint: String::new() }
    }

    fn wish(name: &str) -> Wish {
        Wish { names: vec![name.to_owned()], address: name.starts_with("203") }
    }

    fn wishes(host_leads_here: bool) -> Wishes {
        Wishes(vec![(wish("mail.ambridge.example"), host_leads_here), (wish("203.0.113.5"), true)])
    }

    #[test]
    fn the_organisation_s_name_comes_first_as_soon_as_it_leads_here() {
        assert_eq!(wishes(true).best(), Some(&wish("mail.ambridge.example")));
        assert_eq!(wishes(false).best(), Some(&wish("203.0.113.5")));
        assert_eq!(wishes(false).missed(), Some(&wish("mail.ambridge.example")));
        assert_eq!(wishes(true).missed(), None);
    }

    #[test]
    fn an_authority_is_asked_for_what_is_missing_and_in_the_last_third() {
        let (wishes, host) = (wishes(true), wish("mail.ambridge.example"));
        let current = certificate(&["mail.ambridge.example"], 90, false);
        assert!(!wishes.is_due(&host, Some(&current), 59 * DAY));
        assert!(wishes.is_due(&host, Some(&current), 61 * DAY));
        assert!(wishes.is_due(&host, Some(&certificate(&["203.0.113.5"], 6, false)), 0));
        assert!(wishes.is_due(&host, Some(&certificate(&["mail.ambridge.example"], 3650, true)), 0));
        assert!(wishes.is_due(&host, None, 0));
    }

    #[test]
    fn a_name_that_stopped_leading_here_keeps_its_certificate_while_it_is_good() {
        let (wishes, address) = (wishes(false), wish("203.0.113.5"));
        let current = certificate(&["mail.ambridge.example"], 90, false);
        assert!(!wishes.is_due(&address, Some(&current), 89 * DAY));
        assert!(wishes.is_due(&address, Some(&current), 90 * DAY));
    }

    #[test]
    fn a_name_leads_here_only_if_all_its_addresses_do() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let root = tempfile::tempdir().unwrap();
        let programs = tempfile::tempdir().unwrap();
        crate::test_programs::stand_in(programs.path(), "ip", r#"echo '[{"addr_info":[{"local":"203.0.113.5"}]}]'"#);
        let own = addresses::public(&Device::new(root.path()).with_programs(programs.path())).unwrap();
        assert!(leads_to(&[address("203.0.113.5")], &own));
        assert!(!leads_to(&[address("203.0.113.5"), address("203.0.113.6")], &own));
        assert!(!leads_to(&[], &own));
    }

    #[test]
    fn reads_what_resolvectl_says() {
        let output = r#"{"key":{"class":1,"type":5,"name":"a"},"name":"b"}
{"key":{"class":1,"type":1,"name":"b"},"address":[203,0,113,5]}
{"key":{"class":1,"type":28,"name":"b"},"address":[32,1,13,184,0,0,0,0,0,0,0,0,0,0,0,5]}
"#;
        let expected: Vec<IpAddr> = ["203.0.113.5", "2001:db8::5"].map(|text| text.parse().unwrap()).to_vec();
        assert_eq!(addresses_in(output), expected);
    }
}
