//! What every page works with: the helper, the directory, the limiter, the sentences, the sessions.
//! Cheap to clone; axum hands it to each handler as `State<App>`.

use std::net::SocketAddr;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use sos_ipc::{Owner, Request};
use sos_settings::MemberName;
use tokio::sync::Semaphore;

use crate::clock::Clock;
use crate::directory::Directory;
use crate::dns::Checker;
use crate::guard::limiter::Limiter;
use crate::guard::session::Sessions;
use crate::helper::{Helper, HelperError};
use crate::import::Imports;
use crate::journal::{Journal, Sink};
use crate::letters::Allowance;
use crate::pages::dns::Checked;
use crate::text::{TEXTS, Texts};
use crate::tokens::Tokens;

/// For how many seconds what the helper said about the owner is taken for true, and for how many that there is none.
const OWNER_SECONDS: u64 = 5;
const NOBODY_SECONDS: u64 = 1;

/// Most browsers that watch the progress at the same time.
const MOST_WATCHERS: usize = 32;

/// Where things are; the command line says so.
#[derive(Debug, Clone)]
pub struct Places {
    /// The helper's socket.
    pub helper: PathBuf,
    /// The directory, as `ldapi://…`.
    pub ldap: String,
    /// The console's own state.
    pub state: PathBuf,
    /// The organisation's logo, where the helper keeps it.
    pub logo: PathBuf,
    /// What Dovecot has to show when it asks; without the file it is told nothing.
    pub policy_key: PathBuf,
    /// Where lines for the journal go.
    pub journal: Sink,
    /// The name server that says what the world sees; otherwise the system's.
    pub resolver: Option<SocketAddr>,
    /// The time.
    pub clock: Clock,
}

/// The console.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// Its parts.
pub struct Parts {
    /// The privileged helper.
    pub helper: Helper,
    /// Members, groups and roles.
    pub directory: Directory,
    /// Who guesses passwords, and for how long they have to wait.
    pub limiter: Limiter,
    /// Who is signed in.
    pub sessions: Sessions,
    /// All sentences.
    pub texts: &'static Texts,
    /// Links that are good once.
    pub tokens: Arc<Tokens>,
    /// How far the newest import of a list is.
    pub imports: Imports,
    /// How many letters anybody may cause.
    pub letters: Allowance,
    /// How often the helper may be had run every health transaction.
    pub checkups: Allowance,
    /// Who signs in, and who is refused.
    pub journal: Journal,
    /// Where the logo is.
    pub logo: PathBuf,
    /// Where the key is that Dovecot shows.
    pub policy_key: PathBuf,
    /// The time.
    pub clock: Clock,
    /// Asks what the world sees of our DNS records.
    pub checker: Checker,
    /// What it found.
    pub checked: Mutex<Option<Checked>>,
    /// Held while it asks.
    pub checking: tokio::sync::Mutex<()>,
    /// Places for browsers that watch the progress.
    pub watchers: Arc<Semaphore>,
    /// The place for a form with a file in it.
    pub uploads: Semaphore,
    owner: Mutex<Option<(u64, Arc<Owner>)>>,
}

impl App {
    /// The console with everything at `places`. Nothing is connected yet.
    #[must_use]
    pub fn new(places: Places) -> Self {
        let tokens = Arc::new(Tokens::open(&places.state));
        Self(Arc::new(Parts {
            helper: Helper::new(places.helper),
            directory: Directory::inviting(&places.ldap, Arc::clone(&tokens), places.clock.clone()),
            limiter: Limiter::default(),
            sessions: Sessions::default(),
            texts: &TEXTS,
            tokens,
            imports: Imports::default(),
            letters: Allowance::default(),
            checkups: Allowance::default(),
            journal: Journal::new(places.journal),
            logo: places.logo,
            policy_key: places.policy_key,
            clock: places.clock,
            checker: Checker::at(places.resolver),
            checked: Mutex::new(None),
            checking: tokio::sync::Mutex::new(()),
            watchers: Arc::new(Semaphore::new(MOST_WATCHERS)),
            uploads: Semaphore::new(1),
            owner: Mutex::new(None),
        }))
    }

    /// Who owns this server, not older than a few seconds.
    ///
    /// # Errors
    /// When the helper does not answer.
    pub async fn owner(&self) -> Result<Arc<Owner>, HelperError> {
        let now = self.clock.now();
        let known = self.owner.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, owner)) = known
            && now.saturating_sub(at) < if owner.organisation.is_some() { OWNER_SECONDS } else { NOBODY_SECONDS }
        {
            return Ok(owner);
        }
        let owner = Arc::new(self.helper.owner().await?);
        *self.owner.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, Arc::clone(&owner)));
        Ok(owner)
    }

    /// Ends every session of a member: in this console, and of their mail programs, which are asked for the password
    /// again.
    pub async fn sign_out(&self, member: &MemberName) {
        self.sessions.end_all(member, None);
        if let Err(error) = self.helper.ask(&Request::SignOut { member: member.to_string() }).await {
            eprintln!("cannot end a member's connections to the mail server: {error}");
        }
    }

    /// Forgets what is known about the owner: something of it was just changed.
    pub fn forget_owner(&self) {
        *self.owner.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
