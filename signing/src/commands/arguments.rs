//! The arguments of the commands about a channel's repository.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use sos_signing::{Manifest, Version};

use super::time::time;

#[derive(Subcommand)]
pub enum RepositoryCommand {
    /// Makes a channel's repository: keys that do not exist yet, and the first root, of whose three keys two must sign.
    Init {
        /// The repository's folder. It gets metadata/ and targets/, which are for publishing.
        repository: PathBuf,
        #[command(flatten)]
        arguments: InitArguments,
        /// Answers in JSON, on one line.
        #[arg(long)]
        json: bool,
    },
    /// Offers a release, or changes how many devices take one that is offered.
    Add {
        /// The repository's folder.
        repository: PathBuf,
        #[command(flatten)]
        arguments: AddArguments,
        /// Answers in JSON, on one line.
        #[arg(long)]
        json: bool,
    },
    /// Says again that what is offered is the newest. To be done every day, by a machine.
    Timestamp {
        /// The repository's folder.
        repository: PathBuf,
        #[command(flatten)]
        online: OnlineArguments,
        /// The private key of the role targets: signs the list of releases anew too. Once a year, or after rotating.
        #[arg(long, value_name = "FILE")]
        targets_key: Option<PathBuf>,
        /// Answers in JSON, on one line.
        #[arg(long)]
        json: bool,
    },
    /// Writes the next root: other keys for a role, or, without --new, only a later expiry.
    Rotate {
        /// The repository's folder.
        repository: PathBuf,
        #[command(flatten)]
        arguments: RotateArguments,
        /// Answers in JSON, on one line.
        #[arg(long)]
        json: bool,
    },
    /// Takes releases out of the list, for ever.
    Revoke {
        /// The repository's folder.
        repository: PathBuf,
        /// The versions.
        #[arg(required = true)]
        versions: Vec<Version>,
        /// The private key of the role targets.
        #[arg(long, value_name = "FILE")]
        targets_key: PathBuf,
        #[command(flatten)]
        online: OnlineArguments,
        /// Answers in JSON, on one line.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
pub struct InitArguments {
    /// Where new keys are made: root-1, root-2, root-3, targets and online, as far as they do not exist.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// The private key of a root key that exists. Give it twice, and no new one is needed to sign.
    #[arg(long = "root-key", value_name = "FILE")]
    pub root_keys: Vec<PathBuf>,
    /// The public key of a further root key that exists.
    #[arg(long = "root-public", value_name = "FILE")]
    pub root_public: Vec<PathBuf>,
    /// The public key for the role targets, when it exists.
    #[arg(long, value_name = "FILE")]
    pub targets_public: Option<PathBuf>,
    /// The public key for the roles snapshot and timestamp, when it exists.
    #[arg(long, value_name = "FILE")]
    pub online_public: Option<PathBuf>,
    /// When the root expires: seconds since 1970 or RFC 3339. In three years when not given.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub expires: Option<Timestamp>,
}

#[derive(Args)]
pub struct AddArguments {
    /// The release's directory.
    pub release: PathBuf,
    /// A public key that must have signed the release. Give it again for each further key you trust.
    #[arg(long = "public-key", value_name = "FILE")]
    pub public_keys: Vec<PathBuf>,
    /// What it has to be a release of.
    #[arg(long, default_value = Manifest::PRODUCT)]
    pub product: String,
    /// Debian's name of the architecture it has to be for.
    #[arg(long, default_value = "amd64")]
    pub architecture: String,
    /// How many of a hundred devices take it. Adding it again with another number changes that.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub percent: u8,
    /// From when on devices take it: seconds since 1970 or RFC 3339. At once when not given.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub start: Option<Timestamp>,
    /// The private key of the role targets.
    #[arg(long, value_name = "FILE")]
    pub targets_key: PathBuf,
    /// When the list of releases expires: seconds since 1970 or RFC 3339. In a year when not given.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub targets_expires: Option<Timestamp>,
    #[command(flatten)]
    pub online: OnlineArguments,
}

#[derive(Args)]
pub struct OnlineArguments {
    /// The private key of the roles snapshot and timestamp.
    #[arg(long, value_name = "FILE")]
    pub online_key: PathBuf,
    /// When snapshot and timestamp expire: seconds since 1970 or RFC 3339. In 90 and in 30 days when not given.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub online_expires: Option<Timestamp>,
}

#[derive(Args)]
pub struct RotateArguments {
    /// Whose keys change. Online means snapshot and timestamp together.
    #[arg(long, value_enum)]
    pub role: Role,
    /// A public key that the role has from now on. Give every one it is to have.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub new: Vec<PathBuf>,
    /// A root key to sign with: two of the old root's and, when root's own keys change, two of the new ones.
    #[arg(long = "root-key", value_name = "FILE", required = true)]
    pub root_keys: Vec<PathBuf>,
    /// When the new root expires: seconds since 1970 or RFC 3339. In three years when not given.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub expires: Option<Timestamp>,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Role {
    Root,
    Targets,
    Online,
    Snapshot,
    Timestamp,
}
