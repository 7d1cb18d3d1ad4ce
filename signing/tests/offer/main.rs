//! What a device takes from a channel and what it refuses: a file for each threat. The repositories are made by the
//! provider's side, and spoilt.

use sos_signing::offer::OfferRefusal;
use sos_signing::repository::RepositoryRefusal;

/// Tests that expect a refusal by its name, and the list of those names.
macro_rules! refuses {
    ($(fn $name:ident() -> $code:literal $body:block)*) => {
        $(
            #[test]
            fn $name() {
                let refusal: sos_signing::offer::OfferRefusal = $body;
                assert_eq!(refusal.code(), $code, "{refusal}");
                assert!(refusal.to_string().chars().next().is_some_and(char::is_alphanumeric), "{refusal}");
            }
        )*
        /// The names of the refusals that are expected above.
        pub const COVERED: &[&str] = &[$($code),*];
    };
}

mod chain;
mod clock;
mod expired;
mod keys;
mod malformed;
mod manifest;
mod mixed;
mod older;
mod oversized;
mod provider;
mod rollout;
mod store;
mod takes;
mod world;

#[test]
fn every_refusal_has_a_test() {
    let covered = [
        expired::COVERED,
        keys::COVERED,
        malformed::COVERED,
        manifest::COVERED,
        mixed::COVERED,
        older::COVERED,
        oversized::COVERED,
    ]
    .concat();
    for code in OfferRefusal::CODES {
        assert!(covered.contains(&code), "there is no test for {code}");
    }
}

#[test]
fn every_refusal_of_the_provider_has_a_test() {
    for code in RepositoryRefusal::CODES {
        assert!(provider::COVERED.contains(&code), "there is no test for {code}");
    }
}
