//! The overlays of this repository, rendered for an organisation: what they say about secrets and about what is logged,
//! and in what two releases of Debian differ.
//!
//! `SOS_BLESS=1 cargo test -p sos-settings --test overlays` writes the golden file anew; read it as a diff.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

mod release;

use release::{overlays_of, repository};
use sos_settings::{Accounts, Entry, Handed, Inputs, Rendered, Secret, Secrets, UserData, render};

const KEY: &str = "KeyOfThePolicyServer";
/// Of `sos-console` in `image/users.toml`.
const CONSOLE: u32 = 250;

fn rendered() -> Rendered {
    rendered_when("trixie", false)
}

fn rendered_when(release: &str, dark: bool) -> Rendered {
    let text = "#cloud-config\nsos:\n  version: 1\n  organisation: {name: Club, domain: ambridge.example}\n  \
                services: [mail, webmail]\n  members: [{name: jill, full_name: Jill, password: leeks-and-marrows}]\n";
    let overlays = overlays_of(release, &repository("overlays"));
    let handed = UserData::parse(text).unwrap().handed(&overlays.offered("")).unwrap();
    let Some(Handed::Organisation(mapping)) = handed else { panic!("an organisation is handed in") };
    let accounts: String = ["root", "openldap", "www-data", "vmail", "postfix", "dovecot", "_rspamd", "sos-acme"]
        .iter()
        .enumerate()
        .map(|(id, name)| format!("{name}:x:{id}:{id}:::\n"))
        .collect();
    let accounts = accounts + &format!("sos-console:x:{CONSOLE}:{CONSOLE}:::\n");
    let mut secrets = Secrets::default();
    for name in ["probe", "srs", "auth_policy", "webmail_sessions"] {
        secrets.insert(name, Secret::new("x"));
    }
    secrets.insert("policy_key", Secret::new(KEY));
    let settings = mapping.settings();
    let inputs = Inputs {
        settings: Some(&settings),
        secrets: &secrets,
        accounts: &Accounts::parse(&accounts, &accounts).unwrap(),
        ssh: false,
        directory: "/var/lib/ldap",
        authority: true,
        dark,
    };
    render(&overlays, &inputs).unwrap()
}

fn text<'a>(rendered: &'a Rendered, path: &str) -> &'a str {
    let Some(Entry::File { bytes, .. }) = rendered.get(path) else { panic!("{path} is not rendered") };
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn dovecot_and_the_console_know_one_key_and_nobody_else_does() {
    let rendered = rendered();
    assert_eq!(text(&rendered, "/etc/dovecot/policy-header"), format!("X-Policy-Key: {KEY}"));
    assert_eq!(text(&rendered, "/etc/sos-console/policy-key"), KEY);
    for (path, entry) in rendered.entries() {
        let Entry::File { bytes, mode, uid, gid } = entry else { continue };
        if !String::from_utf8_lossy(bytes).contains(KEY) {
            continue;
        }
        let rights = (*mode, *uid, *gid);
        match path {
            "/etc/dovecot/policy-header" => assert_eq!(rights, (0o600, 0, 0)),
            "/etc/sos-console/policy-key" => assert_eq!(rights, (0o640, 0, CONSOLE)),
            other => panic!("the key is in {other}"),
        }
    }
}

#[test]
fn letters_to_others_wait_while_a_release_is_tried() {
    let line = "defer_transports = smtp, relay";
    let has = |dark| text(&rendered_when("trixie", dark), "/etc/postfix/main.cf").lines().any(|found| found == line);
    assert_eq!((has(true), has(false)), (true, false));
}

#[test]
fn nginx_says_nothing_about_requests_for_links_with_a_token() {
    let rendered = rendered();
    let text = text(&rendered, "/etc/nginx/nginx.conf");
    for path in ["/reset/", "/invite/"] {
        let (_, rest) = text.split_once(&format!("location ^~ {path} {{")).unwrap();
        let (block, _) = rest.split_once('}').unwrap();
        let log = block.lines().find(|line| line.trim_start().starts_with("error_log")).unwrap();
        assert!(log.trim_end().ends_with(" emerg;"), "{path}: {log}");
        assert!(block.contains("proxy_pass http://console;"));
    }
    assert!(text.contains("access_log off;"));
}

#[test]
fn nginx_s_own_answers_carry_headers_in_both_servers() {
    let rendered = rendered();
    let text = text(&rendered, "/etc/nginx/nginx.conf");
    assert!(text.contains("charset utf-8;"));
    let servers: Vec<&str> = text.split("\tserver {").skip(1).collect();
    assert_eq!(servers.len(), 2);
    for server in servers {
        let (head, locations) = server.split_once("location").unwrap();
        for header in ["Content-Security-Policy $own_policy", "X-Content-Type-Options $own_sniffing"] {
            assert!(head.contains(&format!("add_header {header} always;")), "{header}");
        }
        // A location with a header of its own would have none of these.
        assert!(!locations.contains("add_header"));
    }
}

#[test]
fn two_releases_differ_in_what_the_golden_file_says() {
    let (trixie, forky) = (rendered_when("trixie", false), rendered_when("forky", false));
    let paths: BTreeSet<&str> = trixie.entries().chain(forky.entries()).map(|(path, _)| path).collect();
    let mut text = String::new();
    for path in paths {
        let (old, new) = (lines(&trixie, path), lines(&forky, path));
        if old == new {
            continue;
        }
        let _ = writeln!(text, "=== {path}");
        for (sign, lines, others) in [('-', &old, &new), ('+', &new, &old)] {
            for line in lines.iter().filter(|line| !others.contains(line)) {
                let _ = writeln!(text, "{sign} {line}");
            }
        }
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/trixie-to-forky.txt");
    if std::env::var_os("SOS_BLESS").is_some() {
        fs::write(&golden, &text).unwrap();
    }
    assert_eq!(fs::read_to_string(&golden).unwrap_or_default(), text, "bless the golden file if that is meant");
}

/// What stands at `path`, line by line; nothing where nothing stands.
fn lines(rendered: &Rendered, path: &str) -> Vec<String> {
    match rendered.get(path) {
        None => Vec::new(),
        Some(Entry::Link { target }) => vec![format!("-> {target}")],
        Some(Entry::File { bytes, mode, uid, gid }) => {
            let text = String::from_utf8_lossy(bytes);
            [format!("{mode:04o} {uid}:{gid}")].into_iter().chain(text.lines().map(str::to_owned)).collect()
        }
    }
}

#[test]
fn every_template_and_every_folder_of_files_belongs_to_some_release() {
    for service in fs::read_dir(repository("overlays")).unwrap() {
        let folder = service.unwrap().path();
        let text = fs::read_to_string(folder.join("service.toml")).unwrap();
        for file in walk(&folder.join("templates")) {
            assert!(text.contains(&format!("templates.\"{file}\"")), "{}: nothing is made of {file}", folder.display());
        }
        for file in walk(&folder.join("variants")) {
            let (variant, place) = file.split_once('/').unwrap();
            assert!(text.contains(&format!("files = \"{variant}\"")), "{}: no variant has {file}", folder.display());
            assert!(!folder.join("files").join(place).exists(), "{}: {place} stands twice", folder.display());
        }
    }
}

/// The files below `folder`, by their paths in it.
fn walk(folder: &Path) -> Vec<String> {
    let Ok(listing) = fs::read_dir(folder) else { return Vec::new() };
    let mut files = Vec::new();
    for entry in listing.map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() {
            files.extend(walk(&entry.path()).into_iter().map(|below| format!("{name}/{below}")));
        } else {
            files.push(name);
        }
    }
    files
}
