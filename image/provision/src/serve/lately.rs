//! What was found a moment ago. To find it takes programs, and a page may be loaded again and again, by several people.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sos_ipc::Reply;

use crate::error::ProvisionError;

/// For so long it is as good as new to somebody who looks at a page.
const FRESH: Duration = Duration::from_secs(5);

/// One such reply.
#[derive(Debug, Default)]
pub(super) struct Lately(Mutex<Option<(Instant, Reply)>>);

impl Lately {
    /// What was found lately, else what `find` finds. Who asks meanwhile waits for that.
    pub(super) fn or(&self, find: impl FnOnce() -> Result<Reply, ProvisionError>) -> Result<Reply, ProvisionError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, reply)) = kept.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            return Ok(reply.clone());
        }
        let reply = find()?;
        *kept = Some((Instant::now(), reply.clone()));
        Ok(reply)
    }

    /// Something changed.
    pub(super) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_found_once_and_anew_after_a_change_or_a_fault() {
        let (lately, mut times) = (Lately::default(), 0);
        let mut ask = |lately: &Lately| {
            lately.or(|| {
                times += 1;
                if times == 1 { Err(ProvisionError::Unclaimed) } else { Ok(Reply::Fault(times.to_string())) }
            })
        };
        assert!(ask(&lately).is_err());
        assert_eq!(ask(&lately).unwrap(), Reply::Fault("2".into()));
        assert_eq!(ask(&lately).unwrap(), Reply::Fault("2".into()));
        lately.forget();
        assert_eq!(ask(&lately).unwrap(), Reply::Fault("3".into()));
    }
}
