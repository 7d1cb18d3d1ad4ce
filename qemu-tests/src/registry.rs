//! The table of scenarios: name, what it shows, where it starts, whom it shares a machine with.

use serde::{Serialize, Serializer};

use crate::base::Base;
use crate::scenarios as play;
use crate::session::Stage;
use crate::{Error, Result};

/// One behaviour of the image, as a specification that runs.
#[derive(Debug, Serialize)]
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    /// What it shows, in one line.
    pub description: &'static str,
    /// Where it starts.
    #[serde(serialize_with = "base_name")]
    pub base: Base,
    /// Whether a run that has to be short may leave it out, when chance says so: others show nearly the same.
    pub sampled: bool,
    /// Whether it needs a release of the next Debian.
    pub next_debian: bool,
    /// Scenarios of one group run one after another on one machine; none depends on another.
    pub group: Option<&'static str>,
    /// The specification.
    #[serde(skip)]
    pub run: fn(&mut Stage) -> Result<()>,
}

const fn alone(
    name: &'static str,
    base: Base,
    run: fn(&mut Stage) -> Result<()>,
    description: &'static str,
) -> Scenario {
    Scenario { name, description, base, sampled: false, next_debian: false, group: None, run }
}

/// The same, left out of short runs now and then.
const fn sampled(scenario: Scenario) -> Scenario {
    Scenario { sampled: true, ..scenario }
}

/// The same, with a release of the next Debian.
const fn across(scenario: Scenario) -> Scenario {
    Scenario { next_debian: true, ..scenario }
}

/// The same, on the machine of a group.
const fn of(group: &'static str, scenario: Scenario) -> Scenario {
    Scenario { group: Some(group), ..scenario }
}

const fn mail(name: &'static str, run: fn(&mut Stage) -> Result<()>, description: &'static str) -> Scenario {
    of("mail", alone(name, Base::Claimed, run, description))
}

const fn console(name: &'static str, run: fn(&mut Stage) -> Result<()>, description: &'static str) -> Scenario {
    of("console", alone(name, Base::Claimed, run, description))
}

const fn channel(name: &'static str, run: fn(&mut Stage) -> Result<()>, description: &'static str) -> Scenario {
    of("channel", alone(name, Base::Populated, run, description))
}

const fn refuses(name: &'static str, run: fn(&mut Stage) -> Result<()>, description: &'static str) -> Scenario {
    of("refusals", alone(name, Base::Populated, run, description))
}

const fn rolls_back(name: &'static str, run: fn(&mut Stage) -> Result<()>, description: &'static str) -> Scenario {
    sampled(alone(name, Base::Staged, run, description))
}

const fn strangers(name: &'static str, run: fn(&mut Stage) -> Result<()>, description: &'static str) -> Scenario {
    of("strangers", alone(name, Base::Claimed, run, description))
}

/// All scenarios, the longest jobs first, so that the last ones to end are short.
pub const SCENARIOS: &[Scenario] = &[
    alone(
        "updates_and_commits",
        Base::Staged,
        play::update::commits::under_bios,
        "the next release is tried in the dark and stays: nothing reached, lost or doubled, and letters that waited leave",
    ),
    across(alone(
        "crosses_13_to_14_and_commits",
        Base::Across,
        play::update::crossing::commits,
        "a release of the next Debian, like any other update: everybody gets in, and everything is as it was",
    )),
    sampled(across(alone(
        "crosses_and_rolls_back",
        Base::Across,
        play::update::crossing::rolls_back,
        "the same, taken back when all of the next Debian's services have run on the data",
    ))),
    sampled(across(alone(
        "crosses_twice",
        Base::Across,
        play::update::crossing::crosses_twice,
        "over, taken back, and over again",
    ))),
    sampled(across(alone(
        "export_13_import_14",
        Base::Populated,
        play::moving::to_the_next_debian,
        "out of this Debian and into a new server of the next one: the same checksums for every member",
    ))),
    sampled(across(alone(
        "export_14_import_13",
        Base::Across,
        play::moving::back_to_this_debian,
        "and the other way round, after a crossing",
    ))),
    sampled(alone(
        "updates_and_commits_under_uefi",
        Base::Staged,
        play::update::commits::under_uefi,
        "the same with the other firmware",
    )),
    sampled(alone(
        "hand_carried_release",
        Base::Populated,
        play::update::commits::carried_by_hand,
        "a release comes in a file, with the release server out of reach",
    )),
    sampled(alone(
        "skips_a_version",
        Base::Populated,
        play::update::commits::skips_a_version,
        "from the image's version to the one after the next",
    )),
    sampled(alone(
        "goes_back_after_a_commit",
        Base::Staged,
        play::update::commits::goes_back_after_a_commit,
        "an administrator goes back to the release before, and to the data as they were",
    )),
    refuses("refuses_a_forged_manifest", play::update::refusals::forged, "the manifest is not the one that was signed"),
    refuses("refuses_a_wrong_key", play::update::refusals::wrong_key, "metadata of somebody else's, made just as well"),
    refuses(
        "refuses_one_signature_of_two",
        play::update::refusals::one_signature_of_two,
        "a new root that only one of the two signed",
    ),
    refuses(
        "refuses_expired_metadata",
        play::update::refusals::expired,
        "nobody renewed it since before the release that runs",
    ),
    refuses(
        "refuses_an_older_release",
        play::update::refusals::older_release,
        "nothing older than what runs is taken, however well signed",
    ),
    refuses(
        "refuses_older_metadata",
        play::update::refusals::older_metadata,
        "what was seen newer before is not believed",
    ),
    refuses("refuses_mixed_metadata", play::update::refusals::mixed_metadata, "files of two days, each signed well"),
    refuses("refuses_a_truncated_payload", play::update::refusals::truncated, "the payload ends early each time"),
    refuses(
        "refuses_a_payload_of_garbage",
        play::update::refusals::garbage_for_a_payload,
        "every byte of the payload is wrong",
    ),
    refuses("refuses_a_wrong_size", play::update::refusals::wrong_size, "a file has a byte more than was signed"),
    refuses(
        "refuses_another_product",
        play::update::refusals::other_product,
        "signed well, and a release of something else",
    ),
    refuses(
        "refuses_another_architecture",
        play::update::refusals::other_architecture,
        "signed well, and for other machines",
    ),
    channel(
        "follows_the_chain_of_roots",
        play::update::nights::follows_the_chain_of_roots,
        "six roots later, each expired and by other keys, it finds what is new",
    ),
    channel(
        "wrong_clock",
        play::update::nights::wrong_clock,
        "1970, and ten years ahead: neither blocks nor opens anything",
    ),
    channel(
        "updates_wait_for_the_network",
        play::update::nights::network_is_gone,
        "no answer, no file: said, nothing changed, and well on the next good night",
    ),
    channel(
        "updates_stand_garbage",
        play::update::nights::server_talks_garbage,
        "what comes is not what was asked for",
    ),
    channel(
        "updates_stand_a_server_that_never_ends",
        play::update::nights::server_never_ends,
        "a byte a second, and a body without end, within bounds of time and memory",
    ),
    channel(
        "staging_goes_on_after_breaks",
        play::update::nights::staging_goes_on_after_breaks,
        "a connection that breaks costs what was not written yet, no more",
    ),
    channel(
        "staging_with_a_full_disk",
        play::update::nights::disk_is_full,
        "no room for notes: said, nothing changed, and staged when there is",
    ),
    rolls_back(
        "rolls_back_when_kernel_does_not_start",
        play::update::rollbacks::kernel_does_not_start,
        "the loader cannot read the kernel",
    ),
    rolls_back(
        "rolls_back_when_initrd_is_broken",
        play::update::rollbacks::initrd_is_broken,
        "the kernel finds nothing to go on with",
    ),
    rolls_back(
        "rolls_back_when_initrd_finds_no_root",
        play::update::rollbacks::initrd_finds_no_root,
        "what the root's hashes begin with is gone",
    ),
    rolls_back(
        "rolls_back_when_verity_is_broken",
        play::update::rollbacks::verity_is_broken,
        "the root is not what its hash says",
    ),
    rolls_back(
        "rolls_back_when_a_unit_is_missing",
        play::update::rollbacks::a_unit_is_missing,
        "the root lacks a unit that mail needs",
    ),
    rolls_back(
        "rolls_back_when_slapd_does_not_start",
        play::update::rollbacks::slapd_does_not_start,
        "slapd ends as soon as it starts",
    ),
    rolls_back(
        "rolls_back_when_directory_is_empty",
        play::update::rollbacks::directory_is_empty,
        "every service works, and everybody is gone",
    ),
    rolls_back(
        "rolls_back_when_postfix_rejects_all",
        play::update::rollbacks::postfix_rejects_all,
        "Postfix refuses every client",
    ),
    rolls_back(
        "rolls_back_when_letters_are_not_delivered",
        play::update::rollbacks::letters_are_not_delivered,
        "letters are taken in and never seen again",
    ),
    rolls_back(
        "rolls_back_when_dovecot_index_is_too_new",
        play::update::rollbacks::dovecot_index_is_too_new,
        "indexes of mailboxes are in a format from the future",
    ),
    rolls_back(
        "rolls_back_when_letters_are_gone",
        play::update::rollbacks::letters_are_gone,
        "every service works, and one member's archive is gone",
    ),
    rolls_back(
        "rolls_back_when_rspamd_does_not_start",
        play::update::rollbacks::rspamd_does_not_start,
        "letters wait for who looks at them",
    ),
    rolls_back(
        "rolls_back_when_web_server_gives_the_default_page",
        play::update::rollbacks::web_server_gives_the_default_page,
        "the web server answers with a page of nobody's",
    ),
    rolls_back(
        "rolls_back_when_webmail_does_not_start",
        play::update::rollbacks::webmail_does_not_start,
        "webmail's PHP does not start",
    ),
    rolls_back(
        "rolls_back_when_console_is_silent",
        play::update::rollbacks::console_is_silent,
        "the administration runs and answers nobody",
    ),
    rolls_back(
        "rolls_back_when_renderer_fails",
        play::update::rollbacks::renderer_fails,
        "a template does not fit the organisation's settings",
    ),
    rolls_back(
        "rolls_back_when_migration_fails_half_way",
        play::update::rollbacks::migration_fails_half_way,
        "half of the data are in another format",
    ),
    rolls_back(
        "rolls_back_when_memory_runs_out",
        play::update::rollbacks::memory_runs_out,
        "something takes all the memory",
    ),
    rolls_back(
        "rolls_back_when_disk_runs_full",
        play::update::rollbacks::disk_runs_full,
        "something takes all the room on the disk",
    ),
    rolls_back(
        "rolls_back_when_it_hangs",
        play::update::rollbacks::it_hangs,
        "everything stands still, and there is a watchdog in software",
    ),
    rolls_back(
        "rolls_back_when_it_hangs_with_a_hardware_watchdog",
        play::update::rollbacks::it_hangs_with_a_hardware_watchdog,
        "everything stands still, and the machine has a watchdog",
    ),
    rolls_back("rolls_back_when_it_panics", play::update::rollbacks::it_panics, "the kernel panics, each time"),
    rolls_back(
        "rolls_back_when_reset_is_pressed",
        play::update::rollbacks::reset_is_pressed,
        "while it is tried, and twice while the data are put back",
    ),
    rolls_back(
        "rolls_back_when_network_is_missing",
        play::update::rollbacks::network_is_missing,
        "the network does not come up",
    ),
    rolls_back(
        "rolls_back_when_network_has_no_address",
        play::update::rollbacks::network_has_no_address,
        "every service works, and nobody reaches the server",
    ),
    rolls_back("rolls_back_when_gate_crashes", play::update::rollbacks::gate_crashes, "the gate itself crashes"),
    rolls_back("rolls_back_when_deadline_passes", play::update::rollbacks::deadline_passes, "the gate never decides"),
    rolls_back(
        "rolls_back_when_boot_never_ends",
        play::update::rollbacks::boot_never_ends,
        "the start never gets as far as the gate",
    ),
    console(
        "console_adds_a_member_who_forwards",
        play::console::adds_member::run,
        "an administrator adds a member, who has letters sent on, and they follow",
    ),
    console(
        "console_imports_200_members",
        play::console::imports::run,
        "a list with a bad line changes nothing, the mended one comes in, and an invited member is in",
    ),
    console(
        "console_forgotten_password_is_reset_by_mail",
        play::console::forgotten_password::run,
        "a link to the address elsewhere, good once; the new password opens the mailbox, the old one does not",
    ),
    console(
        "console_daemons_are_confined",
        play::console::confined::run,
        "systemd gives each of our daemons an exposure of at most 2.0",
    ),
    console(
        "console_limits_guessing_across_services",
        play::console::limits::run,
        "wrong passwords over IMAP lock the console, and the other way round; nobody at home notices",
    ),
    console(
        "console_suspends_and_removes_a_member",
        play::console::removes::run,
        "suspended is out everywhere while letters come in; removed is handed over or gone",
    ),
    console(
        "console_switches_webmail_off_and_on",
        play::console::switches::run,
        "pages and ports follow a tick, the report is well each time, and nothing is lost",
    ),
    console(
        "console_tells_the_later_of_two_administrators",
        play::console::two_administrators::run,
        "who saves later sees both versions, and nothing is overwritten unknowingly",
    ),
    console(
        "console_without_javascript",
        play::console::without_scripts::run,
        "sign in, add, invite, group, password, away message in a browser that runs no scripts",
    ),
    console(
        "console_pages_fit_and_are_accessible",
        play::console::looks::run,
        "every page on tablet and telephone: nothing to scroll sideways, 0 violations of WCAG 2.2 AA",
    ),
    alone(
        "chooser_and_grub_agree",
        Base::Unbooted,
        play::chooser::run,
        "thousands of boot states, whole and damaged: GRUB and the updater's own chooser do the same, under both firmwares",
    ),
    alone(
        "power_cycling_uses_no_tries",
        Base::Unbooted,
        play::power_cycling::run,
        "20 resets leave the boot state as it was, and the machine boots",
    ),
    alone(
        "verity_panics_on_a_flipped_bit_and_boots_again",
        Base::Unbooted,
        play::verity::run,
        "one wrong bit in the root panics and reboots; the right one boots",
    ),
    alone(
        "metadata_bad_input_is_named",
        Base::Unbooted,
        play::bad_metadata::names_every_problem,
        "every problem of a bad mapping is on the console, and nothing is applied",
    ),
    alone(
        "power_cut_in_an_update",
        Base::Populated,
        play::power_cut::in_an_update,
        "cut anywhere in an update that is let through: it starts, with the data of what starts, and nothing is lost",
    ),
    sampled(alone(
        "power_cut_in_a_rollback",
        Base::Populated,
        play::power_cut::in_a_rollback,
        "the same of an update that is taken back",
    )),
    alone(
        "metadata_with_200_members",
        Base::Populated,
        play::many_members::run,
        "200 members at once were claimed, and the first and the last of them log in",
    ),
    alone(
        "claim_by_form",
        Base::Fresh,
        play::claim_by_form::run,
        "address and code off the screen, one form, progress, the registrar; a first letter comes in",
    ),
    alone(
        "claim_cannot_be_raced",
        Base::Fresh,
        play::claim_race::run,
        "1,000 attempts by strangers: none gets in, and the owner does within a minute",
    ),
    alone(
        "certificate_from_an_authority",
        Base::Unbooted,
        play::certificate::run,
        "an ACME authority signs for the name on every port, and again in time; without one the server is well",
    ),
    alone(
        "no_shell_needed",
        Base::Fresh,
        play::no_shell::run,
        "no login anywhere: no prompt, no SSH without a key, no port but the listed ones",
    ),
    strangers("boots_under_bios", play::boots::bios_virtio_blk, "BIOS, virtio disk, claimed by ConfigDrive: healthy"),
    sampled(alone(
        "boots_under_bios_from_virtio_scsi",
        Base::Unbooted,
        play::boots::bios_virtio_scsi,
        "BIOS, virtio SCSI disk",
    )),
    sampled(alone("boots_under_bios_from_ahci", Base::Unbooted, play::boots::bios_ahci, "BIOS, SATA disk")),
    sampled(alone("boots_under_bios_from_nvme", Base::Unbooted, play::boots::bios_nvme, "BIOS, NVMe disk")),
    alone(
        "boots_under_uefi",
        Base::Unbooted,
        play::boots::uefi_virtio_blk,
        "UEFI, virtio disk, claimed by NoCloud: healthy",
    ),
    sampled(alone(
        "boots_under_uefi_from_virtio_scsi",
        Base::Unbooted,
        play::boots::uefi_virtio_scsi,
        "UEFI, virtio SCSI disk",
    )),
    sampled(alone("boots_under_uefi_from_ahci", Base::Unbooted, play::boots::uefi_ahci, "UEFI, SATA disk")),
    sampled(alone("boots_under_uefi_from_nvme", Base::Unbooted, play::boots::uefi_nvme, "UEFI, NVMe disk")),
    mail("mail_member_to_member", play::member_to_member::run, "a letter from one member to another, read over IMAP"),
    mail("mail_to_and_from_another_organisation", play::another_organisation::run, "a letter out, and its answer in"),
    mail(
        "mail_submission_needs_the_password_and_own_sender",
        play::submission::run,
        "nobody sends without a password, nor as somebody else",
    ),
    mail("mail_sieve_files_into_a_folder", play::sieve::run, "a member's rule files mail as LMTP delivers it"),
    mail(
        "mail_role_and_group_addresses_reach_their_members",
        play::roles_and_groups::run,
        "committee@, treasurer@ and the required role addresses",
    ),
    mail(
        "mail_forward_with_srs_and_bounce_back",
        play::forward::run,
        "forwarded mail leaves with an SRS sender, and its bounce finds home",
    ),
    mail("mail_quota_exceeded_bounces", play::quota::run, "a full mailbox takes no more, and the sender hears of it"),
    mail("mail_dkim_verifies", play::dkim::run, "what leaves verifies against the published key"),
    mail(
        "mail_webmail_in_a_real_browser",
        play::webmail::run,
        "log in, read, send, make a filter; on a tablet and a telephone",
    ),
    mail(
        "mail_journal_has_no_unexplained_errors",
        play::journal::run,
        "every error line of a day's mail is on the reasoned list",
    ),
    strangers("mail_no_open_relay", play::open_relay::run, "two dozen address tricks of strangers lead nowhere"),
    strangers("mail_forged_sender_is_rejected", play::forged_sender::run, "mail that fails SPF and DMARC is refused"),
    strangers("mail_gtube_is_rejected", play::gtube::run, "what is spam by definition is refused"),
    strangers(
        "mail_plaintext_ports_are_closed",
        play::plaintext_ports::run,
        "143 and 110 are closed, and no password is taken in the clear",
    ),
    strangers(
        "grows_state_to_the_disk",
        play::grows_state::run,
        "the state partition and its file system fill the provider's disk",
    ),
    alone(
        "keeps_state_over_reboots",
        Base::Claimed,
        play::keeps_state::run,
        "machine id, host keys, mail and settings survive a reboot",
    ),
];

/// The scenario called `name`.
///
/// # Errors
/// [`Error::Usage`] when there is none.
pub fn find(name: &str) -> Result<&'static Scenario> {
    let found = SCENARIOS.iter().find(|scenario| scenario.name == name);
    found.ok_or_else(|| Error::Usage(format!("no scenario is called {name:?}: `sos-vm --list` names them")))
}

/// The scenarios named, in the table's order; all when none is. A group's name stands for its scenarios, and
/// words that no name is, for all names that begin so.
///
/// # Errors
/// [`Error::Usage`] for a name that is neither.
pub fn choose(names: &[String]) -> Result<Vec<&'static Scenario>> {
    let is_called = |scenario: &Scenario, name: &str| scenario.name == name || scenario.group == Some(name);
    let begins = |whole: &str, name: &str| whole.strip_prefix(name).is_some_and(|rest| rest.starts_with('_'));
    let belongs = |scenario: &Scenario, name: &str| {
        let whole = SCENARIOS.iter().any(|scenario| is_called(scenario, name));
        if whole { is_called(scenario, name) } else { begins(scenario.name, name) }
    };
    for name in names {
        if !SCENARIOS.iter().any(|scenario| belongs(scenario, name)) {
            find(name)?;
        }
    }
    let chosen = |scenario: &&Scenario| names.is_empty() || names.iter().any(|name| belongs(scenario, name));
    Ok(SCENARIOS.iter().filter(chosen).collect())
}

/// Those that look at pages with axe-core.
const LOOK_AT_PAGES: [&str; 2] = ["claim_by_form", "console_pages_fit_and_are_accessible"];

/// Whether one of them looks at pages with axe-core.
#[must_use]
pub fn look_at_pages(chosen: &[&Scenario]) -> bool {
    chosen.iter().any(|scenario| LOOK_AT_PAGES.contains(&scenario.name))
}

/// Whether one of them starts where releases are offered.
#[must_use]
pub fn offer_releases(chosen: &[&Scenario]) -> bool {
    chosen.iter().any(|scenario| matches!(scenario.base, Base::Populated | Base::Staged | Base::Across))
}

fn base_name<S: Serializer>(base: &Base, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(base.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        for scenario in SCENARIOS {
            let same = SCENARIOS.iter().filter(|other| other.name == scenario.name).count();
            assert_eq!(same, 1, "{}", scenario.name);
        }
    }

    #[test]
    fn those_that_look_at_pages_are_there() {
        for name in LOOK_AT_PAGES {
            assert!(look_at_pages(&[find(name).unwrap()]), "{name}");
        }
        assert!(!look_at_pages(&[find("boots_under_uefi").unwrap()]));
    }

    #[test]
    fn the_scenarios_of_a_group_start_from_one_base() {
        for scenario in SCENARIOS.iter().filter(|scenario| scenario.group.is_some()) {
            let others = SCENARIOS.iter().filter(|other| other.group == scenario.group);
            assert!(others.into_iter().all(|other| other.base == scenario.base), "{}", scenario.name);
        }
    }

    #[test]
    fn a_group_can_be_chosen_by_its_name() {
        let chosen = choose(&["strangers".into()]).unwrap();
        assert!(chosen.len() > 3 && chosen.iter().all(|scenario| scenario.group == Some("strangers")));
    }

    #[test]
    fn first_words_stand_for_all_that_begin_so() {
        let names: Vec<_> = choose(&["power_cut".into()]).unwrap().iter().map(|scenario| scenario.name).collect();
        assert_eq!(names, ["power_cut_in_an_update", "power_cut_in_a_rollback"]);
        assert!(choose(&["power_c".into()]).is_err());
        assert_eq!(choose(&["boots_under_bios".into()]).unwrap().len(), 1, "a whole name stands for itself alone");
    }

    #[test]
    fn an_unknown_name_is_a_usage_error() {
        assert_eq!(choose(&["no_such".into()]).unwrap_err().exit_code(), 2);
    }
}
