//! The claim code: twelve characters of Crockford's base32, 60 bits, in groups of four.
//!
//! Only its SHA-256 is kept. The code itself is in `/run/sos/claim-code` as long as this boot lasts, for the console.

use std::fs;

use rand::Rng as _;
use rand::rngs::OsRng;
use sha2::{Digest as _, Sha256};
use sos_settings::ClaimCodeHash;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::device::Device;

/// Where the code is for the console to show, once a line.
pub(super) const SHOWN: &str = "/run/sos/claim-code";
/// Crockford's base32: no I, L, O or U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of a code.
const LENGTH: usize = 12;
/// Most characters looked at of what somebody typed.
const LONGEST: usize = 64;

/// A new code, as a person reads it: `7K3M-9QXT-2WHD`.
pub(super) fn make() -> Zeroizing<String> {
    let mut code = Zeroizing::new(String::with_capacity(LENGTH + 2));
    for at in 0..LENGTH {
        if at > 0 && at % 4 == 0 {
            code.push('-');
        }
        code.push(char::from(ALPHABET[OsRng.gen_range(0..ALPHABET.len())]));
    }
    code
}

/// What is hashed of a code: capitals, no hyphens or spaces, and what looks like a digit is one.
fn normalise(typed: &str) -> Zeroizing<String> {
    let spoken = typed.chars().take(LONGEST).filter(|typed| !typed.is_whitespace() && !is_dash(*typed));
    let plain = spoken.flat_map(char::to_uppercase).map(|typed| match typed {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    });
    Zeroizing::new(plain.collect())
}

/// A hyphen, or what word processors make of one.
fn is_dash(typed: char) -> bool {
    typed == '-' || ('\u{2010}'..='\u{2015}').contains(&typed) || typed == '\u{2212}'
}

/// The hash of `code`, as the state keeps it and as a provider hands it in.
pub(super) fn hash(code: &str) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(normalise(code).as_bytes())))
}

/// Whether `typed` is the code of `hash`, in a time that does not depend on how much of it is right.
pub(super) fn is(typed: &str, hash: &ClaimCodeHash) -> bool {
    self::hash(typed).as_bytes().ct_eq(hash.as_str().as_bytes()).into()
}

/// The code for the console; nothing when the provider handed in its hash.
pub(crate) fn shown(device: &Device) -> Option<String> {
    fs::read_to_string(device.path(SHOWN)).ok().map(|code| code.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_read_out_easily_and_never_twice() {
        let codes: BTreeSet<String> = (0..1000).map(|_| make().to_string()).collect();
        assert_eq!(codes.len(), 1000);
        for code in codes {
            let groups: Vec<&str> = code.split('-').collect();
            assert!(groups.len() == 3 && groups.iter().all(|group| group.len() == 4), "{code}");
            assert!(!code.contains(['I', 'L', 'O', 'U']), "{code}");
        }
    }

    #[test]
    fn case_hyphens_and_look_alikes_do_not_matter() {
        let hash = hash("7K10-9QXT-2WHD").parse().unwrap();
        for typed in ["7K10-9QXT-2WHD", "7k1o9qxt2whd", " 7KIO 9QXT 2WHD\n", "7klo\u{2011}9qxt\u{2013}2whd"] {
            assert!(is(typed, &hash), "{typed}");
        }
        for typed in ["", "7K10-9QXT-2WHE", "7K10-9QXT-2WHDD", "7K10-9QXT-2WH"] {
            assert!(!is(typed, &hash), "{typed}");
        }
    }

    #[test]
    fn the_hash_is_what_the_provider_s_guide_says() {
        // printf %s 7K3M9QXT2WHD | sha256sum
        assert_eq!(hash("7k3m-9qxt-2whd"), "sha256:4e517b5e29ece1c184812179be9aa3f484f6b5bf9cbe78ca2dc4e51e59caffac");
    }
}
