//! A list that was read, kept for as long as nothing was written and the connection did not break since, and for some
//! minutes at most: reading 200 members anew for every page is what would make pages slow. This program is the only
//! writer of what is kept; a directory that was put in place of another one breaks the connection.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// For how long a list is taken for true when somebody else might have written.
const LONGEST: Duration = Duration::from_secs(300);

/// The list, if there is one.
#[derive(Debug)]
pub(super) struct Kept<T>(Mutex<Option<(u64, Instant, Vec<T>)>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T: Clone> Kept<T> {
    /// The list as it was after `writes` writes.
    pub(super) fn get(&self, writes: u64) -> Option<Vec<T>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (then, at, list) = kept.as_ref()?;
        (*then == writes && at.elapsed() < LONGEST).then(|| list.clone())
    }

    /// Keeps `list`, which was read after `writes` writes and before the next one.
    pub(super) fn keep(&self, writes: u64, list: &[T]) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((writes, Instant::now(), list.to_vec()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_forgotten_with_the_next_write() {
        let kept = Kept::default();
        assert_eq!(kept.get(0), None);
        kept.keep(2, &["jill"]);
        assert_eq!(kept.get(2), Some(vec!["jill"]));
        assert_eq!(kept.get(3), None);
    }
}
