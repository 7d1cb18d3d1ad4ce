//! The helper as the console meets it: frames over a socket, this repository's overlays below a temporary root, and
//! stand-ins for the system's programs.

use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::json;
use sos_ipc::{Hidden, Letter, Mend, SettingsChange, SettingsRead, UnitState, UpdatePhase, Word};
use sos_settings::Waiting;

use super::*;
use crate::claim;
use crate::test_programs::{calls, stand_in};

#[path = "../../tests/world/overlays.rs"]
mod overlays;

/// systemctl while the services start: slapd runs, and the health report waits.
const STARTING: &str = "case \"$*\" in *sos-health.service) echo activating;; show*) \
                        printf 'Id=slapd.service\\nActiveState=active\\n';; esac";

struct World {
    root: tempfile::TempDir,
    programs: tempfile::TempDir,
    device: Device,
    server: Server,
}

/// Who runs the tests.
fn me() -> u32 {
    rustix::process::geteuid().as_raw()
}

impl World {
    /// A server without an owner.
    fn new() -> Self {
        let (root, programs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let device = Device::new(root.path()).with_programs(programs.path());
        for (name, script) in [
            ("ip", r#"echo '[{"addr_info":[{"local":"203.0.113.5"}]}]'"#),
            ("systemctl", STARTING),
            ("slapadd", "cat >/dev/null"),
            ("ldapsearch", "exit 0"),
            ("sendmail", "cat >\"$0.letter\""),
            ("postqueue", r#"case $1 in -j) echo '{"arrival_time":1}';; esac"#),
            ("doveadm", "exit 0"),
        ] {
            stand_in(programs.path(), name, script);
        }
        fill(&device, root.path());
        claim::prepare(&device, &Waiting::default()).unwrap();
        let server = Server::new(&device).unwrap();
        Self { root, programs, device, server }
    }

    /// A server of the Ambridge Garden Club.
    fn claimed() -> Self {
        let world = Self::new();
        let reply = world.claim(&world.code(), ambridge());
        assert!(matches!(reply, Reply::Claimed(_)), "{reply:?}");
        world
    }

    fn code(&self) -> String {
        claim::shown(&self.device).unwrap()
    }

    /// Sends `request` as the console does.
    fn ask(&self, request: &Request) -> Reply {
        let (here, there) = UnixStream::pair().unwrap();
        self.server.take(there);
        sos_ipc::write_frame(&here, request).unwrap();
        sos_ipc::read_frame(&here).unwrap()
    }

    fn check(&self, code: &str, from: &str) -> Reply {
        self.ask(&Request::CheckCode { code: Word::new(code), from: from.parse::<IpAddr>().unwrap() })
    }

    fn claim(&self, code: &str, mapping: serde_json::Value) -> Reply {
        let from = "198.51.100.1".parse().unwrap();
        self.ask(&Request::Claim { code: Word::new(code), from, mapping: Hidden(mapping) })
    }

    fn settings(&self) -> SettingsRead {
        match self.ask(&Request::Settings) {
            Reply::Settings(settings) => *settings,
            other => panic!("{other:?}"),
        }
    }

    fn change(&self, revision: &str, change: SettingsChange) -> Reply {
        self.ask(&Request::ChangeSettings { revision: revision.into(), by: "jill".into(), change })
    }

    fn calls(&self, program: &str) -> Vec<String> {
        calls(self.programs.path(), program)
    }
}

fn ambridge() -> serde_json::Value {
    json!({
        "version": 1,
        "organisation": {"name": "Ambridge Garden Club", "domain": "ambridge.example"},
        "members": [{"name": "jill", "full_name": "Jill Archer", "password": "leeks-and-marrows",
                     "recovery": "jill@elsewhere.example"}],
    })
}

fn fill(device: &Device, root: &Path) {
    let write = |path: &str, text: &str| {
        let path = device.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let names = ["postfix", "dovecot", "openldap", "_rspamd", "vmail", "www-data", "sos-acme"];
    let account = |name: &&str| format!("{name}:x:{}:{}:::\n", me(), me());
    let passwd: String = names.iter().map(account).collect();
    write("/etc/passwd", &format!("root:x:0:0:::\nsos-console:x:{}:0:::\n{passwd}", me()));
    write("/etc/group", &format!("root:x:0:\nsos-console:x:{}:\n{passwd}", me()));
    write("/usr/share/sos/image.toml", "version = \"13.20261123.1\"\n");
    write("/usr/share/zoneinfo/tzdata.zi", "Z Europe/London 0\nZ Etc/UTC 0\n");
    write("/proc/meminfo", "MemTotal: 1000 kB\nMemAvailable: 600 kB\n");
    write("/proc/uptime", "3600.5 7000.1\n");
    write("/dev/console", "");
    fs::create_dir_all(root.join("var/lib")).unwrap();
    overlays::lay_out(&device.path("/usr/share/sos/overlays"));
}

#[test]
fn nobody_but_the_console_is_answered() {
    let mut world = World::new();
    world.server.console = me() + 1;
    let (mut here, there) = UnixStream::pair().unwrap();
    world.server.take(there);
    // It may be gone before the request is written.
    drop(sos_ipc::write_frame(&here, &Request::Owner));
    let mut answer = Vec::new();
    drop(here.read_to_end(&mut answer));
    assert!(answer.is_empty());
}

#[test]
fn rubbish_is_answered_by_a_fault_and_takes_nothing_down() {
    let world = World::new();
    for rubbish in [&b"\x00\x00\x00\x02{}"[..], b"\xff\xff\xff\xff", b"\x00\x00\x00\x07\"shell\""] {
        let (here, there) = UnixStream::pair().unwrap();
        world.server.take(there);
        (&here).write_all(rubbish).unwrap();
        assert!(matches!(sos_ipc::read_frame::<Reply>(&here), Ok(Reply::Fault(_))));
    }
    assert!(matches!(world.ask(&Request::Owner), Reply::Owner(_)));
}

#[test]
fn before_the_claim_the_console_learns_that_a_server_waits_and_what_a_form_offers() {
    let world = World::new();
    let Reply::Owner(owner) = world.ask(&Request::Owner) else { panic!("an owner") };
    assert_eq!((owner.organisation, owner.domain, owner.language.as_str()), (None, None, "en"));
    assert_eq!(owner.timezones, ["Etc/UTC", "Europe/London"]);
    let offered: Vec<(&str, bool)> = owner.services.iter().map(|service| (service.name.as_str(), service.on)).collect();
    assert_eq!(offered, [("mail", true), ("webmail", true)]);
    for request in [
        Request::Settings,
        Request::Dns,
        Request::Changes { most: 1 },
        Request::Mend { what: Mend::FlushQueue, by: "jill".into() },
        Request::SendLetter(Letter { to: "a@b.example".into(), subject: "x".into(), text: String::new() }),
    ] {
        assert!(matches!(world.ask(&request), Reply::Fault(_)), "{request:?}");
    }
    assert!(world.calls("sendmail").is_empty() && world.calls("postqueue").is_empty());
}

#[test]
fn a_claim_with_the_code_makes_the_server_the_organisation_s_once() {
    let world = World::new();
    let code = world.code();
    assert_eq!(world.check("0000-0000-0000", "203.0.113.7"), Reply::WrongCode { left: 9 });
    assert_eq!(world.claim("0000-0000-0000", ambridge()), Reply::WrongCode { left: 9 });
    assert_eq!(world.check(&code.to_lowercase(), "198.51.100.1"), Reply::Done);

    let Reply::Issues(issues) = world.claim(&code, json!({"version": 1, "members": []})) else { panic!("issues") };
    assert!(issues.iter().any(|issue| issue.path == "sos.organisation"), "{issues:?}");
    assert!(!world.device.state("settings.toml").exists());

    let Reply::Claimed(claimed) = world.claim(&code, ambridge()) else { panic!("claimed") };
    assert_eq!((claimed.host.as_str(), claimed.administrator.as_str()), ("mail.ambridge.example", "jill"));
    for unit in ["postfix.service", "slapd.service", "restart --no-block sos-health.service", "sos-certificate.service"]
    {
        assert!(world.calls("systemctl").iter().any(|call| call.contains(unit)), "{unit}");
    }
    assert!(world.device.path("/etc/ldap/slapd.conf").exists());
    assert!(world.device.path("/etc/postfix/main.cf").exists());
    // The code is good for nothing any more.
    assert_eq!(world.check(&code, "198.51.100.1"), Reply::AlreadyOwned);
    assert_eq!(world.claim(&code, ambridge()), Reply::AlreadyOwned);
    assert!(claim::shown(&world.device).is_none());
    let Reply::Changes(changes) = world.ask(&Request::Changes { most: 5 }) else { panic!("changes") };
    assert_eq!((changes[0].by.as_str(), changes[0].what.as_str()), ("jill", "claimed"));
}

#[test]
fn two_who_claim_at_once_are_one_owner() {
    let world = World::new();
    let code = world.code();
    let replies: Vec<Reply> = thread::scope(|scope| {
        let claims: Vec<_> = (0..4).map(|_| scope.spawn(|| world.claim(&code, ambridge()))).collect();
        claims.into_iter().map(|claim| claim.join().unwrap()).collect()
    });
    let owners = replies.iter().filter(|reply| matches!(reply, Reply::Claimed(_))).count();
    let late = replies.iter().filter(|reply| matches!(reply, Reply::AlreadyOwned)).count();
    assert_eq!((owners, late), (1, 3), "{replies:?}");
}

#[test]
fn settings_change_for_who_saw_the_latest_and_services_follow() {
    let world = World::claimed();
    let seen = world.settings();
    assert_eq!((seen.organisation.as_str(), seen.quota_mib), ("Ambridge Garden Club", 1024));
    let change = SettingsChange { services: Some(vec!["mail".into()]), quota_mib: Some(512), ..Default::default() };
    let Reply::Settings(after) = world.change(&seen.revision, change.clone()) else { panic!("changed") };
    assert_ne!(after.revision, seen.revision);
    assert!(after.services.iter().any(|service| service.name == "webmail" && !service.on));
    assert!(
        world.calls("systemctl").iter().any(|call| call.starts_with("stop") && call.contains("php8.4-fpm.service"))
    );
    assert!(!world.device.path("/etc/roundcube/config.inc.php").exists());
    assert!(fs::read_to_string(world.device.path("/etc/dovecot/dovecot.conf")).unwrap().contains("512M"));

    assert_eq!(world.change(&seen.revision, change), Reply::Stale);
    let on = SettingsChange { services: Some(vec!["webmail".into()]), ..Default::default() };
    assert!(matches!(world.change(&after.revision, on), Reply::Settings(_)));
    let started = world.calls("systemctl").into_iter().rfind(|call| call.starts_with("start")).unwrap();
    assert!(started.contains("php8.4-fpm.service"), "{started}");
    let Reply::Changes(changes) = world.ask(&Request::Changes { most: 5 }) else { panic!("changes") };
    assert_eq!((changes[1].what.as_str(), changes[1].about.as_str()), ("settings-changed", "services,quota_mib"));
}

#[test]
fn bad_settings_change_nothing_and_every_one_is_named() {
    let world = World::claimed();
    let seen = world.settings();
    let change = SettingsChange {
        organisation: Some("\n".into()),
        timezone: Some("Europe/Ambridge".into()),
        language: Some("English".into()),
        services: Some(vec!["telegraph".into()]),
        quota_mib: Some(0),
        message_mib: Some(101),
    };
    let Reply::Issues(issues) = world.change(&seen.revision, change) else { panic!("issues") };
    let paths: Vec<&str> = issues.iter().map(|issue| issue.path.as_str()).collect();
    assert_eq!(paths, ["organisation", "timezone", "language", "services", "quota_mib", "message_mib"]);
    assert_eq!(world.settings(), seen);
    let change = SettingsChange { quota_mib: Some(7), ..Default::default() };
    let request = Request::ChangeSettings { revision: seen.revision.clone(), by: "no name".into(), change };
    assert!(matches!(world.ask(&request), Reply::Issues(_)));
    assert_eq!(world.settings(), seen);
}

#[test]
fn a_mailbox_goes_only_when_its_member_is_gone_and_can_be_kept_for_a_while() {
    let world = World::claimed();
    let mailbox = world.device.path("/var/mail/joe");
    let remove = |keep| Request::RemoveMailbox { member: "joe".into(), keep, by: "jill".into() };
    fs::create_dir_all(mailbox.join("Maildir")).unwrap();
    stand_in(world.programs.path(), "ldapsearch", "echo 'dn: uid=joe,ou=members,o=organisation'");
    assert!(matches!(world.ask(&remove(false)), Reply::Issues(_)) && mailbox.exists());
    stand_in(world.programs.path(), "ldapsearch", "echo 'the directory is down' >&2; exit 1");
    assert!(matches!(world.ask(&remove(false)), Reply::Fault(_)) && mailbox.exists());

    stand_in(world.programs.path(), "ldapsearch", "exit 0");
    let kept = || fs::read_dir(world.device.path("/var/mail/.removed")).map_or(0, Iterator::count);
    for number in 1..=2 {
        fs::create_dir_all(mailbox.join("Maildir")).unwrap();
        assert_eq!(world.ask(&remove(true)), Reply::Done);
        assert!(!mailbox.exists() && kept() == number);
    }
    fs::create_dir_all(mailbox.join("Maildir")).unwrap();
    assert_eq!(world.ask(&remove(false)), Reply::Done);
    assert!(!mailbox.exists() && kept() == 2);
    assert_eq!(world.ask(&remove(false)), Reply::Done);
    let bad = Request::RemoveMailbox { member: "../ldap".into(), keep: false, by: "jill".into() };
    assert!(matches!(world.ask(&bad), Reply::Issues(_)));
    assert!(world.root.path().join("var/lib/ldap").exists());
}

#[test]
fn filters_are_read_and_put_for_one_member() {
    let world = World::claimed();
    let ask = || match world.ask(&Request::Filters { member: "jill".into() }) {
        Reply::Filters(filters) => (filters.active, filters.webmail),
        other => panic!("{other:?}"),
    };
    assert_eq!(ask(), (None, None));
    let home = world.device.path("/var/mail/jill");
    fs::create_dir_all(home.join("sieve")).unwrap();
    assert_eq!(ask(), (None, None));
    fs::write(home.join("sieve/webmail.sieve"), "keep;\r\n").unwrap();
    symlink("sieve/webmail.sieve", home.join(".dovecot.sieve")).unwrap();
    assert_eq!(ask(), (Some("webmail".into()), Some("keep;\n".into())));
    assert!(world.calls("doveadm").is_empty());

    stand_in(world.programs.path(), "doveadm", "cat >\"$0.script\"");
    let put = Request::SetFilters { member: "jill".into(), script: "discard;".into() };
    assert_eq!(world.ask(&put), Reply::Done);
    assert_eq!(fs::read_to_string(world.programs.path().join("doveadm.script")).unwrap(), "discard;");
    assert!(
        world
            .calls("doveadm")
            .iter()
            .any(|call| call.ends_with("sieve put -S /run/dovecot/doveadm-server -u jill -a webmail"))
    );
    stand_in(
        world.programs.path(),
        "doveadm",
        "echo 'doveadm(jill): Error: sieve: webmail: line 1: unknown command' >&2; exit 65",
    );
    assert!(matches!(world.ask(&put), Reply::Issues(issues) if issues[0].what == "line 1: unknown command"));
}

#[test]
fn no_link_in_a_mailbox_says_which_file_is_read() {
    let world = World::claimed();
    let home = world.device.path("/var/mail/jill");
    let ask = || world.ask(&Request::Filters { member: "jill".into() });
    fs::create_dir_all(home.join("sieve")).unwrap();
    let secret = world.device.path("/var/lib/sos/settings.toml");
    for target in [&secret, Path::new("../../../lib/sos/settings.toml"), Path::new("/dev/null")] {
        symlink(target, home.join("sieve/webmail.sieve")).unwrap();
        assert!(matches!(ask(), Reply::Fault(_)), "{}", target.display());
        fs::remove_file(home.join("sieve/webmail.sieve")).unwrap();
    }
    fs::create_dir(home.join("sieve/webmail.sieve")).unwrap();
    assert!(matches!(ask(), Reply::Fault(_)), "a folder");
    fs::remove_dir_all(home.join("sieve")).unwrap();
    symlink(secret.parent().unwrap(), home.join("sieve")).unwrap();
    fs::write(secret.with_file_name("webmail.sieve"), "secret").unwrap();
    assert!(matches!(ask(), Reply::Fault(_)), "a folder elsewhere");
    fs::remove_file(home.join("sieve")).unwrap();
    fs::create_dir(home.join("sieve")).unwrap();
    fs::write(home.join("sieve/webmail.sieve"), vec![b'#'; (256 << 10) + 1]).unwrap();
    assert!(matches!(ask(), Reply::Fault(_)), "too large");
}

#[test]
fn a_letter_leaves_in_the_organisation_s_name() {
    let world = World::claimed();
    let letter = Letter { to: "joe@elsewhere.example".into(), subject: "Welcome".into(), text: "Hello".into() };
    assert_eq!(world.ask(&Request::SendLetter(letter)), Reply::Done);
    assert_eq!(world.calls("sendmail"), ["-i -f administrators@ambridge.example -- joe@elsewhere.example"]);
    let sent = fs::read_to_string(world.programs.path().join("sendmail.letter")).unwrap();
    assert!(sent.contains("To: <joe@elsewhere.example>\n"), "{sent}");
}

#[test]
fn the_machine_and_the_services_are_described() {
    let world = World::claimed();
    let Reply::Machine(machine) = world.ask(&Request::Machine) else { panic!("a machine") };
    assert_eq!((machine.uptime, machine.memory_bytes, machine.queue), (3600, 1_024_000, Some(1)));
    assert_eq!(machine.addresses, ["203.0.113.5"]);
    assert!(machine.certificate_self_signed && machine.disk_bytes > machine.disk_free_bytes);
    assert_eq!(machine.certificate_names, ["mail.ambridge.example"]);

    let Reply::Progress(services) = world.ask(&Request::Progress) else { panic!("progress") };
    let state = |name: &str| services.iter().find(|service| service.name == name).unwrap().state;
    assert_eq!((state("directory"), state("mail")), (UnitState::Starting, UnitState::Waiting));
    // The report waits no longer, so who is not well by now does not start any more.
    stand_in(world.programs.path(), "systemctl", &STARTING.replace("echo activating", "echo inactive"));
    let Reply::Progress(services) = world.ask(&Request::Progress) else { panic!("progress") };
    assert!(services.iter().all(|service| service.state == UnitState::Failed), "{services:?}");
    let mend = Request::Mend { what: Mend::Restart { service: "mail".into() }, by: "jill".into() };
    assert_eq!(world.ask(&mend), Reply::Done);
    assert!(world.calls("systemctl").iter().any(|call| call.starts_with("restart --no-block -- valkey")));
    let bad = Request::Mend { what: Mend::Restart { service: "sshd".into() }, by: "jill".into() };
    assert!(matches!(world.ask(&bad), Reply::Issues(_)));

    let Reply::Dns(records) = world.ask(&Request::Dns) else { panic!("records") };
    let mx = records.iter().find(|record| record.kind == "MX").unwrap();
    assert_eq!((mx.name.as_str(), mx.data.as_str()), ("ambridge.example.", "10 mail.ambridge.example."));
    assert_eq!(mx.service, "mail");
}

#[test]
fn what_is_started_again_is_what_runs_and_it_is_noted_before() {
    let world = World::claimed();
    let restart = |service: &str| {
        world.ask(&Request::Mend { what: Mend::Restart { service: service.into() }, by: "jill".into() })
    };
    assert!(matches!(restart("base"), Reply::Issues(_)));
    assert_eq!(restart("console"), Reply::Done);
    assert_eq!(world.calls("systemctl").pop().unwrap(), "restart --no-block -- sos-console.service");
    stand_in(world.programs.path(), "systemctl", "exit 1");
    assert!(matches!(restart("mail"), Reply::Fault(_)));
    let Reply::Changes(changes) = world.ask(&Request::Changes { most: 2 }) else { panic!("changes") };
    let about: Vec<&str> = changes.iter().map(|change| change.about.as_str()).collect();
    assert_eq!(about, ["mail", "console"]);
}

#[test]
fn trying_everything_is_not_waited_for() {
    let world = World::claimed();
    let report = r#"{"version": "1", "claimed": true, "ok": true, "services": [
        {"name": "base", "ok": true, "at": 1}, {"name": "mail", "ok": true, "at": 2}]}"#;
    fs::create_dir_all(world.device.path("/run/sos")).unwrap();
    fs::write(world.device.path(crate::health::REPORT), report).unwrap();
    let ask = |fresh| match world.ask(&Request::Health { fresh }) {
        Reply::Health(health) => health,
        other => panic!("{other:?}"),
    };
    let health = ask(true);
    assert!(health.running);
    assert!(world.calls("systemctl").contains(&"start --no-block sos-check.service".to_owned()));
    let restarts: Vec<(&str, bool)> = health.services.iter().map(|one| (one.name.as_str(), one.restarts)).collect();
    assert_eq!(restarts, [("base", false), ("mail", true)]);
    assert!(ask(false).running, "it may not have begun");
    std::thread::sleep(Duration::from_secs(3));
    assert!(!ask(false).running);
    let file = fs::File::create(world.device.path("/run/sos/checking")).unwrap();
    rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockShared).unwrap();
    assert!(ask(false).running, "a check is at it");
    // Not by closing it: a program that another test is starting may still hold the file open for a moment.
    rustix::fs::flock(&file, rustix::fs::FlockOperation::Unlock).unwrap();
    assert!(!ask(false).running);
}

#[test]
fn no_private_address_is_a_record_for_the_registrar() {
    let world = World::claimed();
    let private = r#"echo '[{"addr_info":[{"local":"10.0.0.4"}, {"local":"fd00::4"}]}]'"#;
    stand_in(world.programs.path(), "ip", private);
    let Reply::Dns(records) = world.ask(&Request::Dns) else { panic!("records") };
    assert!(!records.is_empty() && !records.iter().any(|record| record.kind.starts_with('A')), "{records:?}");
}

/// How updates stand: nothing is offered, and there may be something to go back to.
fn standing(back: &str) -> String {
    format!(
        r#"echo '{{"running":"13.20261123.1","channel":true,"phase":"idle","available":null,"checked":7,"fault":null,
            "tonight":9,"back":{back},"history":[]}}'"#
    )
}

#[test]
fn updates_are_the_updater_s_work_and_who_asked_for_them_is_noted() {
    let world = World::claimed();
    let folder = world.device.path("/usr/lib/sos");
    fs::create_dir_all(&folder).unwrap();
    let stands = |back: &str| stand_in(&folder, "sos-update", &standing(back));
    let status = || match world.ask(&Request::Updates) {
        Reply::Updates(status) => *status,
        other => panic!("{other:?}"),
    };
    stands("null");
    assert_eq!((status().checked, status().phase), (Some(7), UpdatePhase::Idle));
    assert_eq!(calls(&folder, "sos-update"), ["status --json"], "asked once for both");
    let back = || world.ask(&Request::GoBack { by: "jill".into() });
    assert!(matches!(back(), Reply::Issues(_)), "there is nothing to go back to");
    let started = || {
        world
            .calls("systemctl")
            .into_iter()
            .filter(|call| call.starts_with("start --no-block sos-update"))
            .collect::<Vec<_>>()
    };
    assert!(started().is_empty());

    assert_eq!(world.ask(&Request::LookForUpdate { by: "jill".into() }), Reply::Done);
    assert_eq!(status().phase, UpdatePhase::Checking, "it may not have begun");
    assert_eq!(world.ask(&Request::UpdateNow { by: "zoe".into() }), Reply::Done);
    assert_eq!(fs::read_to_string(world.device.path("/run/sos/update-by")).unwrap(), "zoe");
    assert!(matches!(world.ask(&Request::UpdateNow { by: "no name".into() }), Reply::Issues(_)));
    stands(r#"{"version":"13.20261101.1","since":5}"#);
    assert_eq!((back(), status().phase), (Reply::Done, UpdatePhase::Trying));
    let units = ["sos-update-check.service", "sos-update-now.service", "sos-update-back.service"];
    assert_eq!(started(), units.map(|unit| format!("start --no-block {unit}")));

    let Reply::Changes(changes) = world.ask(&Request::Changes { most: 3 }) else { panic!("changes") };
    let noted: Vec<_> =
        changes.iter().map(|change| format!("{} {} {}", change.by, change.what, change.about)).collect();
    assert_eq!(noted, ["jill going-back 13.20261101.1", "zoe update-begun ", "jill update-looked-for "]);
}

#[test]
fn an_updater_that_says_nothing_or_nonsense_is_a_fault() {
    let world = World::claimed();
    assert!(matches!(world.ask(&Request::Updates), Reply::Fault(_)), "there is none");
    fs::create_dir_all(world.device.path("/usr/lib/sos")).unwrap();
    stand_in(&world.device.path("/usr/lib/sos"), "sos-update", "echo '{\"running\":1}'");
    assert!(matches!(world.ask(&Request::Updates), Reply::Fault(said) if said.contains("how updates stand")));
    assert!(matches!(world.ask(&Request::UpdateNow { by: "jill".into() }), Reply::Fault(_)));
}
