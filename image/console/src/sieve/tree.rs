//! The commands of a Sieve script (RFC 5228, section 8.2), without their meaning.

use std::ops::Range;

use super::SieveError;
use super::token::{Kind, Token, tokens};

/// Blocks and tests inside each other at most. Dovecot's own bound is 32.
const DEEPEST: usize = 40;

/// What stands behind a command or a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Argument {
    /// `:contains`, without its colon.
    Tag(String),
    /// A number as it is written.
    Number(String),
    /// A string, or a list of them.
    Texts(Vec<String>),
}

impl Argument {
    /// The string, if it is one and not a list of several.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Texts(texts) if texts.len() == 1 => texts.first().map(String::as_str),
            _ => None,
        }
    }
}

/// A test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Test {
    pub(super) name: String,
    pub(super) arguments: Vec<Argument>,
    pub(super) tests: Vec<Test>,
    /// A remark directly behind it, where webmail keeps the tests of a rule that is switched off.
    pub(super) remark: Option<String>,
    pub(super) span: Range<usize>,
}

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) name: String,
    pub(super) arguments: Vec<Argument>,
    pub(super) tests: Vec<Test>,
    pub(super) block: Option<Vec<Command>>,
    pub(super) span: Range<usize>,
}

/// All commands of `script`.
pub(super) fn commands(script: &str) -> Result<Vec<Command>, SieveError> {
    let mut parser = Parser { script, tokens: tokens(script)?, at: 0, depth: 0 };
    let found = parser.commands()?;
    match parser.token() {
        None => Ok(found),
        Some(_) => parser.fault("a closing bracket too many"),
    }
}

/// The one test that `text` is.
pub(super) fn test(text: &str) -> Option<Test> {
    let mut parser = Parser { script: text, tokens: tokens(text).ok()?, at: 0, depth: 0 };
    let test = parser.test().ok()?;
    parser.token().is_none().then_some(test)
}

struct Parser<'a> {
    script: &'a str,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

/// What stands behind a command or a test: arguments, then tests.
type Behind = (Vec<Argument>, Vec<Test>);

impl Parser<'_> {
    /// The next token that is no remark.
    fn token(&mut self) -> Option<&Token> {
        while let Some(Kind::Remark(_)) = self.tokens.get(self.at).map(|token| &token.kind) {
            self.at += 1;
        }
        self.tokens.get(self.at)
    }

    fn kind(&mut self) -> Option<&Kind> {
        self.token().map(|token| &token.kind)
    }

    fn fault<T>(&mut self, what: &'static str) -> Result<T, SieveError> {
        let start = self.token().map_or(usize::MAX, |token| token.start).min(self.script.len());
        Err(SieveError::Malformed { line: self.script[..start].matches('\n').count() + 1, what })
    }

    /// Steps over `mark` if it comes next.
    fn step(&mut self, mark: u8) -> bool {
        let next = self.kind() == Some(&Kind::Mark(mark));
        self.at += usize::from(next);
        next
    }

    /// Where the last token ended.
    fn end(&self) -> usize {
        self.at.checked_sub(1).and_then(|last| self.tokens.get(last)).map_or(0, |token| token.end)
    }

    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, SieveError>) -> Result<T, SieveError> {
        if self.depth == DEEPEST {
            return self.fault("too many blocks inside each other");
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn commands(&mut self) -> Result<Vec<Command>, SieveError> {
        let mut found = Vec::new();
        while matches!(self.kind(), Some(Kind::Word(_))) {
            found.push(self.command()?);
        }
        Ok(found)
    }

    fn word(&mut self) -> Result<(String, usize), SieveError> {
        match self.token() {
            Some(Token { kind: Kind::Word(word), start, .. }) => {
                let found = (word.clone(), *start);
                self.at += 1;
                Ok(found)
            }
            _ => self.fault("a word is missing"),
        }
    }

    fn command(&mut self) -> Result<Command, SieveError> {
        let (name, start) = self.word()?;
        let (arguments, tests) = self.behind()?;
        let block = if self.step(b';') {
            None
        } else if self.step(b'{') {
            let block = self.deeper(Self::commands)?;
            if !self.step(b'}') {
                return self.fault("a block without its closing bracket");
            }
            Some(block)
        } else {
            return self.fault("a command without its semicolon");
        };
        Ok(Command { name, arguments, tests, block, span: start..self.end() })
    }

    fn test(&mut self) -> Result<Test, SieveError> {
        let (name, start) = self.word()?;
        let remark = match self.tokens.get(self.at).map(|token| &token.kind) {
            Some(Kind::Remark(remark)) => Some(remark.clone()),
            _ => None,
        };
        let (arguments, tests) = self.deeper(Self::behind)?;
        // A remark looked past belongs to whatever comes next.
        let end = self.end_of_words();
        Ok(Test { name, arguments, tests, remark, span: start..end })
    }

    /// Where the last token ended that is no remark.
    fn end_of_words(&self) -> usize {
        let before = self.tokens[..self.at].iter().rev();
        before.into_iter().find(|token| !matches!(token.kind, Kind::Remark(_))).map_or(0, |token| token.end)
    }

    fn behind(&mut self) -> Result<Behind, SieveError> {
        let mut arguments = Vec::new();
        loop {
            let argument = match self.kind() {
                Some(Kind::Tag(tag)) => Argument::Tag(tag.clone()),
                Some(Kind::Number(number)) => Argument::Number(number.clone()),
                Some(Kind::Text(text)) => Argument::Texts(vec![text.clone()]),
                Some(Kind::Mark(b'[')) => {
                    self.at += 1;
                    arguments.push(self.list()?);
                    continue;
                }
                Some(Kind::Mark(b'(')) => {
                    self.at += 1;
                    return Ok((arguments, self.tests()?));
                }
                Some(Kind::Word(_)) => return Ok((arguments, vec![self.test()?])),
                _ => return Ok((arguments, Vec::new())),
            };
            self.at += 1;
            arguments.push(argument);
        }
    }

    /// What follows `[`.
    fn list(&mut self) -> Result<Argument, SieveError> {
        let mut texts = Vec::new();
        loop {
            match self.kind() {
                Some(Kind::Text(text)) => texts.push(text.clone()),
                _ => return self.fault("a list with something else than strings"),
            }
            self.at += 1;
            if self.step(b']') {
                return Ok(Argument::Texts(texts));
            }
            if !self.step(b',') {
                return self.fault("a list without its closing bracket");
            }
        }
    }

    /// What follows `(`.
    fn tests(&mut self) -> Result<Vec<Test>, SieveError> {
        let mut tests = Vec::new();
        loop {
            tests.push(self.test()?);
            if self.step(b')') {
                return Ok(tests);
            }
            if !self.step(b',') {
                return self.fault("a list of tests without its closing bracket");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_where_each_thing_stands() {
        let script = "require \"copy\";\nif not allof (true, size :over 1M) { keep; stop; }";
        let found = commands(script).unwrap();
        assert_eq!(&script[found[0].span.clone()], "require \"copy\";");
        assert_eq!(&script[found[1].tests[0].span.clone()], "not allof (true, size :over 1M)");
        let block = found[1].block.as_ref().unwrap();
        assert_eq!(&script[block[1].span.clone()], "stop;");
    }

    #[test]
    fn hands_over_the_tests_of_a_rule_switched_off() {
        let script = "if false # header :is \"a\" \"b\"\r\n{ keep; }";
        let found = commands(script).unwrap();
        let off = &found[0].tests[0];
        assert_eq!(&script[off.span.clone()], "false");
        assert_eq!(test(off.remark.as_ref().unwrap()).unwrap().name, "header");
    }

    #[test]
    fn refuses_what_does_not_close() {
        for bad in
            ["keep", "if true { keep;", "}", "if allof (true { keep; }", "redirect [\"a\";", "redirect [];", "1;"]
        {
            assert!(commands(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn does_not_follow_endless_blocks() {
        assert!(commands(&"if true {".repeat(100_000)).is_err());
        assert!(commands(&"not ".repeat(100_000)).is_err());
        assert!(commands(&format!("if {} true {{ }}", "not ".repeat(20))).is_ok());
    }
}
