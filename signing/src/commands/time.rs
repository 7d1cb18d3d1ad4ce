//! Times on the command line: seconds since 1970, or RFC 3339 such as 2026-03-01T00:00:00Z.

use jiff::Timestamp;

/// Reads a time.
pub fn time(text: &str) -> Result<Timestamp, String> {
    let read = match text.parse::<i64>() {
        Ok(seconds) => Timestamp::from_second(seconds),
        Err(_) => text.parse(),
    };
    read.map_err(|_| format!("{text:?} is neither seconds since 1970 nor a time such as 2026-03-01T00:00:00Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_seconds_and_rfc_3339_and_nothing_else() {
        let spring = time("2026-03-01T00:00:00Z").unwrap();
        assert_eq!(time("1772323200"), Ok(spring));
        assert_eq!(time("2026-03-01T01:00:00+01:00"), Ok(spring));
        for wrong in ["", "tomorrow", "2026-03-01", "1e9", "99999999999999999999"] {
            assert!(time(wrong).is_err(), "{wrong:?}");
        }
    }
}
