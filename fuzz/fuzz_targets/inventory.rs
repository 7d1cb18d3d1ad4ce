//! A vault's inventory, as it comes with somebody's disk: what is read is written the one way, and read again as the
//! same; and no path of it leads outside.
#![no_main]

use std::path::{Component, Path};

use libfuzzer_sys::fuzz_target;
use sos_builder::inventory::Inventory;

fuzz_target!(|text: &str| {
    let path = Path::new("fuzzed.toml");
    let Ok(inventory) = Inventory::parse(path, text) else { return };
    let again = Inventory::parse(path, &inventory.to_text()).expect("what was written is read");
    assert_eq!(again.to_text(), inventory.to_text());
    let plain = |name: &str| Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    assert!(inventory.objects.iter().all(|object| plain(&object.path)));
    assert!(inventory.absent.iter().all(|absent| plain(&absent.path)));
    assert!(plain(&inventory.file_name()) && !inventory.file_name().contains('/'));
});
