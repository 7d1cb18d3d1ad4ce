//! At which state somebody saw an entry: its `entryCSN`, carried through forms.

use std::fmt;
use std::str::FromStr;

use super::DirectoryError;

/// An `entryCSN` (draft-chu-ldap-csn), such as `20260301120000.123456Z#000000#000#000000`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Revision(String);

impl Revision {
    /// The text for a form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// What comes back in a form. Anything that is no revision is as good as an old one.
impl FromStr for Revision {
    type Err = DirectoryError;

    fn from_str(text: &str) -> Result<Self, DirectoryError> {
        let shape = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b'#' | b'Z'));
        if shape { Ok(Self(text.to_owned())) } else { Err(DirectoryError::Stale) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_slapd_writes_and_nothing_that_could_end_a_filter() {
        assert!("20260301120000.123456Z#000000#000#000000".parse::<Revision>().is_ok());
        for bad in ["", "*", "x)(uid=*", "2026\0", &"0".repeat(65)] {
            assert_eq!(bad.parse::<Revision>(), Err(DirectoryError::Stale), "{bad:?}");
        }
    }
}
