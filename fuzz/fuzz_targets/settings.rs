//! The settings file, as a disk or a backup brings it: what is read is written the one way, and read again as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sos_settings::Settings;

fuzz_target!(|text: &str| {
    let Ok(settings) = Settings::from_toml(text) else { return };
    let written = settings.to_toml().expect("settings have a form in TOML");
    assert_eq!(Settings::from_toml(&written).expect("what was written is read"), settings);
});
