//! Lists of new members, a file for each defect, named after it (`tests/lists`).
#![allow(missing_docs, reason = "a test")]

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use sos_console::import::{FileFault, Known, Reading, read, simple, write};
use sos_console::slip::Slip;

fn known() -> Known {
    let taken = [
        ("jill", "jill"),
        ("j.archer", "jill"),
        ("committee", "committee"),
        ("postmaster", "administrators"),
        ("treasurer", "treasurer"),
    ];
    let addresses = taken.into_iter().map(|(address, by)| (address.to_owned(), by.to_owned())).collect();
    Known { addresses, full_names: HashMap::from([(simple("Jill Archer"), "jill".to_owned())]) }
}

fn file(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/lists").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn reading(name: &str) -> Result<Reading, FileFault> {
    read(&file(&format!("{name}.csv")), "ambridge.example", &known())
}

fn names(beginning: &str) -> Vec<String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/lists");
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter_map(|name| name.strip_suffix(".csv").map(str::to_owned)).collect();
    names.retain(|name| name.starts_with(beginning));
    names.sort();
    assert!(!names.is_empty());
    names
}

#[test]
fn reads_every_good_list() {
    for name in names("good-") {
        let reading = reading(&name).unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
        assert_eq!(reading.bad, [], "{name}");
        let logins: Vec<&str> = reading.rows.iter().map(|row| row.new.name.as_str()).collect();
        let expected =
            if name.contains("quotes") { ["aldridge.ann", "zoe.muller"] } else { ["ann.aldridge", "zoe.muller"] };
        assert_eq!(logins, expected, "{name}");
        assert!(reading.rows[1].new.full_name.as_str().starts_with("Zoë"), "{name}");
    }
    assert_eq!(reading("good-unknown-columns").unwrap().ignored, ["Mitgliedsnummer", "Eintritt"]);
    assert_eq!(reading("good-semicolons-german").unwrap().rows[0].new.quota_mib, Some(300));
}

#[test]
fn names_the_defect_of_every_bad_line() {
    let taken = |address: &str, by: &str| Slip::Taken { address: address.into(), by: by.into() };
    let twice = Slip::TwiceInFile { address: "ann.aldridge".into(), line: 2 };
    let formula = |text: &str| Slip::Formula(text.into());
    let expected: HashMap<&str, Slip> = HashMap::from([
        ("full-name-missing", Slip::FullNameMissing),
        ("full-name-too-long", Slip::FullNameLong),
        ("login-odd", Slip::LoginOdd),
        ("login-kept", Slip::NameKept),
        ("login-not-made", Slip::LoginNotMade("!!!".into())),
        ("email-odd", Slip::RecoveryOdd),
        ("email-here", Slip::RecoveryHere),
        ("forward-odd", Slip::ForwardOdd),
        ("forward-here", Slip::ForwardHere),
        ("address-elsewhere", Slip::AddressElsewhere("zoe@example.org".into())),
        ("address-odd", Slip::AddressOdd("zoë".into())),
        ("quota-odd", Slip::QuotaOdd),
        ("quota-zero", Slip::QuotaOdd),
        ("taken-login", taken("jill", "jill")),
        ("taken-alias", taken("j.archer", "jill")),
        ("taken-group", taken("committee", "committee")),
        ("taken-standing", taken("postmaster", "administrators")),
        ("taken-further-address", taken("treasurer", "treasurer")),
        ("there-already", Slip::ThereAlready { full_name: "JILL  Archer".into(), by: "jill".into() }),
        ("twice-in-file", twice.clone()),
        ("twice-further-address", twice),
        ("formula-equals", formula("=HYPERLINK(x)")),
        ("formula-plus", formula("+1+1")),
        ("formula-minus", formula("-2+3")),
        ("formula-at", formula("@SUM(A1)")),
        ("control-character", Slip::OddCharacters),
        ("zero-byte", Slip::OddCharacters),
        ("line-break-in-name", Slip::OddCharacters),
        ("right-to-left", Slip::OddCharacters),
        ("invisible", Slip::OddCharacters),
        ("too-many-columns", Slip::Columns),
        ("filter-injection", Slip::LoginOdd),
        ("dn-injection", Slip::LoginOdd),
        ("html", Slip::LoginOdd),
    ]);
    let files = names("bad-");
    assert_eq!(files.len(), expected.len(), "each file has its defect here, and each defect its file");
    for name in files {
        let reading = reading(&name).unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
        assert_eq!(reading.rows.len(), 1, "{name}: the good line stays good");
        let bad: Vec<_> = reading.bad.iter().map(|bad| (bad.line, bad.slips.clone())).collect();
        assert_eq!(bad, [(3, vec![expected[name.strip_prefix("bad-").unwrap()].clone()])], "{name}");
        assert!(reading.bad[0].shown.chars().count() <= 61, "{name}");
    }
}

#[test]
fn says_why_nothing_can_be_read() {
    for (name, fault) in [
        ("nothing-empty", FileFault::Empty),
        ("nothing-only-header", FileFault::Empty),
        ("nothing-no-names", FileFault::NoColumns),
        ("nothing-too-many-lines", FileFault::Many),
        ("nothing-spreadsheet", FileFault::NoText),
    ] {
        assert_eq!(reading(name), Err(fault), "{name}");
    }
}

#[test]
fn what_was_read_well_is_read_again_as_the_same() {
    let first = reading("good-semicolons-german").unwrap();
    let again = read(write(&first.rows).as_bytes(), "ambridge.example", &known()).unwrap();
    let people = |reading: &Reading| reading.rows.iter().map(|row| row.new.clone()).collect::<Vec<_>>();
    assert_eq!(people(&first), people(&again));
}

proptest::proptest! {
    #[test]
    fn no_bytes_whatever_break_the_reader(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
        let _ = read(&bytes, "ambridge.example", &known());
        let _ = read(&[b"name,login,email\n".to_vec(), bytes].concat(), "ambridge.example", &known());
    }
}
