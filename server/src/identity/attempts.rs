//! How often a password may be guessed.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use roundsman_core::error::{Refusal, Result, codes};
use roundsman_core::time::Timestamp;

/// Wrong passwords before a login has to wait.
const ATTEMPTS_MAX: u32 = 10;
/// How long they count.
const WINDOW_MS: i64 = 15 * 60_000;
/// Logins that are remembered; beyond that the oldest are forgotten.
const LOGINS_MAX: usize = 10_000;

/// Sign-ins that have not succeeded, by login.
#[derive(Default)]
pub(super) struct Attempts(Mutex<HashMap<String, Tried>>);

#[derive(Clone, Copy)]
struct Tried {
    count: u32,
    since: Timestamp,
}

/// A sign-in that was counted.
pub(super) struct Attempt(String);

impl Attempts {
    /// Counts an attempt before its password is looked at, so that many at once count as many.
    pub(super) fn begin(&self, login: &str, now: Timestamp) -> Result<Attempt> {
        let key = login.to_lowercase();
        let mut tried = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tried.len() >= LOGINS_MAX {
            forget(&mut tried, now);
        }
        let entry = tried.entry(key.clone()).or_insert(Tried { count: 0, since: now });
        if entry.since.plus_millis(WINDOW_MS) <= now {
            *entry = Tried { count: 0, since: now };
        }
        if entry.count >= ATTEMPTS_MAX {
            let wait_ms = entry.since.plus_millis(WINDOW_MS).millis() - now.millis();
            return Err(Refusal::new(codes::TOO_MANY_ATTEMPTS)
                .with("minutes", (wait_ms + 59_999).div_euclid(60_000)));
        }
        entry.count += 1;
        Ok(Attempt(key))
    }

    /// The password was right: what was wrong before counts no more.
    pub(super) fn succeeded(&self, attempt: Attempt) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&attempt.0);
    }
}

fn forget(tried: &mut HashMap<String, Tried>, now: Timestamp) {
    tried.retain(|_, it| it.since.plus_millis(WINDOW_MS) > now);
    if tried.len() >= LOGINS_MAX
        && let Some(oldest) =
            tried.iter().min_by_key(|(_, it)| it.since).map(|(key, _)| key.clone())
    {
        tried.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_waits_after_ten_wrong_passwords_and_others_do_not() {
        let attempts = Attempts::default();
        let start = Timestamp(1_000);
        for _ in 0..ATTEMPTS_MAX {
            assert!(attempts.begin("Lin", start).is_ok());
        }
        let refused = attempts.begin("lin", start.plus_millis(60_000)).err();
        assert_eq!(refused.map(|it| it.params["minutes"].clone()), Some("14".to_owned()));
        assert!(attempts.begin("wang", start).is_ok());
        assert!(attempts.begin("lin", start.plus_millis(WINDOW_MS)).is_ok());
    }

    #[test]
    fn a_right_password_forgives_wrong_ones() {
        let attempts = Attempts::default();
        for _ in 0..ATTEMPTS_MAX * 3 {
            let attempt = attempts.begin("lin", Timestamp(0));
            assert!(attempt.is_ok());
            attempt.into_iter().for_each(|it| attempts.succeeded(it));
        }
    }
}
