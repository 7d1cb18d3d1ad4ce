//! One connection to slapd, shared by all requests, and made again when it broke.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ldap3::controls::{Assertion, MakeCritical as _};
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, Mod, Scope, SearchEntry};
use tokio::sync::Mutex;

use super::{DirectoryError, Revision, name};

/// How long an answer may take; slapd's own limit of a search is as long.
const PATIENCE: Duration = Duration::from_secs(10);

/// An attribute and its values.
pub(super) type Attribute<'a> = (&'a str, Vec<String>);

#[derive(Debug)]
pub(super) struct Connection {
    uri: String,
    open: Mutex<Option<Ldap>>,
    /// Counts the beginnings and the ends of writes.
    writes: AtomicU64,
}

struct Writing<'a>(&'a AtomicU64);

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Connection {
    pub(super) fn new(uri: &str) -> Self {
        Self { uri: uri.to_owned(), open: Mutex::new(None), writes: AtomicU64::new(0) }
    }

    /// Changes with every write, when it begins and when it ends, and with every new connection.
    pub(super) fn writes(&self) -> u64 {
        self.writes.load(Ordering::SeqCst)
    }

    /// Notes that a write begins, and that it ends when what comes back is dropped.
    fn note_write(&self) -> Writing<'_> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        Writing(&self.writes)
    }

    /// The entries below (or at) `base` that match.
    pub(super) async fn search(
        &self,
        base: &str,
        scope: Scope,
        filter: &str,
        attributes: &[&str],
    ) -> Result<Vec<SearchEntry>, DirectoryError> {
        match self.search_once(base, scope, filter, attributes).await {
            // The connection may have ended while nobody used it; a search may be asked twice.
            Err(DirectoryError::Down(_)) => self.search_once(base, scope, filter, attributes).await,
            found => found,
        }
    }

    async fn search_once(
        &self,
        base: &str,
        scope: Scope,
        filter: &str,
        attributes: &[&str],
    ) -> Result<Vec<SearchEntry>, DirectoryError> {
        let mut ldap = self.handle().await?;
        let found = ldap.search(base, scope, filter, attributes.to_vec()).await;
        let (entries, _) = self.kept(found).await?.success()?;
        Ok(entries.into_iter().map(SearchEntry::construct).collect())
    }

    /// The entry at `dn`, if it is there and matches.
    pub(super) async fn entry(
        &self,
        dn: &str,
        filter: &str,
        attributes: &[&str],
    ) -> Result<Option<SearchEntry>, DirectoryError> {
        match self.search(dn, Scope::Base, filter, attributes).await {
            Ok(entries) => Ok(entries.into_iter().next()),
            Err(DirectoryError::Gone) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Adds an entry; attributes without values are left out.
    pub(super) async fn add(&self, dn: &str, attributes: Vec<Attribute<'_>>) -> Result<(), DirectoryError> {
        let attributes = attributes
            .into_iter()
            .filter(|(_, values)| !values.is_empty())
            .map(|(name, values)| (name.to_owned(), values.into_iter().collect::<HashSet<String>>()))
            .collect();
        let mut ldap = self.handle().await?;
        let _noted = self.note_write();
        let added = ldap.add(dn, attributes).await;
        self.kept(added).await?.success()?;
        Ok(())
    }

    /// Changes the entry at `dn`, if it still is as `seen`.
    pub(super) async fn modify(
        &self,
        dn: &str,
        changes: Vec<Mod<String>>,
        seen: Option<&Revision>,
    ) -> Result<(), DirectoryError> {
        let mut ldap = self.handle().await?;
        if let Some(seen) = seen {
            ldap.with_controls(Assertion { filter: name::equals("entryCSN", seen.as_str()) }.critical());
        }
        let _noted = self.note_write();
        let changed = ldap.modify(dn, changes).await;
        self.kept(changed).await?.success()?;
        Ok(())
    }

    /// Removes the entry at `dn`, if it still is as `seen`.
    pub(super) async fn delete(&self, dn: &str, seen: Option<&Revision>) -> Result<(), DirectoryError> {
        let mut ldap = self.handle().await?;
        if let Some(seen) = seen {
            ldap.with_controls(Assertion { filter: name::equals("entryCSN", seen.as_str()) }.critical());
        }
        let _noted = self.note_write();
        let deleted = ldap.delete(dn).await;
        self.kept(deleted).await?.success()?;
        Ok(())
    }

    /// A handle on the connection, which is made first where there is none.
    pub(super) async fn handle(&self) -> Result<Ldap, DirectoryError> {
        let mut open = self.open.lock().await;
        let mut ldap = match open.take().filter(|ldap| !ldap.clone().is_closed()) {
            Some(ldap) => ldap,
            None => {
                // What was known of the directory behind the old connection is not known of this one.
                drop(self.note_write());
                let mut ldap = self.connect().await?;
                ldap.with_timeout(PATIENCE).sasl_external_bind().await?.success()?;
                ldap
            }
        };
        *open = Some(ldap.clone());
        ldap.with_timeout(PATIENCE);
        Ok(ldap)
    }

    /// A connection of its own, not bound as anybody.
    pub(super) async fn connect(&self) -> Result<Ldap, DirectoryError> {
        let settings = LdapConnSettings::new().set_conn_timeout(PATIENCE);
        let (driver, mut ldap) = LdapConnAsync::with_settings(settings, &self.uri).await?;
        tokio::spawn(async move {
            // How a connection ends is seen by whoever waits for an answer on it.
            let _ = driver.drive().await;
        });
        ldap.with_timeout(PATIENCE);
        Ok(ldap)
    }

    /// Passes an answer on; a connection that gave none is not used again.
    pub(super) async fn kept<T>(&self, answer: Result<T, ldap3::LdapError>) -> Result<T, DirectoryError> {
        match answer.map_err(DirectoryError::from) {
            Err(DirectoryError::Down(why)) => {
                *self.open.lock().await = None;
                Err(DirectoryError::Down(why))
            }
            answer => answer,
        }
    }
}
