//! Passwords: Argon2id, beside the threads that serve requests.

use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use roundsman_core::error::{Refusal, codes};

use crate::error::{Error, Result};

/// Longer ones are refused before any work is done for them.
const PASSWORD_LEN_MAX: usize = 512;

/// A PHC string with everything that [`verify`] needs.
///
/// # Errors
/// [`codes::EMPTY`] or [`codes::TOO_LARGE`] for what cannot be a password.
pub async fn hash(password: Vec<u8>, salt: [u8; 16]) -> Result<String> {
    check_length(&password)?;
    let hashed = tokio::task::spawn_blocking(move || {
        Argon2::default().hash_password_with_salt(&password, &salt).map(|hash| hash.to_string())
    });
    hashed.await.map_err(Error::internal)?.map_err(|error| Error::internal(error.to_string()))
}

/// Whether `hash` was made from this password.
pub(super) async fn verify(password: Vec<u8>, hash: String) -> Result<bool> {
    if password.len() > PASSWORD_LEN_MAX {
        return Ok(false);
    }
    let verified = tokio::task::spawn_blocking(move || {
        Argon2::default().verify_password(&password, hash.as_str())
    });
    Ok(verified.await.map_err(Error::internal)?.is_ok())
}

fn check_length(password: &[u8]) -> Result<()> {
    let code = match password.len() {
        0 => codes::EMPTY,
        1..=PASSWORD_LEN_MAX => return Ok(()),
        _ => codes::TOO_LARGE,
    };
    Err(Refusal::new(code).with("field", "password").into())
}
