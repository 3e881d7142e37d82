//! Passwords: Argon2id, beside the threads that serve requests.
//!
//! Each one takes 19 MiB for a moment. A single thread does them one after the other and takes that
//! memory again and again: a flood of sign-ins costs time, and not the server's memory.

use std::sync::LazyLock;
use std::sync::mpsc::{Sender, channel};

use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use roundsman_core::error::{Refusal, codes};

use tokio::sync::oneshot;

use crate::error::{Error, Result};

/// Longer ones are refused before any work is done for them.
const PASSWORD_LEN_MAX: usize = 512;

/// A PHC string with everything that [`verify`] needs.
///
/// # Errors
/// [`codes::EMPTY`] or [`codes::TOO_LARGE`] for what cannot be a password.
pub async fn hash(password: Vec<u8>, salt: [u8; 16]) -> Result<String> {
    check_length(&password)?;
    let hashed = in_turn(move || {
        Argon2::default().hash_password_with_salt(&password, &salt).map(|hash| hash.to_string())
    });
    hashed.await?.map_err(|error| Error::internal(error.to_string()))
}

/// Whether `hash` was made from this password.
pub(super) async fn verify(password: Vec<u8>, hash: String) -> Result<bool> {
    if password.len() > PASSWORD_LEN_MAX {
        return Ok(false);
    }
    let verified = in_turn(move || Argon2::default().verify_password(&password, hash.as_str()));
    Ok(verified.await?.is_ok())
}

type Job = Box<dyn FnOnce() + Send>;

/// The thread that hashes.
static HASHER: LazyLock<Sender<Job>> = LazyLock::new(|| {
    let (jobs, waiting) = channel::<Job>();
    // Without the thread nobody can sign in, which each of them is told.
    let _started = std::thread::Builder::new()
        .name("passwords".to_owned())
        .spawn(move || waiting.into_iter().for_each(|job| job()));
    jobs
});

/// Does the work on that thread, unless nobody waits for it any more when its turn comes.
async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let (done, answer) = oneshot::channel();
    let job: Job = Box::new(move || {
        if !done.is_closed() {
            drop(done.send(work()));
        }
    });
    HASHER.send(job).map_err(|_| Error::internal("no thread for passwords"))?;
    answer.await.map_err(Error::internal)
}

fn check_length(password: &[u8]) -> Result<()> {
    let code = match password.len() {
        0 => codes::EMPTY,
        1..=PASSWORD_LEN_MAX => return Ok(()),
        _ => codes::TOO_LARGE,
    };
    Err(Refusal::new(code).with("field", "password").into())
}
