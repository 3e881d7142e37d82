//! Frames: one protocol message per WebSocket message.
//!
//! `version, number, flags, body`. With flag 1 the body is a zstd frame preceded by its size as
//! four big-endian bytes, checked before memory is given. With flag 2 as well, that zstd frame builds
//! on what the line carried with this flag before: its [`History`] is the dictionary.

use std::io::Read;

use ruzstd::decoding::{Dictionary, StreamingDecoder};

use super::{BODY_BYTES_MAX, FRAME_BYTES_MAX, FromDevice, FromHub, PROTOCOL, RESERVED};
use crate::error::{Refusal, Result, codes};

/// Flag: the body is compressed.
pub const COMPRESSED: u8 = 1;

/// Flag: the compressed body builds on the line's history.
pub const CONTINUED: u8 = 2;

/// The last of what a hub sent on a line with [`CONTINUED`]. Both ends keep it as long as the line
/// is open, so that ids and names that came before cost next to nothing when they come again.
#[derive(Debug, Clone, Default)]
pub struct History(Vec<u8>);

impl History {
    /// What is remembered at most, in bytes.
    pub const BYTES_MAX: usize = 1 << 20;

    /// The last of the bodies, one after another.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Remembers a body.
    pub fn add(&mut self, body: &[u8]) {
        let body = body.get(body.len().saturating_sub(Self::BYTES_MAX)..).unwrap_or(body);
        let over = (self.0.len() + body.len()).saturating_sub(Self::BYTES_MAX);
        self.0.drain(..over);
        self.0.extend_from_slice(body);
    }
}

/// What a zstd dictionary says before its content: tables that no frame here uses, each the
/// shortest there is, and where matches are looked for at first, as without a dictionary. The
/// decoder takes content only together with these.
const DICTIONARY: [u8; 28] = [
    0x37, 0xa4, 0x30, 0xec, 1, 0, 0, 0, // magic, id
    0x80, 0x10, // literals: two symbols
    0, 0x3d, 0, 0x3d, 0, 0x3d, // offsets, match lengths, literal lengths: one symbol each
    1, 0, 0, 0, 4, 0, 0, 0, 8, 0, 0, 0,
];
const DICTIONARY_ID: u32 = 1;

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
    with_size(number, COMPRESSED, size, zstd)
}

/// The same around a body that was compressed with the line's history as its prefix.
#[must_use]
pub fn continued(number: u8, size: u32, zstd: &[u8]) -> Vec<u8> {
    with_size(number, COMPRESSED | CONTINUED, size, zstd)
}

fn with_size(number: u8, flags: u8, size: u32, zstd: &[u8]) -> Vec<u8> {
    let mut frame = vec![PROTOCOL, number, flags];
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

/// Reads what the hub sent, as the first frame of a line.
///
/// # Errors
/// As [`decode_device`].
pub fn decode_hub(frame: &[u8]) -> Result<FromHub> {
    decode_hub_after(frame, &mut History::default())
}

/// Reads what the hub sent after all that is in the history, which takes it in.
///
/// # Errors
/// As [`decode_device`].
pub fn decode_hub_after(frame: &[u8], history: &mut History) -> Result<FromHub> {
    const BOTH: u8 = COMPRESSED | CONTINUED;
    let (number, flags, body) = open(frame)?;
    match flags {
        0 => read(number, FromHub::read(number, body)),
        COMPRESSED => read(number, FromHub::read(number, &decompress(body, None)?)),
        BOTH => {
            let body = decompress(body, Some(history))?;
            history.add(&body);
            read(number, FromHub::read(number, &body))
        }
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

fn decompress(body: &[u8], history: Option<&History>) -> Result<Vec<u8>> {
    let Some((size, zstd)) = body.split_first_chunk::<4>() else {
        return Err(malformed("a size has four bytes"));
    };
    let size = u32::from_be_bytes(*size) as usize;
    if size > BODY_BYTES_MAX {
        return Err(Refusal::new(codes::TOO_LARGE).with("bytes", size));
    }
    let mut decoder = StreamingDecoder::new(zstd).map_err(malformed)?;
    if let Some(history) = history.filter(|it| !it.bytes().is_empty()) {
        let mut dictionary = Dictionary::decode_dict(&DICTIONARY).map_err(malformed)?;
        dictionary.dict_content = history.bytes().to_vec();
        decoder.decoder.add_dict(dictionary).map_err(malformed)?;
        decoder.decoder.force_dict(DICTIONARY_ID).map_err(malformed)?;
    }
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
