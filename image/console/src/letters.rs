//! Letters that the server writes to members, in the organisation's name and language, and how many of them anybody may
//! cause.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, PoisonError};

use sos_ipc::{Letter, Reply, Request};
use sos_settings::MemberName;

use crate::app::App;
use crate::directory::Member;
use crate::helper::{HelperError, unexpected};
use crate::text::{Language, Say, TEXTS};

/// Most keys that are counted; beyond them the oldest are forgotten.
const MOST_KEYS: usize = 4_096;

/// How many letters in how many seconds.
#[derive(Debug, Clone, Copy)]
pub struct Bound {
    /// Letters.
    pub most: usize,
    /// Seconds.
    pub window: u64,
}

/// How many letters somebody caused.
#[derive(Debug, Default)]
pub struct Allowance {
    hasher: RandomState,
    times: Mutex<HashMap<u64, VecDeque<u64>>>,
}

impl Allowance {
    /// Whether `key` may cause another letter now; if so it is counted.
    #[must_use]
    pub fn take(&self, now: u64, key: impl Hash, bound: Bound) -> bool {
        let key = self.hasher.hash_one(key);
        let mut all = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.contains_key(&key) && all.len() >= MOST_KEYS {
            make_room(&mut all);
        }
        let times = all.entry(key).or_default();
        while times.front().is_some_and(|at| at + bound.window <= now) {
            times.pop_front();
        }
        let may = times.len() < bound.most;
        if may {
            times.push_back(now);
        }
        may
    }
}

/// The eighth that was counted longest ago goes.
fn make_room(all: &mut HashMap<u64, VecDeque<u64>>) {
    let mut oldest: Vec<_> = all.iter().map(|(key, times)| (times.back().copied(), *key)).collect();
    oldest.sort_unstable();
    for (_, key) in &oldest[..MOST_KEYS / 8] {
        all.remove(key);
    }
}

/// Whoever speaks the organisation's language: a letter is for its reader, not for whoever caused it.
pub async fn speaker(app: &App) -> Say {
    let language = app.owner().await.ok().and_then(|owner| Language::of_code(&owner.language));
    TEXTS.speaker(language.unwrap_or(Language::English))
}

/// Sends a letter.
///
/// # Errors
/// When the helper cannot.
pub async fn send(app: &App, to: &str, subject: String, text: String) -> Result<(), HelperError> {
    let letter = Letter { to: to.to_owned(), subject, text };
    match app.helper.ask(&Request::SendLetter(letter)).await? {
        Reply::Done => Ok(()),
        other => Err(unexpected(&other)),
    }
}

/// What a member is told by letter, so that they notice if it was somebody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// Their password was changed.
    Password,
    /// Their address elsewhere was changed.
    Recovery,
    /// Their letters are sent on elsewhere, or not any more.
    Forward,
}

/// How often a member may change what they are told of by letter.
const CHANGES: Bound = Bound { most: 20, window: 3_600 };
/// How many invitations an administrator may send: those of a whole list, and some by hand.
const INVITATIONS: Bound = Bound { most: 1_200, window: 24 * 3_600 };

/// Whether `who` may make another change that is told by letter; if so it is counted. Ask before the change: nothing is
/// changed without being told.
#[must_use]
pub fn may_tell(app: &App, who: &MemberName) -> bool {
    app.letters.take(app.clock.now(), ("change", who.as_str()), CHANGES)
}

/// Whether the administrator `by` may send another invitation; if so it is counted.
#[must_use]
pub fn may_invite(app: &App, by: &str) -> bool {
    app.letters.take(app.clock.now(), ("invitation", by), INVITATIONS)
}

/// Tells `member` (as they were before) what was changed, at their address here and at the one elsewhere. In the
/// background: whoever made the change need not wait.
pub fn tell(app: &App, member: &Member, news: News) {
    let (app, member) = (app.clone(), member.clone());
    tokio::spawn(async move {
        let Ok(owner) = app.owner().await else { return };
        let t = speaker(&app).await;
        let what = match news {
            News::Password => t.say("letter-news-password"),
            News::Recovery => t.say("letter-news-recovery"),
            News::Forward => t.say("letter-news-forward"),
        };
        let organisation = owner.organisation.as_deref().unwrap_or_default();
        let subject = t.with("letter-news-subject", [("organisation", organisation)]);
        let text = t.with(
            "letter-news",
            [("name", member.full_name.as_str()), ("organisation", organisation), ("what", what.as_str())],
        );
        let here = format!("{}@{}", member.name, owner.domain.as_deref().unwrap_or_default());
        for to in [Some(here), member.recovery].into_iter().flatten() {
            if let Err(error) = send(&app, &to, subject.clone(), text.clone()).await {
                eprintln!("cannot tell a member what was changed: {error}");
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_letters_an_hour_are_three_letters_an_hour() {
        let allowance = Allowance::default();
        let bound = Bound { most: 3, window: 3_600 };
        assert_eq!((0..10).filter(|_| allowance.take(1_000, "jill", bound)).count(), 3);
        assert!(allowance.take(1_000, "joe", bound));
        assert!(!allowance.take(4_599, "jill", bound));
        assert!(allowance.take(4_600, "jill", bound));
    }

    #[test]
    fn a_flood_of_keys_takes_bounded_memory() {
        let allowance = Allowance::default();
        for key in 0..100_000 {
            assert!(allowance.take(key, key, Bound { most: 1, window: 60 }));
        }
        assert!(allowance.times.lock().unwrap().len() <= MOST_KEYS);
    }
}
