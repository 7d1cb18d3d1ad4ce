//! The commands that make and change a channel's repository: arguments to what the library takes, and the answer.

mod arguments;
mod time;

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

pub use arguments::RepositoryCommand;
use arguments::{AddArguments, InitArguments, OnlineArguments, RotateArguments};
use serde_json::{Value, json};
use sos_signing::offer::Rollout;
use sos_signing::repository::{self, Change, Expiries, RepositoryError, RoleType, periods};
use sos_signing::{Expected, Fault, PublicKey, SigningKey};

type Outcome = Result<Change, RepositoryError>;

impl RepositoryCommand {
    /// Carries the command out.
    pub fn run(self) -> Outcome {
        match self {
            Self::Init { repository, arguments, .. } => init(&repository, arguments),
            Self::Add { repository, arguments, .. } => add(&repository, arguments),
            Self::Timestamp { repository, online, targets_key, .. } => timestamp(&repository, online, targets_key),
            Self::Rotate { repository, arguments, .. } => rotate(&repository, arguments),
            Self::Revoke { repository, versions, targets_key, online, .. } => {
                let targets_key = SigningKey::load(&targets_key)?;
                let (online_key, expiries) = loaded(&online)?;
                repository::revoke(&repository, repository::Revoke { versions, targets_key, online_key, expiries })
            }
        }
    }

    /// Whether a program asks.
    pub fn json(&self) -> bool {
        match self {
            Self::Init { json, .. }
            | Self::Add { json, .. }
            | Self::Timestamp { json, .. }
            | Self::Rotate { json, .. }
            | Self::Revoke { json, .. } => *json,
        }
    }
}

fn init(path: &Path, arguments: InitArguments) -> Outcome {
    let init = repository::Init {
        keys: &arguments.out,
        root_keys: private(&arguments.root_keys)?,
        root_public: public(&arguments.root_public)?,
        targets: arguments.targets_public.as_deref().map(PublicKey::load).transpose()?,
        online: arguments.online_public.as_deref().map(PublicKey::load).transpose()?,
        expires: arguments.expires.unwrap_or_else(|| periods::after(now(), periods::ROOT)),
    };
    repository::init(path, init)
}

fn add(path: &Path, arguments: AddArguments) -> Outcome {
    let (online_key, mut expiries) = loaded(&arguments.online)?;
    expiries.targets = arguments.targets_expires;
    let start = arguments.start.map_or(expiries.now, |start| u64::try_from(start.as_second()).unwrap_or(0));
    let add = repository::Add {
        release: &arguments.release,
        signed_by: public(&arguments.public_keys)?,
        expected: Expected { product: arguments.product, architecture: arguments.architecture },
        rollout: Rollout { percent: arguments.percent, start },
        targets_key: SigningKey::load(&arguments.targets_key)?,
        online_key,
        expiries,
    };
    repository::add(path, add)
}

fn timestamp(path: &Path, online: OnlineArguments, targets_key: Option<std::path::PathBuf>) -> Outcome {
    let targets_key = targets_key.as_deref().map(SigningKey::load).transpose()?;
    let (online_key, expiries) = loaded(&online)?;
    repository::timestamp(path, repository::Timestamped { online_key, targets_key, expiries })
}

fn rotate(path: &Path, arguments: RotateArguments) -> Outcome {
    let rotate = repository::Rotate {
        roles: arguments.role.types(),
        keys: public(&arguments.new)?,
        root_keys: private(&arguments.root_keys)?,
        expires: arguments.expires.unwrap_or_else(|| periods::after(now(), periods::ROOT)),
    };
    repository::rotate(path, rotate)
}

fn loaded(online: &OnlineArguments) -> Result<(SigningKey, Expiries), Fault> {
    let expiries =
        Expiries { snapshot: online.online_expires, timestamp: online.online_expires, ..Expiries::from_now(now()) };
    Ok((SigningKey::load(&online.online_key)?, expiries))
}

fn private(paths: &[std::path::PathBuf]) -> Result<Vec<SigningKey>, Fault> {
    paths.iter().map(|path| SigningKey::load(path)).collect()
}

fn public(paths: &[std::path::PathBuf]) -> Result<Vec<PublicKey>, Fault> {
    paths.iter().map(|path| PublicKey::load(path)).collect()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Tells a person what was done.
pub fn print(outcome: &Outcome) {
    match outcome {
        Ok(change) => {
            for file in &change.files {
                println!("wrote   {}", file.display());
            }
            for left in &change.left {
                println!("to do   {left}");
            }
        }
        Err(error) => match error.code() {
            Some(code) => eprintln!("refused: {code}: {error}"),
            None => eprintln!("sos-sign: {error}"),
        },
    }
}

/// Tells a program the same.
pub fn as_json(outcome: &Outcome) -> Value {
    match outcome {
        Ok(change) => json!({ "verdict": "done", "files": change.files, "left": change.left }),
        Err(error) => match error.code() {
            Some(code) => json!({ "verdict": "refused", "refusal": code, "message": error.to_string() }),
            None => json!({ "verdict": "fault", "message": error.to_string() }),
        },
    }
}

impl arguments::Role {
    /// The roles that share the keys.
    fn types(self) -> Vec<RoleType> {
        match self {
            Self::Root => vec![RoleType::Root],
            Self::Targets => vec![RoleType::Targets],
            Self::Online => vec![RoleType::Snapshot, RoleType::Timestamp],
            Self::Snapshot => vec![RoleType::Snapshot],
            Self::Timestamp => vec![RoleType::Timestamp],
        }
    }
}
