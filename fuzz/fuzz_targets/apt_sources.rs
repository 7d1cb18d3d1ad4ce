//! The build host's apt sources, as anybody wrote them: a mirror taken from them is an address.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sos_builder::host_sources::HostSources;
use sos_builder::lock::Kind;

fuzz_target!(|text: &str| {
    for sources in [HostSources::parse_lines(text), HostSources::parse_deb822(text)] {
        for kind in [Kind::Main, Kind::Security] {
            if let Some(base) = sources.base(kind, "trixie") {
                assert!(["http://", "https://", "file:///"].iter().any(|scheme| base.starts_with(scheme)), "{base:?}");
                assert!(!base.contains(char::is_whitespace));
            }
        }
    }
});
