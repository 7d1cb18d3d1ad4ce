//! The words of a Sieve script (RFC 5228, section 8.1) and where they stand in it.

use super::SieveError;

/// Most words of a script: a member's quota for scripts is 1 MiB.
const MOST: usize = 200_000;

/// What a word is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A command or a test, in lower case.
    Word(String),
    /// `:contains`, without its colon and in lower case.
    Tag(String),
    /// `100` or `100K`, as it is written.
    Number(String),
    /// A string, quoted or `text:`, as it is meant.
    Text(String),
    /// One of `[](){},;`.
    Mark(u8),
    /// `# …` to the end of its line, without the `#` and the line's end.
    Remark(String),
}

/// A word at `start..end` of the script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// All words of `script`; `/* … */` counts as space.
pub(super) fn tokens(script: &str) -> Result<Vec<Token>, SieveError> {
    let mut lexer = Lexer { script, at: 0 };
    let mut found = Vec::new();
    while let Some(token) = lexer.next()? {
        found.push(token);
        if found.len() > MOST {
            return Err(SieveError::TooLarge);
        }
    }
    Ok(found)
}

struct Lexer<'a> {
    script: &'a str,
    at: usize,
}

impl Lexer<'_> {
    fn next(&mut self) -> Result<Option<Token>, SieveError> {
        self.skip_space()?;
        let start = self.at;
        let Some(first) = self.peek() else { return Ok(None) };
        let kind = match first {
            b'[' | b']' | b'(' | b')' | b'{' | b'}' | b',' | b';' => {
                self.at += 1;
                Kind::Mark(first)
            }
            b'#' => Kind::Remark(self.line()[1..].to_owned()),
            b'"' => Kind::Text(self.quoted()?),
            b':' => {
                self.at += 1;
                Kind::Tag(self.word()?)
            }
            b'0'..=b'9' => Kind::Number(self.run(|byte| byte.is_ascii_alphanumeric()).to_owned()),
            _ => self.word_or_text()?,
        };
        Ok(Some(Token { kind, start, end: self.at }))
    }

    fn peek(&self) -> Option<u8> {
        self.script.as_bytes().get(self.at).copied()
    }

    /// From here on; here is always between characters, because only ASCII is ever stepped over by itself.
    fn rest(&self) -> &str {
        &self.script[self.at..]
    }

    fn fault<T>(&self, what: &'static str) -> Result<T, SieveError> {
        let line = self.script[..self.at.min(self.script.len())].matches('\n').count() + 1;
        Err(SieveError::Malformed { line, what })
    }

    fn skip_space(&mut self) -> Result<(), SieveError> {
        loop {
            self.run(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
            if !self.rest().starts_with("/*") {
                return Ok(());
            }
            let Some(length) = self.rest()[2..].find("*/") else { return self.fault("a remark without end") };
            self.at += length + 4;
        }
    }

    /// The bytes that follow while `wanted`.
    fn run(&mut self, wanted: impl Fn(u8) -> bool) -> &str {
        let start = self.at;
        while self.peek().is_some_and(&wanted) {
            self.at += 1;
        }
        &self.script[start..self.at]
    }

    /// What is left of the line, without its end.
    fn line(&mut self) -> &str {
        let rest = &self.script[self.at..];
        let length = rest.find('\n').unwrap_or(rest.len());
        self.at += length;
        rest[..length].trim_end_matches('\r')
    }

    fn word(&mut self) -> Result<String, SieveError> {
        if !self.peek().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_') {
            return self.fault("a character that begins no word");
        }
        Ok(self.run(|byte| byte.is_ascii_alphanumeric() || byte == b'_').to_ascii_lowercase())
    }

    fn word_or_text(&mut self) -> Result<Kind, SieveError> {
        let word = self.word()?;
        if word == "text" && self.peek() == Some(b':') {
            self.at += 1;
            return self.lines().map(Kind::Text);
        }
        Ok(Kind::Word(word))
    }

    fn quoted(&mut self) -> Result<String, SieveError> {
        let mut text = String::new();
        let mut escaped = false;
        for (offset, char) in self.script[self.at + 1..].char_indices() {
            match char {
                _ if escaped => {
                    escaped = false;
                    text.push(char);
                }
                '\\' => escaped = true,
                '"' => {
                    self.at += offset + 2;
                    return Ok(text);
                }
                _ => text.push(char),
            }
        }
        self.fault("a string without its closing quote")
    }

    /// What follows `text:`, up to the line with nothing but a dot.
    fn lines(&mut self) -> Result<String, SieveError> {
        let head = self.line().trim_matches([' ', '\t']);
        if !(head.is_empty() || head.starts_with('#')) {
            return self.fault("something between text: and its lines");
        }
        let mut lines = Vec::new();
        let begin = self.at;
        while self.peek() == Some(b'\n') {
            self.at += 1;
            // The line's end belongs to what follows the dot.
            let line = self.line();
            if line == "." {
                return Ok(lines.join("\n"));
            }
            lines.push(line.strip_prefix('.').unwrap_or(line).to_owned());
        }
        self.at = begin;
        self.fault("a text without the line with a dot that ends it")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(script: &str) -> Vec<Kind> {
        tokens(script).unwrap().into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn takes_words_tags_numbers_strings_and_remarks() {
        let word = |word: &str| Kind::Word(word.into());
        assert_eq!(
            kinds("IF size :Over 100K { /* no */ keep; } # end\r\n"),
            [
                word("if"),
                word("size"),
                Kind::Tag("over".into()),
                Kind::Number("100K".into()),
                Kind::Mark(b'{'),
                word("keep"),
                Kind::Mark(b';'),
                Kind::Mark(b'}'),
                Kind::Remark(" end".into()),
            ]
        );
    }

    #[test]
    fn takes_backslashes_out_of_quoted_strings() {
        assert_eq!(kinds(r#""a \"b\" \\ \c é""#), [Kind::Text(r#"a "b" \ c é"#.into())]);
    }

    #[test]
    fn takes_dots_out_of_lines() {
        assert_eq!(
            kinds("text: # remark\r\n..one\r\ntwo\r\n\r\n.\r\n;"),
            [Kind::Text(".one\ntwo\n".into()), Kind::Mark(b';')]
        );
        assert_eq!(kinds("text:\n."), [Kind::Text(String::new())]);
    }

    #[test]
    fn says_on_which_line_a_script_breaks() {
        for bad in ["keep;\n\"", "keep;\n/*", "keep;\n%", "keep;\ntext: x\n.\n", "keep;\n:1"] {
            assert!(matches!(tokens(bad), Err(SieveError::Malformed { line: 2, .. })), "{bad}");
        }
        assert!(tokens("text:\nwithout end").is_err());
    }
}
