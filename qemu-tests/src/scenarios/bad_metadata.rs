//! A mapping with mistakes is refused whole, and every mistake is named at once, on the console, by its
//! place in the mapping: the customer mends all of them in one go, and no half-made organisation is left
//! behind.

use crate::Result;
use crate::base::HEALTH_SECONDS;
use crate::must;
use crate::seed::{Metadata, Source};
use crate::session::Stage;
use crate::vm::{Firmware, Key};

const MAPPING: &str = include_str!("../../fixtures/bad-mapping.yaml");
/// The place of each mistake in the mapping.
const MISTAKES: [(&str, &str); 6] = [
    ("an unknown key", r"colour"),
    ("a value of the wrong type", r"members\[1\]\.quota_mib|members\.1\.quota_mib"),
    ("a bad domain", r"organisation\.domain"),
    ("a member named twice", r"members\[3\]\.name|members\.3\.name"),
    ("a group with a member nobody knows", r"groups\[0\]\.members|groups\.0\.members"),
    ("a service there is not", r"services"),
];

/// See the file's header.
pub fn names_every_problem(stage: &mut Stage) -> Result<()> {
    let key = Key::make(&stage.folder)?;
    stage.boot(Firmware::Bios, Source::NoCloud, &Metadata::with_mapping(MAPPING).and_key(&key.public))?;
    let limit = stage.limit(HEALTH_SECONDS);
    stage.machine()?.serial().wait(r"sos: metadata: .*\n", limit)?;
    let shell = stage.shell();
    shell.wait_until_succeeds(
        "systemctl is-active sos-metadata.service || systemctl is-failed sos-metadata.service",
        60,
    )?;

    let console = stage.machine()?.serial().text();
    let named: Vec<_> = console.lines().filter(|line| line.contains("sos: metadata: ")).collect();
    for (what, place) in MISTAKES {
        let place = regex::Regex::new(place).map_err(|error| crate::Error::Usage(error.to_string()))?;
        must!(
            named.iter().any(|line| place.is_match(line)),
            "{what} ({place}) is not named among\n{}",
            named.join("\n")
        );
    }

    shell.succeed("test ! -e /var/lib/sos/settings.toml")?;
    must!(shell.execute("systemctl is-active slapd postfix dovecot")?.code != Some(0), "services run without settings");
    Ok(())
}
