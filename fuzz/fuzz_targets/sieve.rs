//! A member's script, as any program of theirs may write it: read and written it is the same, and a filter and an
//! answer put into it are found there again, while everything else stays.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sos_console::sieve::{Action, Condition, Filter, Meaning, Part, Script, Vacation};

fuzz_target!(|text: &str| {
    let Ok(script) = Script::parse(text) else { return };
    assert_eq!(script.to_string(), text);

    let rules = script.rules().len();
    let mut changed = script.clone();
    let conditions = vec![Condition { field: Part::Subject, text: "seeds".into() }];
    let actions = vec![Action::Move("Seeds".into())];
    let filter = Filter { name: "Seeds".into(), on: false, all: false, conditions, actions, stop: true };
    changed.add_filter(filter.clone());
    let vacation = match script.vacation() {
        Some(there) => Vacation { on: !there.on, ..there.clone() },
        None => Vacation { name: "Away".into(), on: true, reason: "Away\n.\n".into(), ..Vacation::default() },
    };
    let added = usize::from(script.vacation().is_none());
    changed.set_vacation(vacation.clone());

    let read = Script::parse(&changed.to_string()).expect("what was written is read");
    assert_eq!(read.rules().len(), rules + 1 + added);
    assert_eq!(read.filter(rules + added), Some(&filter));
    assert_eq!(read.vacation().map(|read| (read.on, &read.reason)), Some((vacation.on, &vacation.reason)));
    let others = |script: &Script| {
        script.rules().iter().filter(|rule| matches!(rule.meaning(), Meaning::Other { .. })).count()
    };
    assert_eq!(others(&read), others(&script));
});
