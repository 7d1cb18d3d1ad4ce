//! Webmail's own program for exports (overlays/webmail): what its database has of members comes out as vCards and JSON,
//! goes in again as the same, and what is neither goes in nowhere. Needs PHP with SQLite.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use sos_provision::portable::Frame;

const PROGRAM: &str = "../../overlays/webmail/files/usr/lib/sos/export/webmail";
const DOMAIN: &str = "ambridge.example";
/// What jill has in webmail, joe under a name without a domain, and somebody who is no member's.
const CONTENT: &str = r#"
INSERT INTO users (username, mail_host, created, language, preferences) VALUES
  ('jill@ambridge.example', '127.0.0.1', '2025-01-01 00:00:00', 'en_GB',
   'a:3:{s:14:"mail_read_time";i:3;s:3:"map";a:2:{s:1:"x";b:1;s:1:"y";d:1;}s:3:"sig";s:3:"a"b";}'),
  ('joe', '127.0.0.1', '2025-01-01 00:00:00', 'de_DE', NULL),
  ('jill', '127.0.0.1', '2024-01-01 00:00:00', 'cy_GB', NULL),
  ('jill@elsewhere.example', '127.0.0.1', '2025-01-01 00:00:00', 'en_GB', NULL);
INSERT INTO identities (user_id, changed, standard, name, email, signature) VALUES
  (1, '2025-01-01 00:00:00', 1, 'Jill Ärcher', 'jill@ambridge.example', 'From the garden');
INSERT INTO responses (user_id, name, data) VALUES (1, 'Thanks', 'Thank you');
INSERT INTO collected_addresses (user_id, name, email, type) VALUES (1, 'Pat', 'pat@borchester.example', 1);
INSERT INTO contacts (user_id, del, name, email, vcard) VALUES
  (1, 0, 'Usha Gupta', 'usha@borchester.example',
   'BEGIN:VCARD' || char(13, 10) || 'VERSION:3.0' || char(13, 10) || 'FN:Usha Gupta' || char(13, 10) || 'NOTE:\nEND:VCARD'
   || char(13, 10) || 'END:VCARD'),
  (1, 1, 'Gone', 'gone@borchester.example', ''),
  (1, 0, 'Seeds, and more', 'a@seeds.example, b@seeds.example', '');
INSERT INTO contactgroups (user_id, changed, name) VALUES (1, '2025-01-01 00:00:00', 'Traders');
INSERT INTO contactgroupmembers VALUES (1, 3, '2025-01-01 00:00:00'), (1, 2, '2025-01-01 00:00:00');
"#;

fn run(folder: &Path, verb: &str, input: &str) -> Output {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut child = Command::new("php")
        .arg(here.join(PROGRAM))
        .args([verb, DOMAIN])
        .env("SOS_WEBMAIL_FOLDER", folder)
        .env("SOS_WEBMAIL_SCHEMA", here.join("tests/roundcube.sql"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("php is missing, which this test needs: apt-get install php-cli php-sqlite3");
    // It may end before it read all.
    drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
    child.wait_with_output().unwrap()
}

fn succeed(folder: &Path, verb: &str, input: &str) -> String {
    let output = run(folder, verb, input);
    assert!(output.status.success(), "{verb}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A database with [`CONTENT`].
fn filled() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let schema = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/roundcube.sql")).unwrap();
    let script = "$d = new PDO('sqlite:' . $argv[1]); $d->exec(stream_get_contents(STDIN));";
    let database = folder.path().join("roundcube.sqlite");
    let mut child = Command::new("php").args(["-r", script]).arg(database).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all((schema + CONTENT).as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    folder
}

#[test]
fn what_comes_out_goes_in_as_the_same() {
    let (old, new) = (filled(), tempfile::tempdir().unwrap());
    let said = succeed(old.path(), "export", "");
    let frames: Vec<Frame> = said.lines().map(|line| Frame::parse(line).unwrap()).collect();
    let names: Vec<String> = frames.iter().map(|frame| format!("{}/{}", frame.member, frame.file)).collect();
    assert_eq!(names, ["jill/contacts.vcf", "jill/webmail.json", "joe/webmail.json"]);
    assert_eq!(frames[0].text, include_str!("golden/contacts.vcf").replace('\n', "\r\n"));
    assert_eq!(frames[1].text, include_str!("golden/webmail.json"));

    succeed(new.path(), "import", &said);
    assert_eq!(succeed(new.path(), "export", ""), "", "it is not in its place yet");
    assert_eq!(succeed(new.path(), "imported", ""), said);
    succeed(new.path(), "place", "");
    assert_eq!(succeed(new.path(), "export", ""), said);
}

#[test]
fn nobody_who_looked_at_webmail_is_nothing() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(succeed(folder.path(), "export", ""), "");
    succeed(folder.path(), "import", "");
    assert_eq!(succeed(folder.path(), "imported", ""), "");
}

#[test]
fn what_is_none_of_ours_is_refused_by_name_and_leaves_the_database_alone() {
    let old = filled();
    let said = succeed(old.path(), "export", "");
    let change = |file: &str, change: &dyn Fn(&mut Value)| -> String {
        let line = said.lines().find(|line| line.contains(file)).unwrap();
        let mut frame: Value = serde_json::from_str(line).unwrap();
        change(&mut frame);
        said.replace(line, &frame.to_string())
    };
    let text = |from: &'static str, to: &'static str| {
        move |frame: &mut Value| frame["text"] = frame["text"].as_str().unwrap().replacen(from, to, 1).into()
    };
    for (input, why) in [
        (change("jill\",\"file\":\"webmail", &text("\"format\": 1", "\"format\": 2")), "of another format"),
        (change("jill\",\"file\":\"webmail", &text("\"format\": 1,", "")), "of another format"),
        (change("jill\",\"file\":\"webmail", &text("{", "")), "is no JSON"),
        (change("jill\",\"file\":\"webmail", &text("\"standard\"", "\"user_id\"")), "identities has a strange user_id"),
        (change("jill\",\"file\":\"webmail", &text("\"name\": \"Traders\"", "\"name\": []")), "has a strange name"),
        (
            change("jill\",\"file\":\"webmail", &text("                1\n", "                7\n")),
            "contacts that are not there",
        ),
        (change("contacts.vcf", &text("BEGIN:VCARD", "BEGIN:VCAR")), "has not as many cards"),
        (change("contacts.vcf", &|frame| frame["file"] = "shell.php".into()), "shell.php is none of ours"),
        (said.lines().skip(1).map(|line| format!("{line}\n")).collect(), "has not both"),
        ("rubbish\n".to_owned(), "Syntax error"),
    ] {
        assert_ne!(input, said, "{why}");
        let output = run(old.path(), "import", &input);
        let fault = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(1) && fault.contains(why), "{why}: {fault}");
        assert_eq!(succeed(old.path(), "export", ""), said);
    }
}
