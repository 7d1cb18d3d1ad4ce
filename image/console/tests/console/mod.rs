//! A console with a fake helper, and a directory where a test needs one, with a clock that tests set.
#![allow(dead_code, reason = "not every test file needs all of it")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use sos_console::app::{App, Places};
use sos_console::clock::Clock;
use sos_console::journal::Sink;
use sos_console::routes;

use crate::browser::Browser;
use crate::fake::Fake;

/// What Dovecot shows.
pub const POLICY_KEY: &str = "a-key-for-dovecot";

/// All of it; the folder goes when this is dropped.
pub struct Console {
    /// The helper.
    pub helper: Fake,
    /// The console.
    pub app: App,
    /// Its pages.
    pub router: Router,
    now: Arc<AtomicU64>,
    journal: Arc<Mutex<Vec<String>>>,
    folder: tempfile::TempDir,
}

impl Console {
    /// Before the claim.
    pub fn unclaimed() -> Self {
        Self::with(Fake::unclaimed, "ldapi://%2Fnowhere", "127.0.0.1:9".parse().unwrap())
    }

    /// After it, with the directory at `ldap`.
    pub fn claimed(ldap: &str) -> Self {
        Self::asking(ldap, "127.0.0.1:9".parse().unwrap())
    }

    /// The same, asking a name server of the test's.
    pub fn asking(ldap: &str, names: SocketAddr) -> Self {
        Self::with(Fake::claimed, ldap, names)
    }

    fn with(fake: fn(&std::path::Path) -> Fake, ldap: &str, names: SocketAddr) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("helper.sock");
        let helper = fake(&socket);
        let now = Arc::new(AtomicU64::new(1_760_000_000));
        std::fs::write(folder.path().join("policy-key"), POLICY_KEY).unwrap();
        let journal = Arc::default();
        let app = App::new(Places {
            helper: socket,
            ldap: ldap.to_owned(),
            state: folder.path().to_owned(),
            logo: folder.path().join("logo"),
            policy_key: folder.path().join("policy-key"),
            journal: Sink::Kept(Arc::clone(&journal)),
            resolver: Some(names),
            clock: Clock::Set(Arc::clone(&now)),
        });
        let router = routes::router(app.clone());
        Self { helper, app, router, now, journal, folder }
    }

    /// A new browser.
    pub fn browser(&self) -> Browser {
        Browser::new(self.router.clone())
    }

    /// Where the logo is.
    pub fn logo(&self) -> PathBuf {
        self.folder.path().join("logo")
    }

    /// As where there is no mail.
    pub fn remove_policy_key(&self) {
        std::fs::remove_file(self.folder.path().join("policy-key")).unwrap();
    }

    /// What was written for the journal.
    pub fn journal(&self) -> Vec<String> {
        self.journal.lock().unwrap().clone()
    }

    /// Lets time pass.
    pub fn pass(&self, seconds: u64) {
        self.now.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Turns time back.
    pub fn pass_back(&self, seconds: u64) {
        self.now.fetch_sub(seconds, Ordering::Relaxed);
    }
}
