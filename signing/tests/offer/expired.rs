//! Threat: somebody holds newer metadata back and shows what was true once.

use sos_signing::repository::periods;

use crate::world::{DAY, Device, NEWER, NOW, Provider};

refuses! {
    fn refuses_a_timestamp_that_nobody_renewed() -> "expired" {
        let provider = Provider::offering();
        Device::of(&provider).at(NOW + 31 * DAY).refusal(&provider.channel())
    }

    fn refuses_a_snapshot_that_expired_before_its_timestamp() -> "expired" {
        let provider = Provider::new();
        provider.add_with(NEWER, |add| add.expiries.snapshot = Some(periods::after(NOW, -1)));
        Device::of(&provider).refusal(&provider.channel())
    }

    fn refuses_a_list_of_releases_that_expired_before_its_snapshot() -> "expired" {
        let provider = Provider::new();
        provider.add_with(NEWER, |add| add.expiries.targets = Some(periods::after(NOW, -1)));
        Device::of(&provider).refusal(&provider.channel())
    }

    fn refuses_when_the_newest_root_expired() -> "expired" {
        let provider = Provider { dir: tempfile::tempdir().unwrap() };
        provider.init(periods::after(NOW, -1));
        provider.add(NEWER);
        Device::of(&provider).refusal(&provider.channel())
    }

    fn refuses_what_expired_before_1970() -> "expired" {
        let provider = Provider::new();
        provider.add_with(NEWER, |add| add.expiries.timestamp = Some(periods::after(0, -DAY.cast_signed())));
        Device::of(&provider).at(0).refusal(&provider.channel())
    }
}

#[test]
fn holds_until_the_last_second_and_not_one_longer() {
    let provider = Provider::offering();
    let last = NOW + 30 * DAY;
    assert_eq!(Device::of(&provider).at(last).offered(&provider.channel()).as_deref(), Some(NEWER));
    assert_eq!(Device::of(&provider).at(last + 1).refusal(&provider.channel()).code(), "expired");
}

#[test]
fn takes_it_as_soon_as_it_is_renewed() {
    let provider = Provider::new();
    provider.add_with(NEWER, |add| add.expiries.timestamp = Some(periods::after(NOW, -1)));
    let device = Device::of(&provider);
    assert_eq!(device.refusal(&provider.channel()).code(), "expired");
    provider.timestamp("online", None);
    assert_eq!(device.offered(&provider.channel()).as_deref(), Some(NEWER));
}
