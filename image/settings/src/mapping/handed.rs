//! What the provider's user data hands in below `sos:`: a whole organisation, or what to know until somebody claims the
//! server.

use serde_json::Value;

use super::reader::{Fields, Node};
use super::{Mapping, OWN_KEYS, Offered, read_acme, read_mapping, read_version};
use crate::names::ClaimCodeHash;
use crate::problem::Problems;
use crate::settings::Acme;

/// What was handed in.
#[derive(Debug, Clone)]
pub enum Handed {
    /// An organisation, which owns the server from now on.
    Organisation(Box<Mapping>),
    /// No owner yet.
    Waiting(Waiting),
}

/// What a server without an owner is told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waiting {
    /// SHA-256 of the claim code; without it the server makes a code of its own and shows it.
    pub claim_code_hash: Option<ClaimCodeHash>,
    /// Another certificate authority than the image's.
    pub acme: Option<Acme>,
}

/// Keys without an organisation.
const WAITING_KEYS: [&str; 3] = ["version", "claim_code_hash", "acme"];

impl Handed {
    /// Checks `value`, the tree below `sos:`.
    ///
    /// # Errors
    /// Every problem found, each with its path.
    pub fn read(value: &Value, offered: &Offered) -> Result<Self, Problems> {
        let node = Node::new("sos", value);
        let mut problems = Problems::default();
        let handed = if waits(&node) {
            read_waiting(&node, &mut problems).map(Self::Waiting)
        } else {
            read_mapping(&node, offered, &mut problems).map(|mapping| Self::Organisation(Box::new(mapping)))
        };
        match handed {
            Some(handed) if problems.is_empty() => Ok(handed),
            _ => Err(problems),
        }
    }
}

/// Whether the tree has what only a server without an owner is told, and nothing of an organisation.
fn waits(node: &Node<'_>) -> bool {
    let fields = Fields::of(node, &[], &mut Problems::default());
    fields.is_some_and(|fields| fields.any(&["claim_code_hash", "acme"]) && !fields.any(&OWN_KEYS))
}

fn read_waiting(node: &Node<'_>, problems: &mut Problems) -> Option<Waiting> {
    let fields = Fields::of(node, &WAITING_KEYS, problems)?;
    read_version(&fields, problems);
    let hash = fields.optional("claim_code_hash").map(|node| node.parse(problems));
    let acme = fields.optional("acme").map(|node| read_acme(&node, problems));
    Some(Waiting {
        claim_code_hash: hash.map_or(Some(None), |hash| hash.map(Some))?,
        acme: acme.map_or(Some(None), |acme| acme.map(Some))?,
    })
}
