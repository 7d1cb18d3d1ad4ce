//! Scripts that Roundcube wrote are read and written again without loss, and what the console writes stays as it is.
//!
//! `sieve/roundcube/*.sieve` were written by Roundcube's own class (`rcube_sieve_script::as_text`, 1.6.21 as in the
//! lock). `sieve/ours/*.sieve` is what the console writes; `SOS_WRITE_GOLDEN=1 cargo test -p sos-console --test sieve`
//! writes it anew, to be read as a diff. Whether Roundcube reads those is checked by hand, with Debian's php-cli and
//! the package roundcube-plugins of the lock unpacked in a temporary folder (`dpkg -x`):
//! `php sieve/roundcube.php …/rcube_sieve_script.php sieve/ours/*.sieve`.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use sos_console::sieve::{Action, Condition, DAY, Filter, Meaning, Part, Script, Vacation};
use time::Date;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sieve").join(name)
}

fn roundcube(name: &str) -> String {
    fs::read_to_string(folder("roundcube").join(format!("{name}.sieve"))).unwrap()
}

fn day(text: &str) -> Option<Date> {
    Some(Date::parse(text, DAY).unwrap())
}

fn filter(name: &str, field: Part, text: &str, action: Action) -> Filter {
    let stop = matches!(action, Action::Move(_) | Action::Discard);
    let conditions = vec![Condition { field, text: text.into() }];
    Filter { name: name.into(), on: true, all: false, conditions, actions: vec![action], stop }
}

fn away() -> Vacation {
    let mut vacation = Vacation {
        name: "Away".into(),
        on: true,
        subject: Some("I am \"away\"".into()),
        reason: "Back soon.\n\n.Jill".into(),
        days: Some(7),
        addresses: vec!["jill@ambridge.example".into(), "j.archer@ambridge.example".into()],
        ..Vacation::default()
    };
    vacation.set_days(day("2026-07-01"), day("2026-07-31"));
    vacation
}

/// Compares with, or writes, a golden file.
fn golden(name: &str, script: &Script) {
    let path = folder("ours").join(format!("{name}.sieve"));
    let text = script.to_string();
    if std::env::var_os("SOS_WRITE_GOLDEN").is_some() {
        fs::write(&path, &text).unwrap();
    }
    assert_eq!(text, fs::read_to_string(&path).unwrap(), "{}", path.display());
    assert_eq!(Script::parse(&text).unwrap().to_string(), text);
}

#[test]
fn keeps_every_byte_of_a_script_that_nobody_changed() {
    for entry in fs::read_dir(folder("roundcube")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(Script::parse(&text).unwrap().to_string(), text, "{}", path.display());
    }
}

#[test]
fn writes_a_vacation_of_roundcubes_as_roundcube_does() {
    let names = [
        "vacation",
        "vacation-one-line",
        "vacation-dates",
        "vacation-dates-off",
        "vacation-from-only",
        "vacation-times-and-more",
        "vacation-not-to-lists",
        "filters-and-vacation",
    ];
    for name in names {
        let text = roundcube(name);
        let mut script = Script::parse(&text).unwrap();
        let vacation = script.vacation().unwrap_or_else(|| panic!("{name}")).clone();
        script.set_vacation(vacation);
        assert_eq!(script.to_string(), text, "{name}");
    }
}

#[test]
fn reads_what_a_vacation_of_roundcubes_says() {
    let script = Script::parse(&roundcube("vacation-dates-off")).unwrap();
    let vacation = script.vacation().unwrap();
    assert_eq!(vacation.name, "Out of Office");
    assert!(!vacation.on);
    assert_eq!(vacation.from.as_ref().map(|bound| bound.day()), day("2026-07-01"));
    assert_eq!(vacation.to.as_ref().map(|bound| bound.day()), day("2026-07-31"));
    assert_eq!(vacation.subject.as_deref(), Some("Away \"for now\" \\ gone"));
    assert_eq!(vacation.reason, "I am away.\n\nBack on Monday.\n.signature\nJill");
    assert_eq!(vacation.days, Some(7));
    assert_eq!(vacation.addresses, ["jill@ambridge.example", "j.archer@ambridge.example"]);
}

#[test]
fn keeps_the_time_of_a_day_that_stays() {
    let mut script = Script::parse(&roundcube("vacation-times-and-more")).unwrap();
    let mut vacation = script.vacation().unwrap().clone();
    vacation.set_days(day("2026-07-01"), day("2026-08-15"));
    script.set_vacation(vacation);
    let text = script.to_string();
    assert!(text.contains("\"iso8601\" \"2026-07-01T09:30:00+02:00\""), "{text}");
    assert!(text.contains("currentdate :value \"le\" \"date\" \"2026-08-15\""), "{text}");
    assert!(text.contains("redirect :copy \"phil@elsewhere.example\""), "{text}");
}

#[test]
fn reads_the_filters_of_roundcube() {
    let script = Script::parse(&roundcube("filters")).unwrap();
    let show = script.filter(1).unwrap();
    assert_eq!(show.name, "Show \"2026\"");
    assert!(show.all && show.on && !show.stop);
    assert_eq!(show.conditions[1], Condition { field: Part::Subject, text: "say \\\"hi\\\"".into() });
    assert_eq!(show.actions, [Action::MarkRead, Action::Copy("phil@elsewhere.example".into())]);
    assert!(!script.filter(2).unwrap().on);
}

#[test]
fn switches_a_filter_of_roundcubes_as_roundcube_does() {
    let text = roundcube("filters");
    let mut script = Script::parse(&text).unwrap();
    let mut off = script.filter(1).unwrap().clone();
    off.on = false;
    assert!(script.change_filter(1, off));
    assert_eq!(script.to_string(), text.replace("if allof (header", "if false # allof (header"));
}

#[test]
fn leaves_alone_what_it_does_not_understand() {
    let text = roundcube("beyond-the-console");
    let mut script = Script::parse(&text).unwrap();
    assert_eq!(script.rules().len(), 8);
    assert!(script.rules().iter().all(|rule| matches!(rule.meaning(), Meaning::Other { answers: false, .. })));
    assert_eq!(script.rules()[5].name(), Some("Twice"));
    script.set_vacation(away());
    script.add_filter(filter("Seeds", Part::Subject, "seeds", Action::Move("Seeds".into())));
    assert!(!script.change_filter(2, filter("", Part::Subject, "", Action::Discard)));
    assert!(!script.remove_filter(3) && !script.remove_filter(99));
    let written = script.to_string();
    let (require, rules) = text.split_once("\r\n").unwrap();
    let (variable, rules) = rules.split_once("\r\n").unwrap();
    assert!(!written.contains(require));
    assert!(written.contains(rules));
    // Variables are set before anything happens.
    assert!(written.find(variable).unwrap() < written.find("vacation :days").unwrap());
}

#[test]
fn keeps_scripts_from_other_programs() {
    let text = "# mine\nrequire \"fileinto\"; # first\nrequire [\"copy\"];\n\n# about lists\nif header :is \"List-Id\" \"x\" {\n  fileinto \"x\";\n} elsif false {\n} else { keep; }\nif true { vacation :fcc \"Sent\" \"x\"; } # end\n# tail";
    let mut script = Script::parse(text).unwrap();
    assert_eq!(script.to_string(), text);
    assert_eq!(script.rules().len(), 2);
    assert!(script.answers_otherwise() && script.vacation().is_none());
    script.add_filter(filter("Read", Part::Sender, "bot@", Action::MarkRead));
    let written = script.to_string();
    assert!(
        written
            .starts_with("# mine\nrequire \"fileinto\"; # first\nrequire [\"copy\"];\nrequire [\"imap4flags\"];\r\n")
    );
    assert!(written.contains("elsif false {\n} else { keep; }\nif true { vacation :fcc"));
    assert_eq!(Script::parse(&written).unwrap().rules().len(), 3);
}

#[test]
fn keeps_conditions_that_are_no_days() {
    for condition in ["anyof (true, false)", "not currentdate :value \"ge\" \"date\" \"2026-01-01\"", "size :over 1M"] {
        let mut script = Script::parse(&format!("if {condition} {{ vacation \"x\"; }}")).unwrap();
        let mut vacation = script.vacation().unwrap().clone();
        assert!(vacation.says_more() && vacation.from.is_none());
        vacation.set_days(None, day("2026-02-01"));
        script.set_vacation(vacation);
        let all = format!("if allof ({condition}, currentdate :value \"le\" \"date\" \"2026-02-01\")\r\n");
        assert!(script.to_string().contains(&all), "{script}");
    }
    let lines = "if header :is \"a\" text:\nx\n.\n { vacation \"x\"; }";
    assert!(Script::parse(lines).unwrap().answers_otherwise());
}

#[test]
fn a_stray_carriage_return_in_an_answer_does_not_stay() {
    let mut script = Script::parse("vacation text:\r\none\r\n\rtwo\r\n.\r\n;").unwrap();
    let vacation = script.vacation().unwrap().clone();
    assert_eq!(vacation.reason, "one\ntwo");
    script.set_vacation(vacation.clone());
    assert_eq!(Script::parse(&script.to_string()).unwrap().vacation(), Some(&vacation));
}

#[test]
fn an_answer_without_condition_is_one() {
    let mut script = Script::parse("require \"vacation\";\nvacation \"Away.\";").unwrap();
    let vacation = script.vacation().unwrap().clone();
    assert!(vacation.on);
    script.set_vacation(vacation);
    assert_eq!(
        script.to_string(),
        "require \"vacation\";\n# rule:[]\r\nif true\r\n{\r\n\tvacation \"Away.\";\r\n}\r\n"
    );
}

#[test]
fn writes_a_first_vacation() {
    let mut script = Script::default();
    script.set_vacation(away());
    golden("vacation", &script);
    let mut off = script.vacation().unwrap().clone();
    off.on = false;
    off.reason = "Away \"again\" – bye".into();
    off.subject = None;
    script.set_vacation(off);
    golden("vacation-off", &script);
}

#[test]
fn writes_filters_and_vacation() {
    let mut script = Script::parse("# Written by hand").unwrap();
    script.add_filter(filter("Seeds", Part::Subject, "seed \"swap\" \\", Action::Move("Seeds/Äpfel".into())));
    script.add_filter(filter("Bot", Part::Sender, "bot@", Action::MarkRead));
    script.add_filter(filter("Raffle]", Part::Recipient, "raffle@", Action::Discard));
    script.add_filter(filter("Phil", Part::Subject, "plough", Action::Copy("phil@elsewhere.example".into())));
    script.set_vacation(away());
    golden("filters-and-vacation", &script);
    let mut off = script.filter(3).unwrap().clone();
    off.on = false;
    assert!(script.change_filter(3, off) && script.remove_filter(2));
    golden("filters-changed", &script);
}

/// Text as a form may hand it over: printable, with what Sieve finds special.
fn line() -> impl Strategy<Value = String> {
    proptest::string::string_regex("[ -~äß–\\\\\"#.;{}\\[\\]]{1,30}").unwrap()
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        line().prop_map(Action::Move),
        Just(Action::MarkRead),
        Just(Action::Discard),
        line().prop_map(Action::Copy)
    ]
}

proptest! {
    #[test]
    fn what_a_form_says_is_read_again(
        name in line(), text in line(), action in action(), on: bool,
        reason in proptest::collection::vec(line(), 1..5), subject in proptest::option::of(line()),
    ) {
        let mut script = Script::parse(&roundcube("beyond-the-console")).unwrap();
        let one = Filter { on, ..filter(&name, Part::Recipient, &text, action) };
        let vacation = Vacation { on, subject, reason: reason.join("\n"), ..away() };
        script.add_filter(one.clone());
        script.set_vacation(vacation.clone());
        let read = Script::parse(&script.to_string()).unwrap();
        prop_assert_eq!(read.filter(read.rules().len() - 1), Some(&one));
        prop_assert_eq!(read.vacation(), Some(&vacation));
        prop_assert_eq!(read.rules().len(), 10);
    }

    #[test]
    fn no_text_breaks_the_reader(text in "(?s).{0,200}") {
        if let Ok(script) = Script::parse(&text) {
            prop_assert_eq!(script.to_string(), text);
        }
    }
}
