//! Passwords → the hashes the directory keeps (argon2id, RFC 9106; the form of slappw-argon2(5)).

use std::thread;

use argon2::password_hash::PasswordHasher as _;
use argon2::{Algorithm, Argon2, Params, Version};
use sos_settings::{Mapping, Password, Secret};

use crate::error::ProvisionError;

/// 19 MiB, two passes, one lane: OWASP's first choice for small machines.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// The hash of `password`, with a random salt.
pub(crate) fn hash(member: &str, password: &Secret) -> Result<Secret, ProvisionError> {
    let fault = |what: String| ProvisionError::Hash { member: member.to_owned(), what };
    let costs = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| fault(error.to_string()))?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, costs);
    let hash = argon2.hash_password(password.reveal().as_bytes()).map_err(|error| fault(error.to_string()))?;
    Ok(Secret::new(format!("{{ARGON2}}{hash}")))
}

/// The hashes of all members' passwords, in their order, computed on all processors.
pub(crate) fn hash_members(mapping: &Mapping) -> Result<Vec<Secret>, ProvisionError> {
    let members = &mapping.members;
    let lanes = thread::available_parallelism().map_or(1, usize::from);
    let share = members.len().div_ceil(lanes).max(1);
    thread::scope(|scope| {
        let workers: Vec<_> = members
            .chunks(share)
            .map(|members| {
                scope.spawn(move || {
                    let hash = |member: &sos_settings::Member| match &member.password {
                        Password::Hash(hash) => Ok(hash.clone()),
                        Password::Plain(password) => hash(member.name.as_str(), password),
                    };
                    members.iter().map(hash).collect::<Result<Vec<_>, _>>()
                })
            })
            .collect();
        let mut hashes = Vec::with_capacity(members.len());
        for worker in workers {
            let share = worker.join().map_err(|_| ProvisionError::Hash {
                member: "a member".into(),
                what: "the computation broke off".into(),
            })??;
            hashes.extend(share);
        }
        Ok(hashes)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_have_the_directory_s_form_and_differ_by_salt() {
        let password = Secret::new("leeks-and-marrows");
        let (first, second) = (hash("jill", &password).unwrap(), hash("jill", &password).unwrap());
        assert!(first.reveal().starts_with("{ARGON2}$argon2id$v=19$m=19456,t=2,p=1$"), "{}", first.reveal());
        assert_ne!(first.reveal(), second.reveal());
    }
}
