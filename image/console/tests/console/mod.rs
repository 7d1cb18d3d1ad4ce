//! A console with a fake helper, and a directory where a test needs one, with a clock that tests set.
#![allow(dead_code, reason = "not every test file needs all of it")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use sos_console::app::{App, Places};
use sos_console::clock::Clock;
use sos_console::routes;

use crate::browser::Browser;
use crate::fake::Fake;

/// All of it; the folder goes when this is dropped.
pub struct Console {
    /// The helper.
    pub helper: Fake,
    /// The console.
    pub app: App,
    /// Its pages.
    pub router: Router,
    now: Arc<AtomicU64>,
    _folder: tempfile::TempDir,
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
        let app = App::new(Places {
            helper: socket,
            ldap: ldap.to_owned(),
            state: folder.path().to_owned(),
            resolver: Some(names),
            clock: Clock::Set(Arc::clone(&now)),
        });
        let router = routes::router(app.clone());
        Self { helper, app, router, now, _folder: folder }
    }

    /// A new browser.
    pub fn browser(&self) -> Browser {
        Browser::new(self.router.clone())
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
