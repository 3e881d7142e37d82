//! Passwords: Argon2id, beside the threads that serve requests.
//!
//! Each one takes 19 MiB for a moment. A single thread does them one after the other, in the same
//! memory: a flood of sign-ins costs time, and not the server's memory.

use std::sync::LazyLock;
use std::sync::mpsc::{Sender, channel};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
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
    let hashed = in_turn(move |blocks| {
        let (algorithm, version) = (Algorithm::default(), Version::default());
        let params = Params::default();
        Ok::<_, argon2::password_hash::Error>(PasswordHash {
            algorithm: algorithm.ident(),
            version: Some(version.into()),
            params: ParamsString::try_from(&params)?,
            salt: Some(Salt::new(&salt)?),
            hash: Some(output(&Argon2::new(algorithm, version, params), &password, &salt, blocks)?),
        })
    });
    let hashed = hashed.await?.map_err(|error| Error::internal(error.to_string()))?;
    Ok(hashed.to_string())
}

/// Whether `hash` was made from this password.
pub(super) async fn verify(password: Vec<u8>, hash: String) -> Result<bool> {
    if password.len() > PASSWORD_LEN_MAX {
        return Ok(false);
    }
    in_turn(move |blocks| is_from(&password, &hash, blocks).unwrap_or(false)).await
}

fn is_from(
    password: &[u8],
    hash: &str,
    blocks: &mut Vec<Block>,
) -> argon2::password_hash::Result<bool> {
    let hash = PasswordHash::new(hash)?;
    let algorithm = Algorithm::try_from(hash.algorithm.as_str())?;
    let version = hash.version.map(Version::try_from).transpose()?.unwrap_or_default();
    let (Some(salt), Some(known)) = (&hash.salt, &hash.hash) else { return Ok(false) };
    let argon2 = Argon2::new(algorithm, version, Params::try_from(&hash)?);
    Ok(output(&argon2, password, salt, blocks)? == *known)
}

fn output(
    argon2: &Argon2<'_>,
    password: &[u8],
    salt: &[u8],
    blocks: &mut Vec<Block>,
) -> argon2::password_hash::Result<Output> {
    let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
    blocks.resize(argon2.params().block_count(), Block::new());
    argon2.hash_password_into_with_memory(password, salt, &mut out, blocks.as_mut_slice())?;
    Ok(Output::new(&out)?)
}

type Job = Box<dyn FnOnce(&mut Vec<Block>) + Send>;

/// The thread that hashes.
static HASHER: LazyLock<Sender<Job>> = LazyLock::new(|| {
    let (jobs, waiting) = channel::<Job>();
    // Without the thread nobody can sign in, which each of them is told.
    let _started = std::thread::Builder::new().name("passwords".to_owned()).spawn(move || {
        let mut blocks = Vec::new();
        waiting.into_iter().for_each(|job| job(&mut blocks));
    });
    jobs
});

/// Does the work on that thread, unless nobody waits for it any more when its turn comes.
async fn in_turn<T: Send + 'static>(
    work: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
) -> Result<T> {
    let (done, answer) = oneshot::channel();
    let job: Job = Box::new(move |blocks| {
        if !done.is_closed() {
            drop(done.send(work(blocks)));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_by_its_hash() {
        let hashed = hash(b"correct horse".to_vec(), [7; 16]).await.unwrap();
        assert!(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hashed}");
        assert!(verify(b"correct horse".to_vec(), hashed.clone()).await.unwrap());
        assert!(!verify(b"correct house".to_vec(), hashed).await.unwrap());
        assert!(!verify(b"correct horse".to_vec(), "nonsense".to_owned()).await.unwrap());
    }

    #[tokio::test]
    async fn a_hash_of_the_library_is_understood() {
        use argon2::PasswordHasher as _;
        let made = Argon2::default().hash_password_with_salt(b"battery", &[9; 16]).unwrap();
        assert!(verify(b"battery".to_vec(), made.to_string()).await.unwrap());
        assert_eq!(hash(b"battery".to_vec(), [9; 16]).await.unwrap(), made.to_string());
    }
}
