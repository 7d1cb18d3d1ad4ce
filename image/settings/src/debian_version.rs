//! Which of two versions of a Debian package is the newer one (Debian Policy 5.6.12, deb-version(7)).
//!
//! In: versions as text. Out: their order, as dpkg has it.

use std::cmp::Ordering;

/// The order of two versions: epoch, then upstream version, then revision.
#[must_use]
pub fn compare(one: &str, other: &str) -> Ordering {
    let ((epoch, upstream, revision), (other_epoch, other_upstream, other_revision)) = (parts(one), parts(other));
    number(epoch, other_epoch)
        .then_with(|| part(upstream.as_bytes(), other_upstream.as_bytes()))
        .then_with(|| part(revision.as_bytes(), other_revision.as_bytes()))
}

/// The version as the names of files have it: without its epoch.
#[must_use]
pub fn without_epoch(version: &str) -> &str {
    epoch(version).map_or(version, |(_, rest)| rest)
}

/// Epoch, upstream version and revision; what is missing counts as zero, as nothing does below.
fn parts(version: &str) -> (&str, &str, &str) {
    let (epoch, rest) = epoch(version).unwrap_or(("", version));
    let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
    (epoch, upstream, revision)
}

fn epoch(version: &str) -> Option<(&str, &str)> {
    version.split_once(':').filter(|(epoch, _)| epoch.bytes().all(|b| b.is_ascii_digit()))
}

/// Two runs of digits, however long.
fn number(one: &str, other: &str) -> Ordering {
    let (one, other) = (one.trim_start_matches('0'), other.trim_start_matches('0'));
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

/// Text and numbers in turn, until they differ.
fn part(mut one: &[u8], mut other: &[u8]) -> Ordering {
    while !one.is_empty() || !other.is_empty() {
        let order = text(run(&mut one, false), run(&mut other, false))
            .then_with(|| digits(run(&mut one, true), run(&mut other, true)));
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// Takes the digits, or what is none, from the beginning of `rest`.
fn run<'a>(rest: &mut &'a [u8], digits: bool) -> &'a [u8] {
    let end = rest.iter().position(|b| b.is_ascii_digit() != digits).unwrap_or(rest.len());
    let (run, tail) = rest.split_at(end);
    *rest = tail;
    run
}

fn digits(one: &[u8], other: &[u8]) -> Ordering {
    let strip = |run: &'_ [u8]| run.iter().position(|b| *b != b'0').map_or(run.len(), |zeros| zeros);
    let (one, other) = (&one[strip(one)..], &other[strip(other)..]);
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

/// Letters before all other characters, and `~` before everything, even the end.
fn text(one: &[u8], other: &[u8]) -> Ordering {
    let weight = |place: Option<&u8>| match place {
        Some(b'~') => -1,
        None => 0,
        Some(letter) if letter.is_ascii_alphabetic() => i16::from(*letter),
        Some(other) => i16::from(*other) + 256,
    };
    let length = one.len().max(other.len());
    (0..length)
        .map(|place| weight(one.get(place)).cmp(&weight(other.get(place))))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pairs in order, from Debian Policy 5.6.12 and from dpkg's own tests (`t-func/deb-ver.c`).
    const NEWER: &[(&str, &str)] = &[
        ("~~", "~~a"),
        ("~~a", "~"),
        ("~", ""),
        ("", "a"),
        ("1.0~beta1~svn1245", "1.0~beta1"),
        ("1.0~beta1", "1.0"),
        ("0:1-1", "1:1-1"),
        ("9-9", "1:0-1"),
        ("0:0-0", "0:0-1"),
        ("0:0-0", "0:1-0"),
        ("0:a-0", "0:b-0"),
        ("0:0-9", "0:0-10"),
        ("0:09-1", "0:10-1"),
        ("1.2.3-1", "1.2.3-1.1"),
        ("1.2.3-1~deb13u1", "1.2.3-1"),
        ("1.2.3-1", "1.2.3-1+b1"),
        ("1.2.3-1+b9", "1.2.3-1+b10"),
        ("1.2.3-1+deb13u1", "1.2.3-1+deb13u2"),
        ("3.5.7-1~deb13u2", "3.5.9-1~deb13u1"),
        ("1.0a", "1.0+"),
        ("1.0", "1.0a"),
        ("1.0+", "1.0."),
        ("99999999999999999999", "100000000000000000000"),
    ];

    #[test]
    fn versions_come_in_the_order_of_policy_and_dpkg() {
        for (old, new) in NEWER {
            assert_eq!(compare(old, new), Ordering::Less, "{old} {new}");
            assert_eq!(compare(new, old), Ordering::Greater, "{old} {new}");
            assert_eq!((compare(old, old), compare(new, new)), (Ordering::Equal, Ordering::Equal), "{old} {new}");
        }
    }

    #[test]
    fn what_is_left_out_counts_as_zero() {
        for (one, other) in
            [("0:1-0", "1"), ("1.0-0", "1.0"), ("00:001.02", "1.2"), ("1.0-", "1.0-0"), ("0:0-0", ""), ("1.", "1.0")]
        {
            assert_eq!(compare(one, other), Ordering::Equal, "{one} {other}");
        }
    }

    #[test]
    fn files_are_named_without_the_epoch() {
        assert_eq!(without_epoch("1:9.2p1-2"), "9.2p1-2");
        assert_eq!(without_epoch("2.10-3"), "2.10-3");
        assert_eq!(without_epoch("1.0a:2"), "1.0a:2");
    }
}
