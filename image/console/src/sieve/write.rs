//! Strings as a Sieve script has them, in the very form that webmail writes and reads.

/// `texts` as one string or as a list.
pub(super) fn texts<T: AsRef<str>>(texts: &[T]) -> String {
    match texts {
        [one] => text(one.as_ref()),
        many => format!("[{}]", many.iter().map(|one| text(one.as_ref())).collect::<Vec<_>>().join(",")),
    }
}

/// `value` as a string: in quotes, or line by line behind `text:` if it has several.
pub(super) fn text(value: &str) -> String {
    // Webmail takes no dot away from the first line of a text, so such a one goes in quotes.
    if value.contains('\n') && !value.starts_with('.') { lines(value) } else { quoted(value) }
}

/// `value` in quotes.
pub(super) fn quoted(value: &str) -> String {
    let value = value.replace('\r', "").replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", value.replace('\n', "\r\n"))
}

/// `value` behind `text:`, with another dot before each line that begins with one.
fn lines(value: &str) -> String {
    let mut script = String::from("text:\r\n");
    for line in value.replace('\r', "").split('\n') {
        if line.starts_with('.') {
            script.push('.');
        }
        script.push_str(line);
        script.push_str("\r\n");
    }
    script.push_str(".\r\n");
    script
}

/// The comment that gives a rule its name.
pub(super) fn name(name: &str) -> String {
    format!("# rule:[{}]\r\n", name.replace(['\r', '\n'], " "))
}

/// The head of a rule: its condition, out of the way if the rule is off.
///
/// No test may hold a line's end: behind the `#` it would be one.
pub(super) fn condition(on: bool, tests: &[String], all: bool) -> String {
    let off = if on { "" } else { "false # " };
    match tests {
        [] => format!("if {off}true\r\n"),
        [one] if !all => format!("if {off}{one}\r\n"),
        many => format!("if {off}{} ({})\r\n", if all { "allof" } else { "anyof" }, many.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sieve::token::{Kind, tokens};

    fn read(script: &str) -> String {
        match &tokens(script).unwrap()[..] {
            [one] => match &one.kind {
                Kind::Text(text) => text.clone(),
                other => panic!("{other:?}"),
            },
            many => panic!("{many:?}"),
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for value in
            ["", "a \"b\" \\c\\", "é\n.dot\n..\n\nend", ".first\n.second", "one\n", "\n", "}", "text:\n.\nstop;"]
        {
            assert_eq!(read(&text(value)).replace("\r\n", "\n"), value, "{value:?}");
        }
    }

    #[test]
    fn lists_look_as_webmail_writes_them() {
        assert_eq!(texts(&["a"]), r#""a""#);
        assert_eq!(texts(&["a", "b\""]), r#"["a","b\""]"#);
    }

    #[test]
    fn a_line_end_never_leaves_a_name() {
        assert_eq!(name("a]\r\nstop;"), "# rule:[a]  stop;]\r\n");
    }
}
