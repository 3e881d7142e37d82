//! Every size that is checked before memory is given.

/// One protocol frame as sent, in bytes.
pub const FRAME_BYTES_MAX: usize = 1 << 20;
/// One protocol frame after decompression, in bytes.
pub const BODY_BYTES_MAX: usize = 4 << 20;
/// The frame that comes before the device is known.
pub const HELLO_BYTES_MAX: usize = 16 << 10;
/// Entries of one push together, in bytes; the device cuts here.
pub const PUSH_BYTES: usize = 256 << 10;
/// Items of one batch together, in bytes; the hub cuts at the next whole commit.
pub const BATCH_BYTES: usize = 256 << 10;
/// One journal entry in bytes.
pub const ENTRY_BYTES_MAX: usize = 768 << 10;
/// Pushes on the way without a receipt.
pub const PUSH_WINDOW: usize = 4;
/// Entries of one push; the smallest that can be made are longer than what a push holds by this.
pub const PUSH_ENTRIES_MAX: usize = 4_096;
/// Entries that one entry rests on.
pub const RESTS_ON_MAX: usize = 16_384;
