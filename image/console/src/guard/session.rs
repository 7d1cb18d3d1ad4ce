//! Who is signed in: sessions in memory, known by a random id in the cookie `__Host-sos`.
//!
//! A session ends after half an hour without a request, and twelve hours after its owner signed in, whatever they do.
//! The store is bounded: a flood of strangers pushes out the oldest sessions of strangers, never those of somebody
//! who signed in or who holds the claim code.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use sos_settings::MemberName;
use time::{Duration, OffsetDateTime};
use tower_sessions::cookie::SameSite;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{self, SessionStore};
use tower_sessions::{Expiry, Session, SessionManagerLayer};

use crate::app::App;
use crate::clock::Clock;

/// The cookie's name: browsers keep a `__Host-` cookie for this very host, and over HTTPS only.
pub const COOKIE: &str = "__Host-sos";
/// Seconds without a request after which a session ends.
pub const IDLE: u64 = 30 * 60;
/// The same for somebody who fills in the first-run form and may have to look things up.
pub const IDLE_AT_CLAIM: u64 = 4 * 60 * 60;
/// Seconds after signing in at which a session ends.
pub const LONGEST: u64 = 12 * 60 * 60;
/// Most sessions of people who are known, and of strangers.
const MOST_KNOWN: usize = 2_048;
const MOST_STRANGERS: usize = 2_048;
/// How many seconds may pass before it is noted again that somebody is there.
const NOTED: u64 = 60;

/// The token that forms carry.
pub const CSRF: &str = "csrf";
/// What makes a stranger's session worth keeping: the claim they are at.
pub const CLAIM: &str = "claim";
const MEMBER: &str = "member";
const BORN: &str = "born";
const SEEN: &str = "seen";

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    /// The name they sign in with.
    pub name: MemberName,
    /// Their full name.
    pub full_name: String,
    /// Whether they look after this server.
    pub administrator: bool,
}

/// All sessions.
#[derive(Debug, Clone, Default)]
pub struct Sessions(Arc<Mutex<HashMap<Id, Record>>>);

impl Sessions {
    /// The layer that gives requests their session.
    #[must_use]
    pub fn layer(&self) -> SessionManagerLayer<Self> {
        SessionManagerLayer::new(self.clone())
            .with_name(COOKIE)
            .with_secure(true)
            .with_http_only(true)
            .with_same_site(SameSite::Lax)
            .with_path("/")
            .with_expiry(Expiry::OnInactivity(Duration::seconds(LONGEST.cast_signed())))
    }

    /// Ends all sessions of `member` but the one given: their password was changed, or they were suspended or removed.
    pub fn end_all(&self, member: &MemberName, but: Option<&Session>) {
        let kept = but.and_then(Session::id);
        self.lock().retain(|id, record| Some(*id) == kept || member_of(record).as_ref() != Some(member));
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Id, Record>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        let mut sessions = self.lock();
        while sessions.contains_key(&record.id) {
            record.id = Id::default();
        }
        sessions.insert(record.id, record.clone());
        make_room(&mut sessions);
        Ok(())
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        // One that was ended while its request went on stays ended.
        if let Some(kept) = self.lock().get_mut(&record.id) {
            kept.clone_from(record);
        }
        Ok(())
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        Ok(self.lock().get(id).filter(|record| record.expiry_date > OffsetDateTime::now_utc()).cloned())
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        self.lock().remove(id);
        Ok(())
    }
}

fn member_of(record: &Record) -> Option<MemberName> {
    serde_json::from_value::<SignedIn>(record.data.get(MEMBER)?.clone()).ok().map(|signed_in| signed_in.name)
}

fn is_known(record: &Record) -> bool {
    record.data.contains_key(MEMBER) || record.data.contains_key(CLAIM)
}

/// With too many of a kind, the eighth of them that was used longest ago goes, and whatever has run out.
fn make_room(sessions: &mut HashMap<Id, Record>) {
    let known = sessions.values().filter(|record| is_known(record)).count();
    if known <= MOST_KNOWN && sessions.len() - known <= MOST_STRANGERS {
        return;
    }
    let now = OffsetDateTime::now_utc();
    sessions.retain(|_, record| record.expiry_date > now);
    for (kind, most) in [(true, MOST_KNOWN), (false, MOST_STRANGERS)] {
        let mut of_kind: Vec<_> = sessions
            .values()
            .filter(|record| is_known(record) == kind)
            .map(|record| (record.expiry_date, record.id))
            .collect();
        if of_kind.len() > most {
            of_kind.sort_unstable_by_key(|(until, _)| *until);
            for (_, id) in &of_kind[..most / 8] {
                sessions.remove(id);
            }
        }
    }
}

/// Who is signed in, if anybody is.
pub async fn member(session: &Session) -> Option<SignedIn> {
    session.get(MEMBER).await.ok().flatten()
}

/// Mark of a request whose session had just run out.
#[derive(Debug, Clone, Copy)]
pub struct Ended;

/// Ends the session of a request if it is too old or was idle for too long, before anybody looks into it.
pub async fn watch(State(app): State<App>, session: Session, mut request: Request, next: Next) -> Response {
    if keep_young(&session, &app.clock).await.is_ok_and(|ended| ended) {
        request.extensions_mut().insert(Ended);
    }
    next.run(request).await
}

/// True when it ended somebody's session. Notes otherwise that its owner is there.
async fn keep_young(session: &Session, clock: &Clock) -> Result<bool, tower_sessions::session::Error> {
    let now = clock.now();
    let (Some(born), Some(seen)) = (session.get::<u64>(BORN).await?, session.get::<u64>(SEEN).await?) else {
        return Ok(false);
    };
    let idle = if session.get_value(CLAIM).await?.is_some() { IDLE_AT_CLAIM } else { IDLE };
    if now.saturating_sub(seen) >= idle || now.saturating_sub(born) >= LONGEST {
        let ended = member(session).await.is_some();
        end(session).await?;
        return Ok(ended);
    }
    if now.saturating_sub(seen) >= NOTED {
        session.insert(SEEN, now).await?;
    }
    Ok(false)
}

/// The token of this session's forms, made if there is none.
///
/// # Errors
/// When the store fails, which this one does not.
pub async fn token(session: &Session, clock: &Clock) -> Result<String, tower_sessions::session::Error> {
    if let Some(token) = session.get(CSRF).await? {
        return Ok(token);
    }
    begin(session, clock).await?;
    let token = super::csrf::token();
    session.insert(CSRF, &token).await?;
    Ok(token)
}

async fn begin(session: &Session, clock: &Clock) -> Result<(), tower_sessions::session::Error> {
    let now = clock.now();
    session.insert(BORN, now).await?;
    session.insert(SEEN, now).await
}

/// Signs `member` in: under a new id, with a new token, and nothing of what the stranger's session held.
///
/// # Errors
/// When the store fails, which this one does not.
pub async fn sign_in(
    session: &Session,
    clock: &Clock,
    member: &SignedIn,
) -> Result<(), tower_sessions::session::Error> {
    end(session).await?;
    begin(session, clock).await?;
    session.insert(CSRF, super::csrf::token()).await?;
    session.insert(MEMBER, member).await
}

/// Ends a session. What is put into it afterwards stands under a new id: `Session::flush` alone would keep the old one.
///
/// # Errors
/// When the store fails, which this one does not.
pub async fn end(session: &Session) -> Result<(), tower_sessions::session::Error> {
    session.clear().await;
    session.cycle_id().await
}

/// Notes anew what is known about who is signed in.
///
/// # Errors
/// When the store fails, which this one does not.
pub async fn renew(session: &Session, member: &SignedIn) -> Result<(), tower_sessions::session::Error> {
    session.insert(MEMBER, member).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(until: i64, member: Option<&str>) -> Record {
        let mut data = HashMap::new();
        if let Some(name) = member {
            let signed_in = SignedIn { name: name.parse().unwrap(), full_name: "J".into(), administrator: false };
            data.insert(MEMBER.to_owned(), serde_json::to_value(signed_in).unwrap());
        }
        let expiry_date = OffsetDateTime::now_utc() + Duration::seconds(1_000 + until);
        Record { id: Id::default(), data, expiry_date }
    }

    #[tokio::test]
    async fn a_flood_of_strangers_pushes_out_nobody_who_is_signed_in() {
        let sessions = Sessions::default();
        let mut jill = record(0, Some("jill"));
        sessions.create(&mut jill).await.unwrap();
        for at in 0..20_000 {
            sessions.create(&mut record(at, None)).await.unwrap();
        }
        assert!(sessions.count() <= MOST_STRANGERS + 1);
        assert!(sessions.load(&jill.id).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn all_sessions_of_a_member_end_and_stay_ended() {
        let sessions = Sessions::default();
        let (mut one, mut two, mut other) = (record(0, Some("jill")), record(0, Some("jill")), record(0, Some("joe")));
        for record in [&mut one, &mut two, &mut other] {
            sessions.create(record).await.unwrap();
        }
        sessions.end_all(&"jill".parse().unwrap(), None);
        sessions.save(&one).await.unwrap();
        assert_eq!(sessions.count(), 1);
        assert!(sessions.load(&other.id).await.unwrap().is_some());
    }
}
