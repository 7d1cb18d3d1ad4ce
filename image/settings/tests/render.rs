//! The overlays of this repository rendered for the Ambridge Garden Club, against golden files.
//!
//! `SOS_BLESS=1 cargo test -p sos-settings --test render` writes the golden files anew; read them as a diff.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

mod release;

use release::overlays_of;
use sos_settings::{
    Accounts, Entry, Handed, HashedMember, Inputs, Offered, Overlays, Rendered, Secret, Secrets, Settings,
    SettingsError, UserData, directory_ldif, dns_records, render, units_to_follow,
};

const SETTINGS: &str = r#"
version = 1
host = "mail.ambridge.example"
timezone = "Europe/London"
language = "en"
services = []
organisation = { name = "Ambridge Garden Club", domain = "ambridge.example" }
"#;
const PASSWD: &str = "root:x:0:0::/root:/bin/sh\npostfix:x:240:240:::\ndovecot:x:241:241:::\nopenldap:x:230:230:::\n";
const GROUP: &str = "root:x:0:\npostfix:x:240:\ndovecot:x:241:\nopenldap:x:230:\n";

/// A folder with base and directory as the repository has them, and nothing else.
fn overlays() -> (tempfile::TempDir, Overlays) {
    let folder = tempfile::tempdir().unwrap();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../overlays");
    for name in ["base", "directory"] {
        std::os::unix::fs::symlink(repository.join(name).canonicalize().unwrap(), folder.path().join(name)).unwrap();
    }
    let overlays = overlays_of("trixie", folder.path());
    (folder, overlays)
}

fn rendered(settings: Option<&Settings>, ssh: bool) -> Result<Rendered, SettingsError> {
    let (_folder, overlays) = overlays();
    let (secrets, accounts) = (Secrets::default(), Accounts::parse(PASSWD, GROUP).unwrap());
    render(
        &overlays,
        &Inputs {
            settings,
            secrets: &secrets,
            accounts: &accounts,
            ssh,
            directory: "/var/lib/ldap",
            authority: false,
            dark: false,
        },
    )
}

fn ambridge() -> Settings {
    Settings::from_toml(SETTINGS).unwrap()
}

/// Everything rendered, as one text.
fn text_of(rendered: &Rendered) -> String {
    let one = |(path, entry): (&str, &Entry)| match entry {
        Entry::Link { target } => format!("=== {path} -> {target}\n"),
        Entry::File { bytes, mode, uid, gid } => {
            format!("=== {path} {mode:04o} {uid}:{gid}\n{}", String::from_utf8_lossy(bytes))
        }
    };
    rendered.entries().map(one).collect()
}

fn assert_golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("SOS_BLESS").is_some() {
        fs::write(&path, text).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    assert!(golden == text, "{name} differs from the golden file; bless it if that is meant:\n{text}");
}

#[test]
fn a_claimed_server_is_rendered_as_the_golden_file_says() {
    assert_golden("claimed.txt", &text_of(&rendered(Some(&ambridge()), false).unwrap()));
}

#[test]
fn before_there_is_an_owner_only_the_closed_firewall_and_names_of_this_machine_are_rendered() {
    let rendered = rendered(None, false).unwrap();
    let paths: Vec<&str> = rendered.entries().map(|(path, _)| path).collect();
    assert_eq!(paths, ["/etc/hosts", "/etc/nftables.conf"]);
    assert!(!text_of(&rendered).contains("tcp dport"));
    assert!(rendered.units().is_empty());
}

#[test]
fn a_service_marked_so_is_there_before_there_is_an_owner_with_its_ports_only() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = "required = true\nunclaimed = true\nunits = [\"a.service\"]\n[ports]\npublic = [443]\n\
                    [templates.a]\nto = \"/etc/a\"";
    let template = "{{ ports | join(\",\") }} {{ tls.certificate }}{% if claimed %} {{ host }}{% endif %}";
    write_service(folder.path(), "x", manifest, template);
    write_service(folder.path(), "y", "required = true\n[ports]\npublic = [25]\n[templates.a]\nto = \"/etc/b\"", "b");
    let overlays = Overlays::load(folder.path()).unwrap();
    let (secrets, accounts) = (Secrets::default(), Accounts::parse(PASSWD, GROUP).unwrap());
    let with = |settings| {
        let inputs = Inputs {
            settings,
            secrets: &secrets,
            accounts: &accounts,
            ssh: false,
            directory: "/x",
            authority: false,
            dark: false,
        };
        render(&overlays, &inputs).unwrap()
    };
    let text = text_of(&with(None));
    assert!(text.starts_with("=== /etc/a 0644 0:0\n443 /var/lib/sos/tls/cert.pem"), "{text}");
    assert!(text.contains("sos-services.target.wants/a.service") && !text.contains("/etc/b"), "{text}");
    let settings = ambridge();
    assert!(text_of(&with(Some(&settings))).contains("25,443 /var/lib/sos/tls/cert.pem mail.ambridge.example"));
}

#[test]
fn ssh_opens_its_port_only_when_it_is_on() {
    assert!(text_of(&rendered(None, true).unwrap()).contains("tcp dport 22 accept"));
    assert!(!text_of(&rendered(Some(&ambridge()), false).unwrap()).contains("dport 22"));
}

#[test]
fn while_a_release_is_tried_no_service_is_reached_and_no_letter_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../overlays");
    std::os::unix::fs::symlink(repository.join("base").canonicalize().unwrap(), folder.path().join("base")).unwrap();
    write_service(folder.path(), "x", "required = true\n[ports]\npublic = [25, 443]\npublic_udp = [3478]", "");
    let overlays = overlays_of("trixie", folder.path());
    let (settings, secrets, accounts) = (ambridge(), Secrets::default(), Accounts::parse(PASSWD, GROUP).unwrap());
    let firewall = |dark, ssh| {
        let inputs = Inputs {
            settings: Some(&settings),
            secrets: &secrets,
            accounts: &accounts,
            ssh,
            directory: "/x",
            authority: false,
            dark,
        };
        let rendered = render(&overlays, &inputs).unwrap();
        let Some(Entry::File { bytes, .. }) = rendered.get("/etc/nftables.conf") else { panic!("no firewall") };
        String::from_utf8(bytes.clone()).unwrap()
    };
    let (light, dark) = (firewall(false, true), firewall(true, true));
    assert!(light.contains("tcp dport { 25, 443 } accept") && light.contains("udp dport { 3478 } accept"), "{light}");
    assert!(!light.contains("chain output"), "{light}");
    // Whoever has a key of the provider's may look all the same.
    let opened: Vec<&str> =
        dark.lines().map(str::trim).filter(|line| line.contains("dport") && line.ends_with("accept")).collect();
    assert_eq!(
        opened,
        [
            "udp sport 67 udp dport 68 accept",
            "ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept",
            "tcp dport 22 accept"
        ]
    );
    assert!(dark.contains("tcp dport 25 reject"), "{dark}");
    assert!(!firewall(true, false).contains("dport 22"));
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    assert_eq!(rendered(Some(&ambridge()), true).unwrap(), rendered(Some(&ambridge()), true).unwrap());
}

#[test]
fn a_change_is_followed_by_its_unit_only() {
    let rendered = rendered(Some(&ambridge()), false).unwrap();
    let changes = rendered.follow_ups(["/etc/nftables.conf", "/etc/hosts"]);
    let (reload, restart) = units_to_follow(&changes);
    assert_eq!((reload.into_iter().collect::<Vec<_>>(), restart.len()), (vec!["nftables.service"], 0));
}

#[test]
fn an_undefined_name_is_a_fault_and_renders_nothing() {
    let folder = tempfile::tempdir().unwrap();
    write_service(folder.path(), "x", "required = true\n[templates.a]\nto = \"/etc/a\"", "{{ nothing }}");
    let fault = render_folder(folder.path()).unwrap_err();
    assert!(matches!(&fault, SettingsError::Template { template, .. } if template == "x/a"), "{fault}");
}

#[test]
fn two_services_cannot_render_one_file() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["x", "y"] {
        write_service(folder.path(), name, "required = true\n[templates.a]\nto = \"/etc/a\"", "a");
    }
    assert!(matches!(render_folder(folder.path()), Err(SettingsError::Twice { .. })));
}

#[test]
fn a_service_this_image_lacks_is_named() {
    let mut settings = ambridge();
    settings.services = vec!["telegraph".into()];
    let fault = rendered(Some(&settings), false).unwrap_err().to_string();
    assert!(fault.contains("telegraph"), "{fault}");
}

#[test]
fn a_fault_in_a_template_tells_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = "required = true\n[templates.a]\nto = \"/etc/a\"\n[secrets]\nkey = { kind = \"password\" }";
    write_service(folder.path(), "x", manifest, "{{ secrets.key }} {{ secrets.key.nothing.more }}");
    let fault = format!("{:?}", render_folder(folder.path()).unwrap_err());
    assert!(!fault.contains("hunter2"), "{fault}");
}

#[test]
fn records_name_the_server_s_addresses() {
    let (_folder, overlays) = overlays();
    let settings = ambridge();
    let (secrets, accounts) = (Secrets::default(), Accounts::parse(PASSWD, GROUP).unwrap());
    let inputs = Inputs {
        settings: Some(&settings),
        secrets: &secrets,
        accounts: &accounts,
        ssh: false,
        directory: "",
        authority: false,
        dark: false,
    };
    let ipv6 = ["2001:db8::5".to_owned()];
    let records = dns_records(&overlays, &inputs, &BTreeMap::new(), &["203.0.113.5".to_owned()], &ipv6).unwrap();
    let records: Vec<(&str, &str)> =
        records.iter().map(|record| (record.text.as_str(), record.service.as_str())).collect();
    let expected =
        [("mail.ambridge.example. A 203.0.113.5", "base"), ("mail.ambridge.example. AAAA 2001:db8::5", "base")];
    assert_eq!(records, expected);
}

#[test]
fn the_directory_is_filled_as_the_golden_file_says() {
    let text = "#cloud-config\nsos:\n  version: 1\n  organisation: {name: Zoë's Club, domain: ambridge.example}\n  members:\n    \
        - {name: jill, full_name: Jill Archer, password: leeks-and-marrows, addresses: [j.archer], recovery: jill@elsewhere.example}\n    \
        - {name: david, full_name: Dávid, password: brookfield-rain, forward: ruth@borchester.example, quota_mib: 3}\n  \
        groups: [{name: committee, members: [jill, david], open: false}]\n";
    let handed = UserData::parse(text).unwrap().handed(&Offered::default()).unwrap();
    let Some(Handed::Organisation(mapping)) = handed else { panic!("an organisation is handed in") };
    let hash = Secret::new("{ARGON2}x");
    let members: Vec<_> = mapping.members.iter().map(|member| HashedMember { member, hash: &hash }).collect();
    assert_golden("directory.ldif", directory_ldif(&mapping, &members, &hash).text());
}

fn write_service(folder: &Path, name: &str, manifest: &str, template: &str) {
    fs::create_dir_all(folder.join(name).join("templates")).unwrap();
    fs::write(folder.join(name).join("service.toml"), format!("title = \"{name}\"\n{manifest}\n")).unwrap();
    fs::write(folder.join(name).join("templates/a"), template).unwrap();
}

fn render_folder(folder: &Path) -> Result<Rendered, SettingsError> {
    let settings = ambridge();
    let mut secrets = Secrets::default();
    secrets.insert("key", Secret::new("hunter2"));
    let accounts = Accounts::parse(PASSWD, GROUP).unwrap();
    let inputs = Inputs {
        settings: Some(&settings),
        secrets: &secrets,
        accounts: &accounts,
        ssh: false,
        directory: "/x",
        authority: false,
        dark: false,
    };
    render(&Overlays::load(folder)?, &inputs)
}
