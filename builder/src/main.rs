//! `sos-build`: the command line of the builder.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use sos_builder::error::Error;
use sos_builder::fetch::fetch;
use sos_builder::host_sources::HostSources;
use sos_builder::lock::Lock;
use sos_builder::mirror::{Mirror, Place};
use sos_builder::pool::{Pool, PoolReady};
use sos_builder::progress::Progress;
use sos_builder::repository::Repository;
use sos_builder::resolve::resolve;
use sos_builder::sources::Sources;

/// Builds the Small Organisation Server from Debian packages.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(flatten)]
    house: House,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
struct House {
    /// The checkout to build from; the one around the working directory where not given
    #[arg(long, global = true, value_name = "DIR")]
    repository: Option<PathBuf>,
    /// Where packages, indexes and stages are kept; target/sos in the checkout where not given
    #[arg(long, global = true, env = "SOS_CACHE", value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Report progress as one JSON object a line, on stderr
    #[arg(long, global = true)]
    json: bool,
    /// Log what is done, every external program with its arguments among it
    #[arg(short, long, global = true)]
    verbose: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Resolve a release's definition into its lock
    Lock {
        /// The release, «trixie»
        release: String,
        #[command(flatten)]
        mirror: MirrorArgs,
        /// The keys that the archives must be signed with
        #[arg(long, value_name = "FILE", default_value = "/usr/share/keyrings/debian-archive-keyring.gpg")]
        keyring: PathBuf,
        /// Where to write the lock; image/locks where not given
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Fetch the packages of a lock into the pool
    Fetch {
        /// The release, «trixie»
        release: String,
        #[command(flatten)]
        sources: SourceArgs,
    },
}

/// Where the Debian archive is.
#[derive(Debug, Args)]
struct MirrorArgs {
    /// The Debian mirror, an address or a folder; the one in this host's apt sources where not given
    #[arg(long, env = "SOS_MIRROR", value_name = "URL")]
    mirror: Option<String>,
    /// The mirror of Debian's security updates
    #[arg(long, env = "SOS_SECURITY_MIRROR", value_name = "URL")]
    security_mirror: Option<String>,
}

/// Where the packages of a lock are.
#[derive(Debug, Args)]
struct SourceArgs {
    #[command(flatten)]
    mirror: MirrorArgs,
    /// A lock other than the one in image/locks
    #[arg(long, value_name = "FILE")]
    lock: Option<PathBuf>,
    /// A snapshot service, asked for packages that the mirror no longer has
    #[arg(long, env = "SOS_SNAPSHOT", value_name = "URL")]
    snapshot: Option<String>,
    /// A pool published with a release, an address or a folder; may be given more than once
    #[arg(long, value_name = "URL")]
    pool: Vec<String>,
}

impl MirrorArgs {
    fn choose(&self, release: &str) -> Result<Mirror, Error> {
        let host = HostSources::read(std::path::Path::new("/etc/apt"));
        Mirror::choose(self.mirror.as_deref(), self.security_mirror.as_deref(), &host, release)
    }
}

impl SourceArgs {
    /// The places to fetch from; that none is known is an error only where something is missing.
    fn sources(&self, release: &str) -> Result<Sources, Error> {
        let mirror = match self.mirror.choose(release) {
            Err(Error::NoMirror) => None,
            chosen => Some(chosen?),
        };
        let snapshot = self.snapshot.as_deref().map(Place::parse).transpose()?;
        let pools = self.pool.iter().map(|pool| Place::parse(pool)).collect::<Result<_, _>>()?;
        Ok(Sources { mirror, snapshot, pools })
    }
}

/// What every command works with.
struct Session {
    repository: Repository,
    cache: PathBuf,
    progress: Progress,
}

impl Session {
    fn begin(house: &House) -> Result<Self, Error> {
        let start = house.repository.clone().unwrap_or_else(|| PathBuf::from("."));
        let repository = Repository::find(&start)?;
        let cache = house.cache.clone().unwrap_or_else(|| repository.default_cache());
        Ok(Self { repository, cache, progress: Progress::detect(house.json) })
    }

    fn run(&self, command: &Command) -> Result<()> {
        match command {
            Command::Lock { release, mirror, keyring, output } => self.lock(release, mirror, keyring, output.as_deref()),
            Command::Fetch { release, sources } => self.fetch(release, sources).map(drop),
        }
    }

    fn lock(&self, release: &str, mirror: &MirrorArgs, keyring: &std::path::Path, output: Option<&std::path::Path>) -> Result<()> {
        let definition = self.repository.definition(release)?;
        let mirror = mirror.choose(release)?;
        let lock = resolve(&definition, &mirror, keyring, &self.cache.join("apt").join(release), self.progress)?;
        let path = output.map_or_else(|| self.repository.lock_file(release), std::path::Path::to_owned);
        lock.save(&path)?;
        self.progress.say(&format!("{}: {} packages", path.display(), lock.packages.len()));
        Ok(())
    }

    /// The lock of `release`, and the pool with all of its packages.
    fn fetch(&self, release: &str, sources: &SourceArgs) -> Result<(Lock, PoolReady)> {
        let definition = self.repository.definition(release)?;
        let lock = self.repository.lock(&definition, sources.lock.as_deref())?;
        let pool = Pool::at(self.cache.join("pool"));
        let ready = fetch(&lock, &sources.sources(release)?, &pool, self.progress)?;
        Ok((lock, ready))
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let level = if cli.house.verbose { log::LevelFilter::Debug } else { log::LevelFilter::Warn };
    env_logger::Builder::new().filter(Some("sos_builder"), level).format_timestamp(None).init();
    let done = Session::begin(&cli.house).map_err(Into::into).and_then(|session| session.run(&cli.command));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&error, cli.house.json),
    }
}

/// Says what went wrong; the exit code tells a fault (1) from bad usage (2) and a refusal (3).
fn report(error: &anyhow::Error, json: bool) -> ExitCode {
    let code = error.downcast_ref::<Error>().map_or(1, Error::exit_code);
    if json {
        eprintln!("{}", serde_json::json!({"event": "error", "text": format!("{error:#}"), "exit_code": code}));
    } else {
        eprintln!("sos-build: {error:#}");
    }
    ExitCode::from(code)
}
