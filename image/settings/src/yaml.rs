//! YAML as the provider's user data has it: parsed without aliases running wild, duplicate keys refused.

use serde_json::Value;

/// Largest document taken, in bytes. Cloud providers allow 16 to 64 KiB; 200 members with hashes need 60 KiB.
const MOST_BYTES: usize = 1 << 20;

/// Parses `text` into a tree.
///
/// # Errors
/// Says what is wrong and where, without quoting the text: it may hold passwords.
pub(crate) fn parse(text: &str) -> Result<Value, String> {
    if text.len() > MOST_BYTES {
        return Err(format!("is larger than {MOST_BYTES} bytes; shorten it"));
    }
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let place =
            error.location().map_or(String::new(), |at| format!(" at line {}, column {}", at.line(), at.column()));
        format!("is not well-formed YAML{place}: {}", explain(&error))
    })
}

/// The kind of fault, in words that quote nothing but keys.
fn explain(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().to_string().to_lowercase();
    if text.contains("duplicate") {
        "a key stands there twice; keep one of them".to_owned()
    } else if text.contains("budget") || text.contains("alias") || text.contains("anchor") {
        "it uses anchors and aliases, or is nested too deep; write it out".to_owned()
    } else {
        "check indentation, colons and quotation marks there".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_line_and_quotes_nothing() {
        let error = parse("sos:\n  password: \"hunter2\n  other: 1\n").unwrap_err();
        assert!(error.contains("line "), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn refuses_a_key_that_stands_twice() {
        let error = parse("a: 1\nb: 2\na: 3\n").unwrap_err();
        assert!(error.contains("line 3") && error.contains("twice"), "{error}");
    }

    #[test]
    fn refuses_a_billion_laughs() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let previous = format!("*a{}", level - 1);
            text += &format!("a{level}: &a{level} [{}]\n", vec![previous; 10].join(", "));
        }
        assert!(parse(&text).is_err());
    }
}
