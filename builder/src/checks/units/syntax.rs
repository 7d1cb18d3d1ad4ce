//! Unit files as systemd reads them (systemd.syntax(7), systemd.service(5)).
//!
//! In: text. Out: keys and values in their order, and the programs of command lines.

/// What tells systemd how to run a program, before its name.
const PREFIXES: [char; 6] = ['@', '-', ':', '+', '!', '|'];

/// Every `key=value` of `text`, in its order, with lines that go on put together.
#[must_use]
pub fn parse(text: &str) -> Vec<(String, String)> {
    let (mut settings, mut begun) = (Vec::new(), String::new());
    for line in text.lines() {
        let line = line.trim();
        if line.starts_with(['#', ';']) || line.is_empty() && begun.is_empty() {
            continue;
        }
        if let Some(goes_on) = line.strip_suffix('\\') {
            begun.push_str(goes_on);
            begun.push(' ');
            continue;
        }
        begun.push_str(line);
        if let Some((key, value)) = begun.split_once('=') {
            settings.push((key.trim().to_owned(), value.trim().to_owned()));
        }
        begun.clear();
    }
    settings
}

/// What the last of several files leaves of a key that may be given more than once: an empty value forgets those before.
#[must_use]
pub fn values<'a>(settings: &'a [(String, String)], key: &str) -> Vec<&'a str> {
    let mut values = Vec::new();
    for (_, value) in settings.iter().filter(|(name, _)| name == key) {
        if value.is_empty() {
            values.clear();
        } else {
            values.push(value.as_str());
        }
    }
    values
}

/// The programs of a command line; there may be several, with ` ; ` between them. The unit `name` stands for specifiers.
#[must_use]
pub fn programs(line: &str, name: &str) -> Vec<String> {
    let words = words(line);
    let commands = words.split(|word| word == ";");
    let program = |command: &[String]| command.first().map(|word| expand(word.trim_start_matches(PREFIXES), name));
    commands.filter_map(program).filter(|program| !program.is_empty()).collect()
}

/// The words of a command line, quotes taken off.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in line.chars() {
        match (letter, quote) {
            ('"' | '\'', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (letter, Some(open)) if letter == open => quote = None,
            (letter, None) if letter.is_whitespace() => words.extend(word.take()),
            (letter, _) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

/// The specifiers that a program's path may have (systemd.unit(5)): the unit's name and its parts.
fn expand(text: &str, name: &str) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let (prefix, instance) = stem.split_once('@').unwrap_or((stem, ""));
    let specifiers = [("%i", instance), ("%I", instance), ("%p", prefix), ("%P", prefix), ("%N", stem), ("%n", name)];
    let text = specifiers.into_iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    text.replace("%%", "%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_on_behind_a_backslash_and_comments_are_no_part_of_them() {
        let text =
            "[Service]\n# ExecStart=/no\nExecStart=/bin/a \\\n# in between\n  --long\n;x=y\nType = oneshot\nnonsense\n";
        let settings = parse(text);
        let expected = [("ExecStart", "/bin/a  --long"), ("Type", "oneshot")];
        assert_eq!(settings, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }

    #[test]
    fn an_empty_value_forgets_those_before() {
        let settings = parse("ExecStart=/bin/a\nExecStart=\nExecStart=/bin/b\nExecStart=/bin/c\nExecStop=/bin/d\n");
        assert_eq!(values(&settings, "ExecStart"), ["/bin/b", "/bin/c"]);
        assert!(values(&settings, "ExecReload").is_empty());
    }

    #[test]
    fn a_program_stands_behind_prefixes_in_quotes_and_after_others() {
        for (line, expected) in [
            ("/bin/a --b", vec!["/bin/a"]),
            ("-/bin/a", vec!["/bin/a"]),
            ("@/bin/a shown", vec!["/bin/a"]),
            ("!!/bin/a", vec!["/bin/a"]),
            ("\"/bin/a b\" c", vec!["/bin/a b"]),
            ("/bin/a b ; -/bin/c 'd ; e'", vec!["/bin/a", "/bin/c"]),
            ("a", vec!["a"]),
            ("/lib/%p/%i", vec!["/lib/run/one"]),
            ("", vec![]),
        ] {
            assert_eq!(programs(line, "run@one.service"), expected, "{line}");
        }
    }
}
