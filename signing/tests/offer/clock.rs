//! Threat: the device's clock is wrong. It must neither block updates nor let through what expired.

use sos_signing::offer::credible;
use sos_signing::repository::periods;

use crate::world::{DAY, Device, NEWER, NOW, Provider, RUNNING};

const WRONG: [u64; 4] = [0, 1, NOW - 3650 * DAY, NOW + 3650 * DAY];

fn with_clock(provider: &Provider, clock: u64) -> Device {
    Device::of(provider).at(credible(clock, false, RUNNING.parse().unwrap()))
}

#[test]
fn a_wrong_clock_blocks_nothing() {
    let provider = Provider::offering();
    for clock in WRONG {
        assert_eq!(with_clock(&provider, clock).offered(&provider.channel()).as_deref(), Some(NEWER), "{clock}");
    }
}

#[test]
fn a_wrong_clock_lets_nothing_through_that_expired_before_the_release_that_runs() {
    let provider = Provider::new();
    provider.add_with(NEWER, |add| {
        add.expiries.now = NOW - 400 * DAY;
        add.expiries.timestamp = Some(periods::after(NOW - 400 * DAY, periods::TIMESTAMP));
    });
    for clock in WRONG {
        assert_eq!(with_clock(&provider, clock).refusal(&provider.channel()).code(), "expired", "{clock}");
    }
}

#[test]
fn a_wrong_clock_lets_nothing_through_that_expired_before_the_timestamp_was_signed() {
    let provider = Provider::new();
    provider.add_with(NEWER, |add| add.expiries.targets = Some(periods::after(NOW, -1)));
    for clock in WRONG {
        assert_eq!(with_clock(&provider, clock).refusal(&provider.channel()).code(), "expired", "{clock}");
    }
}

#[test]
fn a_wrong_clock_keeps_nobody_from_a_rollout_that_has_begun() {
    let provider = Provider::new();
    provider.add_with(NEWER, |add| add.rollout.start = NOW - DAY);
    for clock in WRONG {
        assert_eq!(with_clock(&provider, clock).offered(&provider.channel()).as_deref(), Some(NEWER), "{clock}");
    }
}

#[test]
fn a_wrong_clock_begins_no_rollout_early() {
    let provider = Provider::new();
    provider.add_with(NEWER, |add| add.rollout.start = NOW + DAY);
    for clock in WRONG {
        assert_eq!(with_clock(&provider, clock).offered(&provider.channel()), None, "{clock}");
    }
}

#[test]
fn a_clock_that_was_ten_years_ahead_once_blocks_nothing_afterwards() {
    let provider = Provider::offering();
    let mut device = Device::of(&provider).at(NOW + 3650 * DAY);
    assert_eq!(device.refusal(&provider.channel()).code(), "expired");
    device = device.at(NOW);
    assert_eq!(device.offered(&provider.channel()).as_deref(), Some(NEWER));
}
