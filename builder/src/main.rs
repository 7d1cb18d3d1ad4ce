//! `sos-build`: the command line of the builder.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use sos_builder::accelerator::Accelerator;
use sos_builder::channel::Channel;
use sos_builder::checks::Report;
use sos_builder::crates::Cache;
use sos_builder::destination::Destination;
use sos_builder::diff::diff;
use sos_builder::diff_text::notes;
use sos_builder::error::{Error, Refusal};
use sos_builder::fetch::fetch;
use sos_builder::former::Former;
use sos_builder::host_sources::HostSources;
use sos_builder::lock::Lock;
use sos_builder::mirror::{Mirror, Place};
use sos_builder::objects::Objects;
use sos_builder::offered::Offered;
use sos_builder::origin::{self, Origin};
use sos_builder::overlays::Overlays;
use sos_builder::pool::{Pool, PoolReady};
use sos_builder::programs::Programs;
use sos_builder::progress::Progress;
use sos_builder::repository::Repository;
use sos_builder::resolve::resolve;
use sos_builder::sandbox::INSIDE;
use sos_builder::side::Side;
use sos_builder::sources::Sources;
use sos_builder::vault::Vault;
use sos_builder::verify;
use sos_builder::{build, bundle, cache, plain, publish, rehearse, release, run};
use sos_signing::SigningKey;

use cli::fetch::FetchArgs;
use cli::horizon::HorizonArgs;
use cli::rehearse::RehearseArgs;
use cli::vault::{self, VaultCommand, VerifyArgs};

mod cli {
    pub mod fetch;
    pub mod horizon;
    pub mod rehearse;
    pub mod vault;
}

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
    #[command(flatten)]
    Checkout(CheckoutCommand),
    /// Publish a channel: releases' files, then what `sos-sign` signed, the pointer to it all last
    Publish {
        /// The repository of `sos-sign`, with metadata/ and targets/
        repo: PathBuf,
        /// A folder, or the address of a server that takes files by PUT
        place: String,
        /// A release's folder; may be given more than once
        #[arg(long, value_name = "DIR")]
        release: Vec<PathBuf>,
        /// A token that the server wants to see (Authorization: Bearer)
        #[arg(long, env = "SOS_PUBLISH_TOKEN", hide_env_values = true, value_name = "TOKEN")]
        token: Option<String>,
    },
    /// Pack a release into one file, for carrying to a server by hand
    Bundle {
        /// The repository of `sos-sign`, with metadata/ and targets/
        repo: PathBuf,
        /// The release's folder
        release_dir: PathBuf,
        /// The file to write
        out: PathBuf,
    },
    /// Keep what releases are made of, for good
    #[command(subcommand)]
    Vault(VaultCommand),
    /// Make a release again and say whether it comes out the same
    Verify(VerifyArgs),
    /// The half of `build` that runs in namespaces of its own
    #[command(hide = true)]
    Inside {
        /// The plan that the outer half wrote
        plan: PathBuf,
    },
    /// The half of `plain` that runs in namespaces of its own
    #[command(hide = true)]
    InsidePlain {
        /// The plan that the outer half wrote
        plan: PathBuf,
    },
    /// The half of `programs` that runs in namespaces of its own
    #[command(hide = true)]
    InsidePrograms {
        /// The plan that the outer half wrote
        plan: PathBuf,
    },
    /// The half of `rehearse` that runs in namespaces of its own
    #[command(hide = true)]
    InsideRehearsal {
        /// The plan that the outer half wrote
        plan: PathBuf,
    },
    /// The half of `release` that runs in namespaces of its own
    #[command(hide = true)]
    InsideConvert {
        /// The build's folder
        output: PathBuf,
        /// The file to write
        qcow2: PathBuf,
    },
    /// The half of `verify` that runs in namespaces of its own
    #[command(hide = true)]
    InsideCompare {
        /// The plan that the outer half of `build` wrote
        plan: PathBuf,
        /// The folder to work in
        scratch: PathBuf,
        /// The release's root, a file in that folder
        theirs: PathBuf,
    },
    /// Removes what a build left in namespaces of its own
    #[command(hide = true)]
    InsideRemove {
        /// The folder
        dir: PathBuf,
    },
}

/// What is done with a checkout.
#[derive(Debug, Subcommand)]
enum CheckoutCommand {
    /// Resolve a release's definition into its lock
    Lock {
        /// The release, «trixie»
        release: String,
        #[command(flatten)]
        mirror: MirrorArgs,
        #[command(flatten)]
        keyring: KeyringArg,
        /// Where to write the lock; image/locks where not given
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Leave every package of the lock in image/locks as it is: only add and drop what the definition asks for
        #[arg(long)]
        keep: bool,
    },
    /// Say what becomes of our packages in Debian's next releases; as JSON with --json
    Horizon(HorizonArgs),
    /// Fetch the packages of a lock into the pool
    Fetch(FetchArgs),
    /// Build the bootable disk from a lock: target/sos/build/NAME/disk.raw
    Build {
        /// The release, «trixie»
        release: String,
        #[command(flatten)]
        sources: SourceArgs,
        #[command(flatten)]
        name: NameArg,
        #[command(flatten)]
        image: ImageArgs,
        /// The number of this build among those of the lock's day
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..100))]
        number: u32,
        /// Where the device's programs are; compiled from the checkout, in the locked root, where not given
        #[arg(long, value_name = "DIR")]
        programs: Option<PathBuf>,
    },
    /// Compile the device's programs in the locked root, and nothing else; prints their folder, for `build --programs`
    Programs {
        /// The release, «trixie»
        release: String,
        #[command(flatten)]
        sources: SourceArgs,
    },
    /// Show what the checks of a build found, of one that was refused for it too
    Check {
        /// The build: its release, or the name that `build --as` gave it
        #[arg(value_name = "NAME")]
        build: String,
    },
    /// Build a plain Debian installation of the same packages, for `sos-vm bench` to compare with; prints its disk
    Plain {
        /// The release, «trixie»
        release: String,
        #[command(flatten)]
        sources: SourceArgs,
    },
    /// Render the example organisation's configuration in the image's root, and have the services' programs read it
    Rehearse(RehearseArgs),
    /// Make a release of the built disk; prints its folder
    Release {
        /// The release, «trixie»
        release: String,
        #[command(flatten)]
        sources: SourceArgs,
        #[command(flatten)]
        name: NameArg,
        /// What the release changes: a JSON object of languages and texts, {"en": "…", "de": "…"}
        #[arg(long, value_name = "FILE")]
        notes: Option<PathBuf>,
        /// Leave out what only people download: whole disks, SBOM, sources and provenance
        #[arg(long)]
        only_slot: bool,
        /// Sign the manifest with this key; may be given more than once
        #[arg(long, value_name = "FILE")]
        key: Vec<PathBuf>,
        /// zstd's level for what is downloaded
        #[arg(long, default_value_t = release::LEVEL, value_parser = clap::value_parser!(i32).range(1..=19))]
        level: i32,
    },
    /// Say what changes from one lock, release or build to another: packages, closed security holes, size
    Diff {
        /// What is left: a lock's file, a release's folder or a build's name
        old: String,
        /// What comes
        new: String,
    },
    /// Boot the built disk in QEMU, its ports forwarded to this machine
    Run {
        /// The release, «trixie»
        release: String,
        /// cloud-config user data; without it the appliance waits for its owner
        #[arg(long, value_name = "FILE")]
        user_data: Option<PathBuf>,
        /// Boot by UEFI rather than by BIOS
        #[arg(long)]
        uefi: bool,
        /// What runs the guest, instead of trying it out: kvm or tcg
        #[arg(long, env = "SOS_ACCELERATOR", value_name = "NAME")]
        accelerator: Option<Accelerator>,
        /// Memory in MiB
        #[arg(long, default_value_t = 1024, value_name = "MIB")]
        memory: u32,
        /// Stop as soon as the appliance reports that it is healthy
        #[arg(long)]
        check: bool,
    },
}

/// Which of the builds.
#[derive(Debug, Args)]
struct NameArg {
    /// The build's folder below build/, where disks of one lock stand beside each other; RELEASE where not given
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
}

impl NameArg {
    /// The build's folder: one plain name.
    fn choose<'a>(&'a self, release: &'a str) -> Result<&'a str, Error> {
        plain_name(self.name.as_deref().unwrap_or(release))
    }
}

/// `name`, where it is one plain name.
fn plain_name(name: &str) -> Result<&str, Error> {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    let fits = (1..=64).contains(&name.len()) && name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if plain && fits { Ok(name) } else { Err(Error::BadName { name: name.to_owned() }) }
}

/// What an image has beside what the checkout says.
#[derive(Debug, Args)]
struct ImageArgs {
    /// The TUF root that the image trusts, from `sos-sign init`
    #[arg(long, value_name = "FILE", requires = "update_url")]
    update_root: Option<PathBuf>,
    /// The address of the channel where the image looks for updates
    #[arg(long, value_name = "URL", requires = "update_root")]
    update_url: Option<String>,
    /// An overlay from outside of overlays/; may be given more than once
    #[arg(long, value_name = "DIR")]
    with_overlay: Vec<PathBuf>,
}

impl ImageArgs {
    fn channel(&self) -> Result<Option<Channel>, Error> {
        let given = self.update_root.as_ref().zip(self.update_url.as_ref());
        given.map(|(root, url)| Channel::load(root, url)).transpose()
    }
}

/// Where the Debian archive is.
#[derive(Debug, Clone, Args)]
struct MirrorArgs {
    /// The Debian mirror, an address or a folder; the one in this host's apt sources where not given
    #[arg(long, env = "SOS_MIRROR", value_name = "URL")]
    mirror: Option<String>,
    /// The mirror of Debian's security updates
    #[arg(long, env = "SOS_SECURITY_MIRROR", value_name = "URL")]
    security_mirror: Option<String>,
    /// Take indexes up to this many days old though they say that they have expired, of a mirror that is known to lag
    #[arg(long, env = "SOS_VALID_DAYS", value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3650))]
    valid_days: Option<u32>,
}

/// Who signs the Debian archive.
#[derive(Debug, Args)]
struct KeyringArg {
    /// The keys that the archives must be signed with
    #[arg(long, value_name = "FILE", default_value = "/usr/share/keyrings/debian-archive-keyring.gpg")]
    keyring: PathBuf,
}

/// Where the packages of a lock are.
#[derive(Debug, Clone, Args)]
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
    /// A vault, which is looked at before all other places
    #[arg(long, env = "SOS_VAULT", value_name = "DIR")]
    vault: Option<PathBuf>,
    /// Take every package from the vault, and ask no other place for anything
    #[arg(long, requires = "vault")]
    offline: bool,
}

impl MirrorArgs {
    fn choose(&self, release: &str) -> Result<Mirror, Error> {
        let host = HostSources::read(Path::new("/etc/apt"));
        let mirror = Mirror::choose(self.mirror.as_deref(), self.security_mirror.as_deref(), &host, release)?;
        Ok(mirror.lagging(self.valid_days))
    }
}

impl SourceArgs {
    /// Where crates' files are: offline, in the vault and nowhere else.
    fn crates(&self) -> Result<Cache, Error> {
        let Some(dir) = &self.vault else { return Ok(Cache::find()) };
        let cache = if self.offline { Cache::default() } else { Cache::find() };
        Ok(cache.with(Vault::open(dir)?.objects()))
    }

    /// The places to fetch from; that none is known is an error only where something is missing.
    fn sources(&self, release: &str) -> Result<Sources, Error> {
        let vaults = self.vault.iter().map(|dir| Ok(Vault::open(dir)?.objects())).collect::<Result<_, Error>>()?;
        if self.offline {
            return Ok(Sources { vaults, ..Sources::default() });
        }
        let mirror = match self.mirror.choose(release) {
            Err(Error::NoMirror) => None,
            chosen => Some(chosen?),
        };
        let snapshot = self.snapshot.as_deref().map(Place::parse).transpose()?;
        let pools = self.pool.iter().map(|pool| Place::parse(pool)).collect::<Result<_, _>>()?;
        Ok(Sources { mirror, snapshot, pools, vaults })
    }
}

/// Publishes a channel; no checkout is needed for it.
fn publish_channel(repo: &Path, place: &Destination, releases: &[PathBuf], progress: Progress) -> Result<()> {
    let published = publish::publish(&Offered::load(repo)?, releases, place, progress)?;
    let bytes = indicatif::DecimalBytes(published.bytes);
    progress.say(&format!("{place}: {} files sent ({bytes}), {} were there already", published.files, published.there));
    Ok(())
}

/// Packs a release for carrying by hand; no checkout is needed for it.
fn bundle_release(repo: &Path, release: &Path, out: &Path, progress: Progress) -> Result<()> {
    let size = bundle::bundle(&Offered::load(repo)?, release, out, progress)?;
    progress.say(&format!("{}: {}", out.display(), indicatif::DecimalBytes(size)));
    Ok(())
}

/// What every command of a checkout works with.
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

    fn run(&self, command: &CheckoutCommand) -> Result<()> {
        match command {
            CheckoutCommand::Lock { release, mirror, keyring, output, keep } => {
                let former = keep.then(|| Lock::load(&self.repository.lock_file(release))).transpose()?;
                self.lock(release, mirror, &keyring.keyring, output.as_deref(), former.as_ref())
            }
            CheckoutCommand::Horizon(args) => self.horizon(args),
            CheckoutCommand::Fetch(args) => self.fetch_or_lock_afresh(args),
            CheckoutCommand::Build { release, sources, name, image, number, programs } => {
                self.build(release, sources, name.choose(release)?, image, *number, programs.as_deref())
            }
            CheckoutCommand::Programs { release, sources } => self.compile(release, sources),
            CheckoutCommand::Check { build } => self.check(build),
            CheckoutCommand::Plain { release, sources } => self.plain(release, sources),
            CheckoutCommand::Rehearse(args) => self.rehearse(args),
            CheckoutCommand::Release { release, sources, name, notes, only_slot, key, level } => {
                let (cache, name, progress) = (&*self.cache, name.choose(release)?, self.progress);
                let (level, notes, only_slot, keys) = (*level, notes.as_deref(), *only_slot, &load_keys(key)?);
                let (lock, built) = self.built(release, sources, name)?;
                let origin = self.origin(&lock, sources, &built)?;
                let order = release::Order { cache, name, level, notes, only_slot, origin, keys, progress };
                self.release(&lock, &built, &order)
            }
            CheckoutCommand::Diff { old, new } => self.diff(old, new),
            CheckoutCommand::Run { release, user_data, uefi, accelerator, memory, check } => {
                Ok(run::run(&run::Order {
                    disk: &build::output_dir(&self.cache, &self.repository.definition(release)?.release)
                        .join("disk.raw"),
                    cache: &self.cache,
                    user_data: user_data.as_deref(),
                    uefi: *uefi,
                    accelerator: *accelerator,
                    memory_mib: *memory,
                    check: *check,
                    progress: self.progress,
                })?)
            }
        }
    }

    fn lock(
        &self,
        release: &str,
        mirror: &MirrorArgs,
        keyring: &Path,
        output: Option<&Path>,
        former: Option<&Lock>,
    ) -> Result<()> {
        let definition = self.repository.definition(release)?;
        let (mirror, work) = (mirror.choose(release)?, self.cache.join("apt").join(release));
        let (kept, former) = (self.kept_indexes(), former.map(Former));
        let lock = resolve(&definition, &mirror, keyring, &work, &kept, former, self.progress)?;
        let path = output.map_or_else(|| self.repository.lock_file(release), Path::to_owned);
        lock.save(&path)?;
        self.progress.say(&format!("{}: {} packages", path.display(), lock.packages.len()));
        Ok(())
    }

    fn build(
        &self,
        release: &str,
        sources: &SourceArgs,
        name: &str,
        image: &ImageArgs,
        number: u32,
        programs: Option<&Path>,
    ) -> Result<()> {
        let channel = image.channel()?;
        let lock = self.lock_of(release, sources)?;
        let pool = self.packages(&lock, sources)?;
        let overlays = Overlays::find(&self.repository.overlays(), &image.with_overlay, &lock)?;
        let programs = self.programs(programs, sources)?;
        let order = self.order(release, programs, overlays)?;
        let built = build::start(&lock, &pool, &build::Order { name, number, channel, ..order })?;
        let disk = build::output_dir(&self.cache, name).join("disk.raw");
        let root = built.root.size >> 20;
        self.progress.say(&format!(
            "{}: version {}, root {root} MiB, {:.1} s",
            disk.display(),
            built.version,
            built.seconds
        ));
        Ok(())
    }

    /// The device's programs: those in the folder that was given, else compiled from the checkout.
    fn programs(&self, given: Option<&Path>, sources: &SourceArgs) -> Result<Programs> {
        Ok(match given {
            Some(folder) => Programs::brought(folder)?,
            None => Programs::compiled(self.repository.root(), &sources.crates()?, !sources.offline)?,
        })
    }

    /// A lock, its packages, and what is built of them with the checkout's overlays alone.
    fn checkout_of<'a>(
        &'a self,
        release: &'a str,
        programs: Option<&Path>,
        sources: &SourceArgs,
    ) -> Result<(Lock, PoolReady, build::Order<'a>)> {
        let lock = self.lock_of(release, sources)?;
        let pool = self.packages(&lock, sources)?;
        let overlays = Overlays::find(&self.repository.overlays(), &[], &lock)?;
        let order = self.order(release, self.programs(programs, sources)?, overlays)?;
        Ok((lock, pool, order))
    }

    /// Compiles the device's programs, which the inner half says the folder of.
    fn compile(&self, release: &str, sources: &SourceArgs) -> Result<()> {
        let (lock, pool, order) = self.checkout_of(release, None, sources)?;
        Ok(build::start_programs(&lock, &pool, &order)?)
    }

    /// Shows the report of the build called `name`, as JSON for whoever takes progress so.
    fn check(&self, name: &str) -> Result<()> {
        let report = Report::load(&build::output_dir(&self.cache, plain_name(name)?).join(build::REPORT))?;
        if self.progress == Progress::Json {
            println!("{}", report.json());
        } else {
            print!("{}", report.text());
        }
        match report.faults() {
            0 => Ok(()),
            faults => {
                Err(Error::from(Refusal::FaultyImage { faults, found: "they are listed above".to_owned() }).into())
            }
        }
    }

    fn plain(&self, release: &str, sources: &SourceArgs) -> Result<()> {
        let lock = self.lock_of(release, sources)?;
        let pool = self.packages(&lock, sources)?;
        let overlays = Overlays::find(&self.repository.overlays(), &[], &lock)?;
        // It has none of them.
        let programs = Programs::Brought(PathBuf::new());
        let disk = plain::start(&lock, &pool, &self.order(release, programs, overlays)?)?;
        println!("{}", disk.display());
        Ok(())
    }

    /// The first build of `release`, under its own name.
    fn order<'a>(&'a self, release: &'a str, programs: Programs, overlays: Overlays) -> Result<build::Order<'a>> {
        Ok(build::Order {
            repository: self.repository.root(),
            cache: &self.cache,
            name: release,
            programs,
            overlays,
            channel: None,
            version_prefix: self.repository.definition(release)?.version_prefix,
            number: 1,
            progress: self.progress,
        })
    }

    /// The lock of `release`, and the build called `name`.
    fn built(&self, release: &str, sources: &SourceArgs, name: &str) -> Result<(Lock, build::Built)> {
        let lock = self.lock_of(release, sources)?;
        Ok((lock, build::Built::load(&build::output_dir(&self.cache, name))?))
    }

    fn release(&self, lock: &Lock, built: &build::Built, order: &release::Order<'_>) -> Result<()> {
        let place = release::release(lock, built, order)?;
        if order.keys.is_empty() {
            self.progress.say("the release is not signed yet: sos-sign sign DIR --key FILE");
        }
        println!("{}", place.display());
        Ok(())
    }

    /// Where what a release of `built` says of itself is read.
    fn origin(&self, lock: &Lock, sources: &SourceArgs, built: &build::Built) -> Result<Origin> {
        let vault = sources.vault.as_ref().filter(|_| sources.offline);
        let pool = match vault {
            Some(dir) => Pool::of(&Vault::open(dir)?.objects()),
            None => Pool::at(self.cache.join("pool")),
        };
        Ok(Origin {
            repository: self.repository.root().to_owned(),
            commit: origin::commit(&self.repository, lock, built)?,
            pool,
            crates: sources.crates()?,
            cache: self.cache.clone(),
        })
    }

    /// Says what changes between two sides: words for people, one JSON document for programs.
    fn diff(&self, old: &str, new: &str) -> Result<()> {
        let open = |name| Side::open(name, &self.repository, &self.cache);
        let pool = Pool::at(self.cache.join("pool"));
        let diff = diff(&open(old)?, &open(new)?, &pool, &self.cache, self.progress)?;
        if self.progress == Progress::Json {
            println!("{}", serde_json::to_string_pretty(&diff)?);
        } else {
            print!("{}", notes(&diff));
        }
        Ok(())
    }

    /// The lock of `release`, the committed one or another.
    fn lock_of(&self, release: &str, sources: &SourceArgs) -> Result<Lock> {
        Ok(self.repository.lock(&self.repository.definition(release)?, sources.lock.as_deref())?)
    }

    /// The lock of `release`, and the pool with all of its packages.
    fn fetch(&self, release: &str, sources: &SourceArgs) -> Result<(Lock, PoolReady)> {
        let lock = self.lock_of(release, sources)?;
        let pool = self.pooled(&lock, sources)?;
        Ok((lock, pool))
    }

    /// All packages of a lock, fetched into the pool.
    fn pooled(&self, lock: &Lock, sources: &SourceArgs) -> Result<PoolReady> {
        let pool = Pool::at(self.cache.join("pool"));
        Ok(fetch(lock, &sources.sources(&lock.release)?, &pool, self.progress)?)
    }

    /// Where `lock` keeps the archives' signed indexes.
    fn kept_indexes(&self) -> Objects {
        Objects::at(self.cache.join("indexes"))
    }
}

fn load_keys(files: &[PathBuf]) -> Result<Vec<SigningKey>, Error> {
    Ok(files.iter().map(|file| SigningKey::load(file)).collect::<Result<Vec<_>, _>>()?)
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let level = if cli.house.verbose { log::LevelFilter::Debug } else { log::LevelFilter::Warn };
    env_logger::Builder::new().filter(Some("sos_builder"), level).format_timestamp(None).init();
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&error, &cli),
    }
}

fn run(cli: &Cli) -> Result<()> {
    let progress = Progress::detect(cli.house.json);
    match &cli.command {
        Command::Publish { repo, place, release, token } => {
            publish_channel(repo, &Destination::parse(place, token.clone())?, release, progress)
        }
        Command::Bundle { repo, release_dir, out } => bundle_release(repo, release_dir, out, progress),
        Command::Inside { plan } => Ok(build::inside(plan)?),
        Command::InsidePlain { plan } => Ok(plain::inside(plan)?),
        Command::InsidePrograms { plan } => {
            println!("{}", build::inside_programs(plan)?.display());
            Ok(())
        }
        Command::InsideRehearsal { plan } => Ok(rehearse::inside(plan)?),
        Command::InsideConvert { output, qcow2 } => Ok(release::inside_convert(output, qcow2)?),
        Command::InsideCompare { plan, scratch, theirs } => Ok(verify::inside_compare(plan, scratch, theirs)?),
        Command::InsideRemove { dir } => Ok(cache::remove(dir)?),
        Command::Vault(VaultCommand::Check { dir }) => vault::check_vault(dir, progress),
        Command::Vault(command) => Session::begin(&cli.house)?.vault(command),
        Command::Verify(args) => Session::begin(&cli.house)?.verify(args),
        Command::Checkout(command) => Session::begin(&cli.house)?.run(command),
    }
}

/// Says what went wrong; the exit code tells a fault (1) from bad usage (2) and a refusal (3).
fn report(error: &anyhow::Error, cli: &Cli) -> ExitCode {
    let ours = error.downcast_ref::<Error>();
    let code = ours.map_or(1, Error::exit_code);
    if matches!(ours, Some(Error::Inside { .. })) {
        // Said by the inner half already.
    } else if cli.house.json {
        eprintln!("{}", serde_json::json!({"event": "error", "text": error.to_string(), "exit_code": code}));
    } else {
        eprintln!("sos-build: {error}");
    }
    let inside = matches!(
        cli.command,
        Command::Inside { .. }
            | Command::InsidePlain { .. }
            | Command::InsidePrograms { .. }
            | Command::InsideRehearsal { .. }
            | Command::InsideConvert { .. }
            | Command::InsideCompare { .. }
            | Command::InsideRemove { .. }
    );
    ExitCode::from(if inside { code + INSIDE } else { code })
}
