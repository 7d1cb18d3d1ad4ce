//! Everything that can go wrong while building, each with the file, key or package it is about and what to do.
//!
//! Three kinds, told apart by [`Error::exit_code`]: a fault (1, something broke), bad usage (2, the definition, the
//! command line or the host must change) and a [`Refusal`] (3, what was offered is not to be trusted).

use std::io;
use std::path::{Path, PathBuf};

/// The crate's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a stage stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be read, written or made.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried, as a verb: «read», «create».
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The file system is full.
    #[error(
        "{path}: the disk is full; free some space (`df -h` shows where) and run the same command again, it goes on where it stopped"
    )]
    DiskFull {
        /// What was being written, or the program that wrote.
        path: PathBuf,
    },
    /// A file of ours, or an answer, does not have the form it must have.
    #[error("{path}: {reason}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where.
        reason: String,
    },
    /// A Debian package file does not have the form it must have.
    #[error("package {path}: {reason}")]
    Package {
        /// The package file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A program that the host must have is missing.
    #[error("the program «{program}» is missing; on Debian: apt-get install {package}")]
    MissingProgram {
        /// The program.
        program: String,
        /// The Debian package that has it.
        package: String,
    },
    /// The host has no Rust toolchain to compile the device's programs with.
    #[error(
        "the device's programs are compiled by Rust {wanted}, and there is none: {reason}; run `rustup toolchain install {wanted}`, or bring programs of your own with --programs DIR"
    )]
    NoRust {
        /// The version that rust-toolchain.toml pins.
        wanted: String,
        /// What was tried.
        reason: String,
    },
    /// The crates that the device's programs need could not be fetched.
    #[error(
        "the crates of Cargo.lock are not all there: {reason}; run `cargo fetch --locked` where there is a network, or bring programs of your own with --programs DIR"
    )]
    NoCrates {
        /// What was tried.
        reason: String,
    },
    /// Cargo did not compile the device's programs, and has said why.
    #[error("the device's programs do not compile ({status}); cargo's words are above")]
    NotCompiled {
        /// Its exit status.
        status: String,
    },
    /// An ordinary user has no ids to stand for the image's users.
    #[error(
        "user {user} has no subordinate ids (subuid(5)) to stand for the image's users; as root: usermod --add-subuids 524288-589823 --add-subgids 524288-589823 {user}"
    )]
    NoSubordinateIds {
        /// The user.
        user: String,
    },
    /// The kernel or a container lets us have no namespaces; unshare(1) has said why.
    #[error(
        "this machine gives us no namespaces to build in; allow user namespaces (`sysctl kernel.unprivileged_userns_clone=1`, and where AppArmor is kernel.apparmor_restrict_unprivileged_userns=0), or build as root outside of a container"
    )]
    NoNamespaces,
    /// The inner half of a stage failed, and has said why.
    #[error("the build stopped")]
    Inside {
        /// The exit code that its error has.
        code: u8,
    },
    /// A virtual machine is to boot by UEFI, and there is no firmware for it.
    #[error("no UEFI firmware: {reason}; on Debian: apt-get install ovmf, or set SOS_OVMF to OVMF's code file")]
    NoFirmware {
        /// What was tried.
        reason: String,
    },
    /// Another program listens where the virtual machine's port is to be reached.
    #[error(
        "port {port} of this machine is in use, another `sos-build run` perhaps: end what listens there (`ss -ltnp` shows it) and run the same command again"
    )]
    PortInUse {
        /// The port on 127.0.0.1.
        port: u16,
    },
    /// Programs of the image do not take the configuration that is rendered for them.
    #[error(
        "the configuration of «{release}» is not right; these said so above:\n{failed}\nmend the templates or files of the services, in a variant where another release is right as it is"
    )]
    Rehearsal {
        /// The release.
        release: String,
        /// Service, program and exit status, one a line.
        failed: String,
    },
    /// The appliance said that it is not healthy, or nothing in time.
    #[error("the appliance is not healthy: {report}")]
    Unhealthy {
        /// Its words, or what it did instead.
        report: String,
    },
    /// An external program failed.
    #[error("{program} failed ({status}){stderr}")]
    Command {
        /// The program and its first argument.
        program: String,
        /// Its exit status.
        status: String,
        /// The end of its stderr, on lines of its own; empty where it said nothing.
        stderr: String,
    },
    /// There is no definition for the release asked for.
    #[error("there is no release «{release}»; image/releases has: {known}")]
    UnknownRelease {
        /// What was asked for.
        release: String,
        /// The releases there are.
        known: String,
    },
    /// The working directory is not inside a checkout.
    #[error(
        "{path} is not inside a checkout of this repository (no image/releases above it); go there or pass --repository"
    )]
    NoRepository {
        /// Where the search began.
        path: PathBuf,
    },
    /// No mirror was named and the host's apt sources name none either.
    #[error(
        "no Debian mirror is known: pass --mirror URL or set SOS_MIRROR (the apt sources of this host name no Debian archive)"
    )]
    NoMirror,
    /// A folder given with `--with-overlay` is no overlay.
    #[error("{overlay} is no overlay: it needs to be a folder with a service.toml in it")]
    NoOverlay {
        /// What was given.
        overlay: PathBuf,
    },
    /// Another overlay has the name of one that was given with `--with-overlay`.
    #[error("{overlay}: there is an overlay of this name already; give the folder another name")]
    OverlayTaken {
        /// What was given.
        overlay: PathBuf,
    },
    /// A service's folder does not say what it must, for this lock.
    #[error("overlay {0}")]
    Overlay(#[from] sos_settings::SettingsError),
    /// An overlay from outside asks for a package that the image does not have.
    #[error(
        "{wanted_by}: the lock of «{release}» has no package «{package}» for the image, and an overlay from outside adds none; name the package in an overlay of this repository and run `sos-build lock {release}`"
    )]
    PackageNotLocked {
        /// The package.
        package: String,
        /// The file that asks for it.
        wanted_by: PathBuf,
        /// The lock's release.
        release: String,
    },
    /// The name of a build is none.
    #[error("«{name}» is no name for a build: 1 to 64 letters, digits, «-», «_» and «.», with a letter or digit first")]
    BadName {
        /// What was given.
        name: String,
    },
    /// The address of the channel is none.
    #[error("«{url}» is not the address of a channel: {reason}")]
    BadUpdateUrl {
        /// What was given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A folder that ought to be a vault is none.
    #[error("{path} is no vault: it has no folder releases/; `sos-build vault export` makes one")]
    NoVault {
        /// What was given.
        path: PathBuf,
    },
    /// A mirror was named in a form that is not understood.
    #[error("«{mirror}» is not a mirror: give an http://, https:// or file:// address, or an existing folder")]
    BadMirror {
        /// What was given.
        mirror: String,
    },
    /// The definition or an overlay asks for a package that no archive has.
    #[error("{wanted_by}: the archives have no package «{package}»; correct the name or add the archive that has it")]
    UnknownPackage {
        /// The package.
        package: String,
        /// The file that asks for it.
        wanted_by: PathBuf,
    },
    /// apt's solver finds no solution.
    #[error(
        "the {set} packages cannot be installed together:\n{reason}\nremove or replace one of the packages named, in image/releases or overlays/*/service.toml"
    )]
    Unsatisfiable {
        /// Which set.
        set: &'static str,
        /// apt's own words.
        reason: String,
    },
    /// The archive keyring is not there.
    #[error("the keyring {path} is missing; apt-get install debian-archive-keyring, or pass --keyring FILE")]
    NoKeyring {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// There is no lock yet.
    #[error("there is no lock {lock}; run `sos-build lock {release}`")]
    NoLock {
        /// Where it was looked for.
        lock: PathBuf,
        /// Its release.
        release: String,
    },
    /// The lock was made from another definition than the one at hand.
    #[error(
        "{lock} is older than the definition: the packages asked for have changed since; run `sos-build lock {release}`"
    )]
    LockOutdated {
        /// The lock.
        lock: PathBuf,
        /// Its release.
        release: String,
    },
    /// No source has these packages any more.
    #[error(
        "no source has these packages of the lock any more:\n{packages}\nrun `sos-build lock {release}` to take their successors, or name a source that keeps old ones with --snapshot URL or --pool URL"
    )]
    Gone {
        /// The lock's release.
        release: String,
        /// Name, version and pool path, one package a line.
        packages: String,
    },
    /// A package is needed that is not in the pool.
    #[error("the pool lacks package {package} {version}; run `sos-build fetch`")]
    NotInPool {
        /// The package.
        package: String,
        /// Its version.
        version: String,
    },
    /// Cargo has not fetched a crate, or another than the one in `Cargo.lock`.
    #[error(
        "crate {name} is not there as Cargo.lock has it; run `cargo fetch --locked`, or name a vault that keeps it"
    )]
    NoCrate {
        /// Its name and version.
        name: String,
    },
    /// What is to be compared is neither a lock nor a release nor a build.
    #[error("«{name}» cannot be compared: {reason}; give a lock's file, a release's folder or the name of a build")]
    NotComparable {
        /// What was given.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A server could not be reached, or gave up.
    #[error(
        "cannot fetch {url}: {reason}; check the network and the mirror, then run the same command again, it goes on where it stopped"
    )]
    Network {
        /// The address.
        url: String,
        /// The reason with its causes.
        reason: String,
    },
    /// Where a channel is to be published is no place.
    #[error("«{place}» is no place to publish to: {reason}")]
    BadPlace {
        /// What was given, without passwords.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A server did not take a file, or did not say what it has.
    #[error(
        "cannot publish {url}: {reason}; see to it that the server takes files by PUT from you, then run the same command again, it sends what is missing"
    )]
    Send {
        /// The address.
        url: String,
        /// The reason with its causes.
        reason: String,
    },
    /// The release could not be described or signed.
    #[error("{0}")]
    Signing(#[from] sos_signing::Fault),
    /// What was offered is not to be trusted.
    #[error("refused: {0}")]
    Refused(#[from] Refusal),
}

/// What is refused as untrusted or unfit: a closed list, each with a test of its own in `tests/`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The archive's `InRelease` was changed after it was signed, or is not signed at all.
    #[error(
        "the signature of archive «{archive}» is wrong: {detail}; use another mirror, this one was tampered with or is broken"
    )]
    ArchiveSignatureWrong {
        /// The suite.
        archive: String,
        /// apt's words.
        detail: String,
    },
    /// The archive's `Valid-Until` has passed, or the key that signed it has expired.
    #[error(
        "archive «{archive}» has expired: {detail}; check this machine's clock, or use a mirror that is up to date; where a mirror is known to lag behind, --valid-days DAYS takes archives of that age"
    )]
    ArchiveExpired {
        /// The suite.
        archive: String,
        /// apt's words.
        detail: String,
    },
    /// The keyring lacks the key that signed the archive.
    #[error(
        "the keyring {keyring} lacks the key that signed archive «{archive}»: {detail}; update debian-archive-keyring or pass --keyring FILE"
    )]
    KeyMissing {
        /// The suite.
        archive: String,
        /// The keyring used.
        keyring: PathBuf,
        /// apt's words.
        detail: String,
    },
    /// An index is not the one that the archive's `InRelease` vouches for.
    #[error(
        "an index of archive «{archive}» is not the one that was signed: {detail}; the mirror may be in the middle of an update, try again in an hour or use another"
    )]
    IndexWrong {
        /// The suite.
        archive: String,
        /// apt's words.
        detail: String,
    },
    /// The mirror answers with another archive than the one asked for: an old release, say, that is signed as well.
    #[error("the mirror offers «{found}» where archive «{archive}» was asked for; use another mirror")]
    AnotherArchive {
        /// The suite asked for.
        archive: String,
        /// The suite and code name of what came.
        found: String,
    },
    /// The lock has other bytes than `sos-build lock` wrote.
    #[error(
        "{lock} is not as `sos-build lock` writes it: edited by hand, or merged, or written by another version of it; take the file back from git, or run `sos-build lock {release}`"
    )]
    LockEdited {
        /// The lock.
        lock: PathBuf,
        /// Its release.
        release: String,
    },
    /// The host's clock stands before the lock was made.
    #[error("this machine's clock says {clock}, which is before {lock} was made ({made}); set the clock")]
    ClockBeforeLock {
        /// What the clock says.
        clock: String,
        /// The lock.
        lock: PathBuf,
        /// The newest date of its archives.
        made: String,
    },
    /// The definition or an overlay names a package twice.
    #[error("{path}: packages: «{package}» is there twice; take one out")]
    PackageTwice {
        /// The file.
        path: PathBuf,
        /// The package.
        package: String,
    },
    /// The definition or an overlay names a package in two versions.
    #[error(
        "{path}: packages: «{package}» is there in two versions, «{one}» and «{other}»; write the name alone, the lock says which version"
    )]
    PackageInTwoVersions {
        /// The file.
        path: PathBuf,
        /// The package.
        package: String,
        /// As it stands there first.
        one: String,
        /// As it stands there again.
        other: String,
    },
    /// What is to go among the objects is not what its SHA-256 names.
    #[error(
        "{path} is not what it has to be: its SHA-256 is {found}, not {wanted}; it was changed, or the disk is bad"
    )]
    ObjectDiffers {
        /// The file.
        path: PathBuf,
        /// The SHA-256 that it has to have.
        wanted: String,
        /// The SHA-256 that it has.
        found: String,
    },
    /// Objects of a vault are not what their names say.
    #[error(
        "objects of the vault {vault} are damaged, they have other SHA-256s than their names:\n{damaged}\nput sound copies in their places, or run `sos-build vault export` where these files still are"
    )]
    VaultDamaged {
        /// The vault.
        vault: PathBuf,
        /// Each object, with what it ought to be and the SHA-256 that it has, one a line.
        damaged: String,
    },
    /// A vault has not all that a release is made of.
    #[error(
        "the vault {vault} lacks:\n{lacks}\nexport the release into it with `sos-build vault export` where that still is"
    )]
    VaultLacks {
        /// The vault.
        vault: PathBuf,
        /// What, one a line.
        lacks: String,
    },
    /// A package of a vault's lock does not stand in the signed index beside it.
    #[error(
        "the vault {vault} is not sound: no index that archive «{archive}» signed has {package} with the SHA-256 of the lock; keep the vault, find out who wrote this lock"
    )]
    VaultIndex {
        /// The vault.
        vault: PathBuf,
        /// The suite.
        archive: String,
        /// The package and its version.
        package: String,
    },
    /// A release cannot be made again from what is here.
    #[error("release {version} cannot be made again from this: {reason}")]
    AnotherSource {
        /// The release's version.
        version: String,
        /// What is other than the release's, and what to do.
        reason: String,
    },
    /// A release that was made again came out otherwise.
    #[error(
        "release {version} does not come out the same; what was made here, and what the release has:\n{differences}"
    )]
    NotTheSame {
        /// The release's version.
        version: String,
        /// What differs, one a line.
        differences: String,
    },
    /// A file of a vault names a path that leads outside.
    #[error("{file} names the path «{name}», which leads outside; this vault was not written by sos-build")]
    VaultPath {
        /// The vault's file.
        file: PathBuf,
        /// The path.
        name: String,
    },
    /// The host's Rust is another than the one that rust-toolchain.toml pins: it would make other programs.
    #[error(
        "the device's programs are compiled by Rust {wanted} and no other, and this host has {found}; run `rustup toolchain install {wanted}` and see that `rustc` is rustup's, or bring programs of your own with --programs DIR"
    )]
    AnotherRust {
        /// The version that rust-toolchain.toml pins.
        wanted: String,
        /// What the host has.
        found: String,
    },
    /// A crate's file has another SHA-256 than `Cargo.lock` says.
    #[error(
        "{path} is not {name} as Cargo.lock names it: its SHA-256 is {found}; mend the vault that it is in (docs/vault.md), or remove it from cargo's cache and run `cargo fetch --locked`"
    )]
    WrongCrate {
        /// The crate's file name.
        name: String,
        /// The file, in cargo's cache or in a vault.
        path: PathBuf,
        /// The SHA-256 that it has.
        found: String,
    },
    /// A package file has another SHA-256 than the lock says, twice.
    #[error(
        "{url} is not the package that the lock names: its SHA-256 is {found}, not {wanted}, even when fetched again; use another mirror"
    )]
    WrongHash {
        /// Where it came from.
        url: String,
        /// The lock's SHA-256.
        wanted: String,
        /// The SHA-256 of what came.
        found: String,
    },
    /// The release to publish is not one that the repository's targets list.
    #[error("the targets of {repository} do not list {version}; run `sos-sign add` where the targets key is")]
    NotListed {
        /// The release's version.
        version: String,
        /// The repository.
        repository: PathBuf,
    },
    /// The targets list another manifest for this version.
    #[error(
        "{manifest} is not the manifest that the targets of {repository} list for its version; publish the release that was added, or add this one under a number of its own"
    )]
    OtherManifest {
        /// The release's manifest.
        manifest: PathBuf,
        /// The repository.
        repository: PathBuf,
    },
    /// A file of the release is not the one that its manifest lists.
    #[error("{path} is not the file that its manifest lists; make the release again")]
    ArtefactDiffers {
        /// The file.
        path: PathBuf,
    },
    /// The targets list a release whose files are not where they are to be offered.
    #[error(
        "the targets list {version}, and {place} lacks of it:\n{files}\npublish it as well with --release DIR, or take it out with `sos-sign revoke`"
    )]
    ReleaseIncomplete {
        /// The release's version.
        version: String,
        /// The place.
        place: String,
        /// The paths in the channel, one a line.
        files: String,
    },
    /// The checks of the image found what must not be.
    #[error("the image has {faults} faults, and no disk is made of it (docs/image-checks.md):\n{found}")]
    FaultyImage {
        /// How many.
        faults: usize,
        /// Rule, path and what to do, one a line.
        found: String,
    },
    /// A build that no check of this program's table has looked at.
    #[error("{build} has no report of the check «{rule}»; build it again")]
    Unchecked {
        /// The account of the build.
        build: PathBuf,
        /// The first rule whose outcome is missing.
        rule: String,
    },
    /// Somebody has published a newer state of the repository.
    #[error(
        "{place} has version {theirs} of timestamp.json and {repository} has {ours}: every device would refuse the older one; take the newest repository"
    )]
    PlaceIsNewer {
        /// The place.
        place: String,
        /// The version there.
        theirs: u64,
        /// The repository.
        repository: PathBuf,
        /// Its version.
        ours: u64,
    },
}

impl Error {
    /// An I/O error of `action` («read», «write») on `path`; a full disk becomes [`Error::DiskFull`].
    pub fn io(action: &'static str, path: impl AsRef<Path>, source: io::Error) -> Self {
        let path = path.as_ref().to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            _ => Self::Io { action, path, source },
        }
    }

    /// `path` does not have the form it must have.
    pub fn malformed(path: impl AsRef<Path>, reason: impl Into<String>) -> Self {
        Self::Malformed { path: path.as_ref().to_owned(), reason: reason.into() }
    }

    /// The package file at `path` does not have the form it must have.
    pub fn package(path: impl AsRef<Path>, reason: impl Into<String>) -> Self {
        Self::Package { path: path.as_ref().to_owned(), reason: reason.into() }
    }

    /// 1 for a fault, 2 for bad usage, 3 for a refusal.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Io { .. }
            | Self::Package { .. }
            | Self::Command { .. }
            | Self::Unhealthy { .. }
            | Self::Rehearsal { .. }
            | Self::Gone { .. }
            | Self::NoCrates { .. }
            | Self::NotCompiled { .. }
            | Self::Signing(_)
            | Self::Network { .. }
            | Self::Send { .. } => 1,
            Self::Inside { code } => *code,
            Self::Malformed { .. }
            | Self::DiskFull { .. }
            | Self::NoRust { .. }
            | Self::NoSubordinateIds { .. }
            | Self::NoNamespaces
            | Self::MissingProgram { .. }
            | Self::NoFirmware { .. }
            | Self::PortInUse { .. }
            | Self::UnknownRelease { .. }
            | Self::NoRepository { .. }
            | Self::NoMirror
            | Self::NoVault { .. }
            | Self::BadMirror { .. }
            | Self::NoOverlay { .. }
            | Self::OverlayTaken { .. }
            | Self::Overlay(_)
            | Self::PackageNotLocked { .. }
            | Self::BadName { .. }
            | Self::BadUpdateUrl { .. }
            | Self::BadPlace { .. }
            | Self::UnknownPackage { .. }
            | Self::Unsatisfiable { .. }
            | Self::NoKeyring { .. }
            | Self::NoLock { .. }
            | Self::NotInPool { .. }
            | Self::NoCrate { .. }
            | Self::NotComparable { .. }
            | Self::LockOutdated { .. } => 2,
            Self::Refused(_) => 3,
        }
    }
}
