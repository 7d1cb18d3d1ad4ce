//! Staged rollouts: which devices take a release, and from when on. Signed with the release's entry in the list.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::version::Version;

/// The key of our part in what TUF leaves to applications.
pub(crate) const OURS: &str = "sos";

/// What stands before the bytes that are hashed, so that the number means nothing elsewhere.
const DOMAIN: &[u8] = b"sos rollout v1\0";

/// A release's share of the devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollout {
    /// How many of a hundred devices take it.
    pub percent: u8,
    /// From when on, seconds since 1970.
    pub start: u64,
}

impl Rollout {
    /// Whether a device takes the release now. Whoever takes it at some percentage takes it at every higher one.
    #[must_use]
    pub fn includes(&self, device: &[u8], version: Version, now: u64) -> bool {
        now >= self.start && place(device, version) < self.percent
    }
}

/// A device's place among a hundred: the same for ever, and another one for each version, so that no device is always
/// among the first.
fn place(device: &[u8], version: Version) -> u8 {
    let hash =
        Sha256::new().chain_update(DOMAIN).chain_update(version.to_string()).chain_update([0]).chain_update(device);
    let hash: [u8; 32] = hash.finalize().into();
    let (first, _) = hash.split_first_chunk().expect("a digest has more than eight bytes");
    u8::try_from(u64::from_be_bytes(*first) % 100).expect("less than a hundred")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn version(number: u32) -> Version {
        Version::new(13, 20_250_809, number).unwrap()
    }

    proptest! {
        #[test]
        fn a_device_that_takes_a_release_takes_it_at_every_higher_percentage(
            device: Vec<u8>, number in 1u32.., low in 0u8..=100, high in 0u8..=100,
        ) {
            let includes = |percent| Rollout { percent, start: 0 }.includes(&device, version(number), 0);
            prop_assert!(!includes(low.min(high)) || includes(low.max(high)));
            prop_assert!(includes(100) && !includes(0));
        }

        #[test]
        fn nobody_takes_a_release_before_its_start(device: Vec<u8>, number in 1u32.., start in 1u64.., early in 1u64..) {
            let rollout = Rollout { percent: 100, start };
            prop_assert!(!rollout.includes(&device, version(number), start.saturating_sub(early.min(start))));
            prop_assert!(rollout.includes(&device, version(number), start));
        }
    }

    #[test]
    fn a_percentage_is_about_that_share_of_the_devices() {
        let rollout = Rollout { percent: 10, start: 0 };
        let takers = (0u32..10_000).filter(|n| rollout.includes(&n.to_be_bytes(), version(1), 0)).count();
        assert!((850..1150).contains(&takers), "{takers} of 10000");
    }

    #[test]
    fn the_first_devices_of_one_release_are_not_those_of_the_next() {
        let rollout = Rollout { percent: 10, start: 0 };
        let both = |n: &u32| (1..=2).all(|number| rollout.includes(&n.to_be_bytes(), version(number), 0));
        assert!((0u32..10_000).filter(both).count() < 200);
    }

    #[test]
    fn places_never_move() {
        // Devices of the past decide by these numbers.
        assert_eq!([b"a".as_slice(), b"b", b""].map(|device| place(device, version(1))), [2, 9, 36]);
    }
}
