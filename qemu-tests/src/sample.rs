//! A run that has to be short: the scenarios that show what nothing else shows, and some of the others, chosen by a seed.
//! The same seed chooses the same ones, and over many seeds each has its turn.

use sha2::{Digest, Sha256};

use crate::registry::Scenario;

/// What is run and what is left out.
#[derive(Debug)]
pub struct Sample {
    /// To be run, in the order in which they were given.
    pub taken: Vec<&'static Scenario>,
    /// Left out.
    pub left: Vec<&'static Scenario>,
}

/// Takes all that may not be left out, and `count` of the others.
#[must_use]
pub fn sample(chosen: Vec<&'static Scenario>, count: usize, seed: &str) -> Sample {
    let mut drawn: Vec<_> = chosen.iter().filter(|scenario| scenario.sampled).map(|scenario| scenario.name).collect();
    drawn.sort_by_key(|name| Sha256::digest(format!("{seed}\n{name}")));
    drawn.truncate(count);
    let (taken, left) = chosen.into_iter().partition(|scenario| !scenario.sampled || drawn.contains(&scenario.name));
    Sample { taken, left }
}

impl Sample {
    /// What is left out and how to run it, in lines; nothing when nothing is.
    #[must_use]
    pub fn told(&self, seed: &str) -> Option<String> {
        let names: Vec<_> = self.left.iter().map(|scenario| scenario.name).collect();
        let sampled = self.taken.iter().filter(|scenario| scenario.sampled).count();
        (!names.is_empty()).then(|| {
            format!(
                "{} scenarios are LEFT OUT of this run; {sampled} of their kind are in it, chosen by the seed {seed:?}. \
                 To run them: ./dev vm {}",
                names.len(),
                names.join(" ")
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::registry::SCENARIOS;

    fn of(count: usize, seed: &str) -> Sample {
        sample(SCENARIOS.iter().collect(), count, seed)
    }

    #[test]
    fn what_is_not_for_sampling_is_always_taken() {
        let Sample { taken, left } = of(0, "any");
        assert!(!left.is_empty() && left.iter().all(|scenario| scenario.sampled));
        assert!(taken.iter().all(|scenario| !scenario.sampled));
        assert_eq!(taken.len() + left.len(), SCENARIOS.len());
    }

    #[test]
    fn a_seed_chooses_the_same_ones_each_time_and_all_have_their_turn() {
        let names = |sample: &Sample| sample.left.iter().map(|scenario| scenario.name).collect::<BTreeSet<_>>();
        assert_eq!(names(&of(3, "a")), names(&of(3, "a")));
        let never = (0..200).map(|seed| names(&of(3, &seed.to_string()))).reduce(|all, left| &all & &left);
        assert_eq!(never, Some(BTreeSet::new()));
    }

    #[test]
    fn what_is_left_out_is_said_with_how_to_run_it() {
        let told = of(1, "abc").told("abc").unwrap();
        assert!(told.contains("LEFT OUT") && told.contains("\"abc\"") && told.contains("./dev vm "), "{told}");
        assert_eq!(of(SCENARIOS.len(), "abc").told("abc"), None);
    }
}
