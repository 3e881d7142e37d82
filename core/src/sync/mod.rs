//! Sync: a journal goes up, channels come down, digests prove that both sides agree.

mod channel;
mod digest;

pub use channel::Channel;
pub use digest::{Digest, document_element, hash, record_element};
