//! A release's recipe, as it comes with somebody's release: what is read is written the one way, and read again as the
//! same.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use sos_builder::recipe::Recipe;

fuzz_target!(|text: &str| {
    let path = Path::new("fuzzed.toml");
    let Ok(recipe) = Recipe::parse(path, text) else { return };
    assert_eq!(Recipe::parse(path, &recipe.to_text()).expect("what was written is read"), recipe);
});
