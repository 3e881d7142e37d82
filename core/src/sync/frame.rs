//! Frames: one protocol message per WebSocket message.
//!
//! `version, number, flags, body`. With flag 1 the body is a zstd frame preceded by its size as
//! four big-endian bytes, checked before memory is given.

use std::io::Read;

use super::{BODY_BYTES_MAX, FRAME_BYTES_MAX, FromDevice, FromHub, PROTOCOL, RESERVED};
use crate::error::{Refusal, Result, codes};

/// Flag: the body is compressed.
pub const COMPRESSED: u8 = 1;

/// A device's message as one frame.
#[must_use]
pub fn encode_device(message: &FromDevice) -> Vec<u8> {
    plain(message.number(), &message.body())
}

/// The hub's message as one frame.
#[must_use]
pub fn encode_hub(message: &FromHub) -> Vec<u8> {
    plain(message.number(), &message.body())
}

/// A frame around a body that the host compressed with zstd. The core has no compressor: only the
/// hub sends compressed frames.
#[must_use]
pub fn compressed(number: u8, size: u32, zstd: &[u8]) -> Vec<u8> {
    let mut frame = vec![PROTOCOL, number, COMPRESSED];
    frame.extend_from_slice(&size.to_be_bytes());
    frame.extend_from_slice(zstd);
    frame
}

/// Reads what a device sent.
///
/// # Errors
/// [`codes::TOO_LARGE`], [`codes::UNKNOWN_VERSION`], [`codes::UNIMPLEMENTED`] or [`codes::MALFORMED`].
pub fn decode_device(frame: &[u8]) -> Result<FromDevice> {
    // A device has no compressor: what it could send that way is a bomb.
    let (number, flags, body) = open(frame)?;
    match flags {
        0 => read(number, FromDevice::read(number, body)),
        _ => Err(malformed("unknown flags")),
    }
}

/// Reads what the hub sent.
///
/// # Errors
/// As [`decode_device`].
pub fn decode_hub(frame: &[u8]) -> Result<FromHub> {
    let (number, flags, body) = open(frame)?;
    match flags {
        0 => read(number, FromHub::read(number, body)),
        COMPRESSED => read(number, FromHub::read(number, &decompress(body)?)),
        _ => Err(malformed("unknown flags")),
    }
}

fn plain(number: u8, body: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(body.len() + 3);
    frame.extend_from_slice(&[PROTOCOL, number, 0]);
    frame.extend_from_slice(body);
    frame
}

fn read<M>(number: u8, message: Option<Result<M, minicbor::decode::Error>>) -> Result<M> {
    match message {
        Some(Ok(message)) => Ok(message),
        Some(Err(error)) => Err(malformed(error)),
        None => match RESERVED.iter().find(|(reserved, _)| *reserved == number) {
            Some((_, name)) => Err(Refusal::new(codes::UNIMPLEMENTED).with("message", name)),
            None => Err(malformed(format!("message number {number}"))),
        },
    }
}

/// The number of the message, its flags and its body.
fn open(frame: &[u8]) -> Result<(u8, u8, &[u8])> {
    if frame.len() > FRAME_BYTES_MAX {
        return Err(Refusal::new(codes::TOO_LARGE).with("bytes", frame.len()));
    }
    let [version, number, flags, body @ ..] = frame else {
        return Err(malformed("a frame has three bytes before its body"));
    };
    if *version != PROTOCOL {
        return Err(Refusal::new(codes::UNKNOWN_VERSION).with("version", version));
    }
    Ok((*number, *flags, body))
}

fn decompress(body: &[u8]) -> Result<Vec<u8>> {
    let Some((size, zstd)) = body.split_first_chunk::<4>() else {
        return Err(malformed("a size has four bytes"));
    };
    let size = u32::from_be_bytes(*size) as usize;
    if size > BODY_BYTES_MAX {
        return Err(Refusal::new(codes::TOO_LARGE).with("bytes", size));
    }
    let mut decoder = ruzstd::decoding::StreamingDecoder::new(zstd).map_err(malformed)?;
    let mut plain = Vec::with_capacity(size);
    // One byte more than announced tells a bomb from an honest frame.
    decoder.by_ref().take(size as u64 + 1).read_to_end(&mut plain).map_err(malformed)?;
    if plain.len() == size {
        Ok(plain)
    } else {
        Err(malformed("the size is not what was announced"))
    }
}

fn malformed(detail: impl std::fmt::Display) -> Refusal {
    Refusal::new(codes::MALFORMED).with("detail", detail)
}
