//! The overlays of this repository, rendered for an organisation: what they say about secrets and about what is logged.

use std::path::Path;

use sos_settings::{Accounts, Entry, Handed, Inputs, Overlays, Rendered, Secret, Secrets, UserData, render};

const KEY: &str = "KeyOfThePolicyServer";
/// Of `sos-console` in `image/users.toml`.
const CONSOLE: u32 = 250;

fn rendered() -> Rendered {
    rendered_when(false)
}

fn rendered_when(dark: bool) -> Rendered {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../overlays");
    let text = "#cloud-config\nsos:\n  version: 1\n  organisation: {name: Club, domain: ambridge.example}\n  \
                services: [mail, webmail]\n  members: [{name: jill, full_name: Jill, password: leeks-and-marrows}]\n";
    let overlays = Overlays::load(&folder).unwrap();
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
    let has = |dark| text(&rendered_when(dark), "/etc/postfix/main.cf").lines().any(|found| found == line);
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
