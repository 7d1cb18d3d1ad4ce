//! Letters to the administrators about updates, in the organisation's language.

use std::collections::BTreeMap;

use sos_ipc::{UpdateEvent, UpdateOutcome};

/// What a letter is about.
#[derive(Debug)]
pub(crate) struct Told<'a> {
    /// Whose server it is.
    pub(crate) organisation: &'a str,
    /// What happened.
    pub(crate) event: &'a UpdateEvent,
    /// What the release changes, by language.
    pub(crate) notes: BTreeMap<String, String>,
    /// What the gate found, where it found something.
    pub(crate) verdict: Option<&'a str>,
    /// Whether the server does not try this release by itself any more.
    pub(crate) given_up: bool,
}

/// A letter.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Letter {
    /// One line.
    pub(crate) subject: String,
    /// Its text.
    pub(crate) text: String,
}

/// The sentences of a language. `{to}`, `{from}`, `{organisation}` and `{why}` stand for what they name.
struct Sentences {
    language: &'static str,
    hello: &'static str,
    committed: [&'static str; 2],
    news: &'static str,
    rolled_back: [&'static str; 2],
    found: &'static str,
    came_not_up: &'static str,
    again: &'static str,
    given_up: &'static str,
    went_back: [&'static str; 2],
    left_alone: &'static str,
    more: &'static str,
}

const LANGUAGES: [Sentences; 3] = [
    Sentences {
        language: "en",
        hello: "Hello,",
        committed: [
            "The server was updated to {to}",
            "the server of {organisation} was updated from version {from} to {to}. All services work, and nothing was lost.",
        ],
        news: "What is new:",
        rolled_back: [
            "The update to {to} was taken back",
            "the server of {organisation} tried version {to}. It did not work here, so the server started version {from} \
             again, with all data as they were before. Letters that came meanwhile are delivered now.",
        ],
        found: "What was wrong: {why}",
        came_not_up: "The new version did not start as it should.",
        again: "The server tries it again one of the next nights. There is nothing that you have to do.",
        given_up: "The server does not try this version again by itself, and waits for a newer one.",
        went_back: [
            "The server went back to {to}",
            "the server of {organisation} went back from version {from} to {to}, because an administrator asked for it. \
             Everything is as it was before the update; what came or was changed since then is not there any more.",
        ],
        left_alone: "The server does not update to version {from} again by itself, and waits for a newer one.",
        more: "More is on the page “Updates” of the server.",
    },
    Sentences {
        language: "de",
        hello: "Guten Tag,",
        committed: [
            "Der Server wurde auf {to} aktualisiert",
            "der Server von {organisation} wurde von Version {from} auf {to} aktualisiert. Alle Dienste arbeiten, und nichts \
             ist verloren gegangen.",
        ],
        news: "Was neu ist:",
        rolled_back: [
            "Die Aktualisierung auf {to} wurde zurückgenommen",
            "der Server von {organisation} hat Version {to} ausprobiert. Sie lief hier nicht, darum hat der Server wieder \
             Version {from} gestartet, mit allen Daten wie zuvor. Briefe, die inzwischen kamen, werden jetzt zugestellt.",
        ],
        found: "Was nicht stimmte (auf Englisch): {why}",
        came_not_up: "Die neue Version ist nicht richtig gestartet.",
        again: "Der Server probiert sie in einer der nächsten Nächte noch einmal. Sie müssen nichts tun.",
        given_up: "Der Server probiert diese Version nicht mehr von selbst und wartet auf eine neuere.",
        went_back: [
            "Der Server ist zu {to} zurückgekehrt",
            "der Server von {organisation} ist von Version {from} zu {to} zurückgekehrt, weil jemand aus der Verwaltung es \
             wollte. Alles ist wie vor der Aktualisierung; was seither kam oder geändert wurde, ist nicht mehr da.",
        ],
        left_alone: "Der Server aktualisiert sich nicht mehr von selbst auf Version {from} und wartet auf eine neuere.",
        more: "Mehr steht auf der Seite „Aktualisierungen“ des Servers.",
    },
    Sentences {
        language: "cy",
        hello: "Helo,",
        committed: [
            "Mae'r gweinydd wedi'i ddiweddaru i {to}",
            "cafodd gweinydd {organisation} ei ddiweddaru o fersiwn {from} i {to}. Mae pob gwasanaeth yn gweithio, ac ni \
             chollwyd dim.",
        ],
        news: "Beth sy'n newydd:",
        rolled_back: [
            "Cafodd y diweddariad i {to} ei ddadwneud",
            "rhoddodd gweinydd {organisation} gynnig ar fersiwn {to}. Nid oedd yn gweithio yma, felly dechreuodd y gweinydd \
             fersiwn {from} eto, gyda'r holl ddata fel yr oeddent. Mae llythyrau a ddaeth yn y cyfamser yn cael eu \
             dosbarthu nawr.",
        ],
        found: "Beth oedd o'i le (yn Saesneg): {why}",
        came_not_up: "Ni ddechreuodd y fersiwn newydd fel y dylai.",
        again: "Bydd y gweinydd yn rhoi cynnig arall arni un o'r nosweithiau nesaf. Nid oes rhaid i chi wneud dim.",
        given_up: "Ni fydd y gweinydd yn rhoi cynnig ar y fersiwn hon eto ohono'i hun; mae'n aros am un mwy newydd.",
        went_back: [
            "Aeth y gweinydd yn ôl i {to}",
            "aeth gweinydd {organisation} yn ôl o fersiwn {from} i {to}, am fod gweinyddwr wedi gofyn am hynny. Mae popeth \
             fel yr oedd cyn y diweddariad; nid yw'r hyn a ddaeth neu a newidiwyd ers hynny yno mwyach.",
        ],
        left_alone: "Ni fydd y gweinydd yn diweddaru i fersiwn {from} eto ohono'i hun; mae'n aros am un mwy newydd.",
        more: "Mae rhagor ar dudalen “Diweddariadau” y gweinydd.",
    },
];

/// The letter about what happened, in `language`, or English where that is not known.
pub(crate) fn letter(language: &str, told: &Told<'_>) -> Letter {
    let base = language.split('-').next().unwrap_or(language);
    let sentences = LANGUAGES.iter().find(|sentences| sentences.language == base).unwrap_or(&LANGUAGES[0]);
    let [subject, begin] = match told.event.outcome {
        UpdateOutcome::Committed => sentences.committed,
        UpdateOutcome::RolledBack => sentences.rolled_back,
        UpdateOutcome::WentBack => sentences.went_back,
    };
    let mut paragraphs = vec![format!("{}\n\n{begin}", sentences.hello)];
    match told.event.outcome {
        UpdateOutcome::Committed => {
            let notes = told.notes.get(base).or_else(|| told.notes.get("en"));
            paragraphs.extend(notes.map(|notes| format!("{}\n{}", sentences.news, notes.trim())));
        }
        UpdateOutcome::RolledBack => {
            paragraphs.push(if told.verdict.is_some() { sentences.found } else { sentences.came_not_up }.to_owned());
            paragraphs.push(if told.given_up { sentences.given_up } else { sentences.again }.to_owned());
        }
        UpdateOutcome::WentBack => paragraphs.push(sentences.left_alone.to_owned()),
    }
    paragraphs.push(sentences.more.to_owned());
    Letter { subject: fill(subject, told), text: fill(&paragraphs.join("\n\n"), told) + "\n" }
}

/// Puts in what the names stand for. What is put in is not looked through again.
fn fill(text: &str, told: &Told<'_>) -> String {
    let names = [
        ("{to}", told.event.to.as_str()),
        ("{from}", told.event.from.as_str()),
        ("{organisation}", told.organisation),
        ("{why}", told.verdict.unwrap_or_default()),
    ];
    let mut filled = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        filled.push_str(&rest[..at]);
        rest = &rest[at..];
        match names.iter().find(|(name, _)| rest.starts_with(name)) {
            Some((name, value)) => {
                filled.push_str(value);
                rest = &rest[name.len()..];
            }
            None => {
                filled.push('{');
                rest = &rest[1..];
            }
        }
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(outcome: UpdateOutcome) -> UpdateEvent {
        let (from, to) = ("13.20261101.1".into(), "13.20261201.1".into());
        UpdateEvent { at: 1, from, to, outcome, why: None, by: None }
    }

    fn told(event: &UpdateEvent) -> Told<'_> {
        let notes = BTreeMap::from([("en".into(), "Faster {to}.".into()), ("de".into(), "Schneller.".into())]);
        Told { organisation: "Ambridge Garden Club", event, notes, verdict: None, given_up: false }
    }

    #[test]
    fn every_language_says_everything_and_leaves_no_name_open() {
        for sentences in &LANGUAGES {
            for outcome in [UpdateOutcome::Committed, UpdateOutcome::RolledBack, UpdateOutcome::WentBack] {
                let event = event(outcome);
                for (verdict, given_up) in [(None, false), (Some("mail: no mail came back"), true)] {
                    let letter =
                        letter(sentences.language, &Told { verdict, given_up, notes: BTreeMap::new(), ..told(&event) });
                    assert!(
                        !letter.subject.contains(['{', '}', '\n']) && letter.subject.contains("13.20261201.1"),
                        "{letter:?}"
                    );
                    assert!(
                        !letter.text.contains(['{', '}']) && letter.text.contains("Ambridge Garden Club"),
                        "{letter:?}"
                    );
                    let said = outcome == UpdateOutcome::RolledBack && verdict.is_some();
                    assert_eq!(letter.text.contains("no mail came back"), said, "{letter:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_new_comes_in_the_reader_s_language_or_in_english_as_it_was_written() {
        let event = event(UpdateOutcome::Committed);
        assert!(letter("de-AT", &told(&event)).text.contains("Was neu ist:\nSchneller.\n"));
        assert!(letter("cy", &told(&event)).text.contains("Beth sy'n newydd:\nFaster 13.20261201.1.\n"));
        assert!(
            letter("fr", &told(&event)).text.starts_with("Hello,\n\nthe server of Ambridge Garden Club was updated")
        );
    }
}
