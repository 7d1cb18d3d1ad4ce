//! Staged rollouts: who takes a release, and when.

use crate::world::{DAY, Device, NEWER, NOW, Provider};

fn takers(provider: &Provider, among: u32) -> Vec<bool> {
    let channel = provider.channel();
    let mut device = Device::of(provider);
    let mut takes = |number: u32| {
        device.device = number.to_be_bytes().to_vec();
        device.offered(&channel).as_deref() == Some(NEWER)
    };
    (0..among).map(&mut takes).collect()
}

#[test]
fn a_share_of_the_devices_takes_it_and_keeps_taking_it_when_the_share_grows() {
    let provider = Provider::new();
    let mut before = vec![false; 60];
    for percent in [0, 30, 70, 100] {
        provider.add_with(NEWER, |add| add.rollout.percent = percent);
        let now = takers(&provider, 60);
        let share = now.iter().filter(|takes| **takes).count() * 100 / now.len();
        assert!(share.abs_diff(percent.into()) <= 20, "{share} % of {percent} %");
        assert!(before.iter().zip(&now).all(|(before, now)| !before || *now), "somebody fell out at {percent} %");
        before = now;
    }
}

#[test]
fn nobody_takes_it_before_it_starts() {
    let provider = Provider::new();
    provider.add_with(NEWER, |add| add.rollout.start = NOW + DAY);
    assert_eq!(Device::of(&provider).at(NOW + DAY - 1).offered(&provider.channel()), None);
    assert_eq!(Device::of(&provider).at(NOW + DAY).offered(&provider.channel()).as_deref(), Some(NEWER));
}

#[test]
fn whoever_is_not_to_have_the_newest_takes_the_one_before() {
    let provider = Provider::offering();
    provider.add_with("13.20260215.1", |add| add.rollout.percent = 0);
    assert_eq!(Device::of(&provider).offered(&provider.channel()).as_deref(), Some(NEWER));
}
